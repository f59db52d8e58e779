// Merges as git itself would make them, tried out without a checkout and without a trace in the repository: one
// `git merge-tree` for all of them. Nothing of the repository's configuration is run. What could not be told is
// "unknown", never "clean"; one such merge spoils no other.

import { Failure } from "../core/failure.ts";
import type { Region } from "./conflict-regions.ts";
import { type Git, type GitOptions, gitWords } from "./git.ts";
import { type ConflictKind, parseMerges, type RawMerge, type Stages } from "./merge-answers.ts";
import { attributesInCheckout, attributesOf } from "./merge-attributes.ts";
import { worse } from "./merge-either.ts";
import { findRegions, type RegionsByFile } from "./merge-regions.ts";
import { type Attributes, isShallow, type ObjectStore, openScratch, type Scratch } from "./merge-scratch.ts";

export type { Range, Region } from "./conflict-regions.ts";
export { CONFLICT_KINDS, type ConflictKind, type Stages } from "./merge-answers.ts";
export type { ObjectStore } from "./merge-scratch.ts";

/** Full ids of commits. With a base, the change from it to theirs is put on top of ours (a cherry-pick). */
export interface Pair {
  ours: string;
  theirs: string;
  base?: string | undefined;
  /** What the sides are called where a name of either is needed beside the other's (`name~main`); else their ids. */
  labels?: { ours: string; theirs: string } | undefined;
}

/** By whose files of attributes it is merged. */
interface Asked extends Pair {
  by?: "ours" | "theirs";
}

export interface ConflictFile {
  path: string;
  kind: ConflictKind;
  stages: Stages;
  /** Other paths that have to do with it: where it was before, the directory that was renamed. */
  others: string[];
  /** Where its texts conflict; absent when they were not asked for, and where there are none (binary, over 1 MB). */
  regions?: Region[];
}

export type UnknownReason = "unreadable" | "unrelated" | "merge-driver" | "too-late";

export type PairResult =
  | { verdict: "clean"; tree: string }
  | { verdict: "conflict"; tree: string; files: ConflictFile[] }
  | { verdict: "unknown"; reason: UnknownReason; why: string };

export interface MergeOptions {
  objects: ObjectStore;
  /** Also where in the files the texts conflict: some more gits for all of the pairs together. */
  withRegions?: boolean;
  /** The top of a checkout: merged as git would there, by the files of attributes that stand in it, committed or not. */
  checkout?: string | undefined;
  /** Merged by the attributes of ours, and by those of theirs: what only one of these gives is never told as clean. */
  isByEither?: boolean;
  signal?: AbortSignal | undefined;
  /** For all pairs together; those that are not merged by then are unknown (60 s). */
  timeoutMs?: number | undefined;
}

/** One result for each pair, in their order. Errors: `git.missing`; `proc.cancelled` when the signal says so. */
export async function mergePairs(git: Git, pairs: readonly Pair[], options: MergeOptions): Promise<PairResult[]> {
  const first = pairs[0];
  if (first === undefined) return [];
  try {
    using merger = await openMerger(git, { ...options, id: first.ours });
    return await merger.merge(pairs);
  } catch (thrown) {
    const isOver = thrown instanceof Failure && thrown.code === "proc.cancelled" && options.signal?.aborted !== true;
    if (!isOver) throw thrown;
    return pairs.map(() => TOO_LATE);
  }
}

export interface Merger extends Disposable {
  merge(pairs: readonly Pair[]): Promise<PairResult[]>;
  /** A commit that is gone with the merger: what a further merge starts from. */
  writeCommit(tree: string, parents: readonly string[]): string;
  /** Reads what the merges made, as well as the repository. */
  git: Git;
}

