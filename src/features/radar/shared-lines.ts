// The lines that each side changed of the files that both have changed and that merge, also where one of them renamed it.

import type { Git, GitOptions } from "../../git/git.ts";
import { broughtLines, type MergedFile } from "./brought-lines.ts";
import type { SidePair } from "./pairs.ts";
import { shownPath } from "./standing.ts";
import { type Change, renamesBetween, type Trees } from "./tree-changes.ts";
import type { JudgedFile } from "./verdict.ts";

export interface Both {
  pair: SidePair;
  /** Of these, the merged ones are given their regions. */
  files: JudgedFile[];
  /** What either side brings to the other. */
  byA: readonly Change[];
  byB: readonly Change[];
  /** The merged one. */
  tree: string;
}

interface Shared extends MergedFile {
  file: JudgedFile;
  /** As git has it. */
  path: string;
  /** Where one side had it under another path. */
  moved: Trees[];
}

/** Of one pair. */
const MOST_READ = 200;

/** Errors: those of git. */
export async function findShared(git: Git, pairs: readonly Both[], options: GitOptions): Promise<void> {
  const shared = pairs.flatMap(sharedBy);
  const moved = [...new Set(shared.flatMap((one) => one.moved))];
  const renames = await renamesBetween(git, moved, options);
  const before = (trees: Trees | undefined, path: string) =>
    trees === undefined ? undefined : renames[moved.indexOf(trees)]?.get(path);
  const read = shared.map((one) => {
    const [trees] = one.moved;
    const { a = before(trees, one.path), b = before(trees, one.path) } = one;
    return { a, b, merged: one.merged };
  });
  const regions = await broughtLines(git, read, options);
  shared.forEach(({ file }, at) => {
    file.regions = regions[at] ?? [];
  });
}

function sharedBy({ pair, files, byA, byB, tree }: Both): Shared[] {
  const byPath = (changes: readonly Change[]) => new Map(changes.map((change) => [shownPath(change.path), change]));
  const [ofA, ofB] = [byPath(byA), byPath(byB)];
  const fromA = { from: pair.a.tree, to: tree };
  const fromB = { from: pair.b.tree, to: tree };
  return files.slice(0, MOST_READ).flatMap((file): Shared[] => {
    const [brought, taken] = [ofA.get(file.path), ofB.get(file.path)];
    if (file.kind !== "merged" || brought === undefined || taken === undefined) return [];
    const { path, before: b, after: merged } = brought;
    const { before: a } = taken;
    const moved = [...(a === undefined ? [fromA] : []), ...(b === undefined ? [fromB] : [])];
    return [{ file, path, a, b, merged, moved: moved.length === 1 ? moved : [] }];
  });
}
