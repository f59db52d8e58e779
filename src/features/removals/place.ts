// A linked worktree as two directories: the one people work in, and the one that git keeps for it below the
// repository's `worktrees/`. Either may stand in the trash, so git is told where both are.

import { lstatSync, readdirSync, readFileSync, realpathSync } from "node:fs";
import { join, resolve } from "node:path";
import type { Git } from "../../git/git.ts";
import type { World } from "../../world.ts";

export interface TreePlace {
  /** The common git directory. */
  gitDir: string;
  /** The worktree's own directory. */
  top: string;
  /** Its git directory. */
  adminDir: string;
}

/** Settings of the user's that hide changes, or start programs of his while we look. */
export const SEEING_ALL = {
  "core.fsmonitor": "false",
  "core.untrackedCache": "false",
  "core.checkStat": "default",
  "core.trustctime": "true",
  "core.splitIndex": "false",
  "core.quotePath": "true",
} as const;

/** git for that worktree wherever its two directories stand. With an index of its own when one is named. */
export function gitAt(world: Pick<World, "git">, { gitDir, top, adminDir }: TreePlace, index?: string): Git {
  const env = {
    GIT_DIR: adminDir,
    GIT_COMMON_DIR: gitDir,
    GIT_WORK_TREE: top,
    ...(index === undefined ? {} : { GIT_INDEX_FILE: index }),
  };
  return world.git(top).trusting().configured({ env, settings: SEEING_ALL });
}

export function adminDirOf(gitDir: string, adminName: string): string {
  return join(gitDir, "worktrees", adminName);
}

/** Whether the two directories name each other: a copy of a worktree names one that does not name it. */
export function belongTogether({ top, adminDir }: TreePlace): boolean {
  try {
    const pointed = readFileSync(join(top, ".git"), "utf8").replace(/\n$/, "");
    const back = readFileSync(join(adminDir, "gitdir"), "utf8").replace(/\n$/, "");
    const named = pointed.startsWith("gitdir: ") ? resolve(top, pointed.slice("gitdir: ".length)) : "";
    return (
      realpathSync(named) === realpathSync(adminDir) && realpathSync(resolve(adminDir, back)) === join(top, ".git")
    );
  } catch {
    return false;
  }
}

/** Also for what is no regular thing: a dangling link is there. */
export function isThere(path: string): boolean {
  try {
    return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
  } catch (thrown) {
    // Below a file there is nothing; what may not be looked at may be there.
    return !(thrown instanceof Error && "code" in thrown && thrown.code === "ENOTDIR");
  }
}

export function isEmptyDirectory(path: string): boolean {
  const found = lstatSync(path, { throwIfNoEntry: false });
  return found?.isDirectory() === true && readdirSync(path).length === 0;
}
