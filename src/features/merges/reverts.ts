// Whether what landed was taken out again: by a commit that says so in git's words, or that makes the inverse change.
// A revert that was itself reverted, or after which the work landed once more, does not count.

import { type Change, inverse } from "./changes.ts";
import { type History, isAncestor } from "./history.ts";
import type { Search } from "./search.ts";

/** A piece of work and the commits of the target that brought it, one of which is enough. */
export interface LandedPiece {
  /** Own commits it consists of. */
  commits: readonly string[];
  /** What it changes; undefined when only its commits are looked for. */
  change: Change | undefined;
  landings: readonly string[];
}

export interface RevertSearch {
  history: History;
  /** Which commit says it reverts which. */
  said: ReadonlyMap<string, readonly string[]>;
  search: Search;
  /** Commits that revert nothing of the work: the branch's own, and those that brought it. */
  own: ReadonlySet<string>;
}

/** The commit that took a piece out again; undefined when all of them are still in. */
export async function findRevert(
  { history, said, search, own }: RevertSearch,
  pieces: readonly LandedPiece[],
): Promise<string | undefined> {
  const turned = pieces.map(({ change }) => (change === undefined ? undefined : inverse(change)));
  const undoing = await search.alike(turned.filter((change) => change !== undefined));
  let next = 0;
  const undoneBy = turned.map((change) => (change === undefined ? [] : (undoing[next++] ?? [])));
  for (const [index, piece] of pieces.entries()) {
    const reverts = (names: readonly string[]) =>
      [...said].flatMap(([by, whom]) => (namesOne(whom, names) ? [by] : []));
    const isActive = (revert: string, seen: readonly string[] = []): boolean =>
      seen.includes(revert) || !reverts([revert]).some((other) => isActive(other, [...seen, revert]));
    const byChange = (undoneBy[index] ?? []).map(({ to }) => to);
    let latest: string | undefined;
    const isIn = piece.landings.some((landing) => {
      const against = [...new Set([...byChange, ...reverts([...piece.commits, landing])])];
      latest = against.find(
        (revert) => revert !== landing && !own.has(revert) && isActive(revert) && !isAncestor(history, revert, landing),
      );
      return latest === undefined;
    });
    if (!isIn && latest !== undefined) return latest;
  }
  return undefined;
}

function namesOne(named: readonly string[], commits: readonly string[]): boolean {
  return named.some((name) => commits.some((commit) => commit.startsWith(name)));
}
