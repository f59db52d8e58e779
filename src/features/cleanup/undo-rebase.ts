// Rebases, as `undo` knows them beside what was removed: listed, and taken back by their ids in their own worktrees.

import { Failure, usage } from "../../core/failure.ts";
import { printable } from "../../core/text.ts";
import type { World } from "../../world.ts";
import { type KnownRebase, knownRebases, type TakenBack, undoRebase } from "../rebase/rebase.ts";
import { removalsOf } from "../removals/removals.ts";
import { reachableRepositories } from "./scope.ts";
import { gitDirMeant, type UndoInput } from "./undo.ts";

/** Newest first: of the repository that is meant, and where none is, of all that are known. */
export async function listRebases(world: World, repo: string | undefined): Promise<KnownRebase[]> {
  const gitDir = await gitDirMeant(world, repo);
  return rebasesIn(world, gitDir === undefined ? reachableRepositories(await world.db()) : [gitDir]);
}

async function rebasesIn(world: World, gitDirs: readonly string[]): Promise<KnownRebase[]> {
  const found: KnownRebase[] = [];
  for (const gitDir of gitDirs) {
    const git = world.git(gitDir).trusting();
    const own = await knownRebases(git).catch((thrown: unknown) => {
      world.log("info", "rebases.unreadable", { gitDir, error: String(thrown) });
      return [];
    });
    found.push(...own);
  }
  return found.toSorted((a, b) => b.at - a.at);
}

/** Undefined where no rebase has such an id. Errors: `undo.ambiguous`, `usage.conflicting-flags`. */
export async function rebaseMeant(world: World, { id, to, repo }: UndoInput): Promise<KnownRebase | undefined> {
  if (id === undefined || id === "") return undefined;
  const here = await gitDirMeant(world, repo);
  const db = await world.db();
  const all = new Set([...(here === undefined ? [] : [here]), ...reachableRepositories(db)]);
  const rebases = (await rebasesIn(world, [...all])).filter((one) => one.id.startsWith(id));
  const [meant] = rebases;
  if (meant === undefined) return undefined;
  const removals = removalsOf(db, undefined).filter((one) => one.id.startsWith(id));
  if (rebases.length + removals.length > 1) throw ambiguous(id, { rebases: rebases.length, removals: removals.length });
  if (to !== undefined)
    throw usage("conflicting-flags", "--to is for what was removed: a rebase stays in its worktree.");
  return meant;
}

/** Errors: `undo.no-worktree`, and those of `undoRebase`. */
export async function takeRebaseBack(world: World, { id, branch, before, path }: KnownRebase): Promise<TakenBack> {
  if (path !== null) return undoRebase(world, { asker: { cwd: path }, id });
  throw new Failure({
    code: "undo.no-worktree",
    message: `${printable(branch)} is checked out in no worktree, and a rebase is taken back in one.`,
    hint: `If a rebase of it has stopped, give that up: git rebase --abort. Else go to it: git switch <branch>. It was at ${before}.`,
    details: { branch, before },
  });
}

function ambiguous(id: string, { rebases, removals }: { rebases: number; removals: number }): Failure {
  return new Failure({
    code: "undo.ambiguous",
    message: `"${printable(id)}" begins the ids of ${rebases + removals} removals and rebases.`,
    hint: "parallel-cc undo --list tells the ids.",
  });
}
