// Where the commits and files of snapshots are: an object directory of ours for each repository, which has the
// repository's own as its alternate. It is a cache: whatever is in it can be made anew.

import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, statSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { quotedPath } from "../../git/quoted-path.ts";
import type { World } from "../../world.ts";

export interface ObjectDirectories {
  /** What is written. */
  own: string;
  /** The repository's: read, never written. */
  real: string;
}

export function objectsOf({ paths }: Pick<World, "paths">, gitDir: string): ObjectDirectories {
  return { own: join(paths.radar, "objects", nameOf(gitDir)), real: join(gitDir, "objects") };
}

/** A git directory in names of files. */
export function nameOf(gitDir: string): string {
  return new Bun.CryptoHasher("sha1").update(gitDir).digest("hex");
}

/** For a git that reads both and writes ours, which is made. Errors: those of the file system. */
export function objectsEnv({ own, real }: ObjectDirectories): Record<string, string> {
  mkdirSync(own, { recursive: true, mode: 0o700 });
  return { GIT_OBJECT_DIRECTORY: own, GIT_ALTERNATE_OBJECT_DIRECTORIES: quotedPath(real) };
}

/** Whether an object that was made here is still there. */
export function hasOwnObject({ own }: ObjectDirectories, id: string): boolean {
  return existsSync(join(own, id.slice(0, 2), id.slice(2)));
}

const UNUSED_MS = 3 * 24 * 3_600_000;
/** Of each of the 256 folders: some 25,000 objects in all. */
const MOST_IN_A_FOLDER = 100;

/**
 * Away with it: object directories that nobody used for days, or that have grown too large. They are made anew. `gitDir`
 * is the repository that is looked at just now.
 */
export function pruneObjects({ paths, now }: Pick<World, "paths" | "now">, gitDir: string): void {
  const parent = join(paths.radar, "objects");
  if (!existsSync(parent)) return;
  for (const name of readdirSync(parent)) {
    const directory = join(parent, name);
    const found = statSync(directory, { throwIfNoEntry: false });
    if (found === undefined) continue;
    const isUnused = name !== nameOf(gitDir) && now().getTime() - lastUse(directory) > UNUSED_MS;
    if (name.startsWith(GONE) || isUnused || isLarge(directory)) dropObjects(directory);
  }
}

const GONE = "gone-";

/** At once for who reads there: of half of it nothing could be told. */
export function dropObjects(directory: string): void {
  const gone = join(dirname(directory), `${GONE}${basename(directory).replace(GONE, "")}`);
  try {
    if (gone !== directory) renameSync(directory, gone);
    rmSync(gone, { recursive: true, force: true });
  } catch {
    // Somebody else is at it, or will be.
  }
}

function lastUse(directory: string): number {
  const times = readdirSync(directory).map((name) => statSync(join(directory, name), { throwIfNoEntry: false }));
  return Math.max(statSync(directory).mtimeMs, ...times.map((found) => found?.mtimeMs ?? 0));
}

/** By one folder: names of objects are even among them. */
function isLarge(directory: string): boolean {
  const folders = readdirSync(directory).filter((name) => /^[0-9a-f]{2}$/.test(name));
  return folders.some((name) => readdirSync(join(directory, name)).length > MOST_IN_A_FOLDER);
}
