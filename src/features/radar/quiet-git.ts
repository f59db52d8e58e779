// git that looks into a session's checkout and leaves no trace there: it takes no lock and writes nothing of the
// repository's, and runs no program that its settings name (filters like Git LFS, hooks, a file system monitor).

import type { Git } from "../../git/git.ts";
import type { World } from "../../world.ts";

const SETTINGS = {
  "core.fsmonitor": "false",
  // A `post-index-change` would be told of an index that is none of its business.
  "core.hooksPath": "/dev/null",
  // Its shared half would be written beside the checkout's.
  "core.splitIndex": "false",
  // Ends it in a sum.
  "index.skipHash": "false",
  // What the untracked cache is made for.
  "status.showUntrackedFiles": "all",
  // Whether a copy of a file is told by its time does not depend on who made it.
  "core.checkStat": "default",
  "core.safecrlf": "false",
};

export interface Quiet {
  git: Git;
  /** Some filter is configured: a file may have another content in the repository than on the disk. */
  hasFilters: boolean;
}

/** Errors: those of git. */
export async function quietGit(world: Pick<World, "git">, top: string): Promise<Quiet> {
  const git = world.git(top);
  const found = await git.attempt(["config", "--includes", "--name-only", "-z", "--get-regexp", "^filter\\."]);
  const names = found.stdout.split("\0").flatMap((key) => /^filter\.(.*)\.[^.]*$/s.exec(key)?.[1] ?? []);
  const filters = [...new Set(names)].flatMap((name) => [
    [`filter.${name}.clean`, ""],
    [`filter.${name}.smudge`, ""],
    [`filter.${name}.process`, ""],
    [`filter.${name}.required`, "false"],
  ]);
  const settings = { ...SETTINGS, ...Object.fromEntries(filters) };
  return { git: git.configured({ settings, env: { GIT_NO_LAZY_FETCH: "1" } }), hasFilters: filters.length > 0 };
}
