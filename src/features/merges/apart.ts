// A tip that the target does not reach: its work may have come by other commits. The proofs are tried from the surest
// to the weakest; the weak ones name what they saw and allow nothing.

import { type Change, inverse, readChanges, type Step } from "./changes.ts";
import { type ChangedPart, type Cover, coverOf, type Link } from "./cover.ts";
import {
  type Commit,
  firstParents,
  type History,
  isAncestor,
  listLine,
  MAX_HISTORY,
  readHistory,
  readReverts,
  whereItLeft,
} from "./history.ts";
import type { Case } from "./landed.ts";
import { changedParts, lineOf } from "./line.ts";
import { judgeReached } from "./reached.ts";
import { findRevert, type LandedPiece } from "./reverts.ts";
import { openSearch, type Search } from "./search.ts";
import { NOT_MERGED, type Verdict, verdictOf } from "./verdict.ts";
import { wentBack } from "./went-back.ts";

/** Own commits that are looked at one by one. */
const MAX_OWN = 1000;
/** Commits of the target's line at which a merge is tried. */
const MAX_EARLIER = 12;

interface Known extends Case {
  base: string;
  /** Where the branch first left the target. */
  left: string;
  /** Own commits, parents first. */
  own: History;
  singles: readonly Change[];
  whole: Change;
  paths: readonly string[];
  /** The target's commits since the branch first left it. */
  history: History;
  said: ReadonlyMap<string, readonly string[]>;
  search: Search;
  links: readonly Link[];
  /** Where own commits do not stand in one line, each by itself. */
  parts(): Promise<readonly Pick<ChangedPart, "commits" | "change">[]>;
  /** What landed in parts; undefined where own commits do not stand in one line. */
  cover(): Promise<Cover | undefined>;
}

/** Undefined when a bound is met. */
export async function judgeApart(asked: Case, bases: readonly string[]): Promise<Verdict | undefined> {
  const { tip, target } = asked;
  const [base] = bases;
  const own = await readHistory(asked, { to: tip, without: [target] }, MAX_OWN);
  if (own === undefined) return undefined;
  if (base === undefined) return verdictOf(NOT_MERGED, "nothing-found");
  const left = await whereItLeft(asked, own, base);
  const steps = [...own.values()].flatMap(({ id, parents }): Step[] =>
    parents.length === 1 ? [{ from: parents[0], to: id }] : [],
  );
  const [whole, ...singles] = await readChanges(asked, [{ from: base, to: tip }, ...steps]);
  if (whole === undefined) throw new Error("git diff-tree told nothing of the branch");
  if (whole.files.length === 0 && singles.every(({ files }) => files.length === 0)) {
    return verdictOf("unused", "no-own-changes");
  }
  const paths = [...new Set([whole, ...singles].flatMap(({ files }) => files.map(({ path }) => path)))];
  const range = { to: target, without: [left] };
  const history = await readHistory(asked, range, MAX_HISTORY);
  if (history === undefined) return undefined;
  const [said, search, { links, isLine }] = await Promise.all([
    readReverts(asked, range),
    openSearch(asked, { ...range, paths, bench: asked.bench }),
    lineOf(tip, own, asked.bench),
  ]);
  const singleParts = () =>
    singles.map((change) => ({ first: 0, last: 0, from: "", to: change.to, change, commits: [change.to] }));
  const parts = once(() => (isLine ? changedParts(asked, links) : Promise.resolve(singleParts())));
  const cover = once(async () => (isLine ? coverBy(search, links, await parts()) : undefined));
  const known: Known = { ...asked, base, left, own, singles, whole, paths, history, said, search, links, parts, cover };
  const verdict = (await byPatches(known)) ?? (await byTree(known, await partly(known)));
  if (!verdict.isSafeToDelete) return verdict;
  const alone = singles.map(({ to }) => to);
  if (await wentBack(asked, { start: asked.fork ?? left, tip, target, own: alone }))
    return { ...verdict, isSafeToDelete: false };
  return withEarlier(known, verdict);
}

/**
 * A branch that went on after it had landed: what landed first must still be in as well. Where the branch leaves the
 * target's own line, only the fork tells whether work of its own is before that.
 */
async function withEarlier(known: Known, later: Verdict): Promise<Verdict | undefined> {
  const { target, own, links } = known;
  // Of a branch on top of another one the fork is among the own commits, and tells nothing of what is before them.
  const fork = known.fork === undefined || own.has(known.fork) ? undefined : known.fork;
  const earlier = links[0]?.from;
  if (earlier === undefined || earlier === fork) return later;
  const range = { to: target, without: [earlier] };
  const since = known.left === earlier ? known.history : await readHistory(known, range, MAX_HISTORY);
  if (since === undefined) return undefined;
  const isOnLine = (firstParents(since, target).at(-1)?.parents[0] ?? earlier) === earlier;
  if (isOnLine && fork === undefined) return later;
  const before = await judgeReached({ ...known, tip: earlier, fork });
  if (before === undefined || before.verdict === "reverted") return before;
  // Without the fork nobody knows how far back its work goes, and so which reverts count.
  return fork === undefined || !before.isSafeToDelete ? { ...later, isSafeToDelete: false } : later;
}

