// Whether what landed was taken out again: by a commit that says so in git's words, or that makes the inverse change.
// A revert that was itself reverted, or after which the work landed once more, does not count.

import { type Change, inverse, readChanges, within } from "./changes.ts";
import { type History, isAncestor, landingsOf } from "./history.ts";
import type { Judging } from "./judging.ts";
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
  paths: readonly string[];
  /** The branch's own commits: what they undo they may. */
  own: { has(id: string): boolean };
  /** Commits that brought the work, and with it what it undoes of itself. */
  brought: ReadonlySet<string>;
}

/** The commit that took a piece out again; undefined when all of them are still in. */
export async function findRevert(
  judging: Judging & { target: string },
  found: RevertSearch,
  landed: readonly LandedPiece[],
): Promise<string | undefined> {
  const { history, said, search, own, brought } = found;
  const pieces = [...landed, ...(await carried(judging, found, landed))];
  const turned = pieces.map(({ change }) => (change === undefined ? undefined : inverse(change)));
  const inverses = await search.alike(turned.filter((change) => change !== undefined));
  const reverts = reverterOf(said);
  const isActive = (revert: string, seen: readonly string[] = []): boolean =>
    seen.includes(revert) || !reverts([revert]).some((other) => isActive(other, [...seen, revert]));
  let next = 0;
  for (const [index, { commits, landings }] of pieces.entries()) {
    const byChange = turned[index] === undefined ? [] : (inverses[next++] ?? []);
    const named = reverts(commits).filter((id) => !brought.has(id));
    // Who names a commit of the target means what the target did, not what the branch did to itself.
    const namedThere = reverts(landings.filter((id) => !own.has(id)));
    const undoing = byChange.map(({ to }) => to).filter((id) => !brought.has(id));
    const all = [...undoing, ...named, ...namedThere];
    const against = [...new Set(all)].filter((revert) => !own.has(revert) && isActive(revert));
    const isStill = (landing: string) =>
      against.every((revert) => revert === landing || isAncestor(history, revert, landing));
    if (against.length > 0 && !landings.some(isStill)) return against.at(-1);
  }
  return undefined;
}

/** What landed on a side branch came by a merge, which may have been reverted as a whole. */
async function carried(
  judging: Judging & { target: string },
  { history, paths }: RevertSearch,
  pieces: readonly LandedPiece[],
): Promise<LandedPiece[]> {
  const carriers = landingsOf(history, judging.target, new Set(pieces.flatMap(({ landings }) => landings)));
  const merges = [...new Set(carriers.values())].map((to) => ({ from: history.get(to)?.parents[0], to }));
  const own = new Set(paths);
  return (await readChanges(judging, merges)).flatMap((change) =>
    pieces
      .filter(({ landings }) => landings.some((id) => carriers.get(id) === change.to))
      .map(({ landings }) => ({ commits: [change.to], change: within(change, own), landings })),
  );
}

/** Which commits say that they revert one of these; they may name it in short. */
function reverterOf(said: RevertSearch["said"]): (commits: readonly string[]) => string[] {
  const named = [...said].flatMap(([by, whom]) => whom.map((name) => ({ by, name })));
  const inFull = Map.groupBy(named, ({ name }) => name);
  const inShort = named.filter(({ name }) => name.length < 40);
  return (commits) =>
    commits.flatMap((commit) => [
      ...(inFull.get(commit) ?? []).map(({ by }) => by),
      ...inShort.filter(({ name }) => commit.startsWith(name)).map(({ by }) => by),
    ]);
}
