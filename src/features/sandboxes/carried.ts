// Copies of what its user has not committed, in the worktree of a run.

import { lstatSync, readFileSync, readlinkSync, rmSync } from "node:fs";
import { fullPath, listOf, pathFrom, pathsOf } from "../../files/byte-paths.ts";
import type { World } from "../../world.ts";

/** For git that reads paths, each ended by a NUL. */
export const NAMED = ["--pathspec-from-file=-", "--pathspec-file-nul"] as const;
export const LITERALLY = { env: { GIT_LITERAL_PATHSPECS: "1" }, settings: { "core.hooksPath": "/dev/null" } };

/**
 * Takes out of the worktree again what stands in the caller's checkout in the same bytes: of a run that was only tried,
 * copies of what is nobody's else, and else what is not to be in its result. What differs stays.
 */
export async function uncarryChanges(
  { git }: Pick<World, "git">,
  { caller, worktree, only }: { caller: string; worktree: string; only?: readonly string[] },
): Promise<void> {
  const here = git(worktree);
  const wanted = only && new Set(only.map(pathFrom));
  const isMeant = (path: string) =>
    (wanted === undefined || wanted.has(path)) && isSameFile(fullPath(worktree, path), fullPath(caller, path));
  const remove = (path: string) => rmSync(fullPath(worktree, path), { force: true });
  const changed = pathsOf(await here.bytes(["diff", "--name-only", "-z", "--no-renames", "HEAD"]));
  const untracked = pathsOf(await here.bytes(["ls-files", "--others", "--exclude-standard", "-z"]));
  untracked.filter(isMeant).forEach(remove);
  const back = changed.filter(isMeant);
  if (back.length === 0) return;
  // Of those that are only to be added HEAD has none.
  const known = new Set(pathsOf(await here.bytes(["ls-tree", "-r", "-z", "--name-only", "--full-tree", "HEAD"])));
  const added = back.filter((path) => !known.has(path));
  added.forEach(remove);
  if (added.length > 0) {
    await here.output(["update-index", "--force-remove", "-z", "--stdin"], { input: listOf(added) });
  }
  const old = back.filter((path) => known.has(path));
  if (old.length === 0) return;
  await here.configured(LITERALLY).output(["checkout", "--force", "HEAD", ...NAMED], { input: listOf(old) });
}

export function isFile(file: Buffer): boolean {
  return lstatSync(file, { throwIfNoEntry: false })?.isFile() === true;
}

/** Also of two that are not there. */
export function isSameFile(one: Buffer, other: Buffer): boolean {
  const [a, b] = [one, other].map((file) => lstatSync(file, { throwIfNoEntry: false }));
  if (a === undefined || b === undefined) return a === b;
  if (a.isSymbolicLink() && b.isSymbolicLink()) return readlinkSync(one) === readlinkSync(other);
  return a.isFile() && b.isFile() && a.size === b.size && readFileSync(one).equals(readFileSync(other));
}
