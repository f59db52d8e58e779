// The rebases of a repository that it still knows of, on whatever branch, and whether each can be taken back.

import type { Git } from "../../git/git.ts";
import { parseWorktrees } from "../../git/porcelain.ts";
import { leftWorks, type Rebased, recorded } from "./records.ts";
import { endOf, isStopOf, rebasesUnderWay } from "./stopped.ts";

export interface KnownRebase {
  id: string;
  branch: string;
  target: string;
  /** Milliseconds. */
  at: number;
  before: string;
  /** Null for one that was killed, or has stopped. */
  after: string | null;
  /** The worktree that the branch is checked out in, or is rebased in. */
  path: string | null;
  /** What can be taken back: the branch, also while it has stopped, what was set aside of a killed one, or nothing. */
  left: "branch" | "stopped" | "work" | "moved-on" | "gone";
}

/** Newest first. `git` is in the git directory. */
export async function knownRebases(git: Git): Promise<KnownRebase[]> {
  const all = await recordedByNow(git);
  if (all.length === 0) return [];
  const killed = new Set((await leftWorks(git)).map(({ id }) => id));
  const listed = await git.output(["for-each-ref", "--format=%(refname)%00%(objectname)", "refs/heads/"]);
  const lines = listed.split("\n").map((line) => line.split("\0"));
  const tips = new Map(lines.map(([name = "", commit = ""]) => [name, commit]));
  const worktrees = parseWorktrees(await git.output(["worktree", "list", "--porcelain", "-z"]));
  const underWay = rebasesUnderWay(git.directory);
  return all.flatMap((one): KnownRebase[] => {
    const { id, branch, target, at, before, after } = one;
    const path = worktrees.find((tree) => tree.branch === branch)?.path ?? null;
    const known = { id, branch, target, at, before, after: after ?? null, path };
    const stopped = underWay.find((rebase) => isStopOf(one, rebase));
    if (stopped !== undefined) return [{ ...known, path: stopped.path, left: "stopped" }];
    if (killed.has(id)) return [{ ...known, left: "work" }];
    // It came to nothing, and nothing of it is left.
    if (after === undefined) return [];
    const tip = tips.get(`refs/heads/${branch}`);
    return [{ ...known, left: tip === undefined ? "gone" : tip === after ? "branch" : "moved-on" }];
  });
}

/** Also what git says of those that somebody else has ended since they stopped. Newest first. */
async function recordedByNow(git: Git): Promise<Rebased[]> {
  const found: Rebased[] = [];
  for (const one of await recorded(git)) {
    const after = one.after ?? (await endOf(git, one));
    found.push(after === undefined ? one : { ...one, after });
  }
  return found;
}

/** Those of the branch that is checked out which can be taken back. */
export async function rebasesHere(git: Git): Promise<Rebased[]> {
  const head = await git.attempt(["symbolic-ref", "--quiet", "--short", "HEAD"]);
  const branch = head.stdout.replace(/\n$/, "");
  return (await recordedByNow(git)).filter((one) => one.branch === branch && one.after !== undefined);
}
