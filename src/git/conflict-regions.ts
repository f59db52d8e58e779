// Where two texts conflict: the lines of each conflict in the merged text, and which lines of either side and of the
// base they are. Pure; texts are bytes, one character for each (latin1).

import { matchLines, NO_MATCH } from "./line-match.ts";

/** Lines from 1, both included; where there are none `to` is the line before `from`. */
export interface Range {
  from: number;
  to: number;
}

export interface Region {
  /** In the text that git leaves, markers included. */
  merged: Range;
  ours: Range;
  theirs: Range;
  /** What both have changed. */
  base: Range;
}

export interface ConflictTexts {
  merged: string;
  ours: string;
  theirs: string;
  base: string;
}

export const MARKER_SIZE = 7;

/** The longest line beginning that could be taken for a marker of that size or more; 0 when there is none. */
export function longestMarker(text: string): number {
  let longest = 0;
  for (const [run] of text.matchAll(/^(?:<{7,}|={7,}|>{7,}|\|{7,})/gm)) longest = Math.max(longest, run.length);
  return longest;
}

interface Hunk {
  /** Index of its first marker, and of its last, in the merged lines. */
  start: number;
  end: number;
  ours: string[];
  theirs: string[];
}

/** Undefined when the text has no markers of that size. */
export function regionsOf(texts: ConflictTexts, markerSize = MARKER_SIZE): Region[] | undefined {
  const merged = linesOf(texts.merged);
  const hunks = hunksOf(merged, markerSize);
  if (hunks === undefined || hunks.length === 0) return undefined;
  const sides = { ours: linesOf(texts.ours), theirs: linesOf(texts.theirs), base: linesOf(texts.base) };
  const ours = placed(merged, hunks, { side: "ours", lines: sides.ours });
  const theirs = placed(merged, hunks, { side: "theirs", lines: sides.theirs });
  const oursInBase = matchLines(sides.ours, sides.base);
  const theirsInBase = matchLines(sides.theirs, sides.base);
  return hunks.map(({ start, end }, index) => {
    const own = { ours: ours[index] ?? NOTHING, theirs: theirs[index] ?? NOTHING };
    const base = hull(
      between(oursInBase, own.ours, sides.base.length),
      between(theirsInBase, own.theirs, sides.base.length),
    );
    return { merged: { from: start + 1, to: end + 1 }, ...own, base };
  });
}

const NOTHING: Range = { from: 1, to: 0 };

/** A text that ends without a line end has a last line all the same; to that git adds one, with a return if need be. */
function linesOf(text: string): string[] {
  const lines = text.split(/\r?\n|\r$/);
  if (lines.at(-1) === "") lines.pop();
  return lines;
}

/** Undefined when the markers do not stand as git sets them. */
function hunksOf(lines: readonly string[], size: number): Hunk[] | undefined {
  const [opening, middle, closing] = ["<", "=", ">"].map((sign) => new RegExp(`^\\${sign}{${size}}(?: |\\r?$)`));
  const hunks: Hunk[] = [];
  let open: { start: number; middle: number | undefined } | undefined;
  for (const [at, line] of lines.entries()) {
    if (opening?.test(line)) {
      if (open !== undefined) return undefined;
      open = { start: at, middle: undefined };
    } else if (middle?.test(line) && open !== undefined) {
      if (open.middle !== undefined) return undefined;
      open.middle = at;
    } else if (closing?.test(line)) {
      if (open?.middle === undefined) return undefined;
      const ours = lines.slice(open.start + 1, open.middle);
      hunks.push({ start: open.start, end: at, ours, theirs: lines.slice(open.middle + 1, at) });
      open = undefined;
    }
  }
  return open === undefined ? hunks : undefined;
}

/** With one side taken in every conflict, the merged text differs from that side by the other's clean changes alone. */
function placed(
  merged: readonly string[],
  hunks: readonly Hunk[],
  { side, lines }: { side: "ours" | "theirs"; lines: readonly string[] },
): Range[] {
  const taken: string[] = [];
  const spans: { start: number; end: number }[] = [];
  let at = 0;
  for (const hunk of hunks) {
    taken.push(...merged.slice(at, hunk.start));
    const start = taken.length;
    taken.push(...hunk[side]);
    spans.push({ start, end: taken.length });
    at = hunk.end + 1;
  }
  taken.push(...merged.slice(at));
  const matched = matchLines(taken, lines);
  let floor = 0;
  return spans.map(({ start, end }) => {
    const expected = Math.max(floor, lastMatch(matched, start) + 1);
    const section = taken.slice(start, end);
    const first = matched[start] ?? NO_MATCH;
    const at =
      section.length === 0 ? expected : nearestTo(first === NO_MATCH ? expected : first, { section, lines, floor });
    floor = at === undefined ? expected : at + section.length;
    return at === undefined ? { from: expected + 1, to: expected } : { from: at + 1, to: floor };
  });
}

/** The match may have passed over lines that the text repeats, or have taken others of them. */
function nearestTo(
  wanted: number,
  { section, lines, floor }: { section: readonly string[]; lines: readonly string[]; floor: number },
): number | undefined {
  const stands = (at: number) => section.every((line, step) => lines[at + step] === line);
  if (wanted >= floor && stands(wanted)) return wanted;
  let best: number | undefined;
  for (let at = floor; at + section.length <= lines.length; at++) {
    if (best !== undefined && at - wanted >= Math.abs(best - wanted)) break;
    if (stands(at)) best = at;
  }
  return best;
}

/** The last line before `end` that has a match, as an index in the other text; -1 when none has. */
function lastMatch(matched: Int32Array, end: number): number {
  for (let at = end - 1; at >= 0; at--) if (matched[at] !== NO_MATCH) return matched[at] ?? NO_MATCH;
  return -1;
}

/** What stands in the base between the unchanged lines around a range. */
function between(matched: Int32Array, { from, to }: Range, baseLength: number): Range {
  const before = lastMatch(matched, from - 1);
  let after = baseLength;
  for (let at = to; at < matched.length; at++) {
    if (matched[at] === NO_MATCH) continue;
    after = matched[at] ?? baseLength;
    break;
  }
  return { from: before + 2, to: after };
}

function hull(one: Range, other: Range): Range {
  return { from: Math.min(one.from, other.from), to: Math.max(one.to, other.to) };
}
