// The names that files in conflict had before they were renamed. What cannot be told for sure is left out.

import type { Git, GitOptions } from "../../git/git.ts";
import type { ConflictFile } from "../../git/merge-tree.ts";

export interface Renamed {
  files: readonly ConflictFile[];
  /** The commit that both sides came from; null when it is not known. */
  origin: string | null;
  /** What the merge left. */
  tree: string;
}

/** More of them nobody reads. */
const MOST_FILES = 200;
/** Of one text, empty ones mostly. */
const MOST_ALIKE = 20;

/** By the names that they have now. */
export async function oldNames(
  git: Git,
  { files, origin, tree }: Renamed,
  options: GitOptions,
): Promise<ReadonlyMap<string, string>> {
  const found = new Map<string, string>();
  const gone = new Set(files.filter(({ stages }) => isGone(stages)).map(({ path }) => path));
  const sought: ConflictFile[] = [];
  for (const file of files.slice(0, MOST_FILES)) {
    const { path, kind, stages, others } = file;
    const from = kind === "rename/rename" ? others.find((one) => gone.has(one)) : others[0];
    const isTold = stages.base === undefined && (kind === "rename/rename" || kind === "directory-rename");
    if (isTold && from !== undefined) found.set(path, from);
    if (stages.base !== undefined && !isGone(stages)) sought.push(file);
  }
  if (origin === null || sought.length === 0) return found;
  const there = await namesIn(git, ["--end-of-options", origin, ...sought.map(({ path }) => path)], options);
  const moved = sought.filter(({ path }) => !there.some((one) => one.path === path));
  if (moved.length === 0) return found;
  const all = await namesIn(git, ["-r", "--end-of-options", origin], options);
  const before = new Map<ConflictFile, string[]>();
  for (const file of moved) {
    const same = all.filter(({ object }) => object === file.stages.base?.object);
    before.set(
      file,
      same.slice(0, MOST_ALIKE).map(({ path }) => path),
    );
  }
  const alike = [...before.values()].filter((names) => names.length > 1).flat();
  // What has the same text and is there still was not renamed.
  const left = alike.length === 0 ? [] : await namesIn(git, ["--end-of-options", tree, ...alike], options);
  for (const [{ path }, names] of before) {
    const [from, ...others] = names.filter((name) => !left.some((one) => one.path === name));
    if (from !== undefined && others.length === 0) found.set(path, from);
  }
  return found;
}

/** Neither side has it by that name. */
function isGone({ ours, theirs }: ConflictFile["stages"]): boolean {
  return ours === undefined && theirs === undefined;
}

async function namesIn(git: Git, words: readonly string[], options: GitOptions) {
  const listed = await git.attempt(["ls-tree", "-z", "--full-tree", ...words], options);
  return listed.stdout.split("\0").flatMap((line) => {
    const [, object, path] = /^\d+ \S+ ([0-9a-f]+)\t([\s\S]*)$/.exec(line) ?? [];
    return object === undefined || path === undefined ? [] : [{ object, path }];
  });
}
