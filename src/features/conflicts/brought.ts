// Which commits of one side brought what conflicts: of its lines where there are any, else those that touched the file.
// Read where nothing of the repository's configuration counts, within bounds; what cannot be told is left out.

import { Failure } from "../../core/failure.ts";
import type { Git, GitOptions } from "../../git/git.ts";
import type { ConflictFile, Range } from "../../git/merge-tree.ts";
import { adviceFor } from "./advice.ts";
import { oldNames } from "./renamed.ts";

export interface Brought {
  commit: string;
  subject: string;
  author: string;
  committedAt: string;
}

export interface FileCheck extends ConflictFile {
  /** Of the side that was asked about, five at most; of the first twenty files. */
  commits: Brought[];
  advice: string;
  /** Its name before it was renamed, where that is known. */
  renamedFrom: string | null;
}

export interface Explained {
  files: readonly ConflictFile[];
  /** Whose commits are told: that side's commit, and where both sides parted; null when they never met. */
  side: "ours" | "theirs";
  commit: string;
  base: string | null;
  /** What the merge left. */
  tree: string;
  /** What was merged with a base of its own: that. */
  origin?: string | undefined;
  /** Both sides in words. */
  words: { here: string; there: string };
}

const MOST_EXPLAINED = 20;
const MOST_COMMITS = 5;
/** For all files together. */
const PATIENCE_MS = 10_000;

/** `git` is a merger's. */
export async function explainFiles(
  git: Git,
  { files, side, commit, base, tree, origin, words }: Explained,
  signal: AbortSignal,
): Promise<FileCheck[]> {
  const patience = AbortSignal.timeout(PATIENCE_MS);
  const options = { signal: AbortSignal.any([signal, patience]) };
  const old = await oldNames(git, { files, origin: origin ?? base, tree }, options).catch((thrown: unknown) => {
    none(thrown, signal);
    return new Map<string, string>();
  });
  const told: FileCheck[] = [];
  for (const [at, file] of files.entries()) {
    const ranges = (file.regions ?? []).map((region) => region[side]);
    const asked = { side: commit, base, path: file.path, object: file.stages[side]?.object, ranges };
    const isAsked = at < MOST_EXPLAINED && !patience.aborted;
    const commits = isAsked
      ? await broughtBy(git, asked, options).catch((thrown: unknown) => none(thrown, signal))
      : [];
    told.push({ ...file, commits, advice: adviceFor(file, words), renamedFrom: old.get(file.path) ?? null });
  }
  return told;
}

/** What took too long, or too much, is not told. */
function none(thrown: unknown, signal: AbortSignal): Brought[] {
  if (signal.aborted || !(thrown instanceof Failure)) throw thrown;
  return [];
}

interface BroughtInput {
  side: string;
  base: string | null;
  path: string;
  /** The file's content on that side, for one that has another name there. */
  object: string | undefined;
  /** Its lines there. */
  ranges: readonly Range[];
}

/** The newest first. */
async function broughtBy(git: Git, input: BroughtInput, options: GitOptions): Promise<Brought[]> {
  const boundary = input.base === null ? [] : [`^${input.base}`];
  const ranges = input.ranges.filter(({ from, to }) => to >= from).slice(0, 50);
  const found = ranges.length === 0 ? [] : await blamed(git, { ...input, boundary, ranges }, options);
  const told = found.length > 0 ? found : await touchedThere(git, { ...input, boundary }, options);
  return told.toSorted((a, b) => (a.committedAt < b.committedAt ? 1 : -1)).slice(0, MOST_COMMITS);
}

type Bounded = BroughtInput & { boundary: readonly string[] };

async function blamed(git: Git, input: Bounded, options: GitOptions): Promise<Brought[]> {
  const lines = input.ranges.flatMap(({ from, to }) => ["-L", `${from},${to}`]);
  const blame = (path: string) =>
    git.attempt(
      ["blame", "--porcelain", "--no-textconv", "-w", ...lines, input.side, ...input.boundary, "--", path],
      options,
    );
  const first = await blame(input.path);
  if (first.exit === 0) return parseBlame(first.stdout);
  const path = await pathOf(git, input, options);
  const second = path === undefined || path === input.path ? undefined : await blame(path);
  return second?.exit === 0 ? parseBlame(second.stdout) : [];
}

/** Where that very content stands on the side: it may have been renamed on the other. */
async function pathOf(git: Git, { side, object }: BroughtInput, options: GitOptions): Promise<string | undefined> {
  if (object === undefined) return undefined;
  const listed = await git.attempt(["ls-tree", "-r", "-z", "--full-tree", "--end-of-options", side], options);
  const entry = listed.stdout.split("\0").find((line) => line.split("\t")[0]?.endsWith(` ${object}`));
  return entry?.slice(entry.indexOf("\t") + 1);
}

function parseBlame(output: string): Brought[] {
  const found = new Map<string, Brought & { isBoundary: boolean }>();
  let own: (Brought & { isBoundary: boolean }) | undefined;
  for (const line of output.split("\n")) {
    const [, commit] = /^([0-9a-f]{40,64}) \d+ \d+/.exec(line) ?? [];
    if (commit !== undefined) {
      own = found.get(commit) ?? { commit, subject: "", author: "", committedAt: "", isBoundary: false };
      found.set(commit, own);
    }
    if (own === undefined || line.startsWith("\t")) continue;
    if (line === "boundary") own.isBoundary = true;
    if (line.startsWith("summary ")) own.subject = line.slice(8);
    if (line.startsWith("author ")) own.author = line.slice(7);
    if (line.startsWith("committer-time ")) own.committedAt = timeText(line.slice(15));
  }
  return [...found.values()].flatMap(({ isBoundary, ...one }) => (isBoundary ? [] : [one]));
}

/** By its name there, which need not be the one that it has in the merge. */
async function touchedThere(git: Git, input: Bounded, options: GitOptions): Promise<Brought[]> {
  const found = await touched(git, input, options);
  const path = found.length > 0 ? undefined : await pathOf(git, input, options);
  return path === undefined || path === input.path ? found : touched(git, { ...input, path }, options);
}

async function touched(git: Git, { side, boundary, path }: Bounded, options: GitOptions): Promise<Brought[]> {
  const format = ["%H", "%s", "%an", "%ct"].join("%x00");
  const args = ["log", "-z", `--max-count=${MOST_COMMITS}`, `--format=${format}`, side, ...boundary, "--"];
  const read = await git.attempt([...args, `:(top,literal)${path}`], options);
  if (read.exit !== 0) return [];
  const fields = read.stdout.split("\0");
  const found: Brought[] = [];
  for (let at = 0; at + 3 < fields.length; at += 4) {
    const [commit = "", subject = "", author = "", time = ""] = fields.slice(at, at + 4);
    found.push({ commit, subject, author, committedAt: timeText(time) });
  }
  return found;
}

function timeText(seconds: string): string {
  const ms = Number(seconds) * 1000;
  return Math.abs(ms) <= 8.64e15 ? new Date(ms).toISOString() : "";
}
