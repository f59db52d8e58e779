// The rebases of a repository that it still knows of, on whatever branch, and whether each can be taken back.

import type { Git } from "../../git/git.ts";
import { parseWorktrees } from "../../git/porcelain.ts";
import { leftWorks, recorded } from "./records.ts";

export interface KnownRebase {
  id: string;
  branch: string;
  target: string;
  /** Milliseconds. */
  at: number;
  before: string;
  /** Null for one that was killed. */
  after: string | null;
  /** The worktree that the branch is checked out in. */
  path: string | null;
  /** What can be taken back: the branch, what was set aside of a killed one, or neither. */
  left: "branch" | "work" | "moved-on" | "gone";
}

/** Newest first. `git` is in the git directory. */
export async function knownRebases(git: Git): Promise<KnownRebase[]> {
  const all = await recorded(git);
  if (all.length === 0) return [];
  const killed = new Set((await leftWorks(git)).map(({ id }) => id));
  const listed = await git.output(["for-each-ref", "--format=%(refname)%00%(objectname)", "refs/heads/"]);
  const lines = listed.split("\n").map((line) => line.split("\0"));
  const tips = new Map(lines.map(([name = "", commit = ""]) => [name, commit]));
  const worktrees = parseWorktrees(await git.output(["worktree", "list", "--porcelain", "-z"]));
  return all.flatMap(({ id, branch, target, at, before, after }): KnownRebase[] => {
    const path = worktrees.find((one) => one.branch === branch)?.path ?? null;
    const known = { id, branch, target, at, before, after: after ?? null, path };
    if (killed.has(id)) return [{ ...known, left: "work" }];
    // It came to nothing, and nothing of it is left.
    if (after === undefined) return [];
    const tip = tips.get(`refs/heads/${branch}`);
    return [{ ...known, left: tip === undefined ? "gone" : tip === after ? "branch" : "moved-on" }];
  });
}
