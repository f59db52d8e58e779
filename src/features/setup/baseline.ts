// What setting up left changed or untracked in a worktree: nobody's work, as long as it stays just as it was left. Each
// path is remembered with what git says of it and what it holds.

import { lstatSync, readFileSync, readlinkSync } from "node:fs";
import { join } from "node:path";
import type { Git } from "../../git/git.ts";
import type { BaselineEntry } from "./store.ts";

const STATUS = ["status", "--porcelain=v2", "-z", "--no-renames", "--untracked-files=all"];
const ALL_SUBMODULES = "--ignore-submodules=none";
/** More than this is no set-up but a program that wrote where git looks. */
const MOST_ENTRIES = 5000;
const LARGEST_BYTES = 50 * 1024 * 1024;

export type Baseline = readonly BaselineEntry[];

/** Undefined when it is too much to remember, or git does not answer. `git` stands in the worktree, whose top it is. */
export async function measureBaseline(git: Git, top: string): Promise<BaselineEntry[] | undefined> {
  const records = await recordsOf(git, ALL_SUBMODULES);
  if (records === undefined || records.size > MOST_ENTRIES) return undefined;
  const entries = [...records].map(([path, said]) => ({ path, state: stateOf(top, path, said) }));
  return entries.filter((entry): entry is BaselineEntry => entry.state !== undefined);
}

interface Compared {
  changed: readonly string[];
  baseline: Baseline;
  /** What git's status is told of submodules. */
  submodules?: string;
}

/** Of the paths that git calls changed or untracked, those that are not just as setting up left them. */
export async function notOfBaseline(
  git: Git,
  top: string,
  { changed, baseline, submodules = ALL_SUBMODULES }: Compared,
): Promise<string[]> {
  if (baseline.length === 0 || changed.length === 0) return [...changed];
  const records = await recordsOf(git, submodules);
  if (records === undefined) return [...changed];
  const known = new Map(baseline.map(({ path, state }) => [path, state]));
  const left = [...records].filter(([path, said]) => known.get(path) !== stateOf(top, path, said));
  const paths = new Set(left.map(([path]) => path));
  // What a flag in the index hides is in no status.
  const unseen = changed.filter((path) => !records.has(path) && !path.endsWith("/"));
  // Untracked directories stay one, as git tells of them, unless nothing but the set-up is in them.
  const directories = changed.filter((path) => path.endsWith("/"));
  const whole = directories.filter((directory) => [...paths].some((path) => path.startsWith(directory)));
  const single = [...paths].filter((path) => !whole.some((directory) => path.startsWith(directory)));
  return [...new Set([...single, ...whole, ...unseen])];
}

/** What git says of each path, without the path. */
async function recordsOf(git: Git, submodules: string): Promise<Map<string, string> | undefined> {
  const result = await git.attempt([...STATUS, submodules]);
  if (result.exit !== 0) return undefined;
  const records = new Map<string, string>();
  for (const record of result.stdout.split("\0")) {
    const fields = record.split(" ");
    const before = { "1": 8, u: 10, "?": 1 }[fields[0] ?? ""];
    if (before !== undefined) records.set(fields.slice(before).join(" "), fields.slice(0, before).join(" "));
  }
  return records;
}

/** Undefined for what is no file, and so cannot be compared. */
function stateOf(top: string, path: string, said: string): string | undefined {
  const full = join(top, path);
  const found = lstatSync(full, { throwIfNoEntry: false });
  if (found === undefined) return `${said} gone`;
  if (found.isSymbolicLink()) return `${said} link ${digest(readlinkSync(full))}`;
  if (!found.isFile() || found.size > LARGEST_BYTES) return undefined;
  return `${said} ${(found.mode & 0o111) === 0 ? "file" : "program"} ${digest(readFileSync(full))}`;
}

function digest(content: string | Uint8Array): string {
  return new Bun.CryptoHasher("sha256").update(content).digest("hex");
}
