// An index of our own for a session's checkout, so that git can remember there what it saw: the checkout's is neither
// locked nor written. It is a copy, named after what it is a copy of; when the checkout's index is another one, so is ours.

import {
  type BigIntStats,
  closeSync,
  existsSync,
  fstatSync,
  futimesSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import type { World } from "../../world.ts";

export interface PrivateIndex {
  /** Below the directory of all of them. */
  name: string;
  file: string;
  /** It knows nothing yet of what is untracked. */
  isNew: boolean;
  /** The checkout has none yet, and so git may leave none here. */
  isOfNone: boolean;
}

export interface Owner {
  sessionId: string;
  /** The checkout's own git directory. */
  gitDir: string;
}

type Effects = Pick<World, "paths" | "now" | "pid">;

/** A git that was killed leaves its lock; no look takes as long as this. */
const LONGEST_LOCK_MS = 60_000;

/** Errors: those of the file system. */
export function providePrivateIndex(world: Effects, { sessionId, gitDir }: Owner): PrivateIndex {
  const nameFor = (stamp: string) => `${sessionId}.${stamp}.index`;
  const at = (name: string) => join(world.paths.looks, name);
  const real = join(gitDir, "index");
  const found = stampOf(statSync(real, { bigint: true, throwIfNoEntry: false }));
  const known = nameFor(found);
  if (existsSync(at(known))) {
    dropOldLock(world, at(known));
    return { name: known, file: at(known), isNew: false, isOfNone: found === NONE };
  }
  mkdirSync(world.paths.looks, { recursive: true, mode: 0o700 });
  if (found === NONE) return { name: known, file: at(known), isNew: true, isOfNone: true };
  const fresh = at(`.${sessionId}.${world.pid}.new`);
  const source = openSync(real, "r");
  try {
    // By now it may be a later one.
    const name = nameFor(stampOf(fstatSync(source, { bigint: true })));
    copyOpened(source, fresh);
    renameSync(fresh, at(name));
    return { name, file: at(name), isNew: true, isOfNone: false };
  } finally {
    closeSync(source);
    rmSync(fresh, { force: true });
  }
}

// git compares what a file holds when it is not older than the index. A copy is not older than anything, so it gets the
// time of what it is a copy of: whole seconds, as git is usually built to compare them.
function copyOpened(source: number, to: string): void {
  const { mtimeMs } = fstatSync(source);
  rmSync(to, { force: true });
  const copy = openSync(to, "wx", 0o600);
  try {
    writeFileSync(copy, readFileSync(source));
    futimesSync(copy, Math.floor(mtimeMs / 1000), Math.floor(mtimeMs / 1000));
  } finally {
    closeSync(copy);
  }
}

const NONE = "none";

function stampOf(stats: BigIntStats | undefined): string {
  return stats === undefined ? NONE : `${stats.ino}-${stats.size}-${stats.mtimeNs}`;
}

function dropOldLock({ now }: Pick<World, "now">, file: string): void {
  const lock = statSync(`${file}.lock`, { throwIfNoEntry: false });
  if (lock === undefined || now().getTime() - lock.mtimeMs < LONGEST_LOCK_MS) return;
  rmSync(`${file}.lock`, { force: true });
}

export function dropPrivateIndex(file: string): void {
  rmSync(file, { force: true });
}

/** Those of a session that it looks with no more. */
export function dropOthers({ paths }: Pick<World, "paths">, { sessionId, name }: { sessionId: string; name: string }) {
  drop(paths.looks, (owner, file) => owner === sessionId && !file.startsWith(name));
}

/** Those of sessions that are over. `living` is asked when it is known what is there. */
export function dropForgotten({ paths }: Pick<World, "paths">, living: () => ReadonlySet<string>): void {
  let known: ReadonlySet<string> | undefined;
  drop(paths.looks, (owner) => {
    known ??= living();
    return !known.has(owner);
  });
}

function drop(looks: string, isMeant: (owner: string, file: string) => boolean): void {
  if (!existsSync(looks)) return;
  for (const file of readdirSync(looks)) {
    const owner = /^\.?([\w-]+)\./.exec(file)?.[1];
    if (owner !== undefined && isMeant(owner, file)) rmSync(join(looks, file), { force: true });
  }
}
