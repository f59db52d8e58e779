// The regions of the files that merges left in conflict: read from the texts with git's markers, once for all merges.

import { longestMarker, MARKER_SIZE, type Region, regionsOf } from "./conflict-regions.ts";
import type { Git, GitOptions } from "./git.ts";
import type { RawFile, RawMerge } from "./merge-answers.ts";
import { readBlobs } from "./merge-scratch.ts";

const LARGEST_TEXT_BYTES = 1024 * 1024;
/** Of one merge: more nobody reads. */
const MOST_FILES = 100;

export type RegionsByFile = ReadonlyMap<RawFile, Region[]>;

/** Files without regions are missing. `mergeAgain` merges with markers of another size, as `merges` are ordered. */
export async function findRegions(
  git: Git,
  merges: readonly RawMerge[],
  options: GitOptions,
  mergeAgain: (which: readonly number[], markerSize: number) => Promise<readonly (RawMerge | undefined)[]>,
): Promise<RegionsByFile> {
  const found = new Map<RawFile, Region[]>();
  const wanted = merges.map(({ files }) => files.filter(hasTexts).slice(0, MOST_FILES));
  const names = merges.flatMap(({ tree }, index) => (wanted[index] ?? []).flatMap((file) => namesOf(tree, file)));
  const blobs = await readBlobs(git, names, options, LARGEST_TEXT_BYTES);
  const texts = new Map([...blobs].map(([name, bytes]) => [name, bytes.toString("latin1")]));
  const again = new Set<number>();
  let longest = 0;
  for (const [index, { tree }] of merges.entries()) {
    for (const file of wanted[index] ?? []) {
      const read = textsOf(texts, tree, file);
      if (read === undefined) continue;
      const marker = Math.max(...[read.ours, read.theirs, read.base].map(longestMarker));
      const regions = marker === 0 ? regionsOf(read) : undefined;
      if (regions !== undefined) found.set(file, regions);
      // The texts themselves look like markers, or git was told to set others.
      if (marker > 0 || !/^<{7} /m.test(read.merged)) again.add(index);
      longest = Math.max(longest, marker);
    }
  }
  if (again.size === 0) return found;
  const size = Math.max(longest + 1, 4 * MARKER_SIZE);
  const which = [...again];
  const remade = await mergeAgain(which, size);
  const newNames = which.flatMap((index, at) => {
    const tree = remade[at]?.tree;
    return tree === undefined ? [] : (wanted[index] ?? []).map((file) => `${tree}:${file.path}`);
  });
  const newTexts = await readBlobs(git, newNames, options, 2 * LARGEST_TEXT_BYTES);
  for (const [at, index] of which.entries()) {
    const [was, is] = [merges[index], remade[at]];
    if (was === undefined || is === undefined) continue;
    for (const file of wanted[index] ?? []) {
      const read = textsOf(texts, was.tree, file);
      const merged = newTexts.get(`${is.tree}:${file.path}`)?.toString("latin1");
      const regions = read === undefined || merged === undefined ? undefined : regionsOf({ ...read, merged }, size);
      if (regions !== undefined) found.set(file, regions);
    }
  }
  return found;
}

function hasTexts({ kind, stages: { base, ours, theirs } }: RawFile): boolean {
  const isOfTexts = kind !== "binary" && kind !== "submodule" && kind !== "merge-driver";
  return isOfTexts && [base ?? ours, ours, theirs].every((one) => one?.mode.startsWith("100") === true);
}

function namesOf(tree: string, { path, stages }: RawFile): string[] {
  const { base, ours, theirs } = stages;
  return [base?.object, ours?.object, theirs?.object, `${tree}:${path}`].filter((name) => name !== undefined);
}

function textsOf(texts: ReadonlyMap<string, string>, tree: string, { path, stages }: RawFile) {
  const text = (name: string | undefined) => (name === undefined ? undefined : texts.get(name));
  const [merged, ours, theirs] = [text(`${tree}:${path}`), text(stages.ours?.object), text(stages.theirs?.object)];
  const base = stages.base === undefined ? "" : text(stages.base.object);
  if (merged === undefined || ours === undefined || theirs === undefined || base === undefined) return undefined;
  // As git does: a text with a NUL among its first bytes is binary.
  return [ours, theirs].some((one) => one.slice(0, 8000).includes("\0")) ? undefined : { merged, ours, theirs, base };
}
