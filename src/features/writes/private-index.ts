// An index of our own for a checkout, so that git can remember there what it saw: the checkout's is neither locked nor
// written. It is a copy, named after what it is a copy of; when the checkout's index is another one, so is ours.

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

export interface Checkout {
  /** Its top, and by that its name. */
  top: string;
  /** Its own git directory. */
  gitDir: string;
}

type Effects = Pick<World, "paths" | "now" | "pid">;

/** The one that is there already, as the checkout's index is now. */
export function knownIndex(world: Pick<World, "paths" | "now">, checkout: Checkout): PrivateIndex | undefined {
  const stamp = stampOf(statSync(indexOf(checkout), { bigint: true, throwIfNoEntry: false }));
  const found = named(world, checkout, stamp);
  if (!existsSync(found.file)) return undefined;
  dropOldLock(world, found.file);
  return found;
}

/** Errors: those of the file system. */
export function providePrivateIndex(world: Effects, checkout: Checkout): PrivateIndex {
  const known = knownIndex(world, checkout);
  if (known !== undefined) return known;
  mkdirSync(world.paths.looks, { recursive: true, mode: 0o700 });
  if (!existsSync(indexOf(checkout))) return { ...named(world, checkout, NONE), isNew: true };
  const fresh = join(world.paths.looks, `.${keyOf(checkout)}.${world.pid}.new`);
  const source = openSync(indexOf(checkout), "r");
  try {
    // By now it may be a later one.
    const found = named(world, checkout, stampOf(fstatSync(source, { bigint: true })));
    copyOpened(source, fresh);
    renameSync(fresh, found.file);
    return { ...found, isNew: true };
  } finally {
    closeSync(source);
    rmSync(fresh, { force: true });
  }
}

/** A full disk, a directory that may not be written, a file that another look took away. */
export function isDiskTrouble(thrown: unknown): boolean {
  return thrown instanceof Error && "code" in thrown && /^E[A-Z0-9]+$/.test(String(thrown.code));
}

function indexOf({ gitDir }: Checkout): string {
  return join(gitDir, "index");
}

function keyOf({ top }: Pick<Checkout, "top">): string {
  return new Bun.CryptoHasher("sha1").update(top).digest("hex");
}

const NONE = "none";

function named({ paths }: Pick<World, "paths">, checkout: Checkout, stamp: string): PrivateIndex {
  const name = `${keyOf(checkout)}.${stamp}.index`;
  return { name, file: join(paths.looks, name), isNew: false, isOfNone: stamp === NONE };
}

function stampOf(stats: BigIntStats | undefined): string {
  return stats === undefined ? NONE : `${stats.ino}-${stats.size}-${stats.mtimeNs}`;
}

// git compares what a file holds when it is not older than the index. A copy is not older than anything, so it gets the
// time of what it is a copy of: whole seconds, as git is usually built to compare them.
function copyOpened(source: number, to: string): void {
  const seconds = Math.floor(fstatSync(source).mtimeMs / 1000);
  rmSync(to, { force: true });
  const copy = openSync(to, "wx", 0o600);
  try {
    writeFileSync(copy, readFileSync(source));
    futimesSync(copy, seconds, seconds);
  } finally {
    closeSync(copy);
  }
}

/** A git that was killed leaves its lock; no look takes as long as this. */
const LONGEST_MS = 60_000;

function isOlder({ now }: Pick<World, "now">, { ctimeMs }: { ctimeMs: number }): boolean {
  return now().getTime() - ctimeMs > LONGEST_MS;
}

function dropOldLock(world: Pick<World, "now">, file: string): void {
  const lock = statSync(`${file}.lock`, { throwIfNoEntry: false });
  if (lock !== undefined && isOlder(world, lock)) rmSync(`${file}.lock`, { force: true });
}

export function dropPrivateIndex(file: string): void {
  rmSync(file, { force: true });
}

/**
 * Whether it ends as git ends one, in a sum of all before it, SHA-1 or SHA-256. git itself reads half an index without a
 * word; a machine that lost its power may have left one.
 */
export function isWhole({ file, isNew }: PrivateIndex): boolean {
  if (isNew || !existsSync(file)) return true;
  const bytes = readFileSync(file);
  return SUMS.some(([name, length]) => {
    const sum = new Bun.CryptoHasher(name).update(bytes.subarray(0, -length)).digest();
    return bytes.length > length && sum.equals(bytes.subarray(-length));
  });
}

const SUMS = [
  ["sha1", 20],
  ["sha256", 32],
] as const;

// Whether looks are worth beginning before it is known that there shall be one: while the last one was made use of.

export function isAwaited({ paths }: Pick<World, "paths">, checkout: Pick<Checkout, "top">): boolean {
  return existsSync(join(paths.looks, `${keyOf(checkout)}.awaited`));
}

export function setAwaited(
  world: Pick<World, "paths">,
  { top, isAwaited: shall }: Pick<Checkout, "top"> & { isAwaited: boolean },
): void {
  const file = join(world.paths.looks, `${keyOf({ top })}.awaited`);
  if (isAwaited(world, { top }) === shall) return;
  if (shall) writeFileSync(file, "", { mode: 0o600 });
  else rmSync(file, { force: true });
}

/** Those that no look goes by any more. `used`, names of indexes, is asked when it is known what is there. */
export function dropUnused(world: Pick<World, "paths" | "now">, used: () => ReadonlySet<string>): void {
  const { looks } = world.paths;
  if (!existsSync(looks)) return;
  const files = readdirSync(looks);
  const names = used();
  const keys = new Set([...names].map((name) => name.slice(0, name.indexOf("."))));
  for (const file of files) {
    const isUsed = names.has(file.replace(/\.lock$/, "")) || keys.has(file.replace(/\.awaited$/, ""));
    const found = isUsed ? undefined : statSync(join(looks, file), { throwIfNoEntry: false });
    // A look that has only begun is written down nowhere.
    if (found !== undefined && isOlder(world, found)) rmSync(join(looks, file), { force: true });
  }
}
