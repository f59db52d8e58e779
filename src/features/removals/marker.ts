// What tells others, git too, that a worktree is on its way into the trash or back: a lock in git's own record of it, which
// keeps `git worktree prune` from deleting the record while its directory is not there, and a word among the arguments
// of the gits that do it, by which one that outlives its killed parallel-cc is found.

import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Failure } from "../../core/failure.ts";
import type { World } from "../../world.ts";

/** Whole or not at all: it is written in the trash (`home`) and renamed. */
export function lockRecord(adminDir: string, { id, home }: { id: string; home: string }): void {
  const file = join(adminDir, "locked");
  if (existsSync(file)) return;
  writeFileSync(join(home, "locked"), lockText(id));
  renameSync(join(home, "locked"), file);
}

export function unlockRecord(adminDir: string, id: string): void {
  if (isLockedBy(adminDir, id)) rmSync(join(adminDir, "locked"));
}

export function isLockedBy(adminDir: string, id: string): boolean {
  const file = join(adminDir, "locked");
  return existsSync(file) && readFileSync(file, "utf8") === lockText(id);
}

export function isOurLock(text: string): boolean {
  return text.startsWith(OURS);
}

const OURS = "parallel-cc is at it (removal ";

function lockText(id: string): string {
  return `${OURS}${id})\n`;
}

/** Before git's command. */
export function marked(id: string): string[] {
  return ["-c", `parallel-cc.removal=${id}`];
}

/** Whether a git that a dead parallel-cc has started still works on that removal. */
export function isGitAtWork({ processes }: Pick<World, "processes">, id: string): boolean {
  try {
    return processes.withArgument(`parallel-cc.removal=${id}`).length > 0;
  } catch (thrown) {
    // Where arguments cannot be read nothing can be waited for.
    if (thrown instanceof Failure && thrown.code === "proc.unsupported") return false;
    throw thrown;
  }
}
