// What the commit that is being made changes, as git's pre-commit hook finds it: by the index that git hands over, which
// for `git commit -a` and `git commit <path>` is one of that commit alone.

import { existsSync, readFileSync, realpathSync } from "node:fs";
import { basename, resolve } from "node:path";
import type { Git } from "../../git/git.ts";
import { commitOf } from "../../git/repository.ts";
import type { World } from "../../world.ts";

export interface Staged {
  /** With the commit's index. */
  git: Git;
  /** Of the checkout. */
  top: string;
  /** From the top, deletions too: what differs from HEAD. */
  paths: string[];
  /** There is no commit before it. */
  isFirst: boolean;
  /** What `git add` has prepared, or what the command line of the commit has chosen. */
  isPrepared: boolean;
}

/** Undefined: the commit is of another repository than the directory's. Errors: those of git. */
export async function stagedHere({
  env,
  cwd,
  git: gitAt,
}: Pick<World, "env" | "cwd" | "git">): Promise<Staged | undefined> {
  const { gitDir, indexFile } = env.commit;
  const index = indexFile === undefined ? undefined : resolve(cwd, indexFile);
  const plain = gitAt(cwd);
  const git = index === undefined ? plain : plain.configured({ env: { GIT_INDEX_FILE: index } });
  if (gitDir !== undefined && realpathSync(resolve(cwd, gitDir)) !== (await pathOf(git, "--git-dir"))) return undefined;
  const [top, head, paths] = await Promise.all([
    pathOf(git, "--show-toplevel"),
    commitOf(git, "HEAD"),
    changedFrom(git, undefined),
  ]);
  return { git, top, paths, isFirst: head === undefined, isPrepared: basename(index ?? "index") === "index" };
}

async function pathOf(git: Git, which: "--git-dir" | "--show-toplevel"): Promise<string> {
  return realpathSync((await git.output(["rev-parse", "--path-format=absolute", which])).replace(/\n$/, ""));
}

/** Undefined: from HEAD, or from nothing before the first commit. */
async function changedFrom(git: Git, version: string | undefined): Promise<string[]> {
  const how = ["--cached", "--name-only", "-z", "--no-renames", "--no-relative", "--ignore-submodules=none"];
  const output = await git.output(["diff", ...how, ...(version === undefined ? [] : [version]), "--"]);
  return output.split("\0").filter((path) => path !== "");
}

/**
 * Of these paths, those that are not as one of the versions has them that git brings together here: in a merge the other
 * branches' own, and what git made of both; in a cherry-pick or revert what git made.
 */
export async function editedIn({ git }: Staged, paths: readonly string[]): Promise<string[]> {
  const [merged, picked, reverted] = await Promise.all([
    mergeHeads(git),
    commitOf(git, "CHERRY_PICK_HEAD"),
    commitOf(git, "REVERT_HEAD"),
  ]);
  const isMade = merged.length > 0 || picked !== undefined || reverted !== undefined;
  const made = isMade ? await treeOf(git, "AUTO_MERGE") : undefined;
  return differing(git, paths, [...merged, ...(made === undefined ? [] : [made])]);
}

/** Of these paths, those that are not as somebody's checkout has them committed: its own work may be taken over. */
export async function unlikeCheckout(
  { git }: Staged,
  paths: readonly string[],
  { isMain, adminName }: { isMain: boolean; adminName: string | null },
): Promise<string[]> {
  const head = await commitOf(git, isMain ? "main-worktree/HEAD" : `worktrees/${adminName}/HEAD`);
  return head === undefined ? [...paths] : differing(git, paths, [head]);
}

async function differing(git: Git, paths: readonly string[], versions: readonly string[]): Promise<string[]> {
  const changed = await Promise.all(versions.map((version) => changedFrom(git, version)));
  const sets = changed.map((one) => new Set(one));
  return paths.filter((path) => sets.every((one) => one.has(path)));
}

/** git has one of them in a line, and more than one in an octopus merge. */
async function mergeHeads(git: Git): Promise<string[]> {
  const path = await git.output(["rev-parse", "--path-format=absolute", "--git-path", "MERGE_HEAD"]);
  const file = path.replace(/\n$/, "");
  if (!existsSync(file)) return [];
  return readFileSync(file, "utf8")
    .split("\n")
    .filter((line) => /^[0-9a-f]{40,64}$/.test(line));
}

async function treeOf(git: Git, name: string): Promise<string | undefined> {
  const found = await git.attempt(["rev-parse", "--verify", "--quiet", "--end-of-options", `${name}^{tree}`]);
  return found.exit === 0 ? found.stdout.trim() : undefined;
}