/** For merges that build on one another: their trees are there until it is disposed of. */
export async function openMerger(git: Git, options: MergeOptions & { id: string }): Promise<Merger> {
  const deadline = AbortSignal.timeout(options.timeoutMs ?? 60_000);
  const signal = options.signal === undefined ? deadline : AbortSignal.any([options.signal, deadline]);
  const scratch = await openScratch(git, options, { signal });
  const { objects, checkout } = options;
  const known = { scratch, objects, checkout, options: { signal } };
  const bench: Bench = { ...known, jobs: new WeakMap(), isOver: () => deadline.aborted };
  return {
    merge: async (pairs) => {
      const asked = options.isByEither === true ? pairs.flatMap(bothWays) : pairs;
      const found = await mergeAll(bench, asked);
      const regions = options.withRegions === true ? await regionsIn(bench, asked, found) : undefined;
      const told = asked.map((pair, at) => shown(found[at] ?? TOO_LATE, bench.jobs.get(pair), regions));
      if (options.isByEither !== true) return told;
      return pairs.map((_, at) => worse(told[2 * at] ?? TOO_LATE, told[2 * at + 1] ?? TOO_LATE));
    },
    writeCommit: scratch.writeCommit,
    git: scratch.git,
    [Symbol.dispose]: () => scratch[Symbol.dispose](),
  };
}

function bothWays(pair: Pair): Asked[] {
  return [pair, { ...pair, by: "theirs" }];
}

interface Bench {
  scratch: Scratch;
  objects: ObjectStore;
  checkout: string | undefined;
  options: GitOptions;
  jobs: WeakMap<Pair, Job>;
  isOver(): boolean;
}

type Unknown = Extract<PairResult, { verdict: "unknown" }>;
const TOO_LATE: Unknown = { verdict: "unknown", reason: "too-late", why: "there was no time left for it" };
/** Paths as bytes still. */
type Raw = RawMerge | Unknown;

const NAME = /^([0-9a-f]{40}|[0-9a-f]{64})$/;

async function mergeAll(bench: Bench, pairs: readonly Asked[]): Promise<Raw[]> {
  const results = new Map<Pair, Raw>();
  const { trouble } = bench.scratch;
  const sound = pairs.filter((pair) => {
    const isNamed = [pair.ours, pair.theirs, pair.base ?? pair.ours].every((id) => NAME.test(id));
    if (!isNamed) results.set(pair, unknown("unreadable", "it is not the full name of a commit"));
    else if (trouble !== undefined) results.set(pair, unknown("unreadable", trouble));
    return isNamed && trouble === undefined;
  });
  try {
    const attributesFor = await readAttributes(bench, sound);
    const groups = new Map<string, { place: Git | { why: string }; jobs: Job[] }>();
    const first = new Map<string, Pair>();
    const again = new Map<Pair, Pair>();
    for (const pair of sound) {
      const attributes = attributesFor(pair);
      const key = JSON.stringify(attributes);
      const whole = `${pair.ours} ${pair.theirs} ${pair.base} ${key}`;
      const same = pair.labels === first.get(whole)?.labels ? first.get(whole) : undefined;
      if (same !== undefined) {
        again.set(pair, same);
        continue;
      }
      first.set(whole, pair);
      const job = "why" in attributes ? attributes : await jobFor(bench, pair);
      if ("why" in attributes || "why" in job) {
        results.set(pair, unknown("unreadable", "why" in job ? job.why : ""));
        continue;
      }
      const group = groups.get(key) ?? { place: await placeFor(bench, attributes), jobs: [] };
      groups.set(key, group);
      if ("why" in group.place) {
        results.set(pair, unknown("unreadable", group.place.why));
        continue;
      }
      group.jobs.push(job);
      bench.jobs.set(pair, job);
    }
    for (const { place, jobs } of groups.values()) {
      if (!("why" in place)) await mergeJobs({ ...bench, git: place }, jobs, results);
    }
    for (const [pair, same] of again) {
      const [result, job] = [results.get(same), bench.jobs.get(same)];
      if (result !== undefined) results.set(pair, result);
      if (job !== undefined) bench.jobs.set(pair, job);
    }
  } catch (thrown) {
    if (!bench.isOver()) throw thrown;
  }
  return pairs.map((pair) => results.get(pair) ?? TOO_LATE);
}

