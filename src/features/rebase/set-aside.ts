// Uncommitted work, set aside for a rebase and put back: kept as one commit under a ref of its own all the while, and
// never on git's stash, which is one for all worktrees. Untracked files stay where they are.

import { Failure } from "../../core/failure.ts";
import { type Git, gitWords } from "../../git/git.ts";
import { pathsOfStatus } from "../../git/porcelain.ts";
import type { Place } from "./place.ts";
import { workRefOf } from "./records.ts";

/** Tracked files that are staged or changed. */
export async function dirtyPaths(git: Git): Promise<string[]> {
  const words = ["status", "--porcelain", "-z", "--no-renames", "--untracked-files=no", "--ignore-submodules=dirty"];
  // No program of the user's is started only to look.
  return pathsOfStatus(await git.configured({ settings: { "core.fsmonitor": "false" } }).output(words));
}

/** The commit that holds it, with the index as its second parent. Nothing in the worktree changes. */
export async function saveWork({ git }: Place, id: string): Promise<string> {
  const made = await git.attempt(["stash", "create", "parallel-cc: set aside for a rebase"]);
  const work = made.stdout.trim();
  if (made.exit !== 0 || !/^[0-9a-f]{40,64}$/.test(work)) {
    throw new Failure({
      code: "rebase.not-set-aside",
      message: `What is not committed could not be set aside: ${gitWords(made) || "git made nothing of it"}.`,
      hint: "Nothing was changed. Commit it.",
    });
  }
  await git.output(["update-ref", "--end-of-options", workRefOf(id), work]);
  return work;
}

/** True where all of it is in the worktree and its index, as when `clearWork` never came. */
export async function isInPlace({ git }: Place, work: string): Promise<boolean> {
  const now = (await git.output(["stash", "create"])).trim();
  if (now === "") return false;
  const parts = ["^{tree}", "^1", "^2^{tree}"];
  const hashes = async (commit: string) => git.output(["rev-parse", ...parts.map((part) => `${commit}${part}`)]);
  return (await hashes(now)) === (await hashes(work));
}

/** Takes it out of the worktree, where `saveWork` has it. */
export async function clearWork({ git }: Place): Promise<void> {
  await git.output(["reset", "--quiet", "--hard"]);
}

/** With the index as it was, where that still can be; false when it does not go onto what is there now. */
export async function putBack({ git }: Place, work: string): Promise<boolean> {
  const whole = await git.attempt(["stash", "apply", "--quiet", "--index", work]);
  if (whole.exit === 0) return true;
  await git.output(["reset", "--quiet", "--hard"]);
  const files = await git.attempt(["stash", "apply", "--quiet", work]);
  if (files.exit === 0) return true;
  await git.output(["reset", "--quiet", "--hard"]);
  return false;
}
