// A line of own commits may have landed in parts: each part squashed into one commit of the target, or picked by
// itself. Which parts there are, and which of them together cover most of the line. Pure.

import type { Change } from "./changes.ts";
import type { LandedPiece } from "./reverts.ts";

/** A part as one change. */
export interface ChangedPart extends Part {
  commits: readonly string[];
  change: Change;
}

export interface Link {
  id: string;
  from: string | undefined;
  /** A plain merge is what git makes of its parents, so it holds nothing of its own. */
  kind: "commit" | "plain-merge" | "merge";
}

/** The links from `first` to `last`, as one change. */
export interface Part {
  first: number;
  last: number;
  from: string;
  to: string;
}

/** In a run up to this long every part is looked at (at most 300). */
const MAX_RUN = 24;

/** Parts hold no merge. Of a long run: each commit, all that begin at its start and all that end at its end. */
export function partsOf(links: readonly Link[]): Part[] {
  return runsOf(links).flatMap(([start, end]) => {
    const parts: Part[] = [];
    for (let first = start; first <= end; first++) {
      for (let last = first; last <= end; last++) {
        if (end - start >= MAX_RUN && first !== start && last !== end && first !== last) continue;
        const from = links[first]?.from;
        const to = links[last]?.id;
        if (from !== undefined && to !== undefined) parts.push({ first, last, from, to });
      }
    }
    return parts;
  });
}

function runsOf(links: readonly Link[]): [number, number][] {
  const runs: [number, number][] = [];
  for (const [index, { kind }] of links.entries()) {
    if (kind !== "commit") continue;
    const run = runs.at(-1);
    if (run !== undefined && run[1] === index - 1) run[1] = index;
    else runs.push([index, index]);
  }
  return runs;
}

export interface Cover {
  pieces: (LandedPiece & { change: Change })[];
  /** Every commit is in a piece, and every merge is plain. */
  isWhole: boolean;
}

type LandedPart = Part & { piece: LandedPiece & { change: Change } };

/** Most links in pieces; of equal covers the one with the fewest pieces. */
export function coverOf(links: readonly Link[], landed: readonly LandedPart[]): Cover {
  const byEnd = Map.groupBy(landed, ({ last }) => last);
  interface Best {
    covered: number;
    pieces: LandedPart[];
  }
  const best: Best[] = [{ covered: 0, pieces: [] }];
  for (const [index, { kind }] of links.entries()) {
    const before = best[index] ?? { covered: 0, pieces: [] };
    let here: Best = { covered: before.covered + (kind === "plain-merge" ? 1 : 0), pieces: before.pieces };
    for (const part of byEnd.get(index) ?? []) {
      const start = best[part.first];
      if (start === undefined) continue;
      const covered = start.covered + (part.last - part.first + 1);
      const isBetter =
        covered > here.covered || (covered === here.covered && start.pieces.length + 1 < here.pieces.length);
      if (isBetter) here = { covered, pieces: [...start.pieces, part] };
    }
    best.push(here);
  }
  const found = best.at(-1) ?? { covered: 0, pieces: [] };
  const pieces = found.pieces.map(({ piece }) => piece).filter(({ landings }) => landings.length > 0);
  return { pieces, isWhole: found.covered === links.length };
}
