// The files that several sessions have changed and that merge, each in one line for all of them.

import { printable } from "../../core/text.ts";
import type { Told } from "./text.ts";

const MOST_FILES = 10;
const MOST_SIDES = 6;
const MOST_RANGES = 3;

/** `isAmidConflicts`: some of the same files conflict elsewhere, which was told before. */
export function sharedLines(pairs: readonly Told[], { isAmidConflicts }: { isAmidConflicts: boolean }): string[] {
  if (pairs.length === 0) return [];
  const files = new Map<string, Map<string, Set<string>>>();
  for (const { left, right, files: both } of pairs) {
    for (const { path, regions } of both) {
      const sides = files.get(path) ?? new Map<string, Set<string>>();
      files.set(path, sides);
      const add = (side: string, ranges: readonly string[]) => {
        sides.set(side, new Set([...(sides.get(side) ?? []), ...ranges]));
      };
      add(
        left,
        regions.flatMap(({ a }) => (a === null ? [] : [range(a)])),
      );
      add(
        right,
        regions.flatMap(({ b }) => (b === null ? [] : [range(b)])),
      );
    }
  }
  // What most have changed comes first.
  const ranked = [...files].sort(([, a], [, b]) => b.size - a.size);
  const shown = ranked.slice(0, MOST_FILES).map(([path, sides]) => {
    const told = [...sides].map(([side, ranges]) =>
      [side, cut([...ranges], { most: MOST_RANGES, between: ", " })].join(" ").trim(),
    );
    return `  ${printable(path)}  ${cut(told, { most: MOST_SIDES, between: "; " })}`;
  });
  const more = files.size > shown.length ? [`  … and ${files.size - shown.length} more`] : [];
  const head = isAmidConflicts
    ? "= changed by several, and it merges but for what is told above:"
    : "= changed by several, and it merges:";
  return [head, ...shown, ...more];
}

function cut(parts: readonly string[], { most, between }: { most: number; between: string }): string {
  const more = parts.length - most;
  return more > 0 ? `${parts.slice(0, most).join(between)} and ${more} more` : parts.join(between);
}

export function range({ from, to }: { from: number; to: number }): string {
  if (to < from) return `at ${from}`;
  return from === to ? `${from}` : `${from}-${to}`;
}
