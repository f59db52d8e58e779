// The regions of the files that merges left in conflict: read from the texts with git's markers, once for all merges.

import { blobSizes, readSized } from "./blobs.ts";
import { type ConflictTexts, longestMarker, MARKER_SIZE, type Region, regionsOf } from "./conflict-regions.ts";
import type { Git, GitOptions } from "./git.ts";
import type { RawFile, RawMerge } from "./merge-answers.ts";

const LARGEST_TEXT_BYTES = 1024 * 1024;
/** Of one merge: more nobody reads. */
const MOST_FILES = 100;
/** Of texts in memory at a time; with their lines apart it is some 200 MB, for a hundred files as for twenty. */
const PART_BYTES = 8 * 1024 * 1024;

export type RegionsByFile = ReadonlyMap<RawFile, Region[]>;

interface Wanted {
  /** Of its merge. */
  index: number;
  file: RawFile;
  /** With git's markers in it. */
  tree: string;
}

/** Files without regions are missing. `mergeAgain` merges with markers of another size, as `merges` are ordered. */
export async function findRegions(
  git: Git,
  merges: readonly RawMerge[],
  options: GitOptions,
  mergeAgain: (which: readonly number[], markerSize: number) => Promise<readonly (RawMerge | undefined)[]>,
): Promise<RegionsByFile> {
  const found = new Map<RawFile, Region[]>();
  const wanted = merges.flatMap(({ files, tree }, index) => {
    return files
      .filter(hasTexts)
      .slice(0, MOST_FILES)
      .map((file): Wanted => ({ index, file, tree }));
  });
  const left: Wanted[] = [];
  const again = new Set<number>();
  let longest = 0;
  await eachText(git, { wanted, mostBytes: LARGEST_TEXT_BYTES }, options, (one, texts) => {
    const marker = Math.max(...[texts.ours, texts.theirs, texts.base].map(longestMarker));
    const regions = marker === 0 ? regionsOf(texts) : undefined;
    if (regions === undefined) left.push(one);
    else found.set(one.file, regions);
    // The texts themselves look like markers, or git was told to set others.
    if (marker > 0 || !/^<{7} /m.test(texts.merged)) again.add(one.index);
    longest = Math.max(longest, marker);
  });
  if (again.size === 0) return found;
  const size = Math.max(longest + 1, 4 * MARKER_SIZE);
  const which = [...again];
  const remade = await mergeAgain(which, size);
  const trees = new Map(which.map((index, at) => [index, remade[at]?.tree]));
  const remaining = left.flatMap((one): Wanted[] => {
    const tree = trees.get(one.index);
    return tree === undefined ? [] : [{ ...one, tree }];
  });
  await eachText(git, { wanted: remaining, mostBytes: 2 * LARGEST_TEXT_BYTES }, options, ({ file }, texts) => {
    const regions = regionsOf(texts, size);
    if (regions !== undefined) found.set(file, regions);
  });
  return found;
}

/** Part by part, however many there are; those that are no texts, or too large, are left out. */
async function eachText(
  git: Git,
  { wanted, mostBytes }: { wanted: readonly Wanted[]; mostBytes: number },
  options: GitOptions,
  look: (one: Wanted, texts: ConflictTexts) => void,
): Promise<void> {
  const sizes = await blobSizes(git, wanted.flatMap(namesOf), options);
  const isSmall = (name: string) => (sizes.get(name) ?? Number.POSITIVE_INFINITY) <= mostBytes;
  for (const part of partsOf(
    wanted.filter((one) => namesOf(one).every(isSmall)),
    sizes,
  )) {
    const blobs = await readSized(git, [...new Set(part.flatMap(namesOf))], options);
    for (const one of part) {
      const texts = textsOf(blobs, one);
      if (texts !== undefined) look(one, texts);
    }
  }
}

function partsOf(wanted: readonly Wanted[], sizes: ReadonlyMap<string, number>): Wanted[][] {
  const parts: Wanted[][] = [];
  let bytes = Number.POSITIVE_INFINITY;
  for (const one of wanted) {
    const own = namesOf(one).reduce((sum, name) => sum + (sizes.get(name) ?? 0), 0);
    if (bytes + own > PART_BYTES) {
      parts.push([]);
      bytes = 0;
    }
    parts.at(-1)?.push(one);
    bytes += own;
  }
  return parts;
}

function hasTexts({ kind, stages: { base, ours, theirs } }: RawFile): boolean {
  const isOfTexts = kind !== "binary" && kind !== "submodule" && kind !== "merge-driver";
  return isOfTexts && [base ?? ours, ours, theirs].every((one) => one?.mode.startsWith("100") === true);
}

function namesOf({ file: { path, stages }, tree }: Wanted): string[] {
  const { base, ours, theirs } = stages;
  return [base?.object, ours?.object, theirs?.object, `${tree}:${path}`].filter((name) => name !== undefined);
}

function textsOf(blobs: ReadonlyMap<string, Buffer>, { file, tree }: Wanted): ConflictTexts | undefined {
  const { path, stages } = file;
  const text = (name: string | undefined) => (name === undefined ? undefined : blobs.get(name)?.toString("latin1"));
  const [merged, ours, theirs] = [text(`${tree}:${path}`), text(stages.ours?.object), text(stages.theirs?.object)];
  const base = stages.base === undefined ? "" : text(stages.base.object);
  if (merged === undefined || ours === undefined || theirs === undefined || base === undefined) return undefined;
  // As git does: a text with a NUL among its first bytes is binary.
  return [ours, theirs].some((one) => one.slice(0, 8000).includes("\0")) ? undefined : { merged, ours, theirs, base };
}
