// A tip that the target reaches: fast-forwarded or merged, unless nobody committed to it or it was reverted since.

import { type Change, isSame, readChanges, readTexts, type Step, type Texts } from "./changes.ts";
import type { Link } from "./cover.ts";
import {
  type Commit,
  firstParents,
  type History,
  isAncestor,
  landingsOf,
  MAX_HISTORY,
  type Range,
  readHistory,
  readReverts,
  whereItLeft,
} from "./history.ts";
import type { Case } from "./landed.ts";
import { changedParts } from "./line.ts";
import { findRevert, type LandedPiece } from "./reverts.ts";
import { openSearch } from "./search.ts";
import { type Verdict, verdictOf } from "./verdict.ts";
import { wentBack } from "./went-back.ts";

/** Beyond this only the whole change and the merges are sought in their inverse, not each commit. */
const MAX_OWN = 500;

/** Undefined when a bound is met. */
export async function judgeReached(asked: Case): Promise<Verdict | undefined> {
  const { tip, target, fork } = asked;
  const since = await readHistory(asked, { to: target, without: [tip] }, MAX_HISTORY);
  if (since === undefined) return undefined;
  const line = firstParents(since, target);
  // Where the target's own line leaves what came after the tip: the tip itself, or where the target stood before.
  const before = line.length === 0 ? target : (line.at(-1)?.parents[0] ?? tip);
  const isOnLine = before === tip;
  const parted = isOnLine ? (fork ?? (await firstParentOf(asked, tip))) : before;
  const without = [parted, ...(fork === undefined ? [] : [fork])].filter((id) => id !== undefined);
  const last = await readHistory(asked, { to: tip, without }, MAX_HISTORY);
  // What the branch did before it was fast-forwarded for the last time.
  const chain = fork === undefined ? new Map() : await readHistory(asked, chainOf(tip, fork), MAX_HISTORY);
  if (last === undefined || chain === undefined) return undefined;
  const own: History = new Map([...chain, ...last]);
  const start = parted === undefined ? undefined : await whereItLeft(asked, own, parted);
  const history = start === undefined ? since : await readHistory(asked, { to: target, without: [start] }, MAX_HISTORY);
  if (history === undefined) return undefined;

  const isMany = own.size > MAX_OWN;
  const singles = isMany ? [] : [...own.values()].filter(({ parents }) => parents.length === 1);
  const landings = isOnLine ? new Map<string, string>() : landingsOf(history, target, own);
  const merges = [...new Set(landings.values())].flatMap((id) => {
    const from = history.get(id)?.parents[0];
    return from === undefined ? [] : [{ from, to: id }];
  });
  const steps = singles.map(({ id, parents }) => ({ from: parents[0], to: id }));
  const whole = start === undefined ? [] : [{ from: start, to: tip }];
  const changes = await readChanges(asked, [...steps, ...merges, ...whole]);
  const each = changes.slice(0, steps.length);
  const isEmpty = own.size > 0 && own.size === each.length && each.every(({ files }) => files.length === 0);
  if (isEmpty) return verdictOf("unused", "no-own-changes", { commit: tip, isReached: true });

  const landing = landings.get(tip) ?? tip;
  const found = isOnLine
    ? verdictOf("ff", tip === target ? "same-commit" : "ancestor", { commit: tip })
    : verdictOf("merged", "ancestor", { commit: landing });
  if (tip === target) return found;

  const links = firstParents(own, tip).reverse().map(linkOf);
  const parts = isMany ? [] : await changedParts(asked, links);
  // A part that came in several merges has to be in since each of them.
  const pieceOf = (commits: readonly string[], change: Change): LandedPiece[] =>
    [...new Set(commits.map((id) => landings.get(id) ?? id))].map((at) => ({ commits, change, landings: [at] }));
  const pieces = [
    ...each.flatMap((change) => pieceOf([change.to], change)),
    ...parts.flatMap(({ commits, change }) => pieceOf(commits, change)),
    ...changes.slice(steps.length).flatMap((change) => pieceOf([change.to], change)),
    ...[...own.keys()].map((id) => ({ commits: [id], change: undefined, landings: [landings.get(id) ?? id] })),
  ];
  const brought = changes.slice(steps.length, steps.length + merges.length);
  const isPlain = isOnLine || (await isWholeWork(asked, { from: parted, to: tip }, brought));
  const revertedBy = await revertOf(asked, {
    landing: isPlain ? undefined : landing,
    history,
    own,
    pieces,
    paths: pathsOf(changes),
    without: start,
  });
  if (revertedBy !== undefined) return verdictOf("reverted", "ancestor", { commit: landing, revertedBy });
  const isBack = start !== undefined && (await wentBack(asked, { start, tip, target, own: [] }));
  return isBack ? { ...found, isSafeToDelete: false } : found;
}

function chainOf(to: string, fork: string): Range {
  return { to, without: [fork], isFirstParentOnly: true };
}

function linkOf({ id, parents }: Commit): Link {
  return { id, from: parents[0], kind: parents.length === 1 ? "commit" : "merge" };
}

/** Whether one merge brought all that the branch had done. Otherwise some of it had come before, by other commits. */
async function isWholeWork(asked: Case, work: Step, brought: readonly Change[]): Promise<boolean> {
  const [merge, ...others] = brought;
  const [done] = await readChanges(asked, [work]);
  if (merge === undefined || done === undefined || others.length > 0) return false;
  const texts: Texts = new Map();
  await readTexts(asked, [done, merge], texts);
  return isSame(done, merge, texts);
}

interface Reachable {
  /** Where it came by other commits too, which nobody knows: then a revert of any before this may be one of it. */
  landing: string | undefined;
  history: History;
  own: History;
  pieces: readonly LandedPiece[];
  paths: readonly string[];
  without: string | undefined;
}

async function revertOf(asked: Case, found: Reachable): Promise<string | undefined> {
  const range = { to: asked.target, without: found.without === undefined ? [] : [found.without] };
  const [said, search] = await Promise.all([
    readReverts(asked, range),
    openSearch(asked, { ...range, paths: found.paths, bench: asked.bench }),
  ]);
  // What was reverted may have been picked again.
  const again = await search.made(found.pieces.flatMap(({ change }) => change ?? []));
  let next = 0;
  const pieces = found.pieces.map((piece) =>
    piece.change === undefined
      ? piece
      : { ...piece, landings: [...piece.landings, ...(again[next++] ?? []).map(({ to }) => to)] },
  );
  const { landing, history, own } = found;
  if (landing !== undefined) {
    const before = search.commits.filter((id) => !own.has(id) && isAncestor(history, id, landing));
    pieces.push({ commits: [], change: undefined, landings: [landing, ...before] });
  }
  return findRevert(asked, { ...found, said, search, brought: new Set() }, pieces);
}

async function firstParentOf({ git, options }: Case, commit: string): Promise<string | undefined> {
  const listed = await git.output(["rev-list", "--no-walk", "--parents", "--end-of-options", commit], options);
  return listed.trim().split(" ")[1];
}

function pathsOf(changes: readonly Change[]): string[] {
  return [...new Set(changes.flatMap(({ files }) => files.map(({ path }) => path)))];
}
