// What stands in a worktree, as git and the file system have it now.

import { existsSync, mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Git } from "../../git/git.ts";
import { copyIndex } from "../../git/index-copy.ts";
import { type IndexPaths, parseIndex, parseStatus } from "../../git/porcelain.ts";
import type { World } from "../../world.ts";
import { type Baseline, notOfBaseline } from "../setup/setup.ts";
import { type NestedWork, workAmongTracked } from "./nested.ts";
import { gitAt, isThere, SEEING_ALL, type TreePlace } from "./place.ts";

export interface Standing {
  /** Null before the first commit of an orphan branch. */
  head: string | null;
  /** Null when detached. */
  branch: string | null;
  /** Paths that are staged, changed, in conflict or untracked, also behind a flag in the index, since it was set up. */
  changed: string[];
  /** git knows of no difference to its commit at all, whoever made it. */
  isAsCommitted: boolean;
  /** Paths in conflict. */
  unmerged: string[];
  /** Paths whose flags in the index hide changes (assume-unchanged, skip-worktree) while they are on the disk. */
  flagged: string[];
  /** What the index says beside its contents; the same file says the same. */
  index: IndexFacts;
  /** As git names them; directories end in "/". */
  ignored: string[];
  /** What is under way in it: "rebase", "merge", … */
  operation: string | null;
  /** Among tracked files; what is below ignored directories is asked for on its own. */
  nested: NestedWork[];
}

export interface IndexFacts extends IndexPaths {
  /** Which file it was, by inode, size and time. */
  stamp: string;
}

const STATUS = [
  ...["status", "--porcelain=v2", "--branch", "-z", "--no-renames", "--untracked-files=normal", "--ignored=matching"],
];

export interface Reading {
  isInTrash: boolean;
  known?: IndexFacts | undefined;
  /** What setting it up left there, which counts as no change. */
  baseline: Baseline;
}

/**
 * Undefined when git cannot tell. In the trash nothing is asked of submodules, which name their places in relation to
 * where they stood.
 */
export async function readStanding(
  world: Pick<World, "git">,
  place: TreePlace,
  { isInTrash, known, baseline }: Reading,
): Promise<Standing | undefined> {
  const git = gitAt(world, place);
  const submodules = `--ignore-submodules=${isInTrash ? "all" : "none"}`;
  const [told, index] = await Promise.all([git.attempt([...STATUS, submodules]), readIndex(git, place, known)]);
  if (told.exit !== 0 || index === undefined) return undefined;
  const status = parseStatus(told.stdout);
  const flagged = index.flagged.filter((path) => isThere(join(place.top, path)));
  const hidden = flagged.length === 0 ? [] : await changedBehindFlags(world, place, { flagged, submodules });
  if (hidden === undefined) return undefined;
  const changed = [...new Set([...status.changed, ...hidden])];
  const anywhere = world.git(place.top).configured({ settings: SEEING_ALL });
  const nested = isInTrash ? [] : await workAmongTracked(anywhere, place, index);
  return {
    head: status.head,
    branch: status.branch,
    changed: await notOfBaseline(git, place.top, { changed, baseline, submodules }),
    isAsCommitted: changed.length === 0,
    unmerged: status.unmerged,
    flagged,
    index,
    ignored: status.ignored,
    operation: operationIn(place.adminDir),
    nested,
  };
}

async function readIndex(
  git: Git,
  { adminDir }: TreePlace,
  known: IndexFacts | undefined,
): Promise<IndexFacts | undefined> {
  const found = statSync(join(adminDir, "index"), { bigint: true, throwIfNoEntry: false });
  const stamp = found === undefined ? "" : `${found.ino}:${found.size}:${found.mtimeNs}`;
  if (known !== undefined && known.stamp === stamp) return known;
  const listed = await git.attempt(["ls-files", "-z", "--stage", "-v", "--full-name"]);
  return listed.exit === 0 ? { stamp, ...parseIndex(listed.stdout) } : undefined;
}

async function changedBehindFlags(
  world: Pick<World, "git">,
  place: TreePlace,
  { flagged, submodules }: { flagged: readonly string[]; submodules: string },
): Promise<string[] | undefined> {
  return withOwnIndex(world, place, async (git) => {
    await clearFlags(git, flagged);
    // Else what was only touched would count.
    await git.attempt(["update-index", "-q", "--really-refresh"]);
    const result = await git.attempt(["diff-files", "-z", "--name-only", submodules]);
    return result.exit === 0 ? result.stdout.split("\0").filter((path) => path !== "") : undefined;
  });
}

export async function clearFlags(git: Git, flagged: readonly string[]): Promise<void> {
  const input = flagged.map((path) => `${path}\0`).join("");
  for (const flag of ["--no-assume-unchanged", "--no-skip-worktree"]) {
    await git.output(["update-index", flag, "-z", "--stdin"], { input });
  }
}

/** git with a copy of the worktree's index, gone afterwards. */
export async function withOwnIndex<T>(
  world: Pick<World, "git">,
  place: TreePlace,
  work: (git: Git) => Promise<T>,
): Promise<T> {
  const directory = mkdtempSync(join(tmpdir(), "parallel-cc-index-"));
  try {
    const index = join(directory, "index");
    const own = join(place.adminDir, "index");
    if (existsSync(own)) copyIndex(own, index);
    return await work(gitAt(world, place, index));
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/** As `git status` finds them (git 2.39 to 2.52). */
const OPERATIONS: readonly (readonly [string, string])[] = [
  ["rebase-merge", "rebase"],
  ["rebase-apply", "rebase"],
  ["MERGE_HEAD", "merge"],
  ["CHERRY_PICK_HEAD", "cherry-pick"],
  ["REVERT_HEAD", "revert"],
  ["sequencer", "cherry-pick or revert"],
  ["BISECT_LOG", "bisect"],
];

export function operationIn(adminDir: string): string | null {
  return OPERATIONS.find(([file]) => isThere(join(adminDir, file)))?.[1] ?? null;
}
