// Which files were written between two looks. Pure: what the disk and git say of each path is asked through `Facts`.
//
// A file counts when it stands changed now and did not stand so before, when a commit made here has it, or when it was
// new and is gone. What git brought is clean against the HEAD that it came with, so it does not. What only seems changed
// because HEAD or the index moved under it (`reset HEAD~1`, `rm --cached`) is as our index of the last look knows it.

import type { Standing } from "./checkout.ts";
import type { Look } from "./look.ts";
import type { State } from "./store.ts";

export interface Facts {
  before: State;
  now: Pick<Look, "head" | "changed"> & Pick<State, "message">;
  /** HEAD was moved, be it to where it was. */
  hasMoves: boolean;
  /** A merge, rebase or the like waits for somebody. */
  isUnderWay: boolean;
  /** What the commits hold that were made here. */
  committed: readonly string[];
  standing(path: string): Standing;
  /** It is another checkout of this very repository. */
  isWorktree(path: string): boolean;
  /** HEAD or the checkout's index moved, and on the disk it is just as our index of the last look has it. */
  isUntouched(path: string): boolean;
  /** HEAD or the checkout's index moved, and it is neither on the disk nor in our index of the last look. */
  isAbsent(path: string): boolean;
  /** Files of git's that say what is ignored, which our index of the last look has. */
  ignoreFiles(): readonly string[];
}

export interface Decision {
  /** Without doubles; what is untracked comes last. */
  written: string[];
  changed: State["changed"];
}

export function decide(facts: Facts): Decision {
  const { before, now, isUntouched, standing } = facts;
  const known = new Map(before.changed);
  const remembered = new Map<string, string>();
  const tracked: string[] = [];
  const untracked: string[] = [];
  // `merge --squash` and `cherry-pick -n` leave what they brought in the index, and nothing but the message.
  const isBrought = now.message !== "" && now.message !== before.message;
  for (const { path, is } of now.changed) {
    const isGits = is === "staged" || is === "conflicted";
    if (isGits && facts.isUnderWay) {
      remembered.set(path, known.get(path) ?? BROUGHT);
      continue;
    }
    remembered.set(path, standing(path).print);
    if ((isGits && isBrought) || isAsBefore(path) || facts.isWorktree(path)) continue;
    // Its deletion was in a commit that is none any more.
    if (!known.has(path) && facts.isAbsent(path)) continue;
    (is === "untracked" ? untracked : tracked).push(path);
  }
  const committed = facts.committed.filter((path) => !isAsBefore(path));
  const gone = facts.hasMoves ? [] : before.changed.filter(([path, was]) => isGone(path, was)).map(([path]) => path);
  const isSeenAnew = hasOtherIgnores([...tracked, ...untracked, ...committed, ...vanished()]);
  const fresh = isSeenAnew ? untracked.filter((path) => standing(path).ctimeMs >= before.at - SLACK_MS) : untracked;
  return { written: [...new Set([...committed, ...tracked, ...gone, ...fresh])], changed: [...remembered] };

  function isAsBefore(path: string): boolean {
    return known.has(path) ? known.get(path) === standing(path).print : isUntouched(path);
  }

  function isGone(path: string, was: string): boolean {
    return !remembered.has(path) && was !== GONE && was !== BROUGHT && standing(path).print === GONE;
  }

  function vanished(): string[] {
    return before.changed.flatMap(([path]) => (remembered.has(path) ? [] : [path]));
  }

  /** Then files show up that have been there for long. */
  function hasOtherIgnores(touched: readonly string[]): boolean {
    if (untracked.length === 0) return false;
    return touched.some(isIgnoreFile) || facts.ignoreFiles().some((path) => !isUntouched(path));
  }
}

/**
 * Of what git brought, in the middle of a merge or the like, and no print: whoever gives that up and keeps the files, or
 * commits in the middle of a rebase, has made them theirs.
 */
const BROUGHT = "brought";

/** What `standing` prints of a path where nothing is. */
export const GONE = "gone";

/** The clock that file systems read runs behind by a tick, and in a virtual machine by more. */
const SLACK_MS = 5_000;

export function isIgnoreFile(path: string): boolean {
  return path === ".gitignore" || path.endsWith("/.gitignore");
}
