// The one scan of the target: its commits that touch the branch's own paths, and which of them make a given change.

import { type Change, isIdentical, isSame, outline, readChanges, readTexts, type Texts, within } from "./changes.ts";
import { listTouching, type Range } from "./history.ts";
import type { Judging } from "./judging.ts";
import type { Workbench } from "./remerge.ts";

export interface Search {
  /** All that touch the paths, oldest first. */
  commits: readonly string[];
  /** For each change, the commits that make the same one, oldest first. */
  alike(changes: readonly Change[]): Promise<Change[][]>;
  /** As `alike`, without those that make it in another place of the file. */
  made(changes: readonly Change[]): Promise<Change[][]>;
  /** Place in the target's order; later is greater. */
  orderOf(commit: string): number;
}

/** Transplants tried for one judgement: each is a merge. */
const MAX_PROOFS = 400;

/** The caller has seen that the range is not too long. */
export async function openSearch(
  judging: Judging,
  scan: Range & { paths: readonly string[]; bench: () => Workbench },
): Promise<Search> {
  const ids = scan.paths.length === 0 ? [] : await listTouching(judging, scan, scan.paths);
  const own = new Set(scan.paths);
  const steps = ids.map((to) => ({ from: undefined, to }));
  const candidates = (await readChanges(judging, steps, scan.paths)).map((change) => within(change, own));
  const byOutline = Map.groupBy(candidates, outline);
  const order = new Map(ids.map((id, index) => [id, index]));
  const texts: Texts = new Map();
  let proofs = 0;

  const alike = async (changes: readonly Change[]): Promise<Change[][]> => {
    const maybe = changes.map((change) => (change.files.length === 0 ? [] : (byOutline.get(outline(change)) ?? [])));
    const unclear = changes.flatMap((change, index) => {
      const others = (maybe[index] ?? []).filter((other) => !isIdentical(change, other));
      return others.length === 0 ? [] : [change, ...others];
    });
    await readTexts(judging, [...new Set(unclear)], texts);
    return changes.map((change, index) => (maybe[index] ?? []).filter((other) => isSame(change, other, texts)));
  };

  return {
    commits: ids,
    alike,
    orderOf: (commit) => order.get(commit) ?? -1,
    async made(changes) {
      const found = await alike(changes);
      const unproven = changes.flatMap((change, index) =>
        (found[index] ?? []).filter((other) => !isIdentical(change, other)).map((other) => ({ change, other })),
      );
      if (unproven.length === 0) return found;
      // Lines that come again and again give equal contexts in several places; there only a merge can tell.
      const tried = unproven.slice(0, Math.max(0, MAX_PROOFS - proofs));
      proofs += tried.length;
      const proven = await inPlace(judging, scan.bench(), tried);
      return changes.map((change, index) =>
        (found[index] ?? []).filter((other) => isIdentical(change, other) || proven.get(change)?.has(other) === true),
      );
    },
  };
}

type Pair = { change: Change; other: Change };

/** Those whose change adds nothing where the other commit has made it. */
async function inPlace(judging: Judging, bench: Workbench, pairs: readonly Pair[]): Promise<Map<Change, Set<Change>>> {
  const commits = [...new Set(pairs.flatMap(({ change, other }) => [change.from ?? "", change.to, other.to]))];
  const trees = await treesOf(judging, commits);
  const proven = new Map<Change, Set<Change>>();
  const known = pairs.flatMap((pair) => {
    const [from, to, onto] = [pair.change.from ?? "", pair.change.to, pair.other.to].map((id) => trees.get(id));
    return from === undefined || to === undefined || onto === undefined ? [] : [{ pair, from, to, onto }];
  });
  const results = await bench.transplant(known);
  for (const [index, { pair, onto }] of known.entries()) {
    if (results[index] !== onto) continue;
    proven.set(pair.change, (proven.get(pair.change) ?? new Set()).add(pair.other));
  }
  return proven;
}

async function treesOf({ git, options }: Judging, commits: readonly string[]): Promise<Map<string, string>> {
  const input = commits.map((id) => `${id}^{tree}\n`).join("");
  const output = await git.output(["cat-file", "--batch-check=%(objectname)"], { ...options, input });
  const ids = output.split("\n");
  const entries = commits.map((id, index) => [id, ids[index] ?? ""] as const);
  return new Map(entries.filter(([, tree]) => /^[0-9a-f]{40,64}$/.test(tree)));
}
