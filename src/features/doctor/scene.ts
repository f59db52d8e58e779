// What several checks ask for, found out once: the repository doctor was asked in, the registry, the settings.

import { Failure } from "../../core/failure.ts";
import { type Db, openDb } from "../../db/db.ts";
import { inspectDb } from "../../db/inspect.ts";
import type { Git } from "../../git/git.ts";
import { defaultWorktreesDirectory, locate, type Repository } from "../../git/repository.ts";
import type { World } from "../../world.ts";
import { type Config, loadConfig } from "../config/config.ts";
import { type Maker, makerFor } from "../sessions/sessions.ts";

export type Effects = Pick<
  World,
  | "version"
  | "program"
  | "self"
  | "cwd"
  | "env"
  | "paths"
  | "git"
  | "runProgram"
  | "processes"
  | "pid"
  | "now"
  | "sleep"
  | "log"
>;

export type Located =
  | { kind: "found"; repository: Repository }
  | { kind: "none" }
  /** There is one that git does not open, or git itself fails. */
  | { kind: "unreadable"; failure: Failure };

export interface Scene {
  world: Effects;
  repository(): Promise<Located>;
  /** For reading; an empty one where there is none; undefined where this release cannot read it, as its check says. */
  registry(): Promise<Db | undefined>;
  /** Errors: `config.broken`. */
  config(): Promise<Config>;
  /** What would make the repository's next worktree; undefined outside of one. Errors: as makerFor. */
  maker(): Promise<Maker | undefined>;
  close(): Promise<void>;
}

export function makeScene(given: Effects): Scene {
  const world = { ...given, git: (directory: string) => hurried(given.git(directory)) };
  const empty = once(() => openDb({ file: ":memory:", clock: world.now }));
  const repository = once(() => locatedAt(world.git(world.cwd)));
  const registry = once(async () => {
    const readable = readableRegistry(world);
    return readable === "none" ? empty() : readable;
  });
  // Where the registry cannot be read nothing is approved.
  const db = async () => (await registry()) ?? empty();
  const config = once(async () => {
    const located = await repository();
    return loadConfig({ paths: world.paths, db }, located.kind === "found" ? located.repository.path : undefined);
  });
  const maker = once(async () => {
    const located = await repository();
    return located.kind === "found" ? makerFor({ ...world, db }, located.repository) : undefined;
  });
  return { world, repository, registry, config, maker, close: async () => (await registry())?.close() };
}

/** Where new worktrees of the repository go; where they would without any settings when these cannot be followed. */
export async function worktreesDirectory({ maker }: Pick<Scene, "maker">, repository: Repository): Promise<string> {
  const made = await maker().catch(() => undefined);
  return made?.directory ?? defaultWorktreesDirectory(repository);
}

async function locatedAt(git: Git): Promise<Located> {
  try {
    return { kind: "found", repository: await locate(git) };
  } catch (thrown) {
    if (!(thrown instanceof Failure)) throw thrown;
    return thrown.code === "repository.none" ? { kind: "none" } : { kind: "unreadable", failure: thrown };
  }
}

function readableRegistry({ paths, now }: Pick<World, "paths" | "now">): Db | "none" | undefined {
  try {
    const inspected = inspectDb({ file: paths.database, clock: now });
    if (inspected.kind === "none") return "none";
    if (inspected.kind === "current") return inspected.db;
    inspected.db.close();
    return undefined;
  } catch (thrown) {
    if (thrown instanceof Failure) return undefined;
    throw thrown;
  }
}

const GIT_TIMEOUT_MS = 5000;

/** A git that hangs is an answer as well, and nobody waits two minutes for that one. */
function hurried(git: Git): Git {
  return {
    ...git,
    attempt: (args, options) => git.attempt(args, { timeoutMs: GIT_TIMEOUT_MS, ...options }),
    output: (args, options) => git.output(args, { timeoutMs: GIT_TIMEOUT_MS, ...options }),
    at: (directory) => hurried(git.at(directory)),
    trusting: () => hurried(git.trusting()),
  };
}

function once<T>(find: () => T): () => T {
  let found: { value: T } | undefined;
  return () => {
    found ??= { value: find() };
    return found.value;
  };
}
