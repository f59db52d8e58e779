// One verdict of the two that a merge gives by the attributes of either side. Nobody knows by whose it will be merged in
// the end, so what only one of them would leave in conflict is a conflict.

import type { PairResult } from "./merge-tree.ts";

export function worse(one: PairResult, other: PairResult): PairResult {
  if (one.verdict === "conflict" && other.verdict === "conflict") {
    const known = new Set(one.files.map(({ path }) => path));
    const more = other.files.filter(({ path }) => !known.has(path));
    const files = [...one.files, ...more].sort((a, b) => (a.path < b.path ? -1 : 1));
    return more.length === 0 ? one : { ...one, files };
  }
  if (one.verdict === "conflict" || other.verdict === "conflict") return one.verdict === "conflict" ? one : other;
  return other.verdict === "unknown" ? other : one;
}
