// What setting up left in a worktree: nobody's work, as long as it stays just as it was left. Each path is remembered with
// what git says of it and what it holds. Whatever is in doubt is its user's.
//
// Names of files are bytes: a path is a text with one character for each byte (latin1), since not all are UTF-8.

import { type BigIntStats, lstatSync, readFileSync, readlinkSync } from "node:fs";
import type { Git } from "../../git/git.ts";
import type { BaselineEntry } from "./store.ts";

const STATUS = ["status", "--porcelain=v2", "-z", "--no-renames", "--untracked-files=all"];
const ALL_SUBMODULES = "--ignore-submodules=none";
/** More than this is no set-up but a program that wrote where git looks. */
const MOST_ENTRIES = 5000;
/** What is larger is known by its size, its time and its place on the disk. */
const LARGEST_BYTES = 50 * 1024 * 1024;
/** Of a copy that git ignores it says nothing. */
const COPY = "copy";

export type Baseline = readonly BaselineEntry[];
export type Snapshot = ReadonlyMap<string, string>;

/** What stands there changed or untracked; undefined when git does not answer, or it is too much to remember. */
export async function snapshotOf(git: Git, top: string): Promise<Snapshot | undefined> {
  const records = await recordsOf(git, ALL_SUBMODULES);
  if (records === undefined || records.size > MOST_ENTRIES) return undefined;
  const states = new Map<string, string>();
  for (const [path, said] of records) {
    const state = stateOf(top, path, said);
    if (state !== undefined) states.set(path, state);
  }
  return states;
}

export interface Made {
  /** What was known before. */
  old: Baseline;
  before: Snapshot;
  after: Snapshot;
}

/** What came between two looks, and was not its user's before. */
export function madeBetween({ old, before, after }: Made): BaselineEntry[] {
  const known = new Map(old.map(({ path, state }) => [path, state]));
  const made = [...after].filter(([path]) => !before.has(path) || before.get(path) === known.get(path));
  return made.map(([path, state]) => ({ path, state }));
}

/** Of files that were copied there, by their names as they are shown. */
export function copiesOf(top: string, names: readonly string[]): BaselineEntry[] {
  return names.flatMap((name) => {
    const path = Buffer.from(name).toString("latin1");
    const state = stateOf(top, path, COPY);
    return state === undefined ? [] : [{ path, state }];
  });
}

interface Compared {
  /** As git shows them: what is not UTF-8 is a replacement character there. */
  changed: readonly string[];
  baseline: Baseline;
  /** What git's status is told of submodules. */
  submodules?: string;
}

/** Of the paths that git calls changed or untracked, and of copies, those that are not just as setting up left them. */
export async function notOfBaseline(
  git: Git,
  top: string,
  { changed, baseline, submodules = ALL_SUBMODULES }: Compared,
): Promise<string[]> {
  if (baseline.length === 0) return [...changed];
  const edited = baseline.filter((entry) => isEditedCopy(top, entry)).map(({ path }) => shown(path));
  if (changed.length === 0) return edited;
  const records = await recordsOf(git, submodules);
  if (records === undefined) return [...changed];
  const known = new Map(baseline.map(({ path, state }) => [path, state]));
  const left = [...records].filter(([path, said]) => !isAsLeft(top, path, { said, known: known.get(path) }));
  const paths = new Set(left.map(([path]) => shown(path)));
  // What a flag in the index hides is in no status.
  const told = new Set([...records.keys()].map(shown));
  const unseen = changed.filter((path) => !told.has(path) && !path.endsWith("/"));
  // Untracked directories stay one, as git tells of them, unless nothing but the set-up is in them.
  const directories = changed.filter((path) => path.endsWith("/"));
  const whole = directories.filter((directory) => [...paths].some((path) => path.startsWith(directory)));
  const single = [...paths].filter((path) => !whole.some((directory) => path.startsWith(directory)));
  return [...new Set([...single, ...whole, ...unseen, ...edited])];
}

function isAsLeft(top: string, path: string, { said, known }: { said: string; known: string | undefined }): boolean {
  if (known === undefined) return false;
  return known === stateOf(top, path, known.startsWith(`${COPY} `) ? COPY : said);
}

/** One that is gone is no work. */
function isEditedCopy(top: string, { path, state }: BaselineEntry): boolean {
  if (!state.startsWith(`${COPY} `)) return false;
  const now = stateOf(top, path, COPY);
  return now !== state && now !== `${COPY} gone`;
}

function shown(path: string): string {
  return Buffer.from(path, "latin1").toString();
}

/** What git says of each path, without the path. */
async function recordsOf(git: Git, submodules: string): Promise<Map<string, string> | undefined> {
  const output = await git.bytes([...STATUS, submodules]).catch(() => undefined);
  if (output === undefined) return undefined;
  const records = new Map<string, string>();
  for (const record of Buffer.from(output).toString("latin1").split("\0")) {
    const fields = record.split(" ");
    const before = { "1": 8, u: 10, "?": 1 }[fields[0] ?? ""];
    if (before !== undefined) records.set(fields.slice(before).join(" "), fields.slice(0, before).join(" "));
  }
  return records;
}

/** Undefined for what is no file, and so cannot be compared. */
function stateOf(top: string, path: string, said: string): string | undefined {
  const full = Buffer.concat([Buffer.from(`${top}/`), Buffer.from(path, "latin1")]);
  let found: BigIntStats | undefined;
  try {
    found = lstatSync(full, { throwIfNoEntry: false, bigint: true });
  } catch {
    // Below what is no directory any longer.
  }
  if (found === undefined) return `${said} gone`;
  if (found.isSymbolicLink()) return `${said} link ${digest(readlinkSync(full, { encoding: "buffer" }))}`;
  if (!found.isFile()) return undefined;
  if (found.size > LARGEST_BYTES) return `${said} large ${found.size} ${found.mtimeNs} ${found.ino}`;
  const kind = (found.mode & 0o111n) === 0n ? "file" : "program";
  try {
    return `${said} ${kind} ${digest(readFileSync(full))}`;
  } catch {
    // May not be read, or went just now: in doubt it is its user's.
    return undefined;
  }
}

function digest(content: Uint8Array): string {
  return new Bun.CryptoHasher("sha256").update(content).digest("hex");
}
