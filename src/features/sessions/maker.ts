// How worktrees are made in a repository: where, under which names, and by git or by gtr.

import { isAbsolute, join, resolve } from "node:path";
import { Failure } from "../../core/failure.ts";
import { mayHaveGtr } from "../../files/programs.ts";
import { defaultWorktreesDirectory, type Repository } from "../../git/repository.ts";
import type { World } from "../../world.ts";
import { loadConfig, type Settings } from "../config/config.ts";
import type { Gtr } from "../gtr/gtr.ts";
import { createWorktree, discardHalfMade, type NewWorktree, whileNobodyCreates } from "../worktrees/worktrees.ts";

export interface Maker {
  directory: string;
  /** Before each folder's name, not the branch's: gtr's user may have one. */
  folderPrefix: string;
  /** What names begin with. */
  prefix: string;
  /** Undefined: git. */
  gtr: Gtr | undefined;
  /** Its user wants gtr and nothing else. */
  isGtrRequired: boolean;
  /** For each hook. */
  hookMs: number;
  warnings: string[];
}

/** Errors: `config.broken`, `gtr.none`, `gtr.refused` where its user wants gtr and nothing else. */
export async function makerFor(
  world: Pick<World, "env" | "git" | "paths" | "db" | "runProgram">,
  repository: Repository,
): Promise<Maker> {
  const { settings } = await loadConfig(world, repository.path);
  const made: Maker = {
    directory: worktreesDirectory(world, repository, settings),
    folderPrefix: "",
    prefix: settings["worktree.prefix"],
    gtr: undefined,
    isGtrRequired: settings["worktree.backend"] === "gtr",
    hookMs: settings["worktree.commandTimeout"] * 1000,
    warnings: [],
  };
  if (settings["worktree.backend"] === "git") return made;
  // Most have none, and need not load what knows it.
  if (!made.isGtrRequired && !mayHaveGtr(world.env.path)) return made;
  const { detectGtr, gtrPlace, requireGtr } = await import("../gtr/gtr.ts");
  const gtr = made.isGtrRequired ? await requireGtr(world) : await detectGtr(world);
  if (gtr.kind === "none") {
    return gtr.mute === undefined ? made : { ...made, warnings: [`git makes this worktree, not gtr: ${gtr.mute}.`] };
  }
  try {
    const place = await gtrPlace(world, { gtr, repository });
    const theirs = settings["worktree.directory"] === undefined ? place.directory : undefined;
    return { ...made, gtr, folderPrefix: place.prefix, directory: theirs ?? made.directory };
  } catch (thrown) {
    if (made.isGtrRequired || !isRefusal(thrown)) throw thrown;
    return { ...made, warnings: [`git makes this worktree, not gtr: ${thrown.message}`] };
  }
}

/** Where worktrees are made unless gtr's user says another place. */
export function worktreesDirectory({ env }: Pick<World, "env">, repository: Repository, settings: Settings): string {
  const named = settings["worktree.directory"];
  if (named === undefined) return defaultWorktreesDirectory(repository);
  const path = named.replace(/^~(?=\/|$)/, env.home);
  return isAbsolute(path) ? join(path) : resolve(repository.path, path);
}

/** Makes it; answers warnings. With gtr, files that its copy rules name are there as well. */
export async function makeWorktree(
  world: World,
  repository: Repository,
  { made, maker }: { made: NewWorktree; maker: Maker },
): Promise<string[]> {
  const { gtr } = maker;
  if (gtr === undefined) return createWorktree(world, repository, made);
  const { createWithGtr } = await import("../gtr/gtr.ts");
  const alone = <T>(work: () => Promise<T>) => whileNobodyCreates(world, repository.gitDir, work);
  try {
    return await createWithGtr(world, { gtr, repository, made, alone, limits: { ...LIMITS, hookMs: maker.hookMs } });
  } catch (thrown) {
    if (maker.isGtrRequired || !(isRefusal(thrown) || isFailed(thrown))) throw thrown;
    // Of what it began nothing may be in git's way.
    if (isFailed(thrown) && (await discardHalfMade(world, repository.gitDir, made, PATIENCE_MS)) !== "gone")
      throw thrown;
    const warnings = await createWorktree(world, repository, made);
    return [`git made this worktree, since gtr did not: ${thrown.message}`, ...warnings];
  }
}

/** What a checkout may take of a large repository, on a slow disk. */
const LIMITS = { beginMs: 30_000, filesMs: 600_000 };

/** gtr's own children may outlive it by a moment. */
const PATIENCE_MS = 2000;

function isRefusal(thrown: unknown): thrown is Failure {
  return thrown instanceof Failure && thrown.code === "gtr.refused";
}

function isFailed(thrown: unknown): thrown is Failure {
  return thrown instanceof Failure && thrown.code === "gtr.failed";
}
