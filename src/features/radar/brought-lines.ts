// Of files that both sides changed and that merge: which lines each of them changed, in its own file. Told from both
// files and the merged one, since what a side brings is what the other has not.

import type { Git, GitOptions } from "../../git/git.ts";
import { matchLines, NO_MATCH } from "../../git/line-match.ts";
import { changesOf, type Lines, linesOf, shown } from "./meeting.ts";
import { readInParts } from "./read-objects.ts";
import type { JudgedFile } from "./verdict.ts";

/** Objects; undefined where a side has no such file. */
export interface MergedFile {
  a: string | undefined;
  b: string | undefined;
  merged: string | undefined;
}

export type BroughtRegions = JudgedFile["regions"];

/** For each file, in order; none where one of the three is no text, or too large. Errors: those of git. */
export async function broughtLines(
  git: Git,
  files: readonly MergedFile[],
  options: GitOptions,
): Promise<BroughtRegions[]> {
  const names = files.flatMap(({ a, b, merged }) => (a && b && merged ? [a, b, merged] : []));
  if (names.length === 0) return files.map(() => []);
  const blobs = await readInParts(git, names, options);
  const text = (name: string | undefined) => (name === undefined ? undefined : blobs.get(name)?.toString("latin1"));
  return files.map((file) => {
    const [a, b, merged] = [text(file.a), text(file.b), text(file.merged)];
    if (a === undefined || b === undefined || merged === undefined) return [];
    // As git tells a binary.
    if ([a, b].some((one) => one.slice(0, 8000).includes("\0"))) return [];
    const [linesA, linesB, all] = [linesOf(a), linesOf(b), linesOf(merged)];
    return [
      ...broughtBy({ own: linesA, other: linesB, merged: all }).map((lines) => ({ a: lines, b: null })),
      ...broughtBy({ own: linesB, other: linesA, merged: all }).map((lines) => ({ a: null, b: lines })),
    ];
  });
}

interface Sides {
  own: readonly string[];
  other: readonly string[];
  merged: readonly string[];
}

function broughtBy({ own, other, merged }: Sides): Lines[] {
  const partners = matchLines(merged, own);
  /** Where a place between lines of the merged text is in its own. */
  const placeOf = (line: number): number => {
    for (let at = line - 1; at >= 0; at--) {
      const partner = partners[at] ?? NO_MATCH;
      if (partner !== NO_MATCH) return partner + 1;
    }
    return 0;
  };
  return changesOf(other, merged).map(({ side: [from, to] }) => shown([placeOf(from), placeOf(to)]));
}
