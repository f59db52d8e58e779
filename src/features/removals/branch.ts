// Who has a branch checked out, as git knows it.

import type { Git } from "../../git/git.ts";

/** Whether the branch is there and no worktree has it checked out. */
export async function isBranchFree(git: Git, branch: string): Promise<boolean> {
  const name = `refs/heads/${branch}`;
  const listed = await git.output(["for-each-ref", "--format=%(refname)%00%(worktreepath)", "--end-of-options", name]);
  return listed.split("\n").some((line) => line === `${name}\0`);
}
