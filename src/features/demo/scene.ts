// The place of the demo: a directory of its own with a home, a repository and the registry in it, so that nothing of the
// user's is read or written. Whatever happens there, its agents are ended, and the directory goes unless it is kept.

import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { Failure } from "../../core/failure.ts";
import type { v } from "../../core/shape.ts";
import { requireVersion } from "../../git/repository.ts";
import type { World } from "../../world.ts";
import { type Agent, startAgent } from "./agent.ts";
import { answerIn } from "./answer.ts";

export type Effects = Pick<World, "inHome" | "self" | "signal">;

/** What the parts of the story act with. */
export interface Stage {
  /** Real path of the whole place. */
  directory: string;
  /** Top of the repository's main checkout. */
  repository: string;
  /** Where the repository keeps its registry. */
  dataDirectory: string;
  /** The commit that all begin at. */
  start: string;
  startAgent(name: string): Promise<Agent>;
  /** One that was started. */
  agent(name: string): Agent;
  /** Runs parallel-cc in the main checkout, as its user would. */
  ask<S extends v.GenericSchema>(words: readonly string[], answer: S): Promise<v.InferOutput<S>>;
  /** Runs git, as its user would; in the main checkout when none is named. Its output without the last line end. */
  git(args: readonly string[], checkout?: string): Promise<string>;
  /** A path as the demo tells it. */
  shown(path: string): string;
}

export const FILE = "shop.py";
const TEXT =
  "def login(user):\n    return True\n\n\ndef search(word):\n    return []\n\n\ndef price(item):\n    return 0\n";

/** It takes about a second; on the busiest machine something hangs after that. */
const DEADLINE_MS = 120_000;

/** Errors: `demo.no-place`, `demo.stuck`, `demo.left`, and what git or parallel-cc could not do. */
export async function onStage<T>(
  world: Effects,
  { isKept }: { isKept: boolean },
  play: (stage: Stage) => Promise<T>,
): Promise<T> {
  const stop = world.signal();
  stop.throwIfAborted();
  const signal = AbortSignal.any([stop, AbortSignal.timeout(DEADLINE_MS)]);
  const directory = makePlace();
  const agents = new Map<string, Agent>();
  try {
    return await play(await build(world, { directory, signal, agents }));
  } catch (thrown) {
    stop.throwIfAborted();
    throw signal.aborted ? stuck(thrown) : thrown;
  } finally {
    await Promise.all([...agents.values()].map((agent) => agent.stop()));
    if (!isKept) removePlace(directory);
  }
}

interface Ground {
  directory: string;
  signal: AbortSignal;
  agents: Map<string, Agent>;
}

async function build(world: Effects, { directory, signal, agents }: Ground): Promise<Stage> {
  const home = join(directory, "home");
  const repository = join(directory, "shop");
  const stranger = world.inHome(home);
  write(directory, () => {
    for (const made of [home, repository, stranger.paths.home]) mkdirSync(made, { mode: 0o700 });
    // Git alone makes worktrees here, and nothing that is done in the background may outlive the demo.
    const settings =
      "[user]\n\tname = Demo\n\temail = demo@example.com\n[gc]\n\tauto = 0\n[maintenance]\n\tauto = false\n";
    writeFileSync(join(home, ".gitconfig"), settings);
    writeFileSync(
      stranger.paths.config,
      `${JSON.stringify({ worktree: { backend: "git" }, cleanup: { auto: false } })}\n`,
    );
    writeFileSync(join(repository, FILE), TEXT);
  });
  const git: Stage["git"] = async (args, checkout = repository) =>
    (await stranger.git(checkout).output(args, { signal })).replace(/\n$/, "");
  requireVersion(await git(["version"]));
  // Without a template: the machine's may hold hooks.
  await git(["init", "--quiet", "--initial-branch=main", "--template="]);
  await git(["add", FILE]);
  await git(["commit", "--quiet", "--message=Open the shop"]);
  const start = await git(["rev-parse", "HEAD"]);

  const ask: Stage["ask"] = async (words, answer) => {
    const { command, args } = world.self([...words, "--json"]);
    const { stdout } = await stranger.runProgram({ command, args, directory: repository, signal });
    return answerIn(answer, { words: words.join(" "), said: new TextDecoder().decode(stdout) });
  };
  const begin: Stage["startAgent"] = async (name) => {
    const { command, args } = world.self([]);
    const shell = stranger.startScripted({
      command: "/bin/sh",
      args: ["-s", "--", command, ...args],
      directory: repository,
    });
    const agent = startAgent(shell, { name, signal });
    agents.set(name, agent);
    await agent.register();
    return agent;
  };
  return {
    directory,
    repository,
    dataDirectory: stranger.paths.home,
    start,
    startAgent: begin,
    agent: (name) => {
      const found = agents.get(name);
      if (found === undefined) throw new Error(`no agent ${name}`);
      return found;
    },
    ask,
    git,
    shown: (path) => relative(directory, path),
  };
}

function makePlace(): string {
  const parent = tmpdir();
  try {
    return realpathSync(mkdtempSync(join(parent, "parallel-cc-demo-")));
  } catch (cause) {
    throw noPlace(parent, cause);
  }
}

function write(directory: string, work: () => void): void {
  try {
    work();
  } catch (cause) {
    throw noPlace(directory, cause);
  }
}

function noPlace(directory: string, cause: unknown): Failure {
  return new Failure({
    kind: "unavailable",
    code: "demo.no-place",
    message: `The demo cannot write to ${directory}: ${cause instanceof Error ? cause.message : String(cause)}.`,
    hint: "Set TMPDIR to a directory that you may write to, with 5 MB of room.",
    cause,
  });
}

function removePlace(directory: string): void {
  try {
    rmSync(directory, { recursive: true, force: true, maxRetries: 3 });
  } catch (cause) {
    throw new Failure({
      kind: "unavailable",
      code: "demo.left",
      message: `The demo's directory ${directory} could not be removed: ${cause instanceof Error ? cause.message : String(cause)}.`,
      hint: "Nothing works in it any more: remove it by hand.",
      cause,
    });
  }
}

function stuck(cause: unknown): Failure {
  return new Failure({
    kind: "unavailable",
    code: "demo.stuck",
    message: `The demo was not over after ${DEADLINE_MS / 1000} s, and was stopped.`,
    hint: "See parallel-cc doctor; a slow disk behind TMPDIR may be the reason too.",
    cause,
  });
}
