// Who has a branch checked out. git is not asked: its list of worktrees fails while another command takes one away.

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** Whether no worktree stands on the branch, nor rebases it. Not known with reftable, whose HEAD is no file. */
export function isBranchFree(gitDir: string, branch: string): boolean {
  const linked = join(gitDir, "worktrees");
  const names = existsSync(linked) ? readdirSync(linked) : [];
  const own = [gitDir, ...names.map((name) => join(linked, name))];
  const name = `refs/heads/${branch}`;
  return own.every((directory) => {
    const heads = ["HEAD", join("rebase-merge", "head-name"), join("rebase-apply", "head-name")];
    return heads
      .map((file) => textOf(join(directory, file)).replace(/^ref: /, ""))
      .every((ref) => ref !== name && ref !== "refs/heads/.invalid");
  });
}

function textOf(file: string): string {
  try {
    return readFileSync(file, "utf8").trim();
  } catch {
    return "";
  }
}
