// A branch moved to another commit in its worktree, with what is staged and changed there as it is: as `git switch` does
// it, which `git reset --keep` does not, for that unstages.

import { type Git, gitWords } from "../../git/git.ts";

/** What git says where a changed file would be written over, and nothing was done then. */
export async function moveBranch(
  git: Git,
  { from, to, why }: { from: string; to: string; why: string },
): Promise<{ isDone: true } | { isDone: false; words: string }> {
  // Of a file that was only touched it would say that it has changed.
  await git.attempt(["update-index", "-q", "--refresh"]);
  const read = (one: string, other: string) => git.attempt(["read-tree", "-m", "-u", one, other]);
  const files = await read(from, to);
  if (files.exit !== 0) return { isDone: false, words: gitWords(files) };
  const input = `update HEAD ${to} ${from}\nupdate ORIG_HEAD ${from}\n`;
  const refs = await git.attempt(["update-ref", "-m", why, "--stdin"], { input });
  if (refs.exit === 0) return { isDone: true };
  // Somebody else has moved it since.
  await read(to, from);
  return { isDone: false, words: gitWords(refs) };
}
