// What we brought along when we put something into a JSON file: kept by the caller, so that taking it out restores the
// very bytes. Two texts may look the same with our entries in them ("hooks": {} that was there, and one that we made),
// so that no rule could tell them apart from the text alone.

import { v } from "../core/shape.ts";

const PATH = v.array(v.string());

/** Parsed where a kept note is read. */
export const NOTE = v.object({
  /** Objects and arrays that we made, by their names from the root on. */
  made: v.array(PATH),
  /** Those that were there and empty: what we wrote behind our entries in them. */
  filled: v.array(v.object({ at: PATH, after: v.string() })),
  /** What we wrote around the root, where there was none. */
  root: v.optional(v.object({ before: v.string(), after: v.string(), hadFile: v.boolean() })),
});

export type Note = v.InferOutput<typeof NOTE>;

export const NO_NOTE: Note = { made: [], filled: [] };

export function isBare({ made, filled, root }: Note): boolean {
  return made.length === 0 && filled.length === 0 && root === undefined;
}

export function samePath(one: readonly string[], other: readonly string[]): boolean {
  return one.length === other.length && one.every((name, i) => name === other[i]);
}
