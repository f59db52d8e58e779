// What its user has not committed, carried into the worktree of a run: files as they stand there and here, and for the
// commits of the result one commit that they are on. The caller's checkout is only read.

import { existsSync, lstatSync, readFileSync, readlinkSync, rmSync } from "node:fs";
import { join } from "node:path";
import { Failure } from "../../core/failure.ts";
import type { Git } from "../../git/git.ts";
import { copyIndex } from "../../git/index-copy.ts";
import { commitOf } from "../../git/repository.ts";
import type { World } from "../../world.ts";
import { identityIn } from "./identity.ts";

type Effects = Pick<World, "git">;

export interface Carry {
  /** Top of the checkout that the run was asked for in. */
  caller: string;
  worktree: string;
  /** Where both stand. */
  base: string;
  /** An index of ours. */
  index: string;
  /** Holds what is made in the repository, so that git does not throw it away while the run works on it. */
  ref: string;
}

export function startRef(runId: string): string {
  return `refs/parallel-cc/sandbox-start/${runId}`;
}

/** May be done again when it was killed: nobody else works in the worktree. Errors: `sandbox.caller-moved`, `git.*`. */
export async function carryChanges(world: Effects, { caller, worktree, base, index, ref }: Carry): Promise<void> {
  const there = world.git(caller);
  if ((await commitOf(there, "HEAD")) !== base) {
    throw new Failure({
      code: "sandbox.caller-moved",
      message: `${caller} has moved to another commit since the run was asked for, so its changes were not carried along.`,
      hint: "Run it again.",
    });
  }
  const tree = await treeOf(there, { index, leftOut: [] });
  await committed(there, { tree, base, ref });
  const here = world.git(worktree);
  const gitDir = (await here.output(["rev-parse", "--absolute-git-dir"])).trim();
  rmSync(join(gitDir, "index.lock"), { force: true });
  await here.output(["read-tree", "--reset", "-u", tree]);
  await here.output(["read-tree", "HEAD"]);
  await here.attempt(["update-index", "-q", "--refresh"]);
}

/**
 * Takes out of the worktree again what stands in the caller's checkout in the same bytes: of a run that was only tried,
 * copies of what is nobody's else. What differs stays.
 */
export async function uncarryChanges(
  { git }: Effects,
  { caller, worktree }: Pick<Carry, "caller" | "worktree">,
): Promise<void> {
  const here = git(worktree);
  const names = (said: string) => said.split("\0").filter((name) => name !== "");
  const changed = names(await here.output(["diff", "--name-only", "-z", "--no-renames", "HEAD"]));
  const untracked = names(await here.output(["ls-files", "--others", "--exclude-standard", "-z"]));
  const isSame = (path: string) => isSameFile(join(worktree, path), join(caller, path));
  for (const path of untracked.filter(isSame)) rmSync(join(worktree, path));
  const back = changed.filter(isSame).map((path) => `${path}\0`);
  if (back.length === 0) return;
  const args = ["checkout", "--force", "HEAD", "--pathspec-from-file=-", "--pathspec-file-nul"];
  const own = { env: { GIT_LITERAL_PATHSPECS: "1" }, settings: { "core.hooksPath": "/dev/null" } };
  await here.configured(own).output(args, { input: back.join("") });
}

/** Also of two that are not there. */
function isSameFile(one: string, other: string): boolean {
  const [a, b] = [one, other].map((file) => lstatSync(file, { throwIfNoEntry: false }));
  if (a === undefined || b === undefined) return a === b;
  if (a.isSymbolicLink() && b.isSymbolicLink()) return readlinkSync(one) === readlinkSync(other);
  return a.isFile() && b.isFile() && a.size === b.size && readFileSync(one).equals(readFileSync(other));
}

/** The base with what stands changed in the worktree, but for some paths, as a commit; the base itself when that is nothing. */
export async function startCommit(
  world: Effects,
  { worktree, base, index, ref, leftOut }: Omit<Carry, "caller"> & { leftOut: readonly string[] },
): Promise<string> {
  const git = world.git(worktree);
  const tree = await treeOf(git, { index, leftOut });
  if (tree === (await git.output(["rev-parse", `${base}^{tree}`])).trim()) return base;
  return committed(git, { tree, base, ref });
}

async function committed(git: Git, { tree, base, ref }: { tree: string; base: string; ref: string }): Promise<string> {
  const args = ["commit-tree", "-p", base, "-m", "Changes that were not committed when the sandbox started", tree];
  // In its user's own name, and in one of ours where git has none.
  const { name, email } = await identityIn(git);
  const who = { GIT_AUTHOR_NAME: name, GIT_AUTHOR_EMAIL: email, GIT_COMMITTER_NAME: name, GIT_COMMITTER_EMAIL: email };
  const commit = (await git.configured({ env: who }).output(args)).trim();
  await git.output(["update-ref", "--end-of-options", ref, commit]);
  return commit;
}

/** Of the whole checkout, but for repositories in it, which a tree has no room for. */
async function treeOf(git: Git, { index, leftOut }: { index: string; leftOut: readonly string[] }): Promise<string> {
  const gitDir = (await git.output(["rev-parse", "--absolute-git-dir"])).trim();
  rmSync(index, { force: true });
  if (existsSync(join(gitDir, "index"))) copyIndex(join(gitDir, "index"), index);
  const own = git.configured({ env: { GIT_INDEX_FILE: index, GIT_LITERAL_PATHSPECS: "1" } });
  try {
    await own.output(["add", "--all", "--", "."]);
    const added = await own.output(["diff-index", "--cached", "-z", "--no-renames", "HEAD"]);
    const paths = [...repositoriesIn(added), ...leftOut];
    const input = paths.map((path) => `${path}\0`).join("");
    if (paths.length > 0) {
      await own.output(["reset", "-q", "--pathspec-from-file=-", "--pathspec-file-nul", "HEAD"], { input });
    }
    return (await own.output(["write-tree"])).trim();
  } finally {
    rmSync(index, { force: true });
  }
}

/** Records are `:<mode> <mode> <id> <id> <status>` and then the path. */
function repositoriesIn(raw: string): string[] {
  const fields = raw.split("\0");
  return fields.flatMap((field, i) => (/^:\d{6} 160000 /.test(field) ? [fields[i + 1] ?? ""] : []));
}
