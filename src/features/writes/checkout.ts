// What a checkout's own files say, read without git: where its git directory is, what git has under way in it, and how a
// path stands on the disk.

import { type BigIntStats, existsSync, lstatSync, readFileSync, statSync } from "node:fs";
import { join, resolve } from "node:path";
import { GONE } from "./decide.ts";

/** Undefined where there is no checkout (any more). */
export function gitDirOf(top: string): string | undefined {
  const entry = join(top, ".git");
  try {
    if (statSync(entry).isDirectory()) return entry;
    const [, pointed] = /^gitdir: (.+?)\n?$/s.exec(readFileSync(entry, "utf8")) ?? [];
    if (pointed === undefined) return undefined;
    const gitDir = resolve(top, pointed);
    return existsSync(gitDir) ? gitDir : undefined;
  } catch {
    return undefined;
  }
}

const UNDER_WAY = ["MERGE_HEAD", "CHERRY_PICK_HEAD", "REVERT_HEAD", "rebase-merge", "rebase-apply"];

/** Whether a merge, rebase, cherry-pick, revert or `am` waits for somebody. */
export function isUnderWay(gitDir: string): boolean {
  return UNDER_WAY.some((name) => existsSync(join(gitDir, name)));
}

/** Changes whenever git prepares the message of a commit that somebody is to make; "" while there is none. */
export function preparedMessage(gitDir: string): string {
  return ["MERGE_MSG", "SQUASH_MSG"]
    .flatMap((name) => {
      const found = statSync(join(gitDir, name), { bigint: true, throwIfNoEntry: false });
      return found === undefined ? [] : [`${name} ${found.ino} ${found.mtimeNs}`];
    })
    .join(", ");
}

export interface Standing {
  /** Another one when the file was written, moved or changed in its mode. */
  print: string;
  ctimeMs: number;
  stats: BigIntStats | undefined;
}

/** `path` has one character for each byte. */
export function standingOf(top: string, path: string): Standing {
  let stats: BigIntStats | undefined;
  try {
    const full = Buffer.concat([Buffer.from(`${top}/`), Buffer.from(path, "latin1")]);
    stats = lstatSync(full, { bigint: true, throwIfNoEntry: false });
  } catch {
    // Below what is no directory any longer, or one that may not be entered.
  }
  if (stats === undefined) return { print: GONE, ctimeMs: Number.POSITIVE_INFINITY, stats };
  const { mtimeNs, ctimeNs, size, ino } = stats;
  // A repository of its own: whatever is done in it is done there.
  const print = stats.isDirectory() ? "directory" : `${mtimeNs} ${ctimeNs} ${size} ${ino}`;
  return { print, ctimeMs: Number(ctimeNs / 1_000_000n), stats };
}