async function placeFor({ scratch }: Bench, attributes: Attributes): Promise<Git | { why: string }> {
  return scratch.withAttributes(attributes).catch((thrown: unknown) => {
    const isOfThese = thrown instanceof Failure && /^git\.(failed|killed|unreadable)$/.test(thrown.code);
    if (!isOfThese) throw thrown;
    return { why: thrown.message };
  });
}

/** Which of them a pair is merged by. */
async function readAttributes(
  { scratch, checkout: top, options }: Bench,
  pairs: readonly Asked[],
): Promise<(pair: Asked) => Attributes | { why: string }> {
  if (top === undefined) {
    const known = await attributesOf(scratch.git, pairs.map(whose), options);
    return (pair) => known.get(whose(pair)) ?? [];
  }
  const commits = pairs.flatMap(({ ours, theirs }) => [ours, theirs]);
  const { attributes, unread } = await attributesInCheckout(scratch, { top, commits }, options);
  return ({ ours, theirs }) => unread.get(ours) ?? unread.get(theirs) ?? attributes;
}

function whose({ ours, theirs, by = "ours" }: Asked): string {
  return by === "ours" ? ours : theirs;
}

interface Job {
  pair: Pair;
  /** What git is asked to merge. */
  ours: string;
  theirs: string;
}

/** A base of its own (which `merge-tree` knows from git 2.40 on) is the parent of two commits made for it. */
async function jobFor({ scratch, options }: Bench, pair: Pair): Promise<Job | { why: string }> {
  const { ours, theirs, base } = pair;
  if (base === undefined) return { pair, ours, theirs };
  const names = [base, ours, theirs].map((id) => `${id}^{tree}`);
  const read = await scratch.git.attempt(["rev-parse", "--end-of-options", ...names], options);
  if (read.exit !== 0) return { why: gitWords(read) };
  const [baseTree = "", oursTree = "", theirsTree = ""] = read.stdout.split("\n").filter((line) => NAME.test(line));
  const parent = scratch.writeCommit(baseTree, []);
  return { pair, ours: scratch.writeCommit(oursTree, [parent]), theirs: scratch.writeCommit(theirsTree, [parent]) };
}

type Here = Bench & { git: Git };

/** All in one git; when it fails, or a merge driver was asked for, by halves, down to whose fault it is. */
async function mergeJobs(here: Here, jobs: readonly Job[], results: Map<Pair, Raw>): Promise<void> {
  const [only] = jobs;
  if (only === undefined) return;
  const answers = await answersFor(here, jobs);
  const refused = here.scratch.refused();
  if (answers !== undefined && refused.length === 0) {
    jobs.forEach(({ pair }, index) => {
      results.set(pair, answers[index] ?? unknown("unreadable", "git did not tell of it"));
    });
    return;
  }
  if (jobs.length === 1) {
    const [answer] = answers ?? [];
    results.set(only.pair, answer === undefined ? await failedAlone(here, only) : undriven(answer, refused));
    return;
  }
  const half = jobs.length >> 1;
  await mergeJobs(here, jobs.slice(0, half), results);
  await mergeJobs(here, jobs.slice(half), results);
}

const MERGE = ["merge-tree", "--write-tree", "--stdin", "-z"];

/** Undefined when git failed over one of them, by itself or by a crash. */
async function answersFor(here: Here, jobs: readonly Job[]): Promise<RawMerge[] | undefined> {
  const input = jobs.map(({ ours, theirs }) => `${ours} ${theirs}\n`).join("");
  const output = await here.git.bytes(MERGE, { ...here.options, input }).catch(failedOver);
  const answers = output === undefined ? undefined : parseMerges(Buffer.from(output).toString("latin1"));
  return answers?.length === jobs.length ? answers : undefined;
}

function failedOver(thrown: unknown): undefined {
  const isGits = thrown instanceof Failure && /^git\.(failed|killed)$|^proc\.too-much-output$/.test(thrown.code);
  if (!isGits) throw thrown;
}

