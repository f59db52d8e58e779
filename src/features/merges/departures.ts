// Where a branch stood when a checkout left it: its own reflog goes when it is deleted, but the HEADs that were on it
// remember. Read from git's own entries, at most one git for each checkout.

import { readdirSync } from "node:fs";
import { join } from "node:path";
import type { Git } from "../../git/git.ts";

export interface Departure {
  branch: string;
  tip: string;
  /** Seconds since 1970. */
  at: number;
  /** Whose reflog has it, as git calls it everywhere in the repository: `main-worktree/HEAD`. */
  head: string;
  /** Where that HEAD had stood until then. */
  before: readonly string[];
}

const MOST_ENTRIES = 2_000;
/** As git itself reads it for `@{-1}`, in no language but this one; and how it ends a rebase. */
const LEFT = /^checkout: moving from (\S+) to \S+$/;
const REBASED = /^rebase .*returning to refs\/heads\/(\S+)/;

/** Of every HEAD, the last one first. `git` is in the git directory. */
export async function departuresFrom(git: Git, gitDir: string): Promise<Departure[]> {
  const heads = ["main-worktree/HEAD", ...worktreesIn(gitDir).map((name) => `worktrees/${name}/HEAD`)];
  const found: Departure[] = [];
  for (const head of heads) {
    const words = ["--walk-reflogs", "--format=%H%x00%gd%x00%gs", "--date=unix", "--no-show-signature"];
    const asked = ["log", ...words, `--max-count=${MOST_ENTRIES}`, "--end-of-options", head, "--"];
    const { exit, stdout } = await git.attempt(asked);
    if (exit !== 0) continue;
    const entries = stdout.split("\n").map((line) => line.split("\0"));
    const commits = entries.map(([commit = ""]) => commit);
    for (const [index, [commit = "", place = "", said = ""]] of entries.entries()) {
      const left = LEFT.exec(said)?.[1];
      const branch = left ?? REBASED.exec(said)?.[1];
      const tip = left === undefined ? commit : commits[index + 1];
      if (branch === undefined || tip === undefined || tip === "") continue;
      const at = Number(/@\{(\d+)\}$/.exec(place)?.[1]);
      found.push({ branch, tip, at, head, before: commits.slice(index + 1) });
    }
  }
  // Of one HEAD they come in order, also within a second.
  return found.sort((one, other) => other.at - one.at);
}

function worktreesIn(gitDir: string): string[] {
  try {
    return readdirSync(join(gitDir, "worktrees"));
  } catch {
    return [];
  }
}
