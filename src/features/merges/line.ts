// The tip's line of first parents as far as it is the branch's own, and the parts of it as changes.

import { readChanges } from "./changes.ts";
import { type ChangedPart, type Link, partsOf } from "./cover.ts";
import { type Commit, firstParents, type History } from "./history.ts";
import type { Judging } from "./judging.ts";
import type { Workbench } from "./remerge.ts";

/** Own merges that are made again to see whether somebody had a hand in them. */
const MAX_MERGES = 64;

/** Oldest first. `isLine`: all own commits stand in it. */
export async function lineOf(
  tip: string,
  own: History,
  bench: () => Workbench,
): Promise<{ links: Link[]; isLine: boolean }> {
  const line = firstParents(own, tip).reverse();
  const merges = [...own.values()].filter(({ parents }) => parents.length > 1);
  const plain = new Set(merges.length > MAX_MERGES ? [] : await plainMerges(merges, bench));
  const links = line.map(({ id, parents }): Link => {
    const kind = parents.length === 1 ? "commit" : plain.has(id) ? "plain-merge" : "merge";
    return { id, from: parents[0], kind };
  });
  return { links, isLine: line.length === own.size };
}

async function plainMerges(merges: readonly Commit[], bench: () => Workbench): Promise<string[]> {
  const pairs = merges.filter(({ parents }) => parents.length === 2);
  if (pairs.length === 0) return [];
  const trees = await bench().merge(pairs.map(({ parents: [ours = "", theirs = ""] }) => ({ ours, theirs })));
  return pairs.flatMap(({ id, tree }, index) => (trees[index] === tree ? [id] : []));
}

export async function changedParts(judging: Judging, links: readonly Link[]): Promise<ChangedPart[]> {
  const parts = partsOf(links);
  const changes = await readChanges(
    judging,
    parts.map(({ from, to }) => ({ from, to })),
  );
  return parts.flatMap((part, index) => {
    const change = changes[index];
    const commits = links.slice(part.first, part.last + 1).map(({ id }) => id);
    return change === undefined ? [] : [{ ...part, commits, change }];
  });
}