async function byPatches(known: Known): Promise<Verdict | undefined> {
  const { search, singles, whole, links, own } = known;
  const landings = await search.made([...singles, whole]);
  const pieces = singles.map((change, index) => pieceOf([change.to], change, landings[index] ?? []));
  const areMergesPlain = [...own.values()].every(
    ({ id, parents }) => parents.length < 2 || links.some((link) => link.id === id && link.kind === "plain-merge"),
  );
  const touching = pieces.filter(({ change }) => change.files.length > 0);
  if (own.size === singles.length || areMergesPlain) {
    if (touching.length > 0 && areDistinct(touching)) return landedBy(known, "patch-of-each-commit", touching);
  }
  const net = pieceOf([...own.keys()], whole, landings.at(-1) ?? []);
  if (net.landings.length > 0) return landedBy(known, "patch-of-whole-change", [net]);
  const cover = await known.cover();
  if (cover?.isWhole !== true || cover.pieces.length === 0 || !areDistinct(cover.pieces)) return undefined;
  return landedBy(known, "patch-of-each-part", cover.pieces);
}

type Piece = LandedPiece & { change: Change };

function pieceOf(commits: readonly string[], change: Change, landings: readonly (Change | string)[]): Piece {
  return { commits, change, landings: landings.map((one) => (typeof one === "string" ? one : one.to)) };
}

/** Each piece has a commit of the target for itself: two equal changes need two. */
function areDistinct(pieces: readonly LandedPiece[]): boolean {
  const taken = new Set<string>();
  return pieces.every(({ landings }) => {
    const free = landings.find((id) => !taken.has(id));
    if (free !== undefined) taken.add(free);
    return free !== undefined;
  });
}

async function coverBy(search: Search, links: readonly Link[], parts: readonly ChangedPart[]): Promise<Cover> {
  const landings = await search.made(parts.map(({ change }) => change));
  const found = parts.flatMap((part, index) => {
    const at = landings[index] ?? [];
    // A part that changes nothing needs no landing, but shows none either.
    if (part.change.files.length > 0 && at.length === 0) return [];
    return [{ ...part, piece: pieceOf(part.commits, part.change, at) }];
  });
  return coverOf(links, found);
}

async function landedBy(
  known: Known,
  method: "patch-of-each-commit" | "patch-of-whole-change" | "patch-of-each-part",
  pieces: readonly Piece[],
): Promise<Verdict> {
  const touching = pieces.filter(({ landings }) => landings.length > 0);
  const commit = latest(
    known,
    touching.flatMap(({ landings }) => landings.slice(-1)),
  );
  const revertedBy = await takenOut(known, touching);
  if (revertedBy !== undefined) return verdictOf("reverted", method, { commit, revertedBy });
  return verdictOf(method === "patch-of-each-commit" ? "rebased" : "squashed", method, { commit });
}

function latest({ search }: Known, commits: readonly string[]): string | null {
  return commits.toSorted((a, b) => search.orderOf(a) - search.orderOf(b)).at(-1) ?? null;
}

/** Looks for reverts of the pieces, of every part of them whatever its size, and of the whole. */
async function takenOut(known: Known, pieces: readonly Piece[]): Promise<string | undefined> {
  const landings = pieces.flatMap((piece) => piece.landings);
  const parts = await known.parts();
  const again = await known.search.made(parts.map(({ change }) => change));
  const inside = parts.flatMap(({ commits, change }, index) =>
    pieces
      .filter((piece) => commits.some((id) => piece.commits.includes(id)))
      .map((piece) => pieceOf(commits, change, [...piece.landings, ...(again[index] ?? []).map(({ to }) => to)])),
  );
  const entire = pieceOf([], known.whole, landings);
  const all = [...pieces, ...inside, entire];
  return (await outOfOrder(known, pieces)) ?? findRevert(known, { ...known, brought: new Set(landings) }, all);
}

/**
 * A branch that takes back what it did itself brings its inverse along, which is no revert of it, unless the target did
 * the two in the other order.
 */
async function outOfOrder({ search }: Known, pieces: readonly Piece[]): Promise<string | undefined> {
  const turned = pieces.map(({ change }) => inverse(change));
  const inverses = await search.alike(turned.filter((change) => change !== undefined));
  const last = ({ landings }: Piece) => Math.max(...landings.map(search.orderOf));
  let next = 0;
  for (const [index, piece] of pieces.entries()) {
    const undoing = new Set(turned[index] === undefined ? [] : inverses[next++]?.map(({ to }) => to));
    const latest = pieces.findLast((other) => other !== piece && other.landings.some((id) => undoing.has(id)));
    if (latest === undefined || pieces.indexOf(latest) > index || last(piece) > last(latest)) continue;
    return latest.landings.at(-1);
  }
  return undefined;
}

interface Partly {
  landed: number;
  total: number;
  commit: string | null;
  method: "some-patches" | "earlier-tip";
}