/** Histories that never meet are the one failure that git can be talked out of: then at least conflicts are told. */
async function failedAlone(here: Here, { ours, theirs }: Job): Promise<Raw> {
  const args = [...MERGE, "--allow-unrelated-histories"];
  const input = `${ours} ${theirs}\n`;
  const result = await here.git.attempt(args, { ...here.options, input }).catch((thrown: unknown) => {
    failedOver(thrown);
    return { exit: 1, stdout: "", stderr: thrown instanceof Error ? thrown.message : "" };
  });
  const refused = here.scratch.refused();
  if (result.exit !== 0) return unknown("unreadable", gitWords(result) || "git could not merge them");
  const output = await here.git.bytes(args, { ...here.options, input });
  here.scratch.refused();
  const [answer] = parseMerges(Buffer.from(output).toString("latin1")) ?? [];
  if (answer === undefined) return unknown("unreadable", "git told nothing that can be read");
  if (isShallow(here.objects)) {
    return unknown("unreadable", "the clone is shallow, and where they parted is not in it");
  }
  if (answer.isClean) return unknown("unrelated", "their histories have no commit in common: git does not merge them");
  return undriven(answer, refused);
}

/** A merge that asked a custom driver, which is not run: only what conflicts besides is sure. */
function undriven(answer: RawMerge, refused: readonly string[]): Raw {
  if (refused.length === 0) return answer;
  const files = answer.files.map((file) =>
    refused.includes(file.path) ? { ...file, kind: "merge-driver" as const } : file,
  );
  if (!answer.isClean && files.some(({ kind }) => kind !== "merge-driver")) return { ...answer, files };
  const shown = refused.slice(0, 3).map(asText).join(", ");
  return unknown("merge-driver", `a merge driver of the repository decides about ${shown}, and is not run`);
}

function unknown(reason: UnknownReason, why: string): Unknown {
  return { verdict: "unknown", reason, why };
}

function asText(bytes: string): string {
  return Buffer.from(bytes, "latin1").toString();
}

/** Merged again with markers that no text holds, where the texts hold some. */
async function regionsIn(bench: Bench, pairs: readonly Asked[], found: readonly Raw[]): Promise<RegionsByFile> {
  const seen = new Set<Raw>();
  const conflicts = found.flatMap((raw, index) => {
    const pair = pairs[index];
    if ("verdict" in raw || raw.isClean || pair === undefined || seen.has(raw)) return [];
    seen.add(raw);
    return [{ raw, pair }];
  });
  try {
    return await findRegions(
      bench.scratch.git,
      conflicts.map(({ raw }) => raw),
      bench.options,
      async (which, markerSize) => {
        const again = await bench.scratch.withMarkers(markerSize, () =>
          mergeAll(
            bench,
            which.flatMap((index) => conflicts[index]?.pair ?? []),
          ),
        );
        return again.map((raw) => ("verdict" in raw ? undefined : raw));
      },
    );
  } catch (thrown) {
    if (bench.isOver()) return new Map();
    throw thrown;
  }
}

function shown(raw: Raw, job: Job | undefined, regions: RegionsByFile | undefined): PairResult {
  if ("verdict" in raw) return raw;
  if (raw.isClean) return { verdict: "clean", tree: raw.tree };
  const named = (path: string) => asText(job === undefined ? path : labelled(path, job));
  const files = raw.files.map((file) => {
    const found = regions?.get(file);
    const names = { path: named(file.path), others: file.others.map(named) };
    return { ...file, ...names, ...(found !== undefined && { regions: found }) };
  });
  return { verdict: "conflict", tree: raw.tree, files };
}

/** Git calls a side by what it was asked for by, and a slash in that an underscore. */
function labelled(path: string, { pair: { labels }, ours, theirs }: Job): string {
  const [, before, id, after = ""] = /^([\s\S]*~)([0-9a-f]{40,64})((?:_\d+)?)$/.exec(path) ?? [];
  const label = id === ours ? labels?.ours : id === theirs ? labels?.theirs : undefined;
  if (label === undefined) return path;
  return `${before}${Buffer.from(label.replaceAll("/", "_")).toString("latin1")}${after}`;
}
