// What merging the work of many sides gives, each with each: found before, or tried by one git for all of them.

import { Failure } from "../../core/failure.ts";
import { TEXT, v } from "../../core/shape.ts";
import { printable } from "../../core/text.ts";
import type { Db } from "../../db/db.ts";
import { openMerger, type PairResult } from "../../git/merge-tree.ts";
import type { World } from "../../world.ts";
import { brokenNames } from "./broken.ts";
import { conflictFiles } from "./conflict-files.ts";
import type { ObjectDirectories } from "./objects.ts";
import { findShared } from "./shared-lines.ts";
import { shownPath } from "./standing.ts";
import { forgetOldVerdicts, storedVerdict, storeVerdict } from "./store.ts";
import { type Change, changesBetween } from "./tree-changes.ts";
import { type Judged, type JudgedFile, judgedShape, turned, unknownFor } from "./verdict.ts";
import { writeIfFree } from "./write-if-free.ts";

/** A commit and its tree. */
export interface Side {
  commit: string;
  tree: string;
}

export interface SidePair {
  a: Side;
  b: Side;
}

export interface Judging {
  gitDir: string;
  objects: ObjectDirectories;
  signal?: AbortSignal | undefined;
}

type Effects = Pick<World, "git" | "log">;

/** Raise it when the same commits may be judged otherwise than before. */
const JUDGE = 1004;
const MERGING_MS = 60_000;
/** Two branches that far apart are no sessions' work. */
const MOST_FILES = 5_000;

/** For each pair, in their order; how many were not known before. Errors: those of git and of reading the database. */
export async function judgePairs(
  world: Effects,
  db: Db,
  pairs: readonly SidePair[],
  judging: Judging,
): Promise<{ judged: Judged[]; fresh: number }> {
  const found = new Map<string, Judged>();
  const missing = new Map<string, SidePair>();
  for (const pair of pairs) {
    const { key, a, b } = ordered(pair);
    if (found.has(key) || missing.has(key)) continue;
    const known = a.tree === b.tree ? SAME : stored(db, { a, b });
    if (known === undefined) missing.set(key, { a, b });
    else found.set(key, known);
  }
  const wanted = [...missing.values()];
  const made = await judgeAnew(world, wanted, judging);
  const anew = wanted.map((pair, at) => ({ ...pair, verdict: made[at] ?? unknownFor("it was not merged") }));
  for (const one of anew) found.set(ordered(one).key, one.verdict);
  // What could not be told now may be later.
  const told = anew.filter(({ verdict }) => verdict.verdict !== "unknown");
  if (told.length > 0) {
    writeIfFree(world, db, (now) => {
      for (const { a, b, verdict } of told) {
        storeVerdict(db, { ours: a.commit, theirs: b.commit, judge: JUDGE, verdict }, now);
      }
      forgetOldVerdicts(db, now);
    });
  }
  const judged = pairs.map((pair) => {
    const { key, isTurned } = ordered(pair);
    const verdict = found.get(key) ?? unknownFor("it was not merged");
    return isTurned ? turned(verdict) : verdict;
  });
  return { judged, fresh: wanted.length };
}

const SAME: Judged = { verdict: "clean", files: [], fileCount: 0, warnings: [], brings: { a: 0, b: 0 } };

/** The same two are one pair, whoever is named first. */
function ordered({ a, b }: SidePair): SidePair & { key: string; isTurned: boolean } {
  const isTurned = a.commit > b.commit;
  const [first, second] = isTurned ? [b, a] : [a, b];
  return { a: first, b: second, key: `${first.commit} ${second.commit}`, isTurned };
}

function stored(db: Db, { a, b }: SidePair): Judged | undefined {
  const text = storedVerdict(db, { ours: a.commit, theirs: b.commit }, JUDGE);
  const parsed = v.safeParse(v.pipe(TEXT, v.parseJson(), judgedShape()), text);
  return parsed.success ? parsed.output : undefined;
}

