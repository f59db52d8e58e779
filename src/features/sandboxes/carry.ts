// What its user has not committed, carried into the worktree of a run: files as they stand there and here, and for the
// commits of the result one commit that they are on. The caller's checkout is only read.

import { copyFileSync, existsSync, mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { Failure } from "../../core/failure.ts";
import { fullPath, listOf, pathFrom, pathsOf } from "../../files/byte-paths.ts";
import type { Git } from "../../git/git.ts";
import { copyIndex } from "../../git/index-copy.ts";
import { commonDirectory } from "../../git/names.ts";
import { quotedPath } from "../../git/quoted-path.ts";
import { commitOf } from "../../git/repository.ts";
import type { World } from "../../world.ts";
import { isFile, isSameFile, LITERALLY, NAMED } from "./carried.ts";
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
  /** A directory of ours, which is taken away again. */
  objects: string;
}

export function startRef(runId: string): string {
  return `refs/parallel-cc/sandbox-start/${runId}`;
}

/**
 * May be done again when it was killed: nobody else works in the worktree. No object of it comes into the repository, where
 * it could be read from inside though it stays here. Errors: `sandbox.caller-moved`, `git.*`.
 */
export async function carryChanges(world: Effects, input: Carry): Promise<void> {
  const { caller, worktree, base, index, objects } = input;
  const there = world.git(caller);
  if ((await commitOf(there, "HEAD")) !== base) {
    throw new Failure({
      code: "sandbox.caller-moved",
      message: `${caller} has moved to another commit since the run was asked for, so its changes were not carried along.`,
      hint: "Run it again.",
    });
  }
  const real = join(await commonDirectory(there.trusting()), "objects");
  const env = { GIT_OBJECT_DIRECTORY: objects, GIT_ALTERNATE_OBJECT_DIRECTORIES: quotedPath(real) };
  mkdirSync(objects, { recursive: true, mode: 0o700 });
  try {
    const tree = await treeOf(there.configured({ env }), { index, leftOut: [] });
    const here = world.git(worktree).configured({ env });
    const gitDir = (await here.output(["rev-parse", "--absolute-git-dir"])).trim();
    rmSync(join(gitDir, "index.lock"), { force: true });
    await here.output(["read-tree", "--reset", "-u", tree]);
    await here.output(["read-tree", "HEAD"]);
    await here.attempt(["update-index", "-q", "--refresh"]);
    await copyBytes(here, { caller, worktree, tree });
    await keepKnown(here, tree);
  } finally {
    rmSync(objects, { recursive: true, force: true });
  }
}

const DIFFERENT = ["diff-tree", "-r", "-z", "--name-only", "--no-renames"];

interface Copied extends Pick<Carry, "caller" | "worktree"> {
  tree: string;
}

/** What git would write in another form than it stands there (core.autocrlf). */
async function copyBytes(here: Git, { caller, worktree, tree }: Copied): Promise<void> {
  for (const path of pathsOf(await here.bytes([...DIFFERENT, "--diff-filter=AM", "HEAD", tree]))) {
    const [theirs, ours] = [fullPath(caller, path), fullPath(worktree, path)];
    if (isFile(theirs) && isFile(ours) && !isSameFile(theirs, ours)) copyFileSync(theirs, ours);
  }
}

/** What was added though git ignores it is known to git here as well: by its name, to be added. */
async function keepKnown(here: Git, tree: string): Promise<void> {
  const added = pathsOf(await here.bytes([...DIFFERENT, "--diff-filter=A", "HEAD", tree]));
  if (added.length === 0) return;
  const ignored = new Set(pathsOf(await here.bytes(["ls-files", "--others", "--ignored", "--exclude-standard", "-z"])));
  const known = added.filter((path) => ignored.has(path));
  if (known.length === 0) return;
  await here.configured(LITERALLY).output(["add", "--intent-to-add", "--force", ...NAMED], { input: listOf(known) });
}

interface Start extends Pick<Carry, "worktree" | "base" | "index"> {
  /** Paths; nothing of them comes into the repository. */
  leftOut: readonly string[];
  /** Holds the commit, so that git does not throw it away while the run works on it. */
  ref: string;
}

/** The base with what stands changed in the worktree, but for some paths, as a commit; the base itself when that is nothing. */
export async function startCommit(world: Effects, { worktree, base, index, ref, leftOut }: Start): Promise<string> {
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
  const own = git.configured({ env: { GIT_INDEX_FILE: index } });
  const left = leftOut.map(pathFrom);
  try {
    const others = pathsOf(await own.bytes(["ls-files", "--others", "--exclude-standard", "-z"]));
    const repositories = others.filter((path) => path.endsWith("/")).map((path) => path.slice(0, -1));
    const without = [...repositories, ...left].map((path) => `:(top,exclude,literal)${path}`);
    await own.output(["add", "--all", ...NAMED], { input: listOf([":(top)", ...without]) });
    const added = await own.bytes(["diff-index", "--cached", "-z", "--no-renames", "HEAD"]);
    const paths = [...repositoriesIn(added), ...left];
    if (paths.length > 0) {
      await own.configured(LITERALLY).output(["reset", "-q", ...NAMED, "HEAD"], { input: listOf(paths) });
    }
    return (await own.output(["write-tree"])).trim();
  } finally {
    rmSync(index, { force: true });
  }
}

/** Records are `:<mode> <mode> <id> <id> <status>` and then the path. */
function repositoriesIn(raw: Uint8Array): string[] {
  const fields = pathsOf(raw);
  return fields.flatMap((field, i) => (/^:\d{6} 160000 /.test(field) ? [fields[i + 1] ?? ""] : []));
}