/** How much of it landed: pieces by their patches, and what stands before the first own commit. */
async function partly(known: Known): Promise<Partly | undefined> {
  const { singles, search } = known;
  const touching = singles.filter(({ files }) => files.length > 0);
  const earlier = await earlierTip(known);
  const total = touching.length + (earlier?.commits ?? 0);
  const cover = await known.cover();
  const landings = cover === undefined ? await search.made(touching) : [];
  const pieces = cover?.pieces ?? touching.map((change, index) => pieceOf([change.to], change, landings[index] ?? []));
  const own = new Set(touching.map(({ to }) => to));
  let landed = earlier?.commits ?? 0;
  const evidence: string[] = [];
  for (const piece of pieces.filter((one) => one.landings.length > 0)) {
    if ((await takenOut(known, [piece])) !== undefined) continue;
    landed += piece.commits.filter((id) => own.has(id)).length;
    evidence.push(...piece.landings.slice(-1));
  }
  if (landed === 0) return undefined;
  // All of it by number, yet not by proof: merges between hold something of their own, or one landing serves two.
  landed = Math.min(landed, total - 1);
  const commit = latest(known, evidence) ?? earlier?.commit ?? null;
  return landed === 0
    ? undefined
    : { landed, total, commit, method: evidence.length > 0 ? "some-patches" : "earlier-tip" };
}

/** A branch that went on after it was merged begins at a commit beside the target's own line. */
async function earlierTip(known: Known): Promise<{ commits: number; commit: string } | undefined> {
  const { base, target, fork } = known;
  const since = await readHistory(known, { to: target, without: [base] }, MAX_HISTORY);
  if (since === undefined) return undefined;
  const line = firstParents(since, target);
  const before = line.at(-1)?.parents[0];
  // Beginning on the line, it left there, or merged the target in.
  if (before === undefined || before === base) return undefined;
  const merged = await readHistory(
    known,
    { to: base, without: fork === undefined ? [before] : [before, fork] },
    MAX_OWN,
  );
  const commits = [...(merged?.values() ?? [])].filter(({ parents }) => parents.length === 1).length;
  const landing = line.findLast(({ id }) => isAncestor(since, base, id));
  return commits === 0 || landing === undefined ? undefined : { commits, commit: landing.id };
}

async function byTree(known: Known, part: Partly | undefined): Promise<Verdict> {
  const { own, tip, target, history, whole, base, bench } = known;
  const tree = own.get(tip)?.tree;
  const isSame = (commit: Commit) => commit.tree === tree && !isAncestor(history, commit.id, base);
  const same = whole.files.length === 0 ? undefined : [...history.values()].find(isSame);
  const reverted = (landing: string) =>
    findRevert(known, { ...known, brought: new Set([landing]) }, [
      { commits: [...own.keys()], change: whole, landings: [landing] },
    ]);
  if (same !== undefined) {
    const revertedBy = await reverted(same.id);
    const shown = { commit: same.id, ...(revertedBy === undefined ? {} : { revertedBy }) };
    return verdictOf(revertedBy === undefined ? "squashed" : "reverted", "equal-tree", shown);
  }
  const earlier = await mergeTried(known);
  const [now, ...then] = await bench().merge([target, ...earlier].map((ours) => ({ ours, theirs: tip })));
  if (now !== undefined && now === history.get(target)?.tree) {
    return verdictOf("contained", "merge-adds-nothing", { commit: target });
  }
  const at = then.findIndex(
    (merged, index) => merged !== undefined && merged === history.get(earlier[index] ?? "")?.tree,
  );
  const landing = earlier[at];
  if (landing !== undefined) {
    const revertedBy = await reverted(landing);
    const shown = { commit: landing, ...(revertedBy === undefined ? {} : { revertedBy }) };
    return verdictOf(revertedBy === undefined ? "landed-earlier" : "reverted", "merge-added-nothing-then", shown);
  }
  if (part !== undefined) return verdictOf("partial", part.method, part);
  return verdictOf(NOT_MERGED, "nothing-found");
}

/** Of the target's line since the base, the commits that touch most of the branch's paths, oldest first. */
async function mergeTried(known: Known): Promise<string[]> {
  const { target, base, paths } = known;
  const touching = await listLine(known, { to: target, without: [base] }, paths);
  const line = touching.filter((id) => known.history.has(id));
  if (line.length <= MAX_EARLIER) return line;
  const steps = line.map((to) => ({ from: known.history.get(to)?.parents[0], to }));
  const wanted = new Set(known.whole.files.map(({ path }) => path));
  const counts = (await readChanges(known, steps, paths)).map(
    ({ files }) => files.filter(({ path }) => wanted.has(path)).length,
  );
  const best = line.map((id, index) => ({ id, index, count: counts[index] ?? 0 }));
  const chosen = best.toSorted((a, b) => b.count - a.count || a.index - b.index).slice(0, MAX_EARLIER);
  return chosen.toSorted((a, b) => a.index - b.index).map(({ id }) => id);
}

function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => {
    made ??= make();
    return made;
  };
}