/** When git fails over them, by halves, down to whose fault it is. */
async function judgeAnew(world: Effects, pairs: readonly SidePair[], judging: Judging): Promise<Judged[]> {
  try {
    return await judgeTogether(world, pairs, judging);
  } catch (thrown) {
    judging.signal?.throwIfAborted();
    if (!(thrown instanceof Failure) || !/^(git\.failed|git\.killed|proc\.too-much-output)$/.test(thrown.code))
      throw thrown;
    if (pairs.length === 1) return [unknownFor(printable(thrown.message))];
  }
  const half = pairs.length >> 1;
  const first = await judgeAnew(world, pairs.slice(0, half), judging);
  return [...first, ...(await judgeAnew(world, pairs.slice(half), judging))];
}

async function judgeTogether(world: Effects, pairs: readonly SidePair[], judging: Judging): Promise<Judged[]> {
  const [first] = pairs;
  if (first === undefined) return [];
  const { gitDir, objects, signal } = judging;
  const git = world.git(gitDir).trusting();
  const store = { gitDir, beside: [objects.own] };
  const options = {
    objects: store,
    id: first.a.commit,
    withRegions: true,
    isByEither: true,
    timeoutMs: MERGING_MS,
    signal,
  };
  using merger = await openMerger(git, options);
  const results = await merger.merge(pairs.map(({ a, b }) => ({ ours: a.commit, theirs: b.commit })));
  const told = results.flatMap((result, at) => {
    const pair = pairs[at];
    return result.verdict === "unknown" || pair === undefined ? [] : [{ at, pair, result }];
  });
  const trees = told.flatMap(({ pair, result }) => [
    { from: pair.b.tree, to: result.tree },
    { from: pair.a.tree, to: result.tree },
  ]);
  const changes = await changesBetween(merger.git, trees, { signal: signal ?? AbortSignal.timeout(MERGING_MS) });
  const merged = new Map<number, Merged>();
  told.forEach(({ at, pair, result }, index) => {
    const byA = changes[2 * index] ?? [];
    merged.set(at, { pair, result, byA, byB: changes[2 * index + 1] ?? [] });
  });
  const clean = [...merged].filter(([, { result }]) => result.verdict === "clean");
  const sides = clean.map(([, { byA, byB, result }]) => ({ byA, byB, tree: result.tree }));
  const warnings = await brokenNames(merger.git, sides, { signal: signal ?? AbortSignal.timeout(MERGING_MS) });
  const byPair = new Map(clean.map(([at], index) => [at, warnings[index] ?? []]));
  const described = results.map((result, at) => describe(result, merged.get(at)));
  const both = described.flatMap(({ files }, at) => {
    const found = merged.get(at);
    return found === undefined ? [] : [{ ...found, files, tree: found.result.tree }];
  });
  await findShared(merger.git, both, { signal: signal ?? AbortSignal.timeout(MERGING_MS) });
  return described.map((judged, at) => ({ ...judged, warnings: byPair.get(at) ?? [] }));
}

type Told = Exclude<PairResult, { verdict: "unknown" }>;

interface Merged {
  pair: SidePair;
  result: Told;
  /** What either side brings to the other. */
  byA: Change[];
  byB: Change[];
}

function describe(result: PairResult, merged: Merged | undefined): Judged {
  if (result.verdict === "unknown" || merged === undefined) {
    return unknownFor(result.verdict === "unknown" ? result.why : "it was not merged");
  }
  const { byA, byB } = merged;
  const known = { warnings: [], brings: { a: byA.length, b: byB.length } };
  if (result.verdict === "conflict") {
    const files = conflictFiles(result.files);
    return { ...known, verdict: "conflict", files: files.slice(0, MOST_FILES), fileCount: files.length };
  }
  const others = new Set(byB.map(({ path }) => path));
  const both = byA.filter(({ path }) => others.has(path));
  const files = both.map(({ path }): JudgedFile => {
    return { path: shownPath(path), kind: "merged", regions: [] };
  });
  const verdict = files.length > 0 ? "same-files" : "clean";
  return { ...known, verdict, files: files.slice(0, MOST_FILES), fileCount: files.length };
}
