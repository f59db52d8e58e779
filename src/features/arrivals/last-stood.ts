// Where a branch stood when it was deleted: its own reflog went with it, but the checkouts that were on it remember, and
// so may a remote-tracking ref that nobody has pruned. Only what goes on from where it was seen before counts: another
// branch may have had the same name.

import { readdirSync } from "node:fs";
import { join } from "node:path";
import type { Git } from "../../git/git.ts";
import { recordedTip } from "../merges/merges.ts";
import { reaches } from "./came.ts";
import { type Ground, isThere } from "./ground.ts";

/** Of these, those that are gone and went on after they were recorded, by name. At most one git for each checkout. */
export async function lastStood(ground: Ground, names: readonly string[]): Promise<Map<string, string>> {
  const { db, git, refs, repository } = ground;
  const found = new Map<string, string>();
  const gone = [...new Set(names)].filter((name) => !isThere(ground, name));
  if (gone.length === 0) return found;
  const departures = await departuresFrom(git, repository.gitDir);
  for (const branch of gone) {
    const recorded = recordedTip(db, repository.gitDir, branch);
    if (recorded === undefined) continue;
    const left = departures
      .filter((one) => one.branch === branch && one.tip !== recorded)
      .map(({ tip, before }) => ({ tip, isLater: before.includes(recorded) }));
    const fetched = refs
      .filter(({ name, commit }) => name.replace(REMOTE, "") === branch && commit !== recorded)
      .map(({ commit }) => ({ tip: commit, isLater: false }));
    for (const { tip, isLater } of [...left, ...fetched]) {
      if (!isLater && (await reaches(git, tip, recorded)) !== true) continue;
      found.set(branch, tip);
      break;
    }
  }
  return found;
}

const REMOTE = /^refs\/remotes\/[^/]+\//;

interface Departure {
  branch: string;
  tip: string;
  /** Seconds since 1970. */
  at: number;
  /** Where that HEAD had stood until then. */
  before: readonly string[];
}

const MOST_ENTRIES = 2_000;
/** As git itself reads it for `@{-1}`, in no language but this one; and how it ends a rebase. */
const LEFT = /^checkout: moving from (\S+) to \S+$/;
const REBASED = /^rebase .*returning to refs\/heads\/(\S+)/;

/** Of every HEAD, the last one first. */
async function departuresFrom(git: Git, gitDir: string): Promise<Departure[]> {
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
      found.push({ branch, tip, at: Number(/@\{(\d+)\}$/.exec(place)?.[1]), before: commits.slice(index + 1) });
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
