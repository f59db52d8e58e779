// Where paths lead on the disk, and which checkout and repository a directory is in: by the files alone, git is not asked.

import { lstatSync, readdirSync, readFileSync, realpathSync, type Stats, statSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import type { GitPlace, Target } from "./claims.ts";
import { isPlain, plainOf } from "./values.ts";

export interface Checkout {
  top: string;
  /** Its own git directory. */
  adminDir: string;
  /** The common one: the repository. */
  gitDir: string;
}

export function isDirectory(path: string): boolean {
  return found(() => statSync(path))?.isDirectory() === true;
}

/** Of the thing itself, also of a link that leads nowhere. */
export function isThere(path: string): boolean {
  return found(() => lstatSync(path)) !== undefined;
}

function found(look: () => Stats): Stats | undefined {
  try {
    return look();
  } catch {
    return undefined;
  }
}

/** As the kernel goes: links are followed, the last name's only when asked. What is not there stays as it is named. */
export function realFrom(directory: string, path: string, { isFollowed }: { isFollowed: boolean }): string {
  let at = path.startsWith("/") ? "/" : realOf(directory);
  const names = path.split("/").filter((name) => name !== "" && name !== ".");
  for (const [i, name] of names.entries()) {
    if (name === "..") at = dirname(at);
    else if (i < names.length - 1 || isFollowed || path.endsWith("/")) at = realOf(join(at, name));
    else at = join(at, name);
  }
  return at;
}

function realOf(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}

/** The checkout that a directory is in; undefined outside of any. */
export function checkoutAt(directory: string): Checkout | undefined {
  for (let top = realOf(directory); ; top = dirname(top)) {
    const adminDir = adminDirAt(join(top, ".git"));
    if (adminDir !== undefined) return { top, adminDir, gitDir: commonOf(adminDir) };
    if (top === dirname(top)) return undefined;
  }
}

/** Of a `.git`, which a linked worktree and a submodule have as a file that names it. */
function adminDirAt(path: string): string | undefined {
  const stats = found(() => statSync(path));
  if (stats === undefined) return undefined;
  if (stats.isDirectory()) return isThere(join(path, "HEAD")) ? realOf(path) : undefined;
  const [, named] = /^gitdir: (.+)\n?$/.exec(textIn(path)) ?? [];
  return named === undefined ? undefined : realOf(resolve(dirname(path), named));
}

function commonOf(adminDir: string): string {
  const named = textIn(join(adminDir, "commondir")).trim();
  return named === "" ? adminDir : realOf(resolve(adminDir, named));
}

export interface Meant {
  gitDir: string;
  /** Checkouts whose files, index or HEAD git would touch. */
  tops: readonly string[];
  /** Of the HEAD that git would go by. */
  adminDir: string;
}

export function meantBy({ directory, gitDir, workTree }: GitPlace): Meant | undefined {
  // It may be made on the way: then nobody knows what is in it.
  if (!isDirectory(directory)) return undefined;
  const here = checkoutAt(directory);
  const adminDir = gitDir === undefined ? here?.adminDir : adminDirAt(gitDir);
  if (adminDir === undefined) return undefined;
  const tree = workTree ?? (gitDir === undefined ? undefined : directory);
  const named = tree === undefined ? [] : [checkoutAt(tree)?.top ?? realOf(tree)];
  const owner = gitDir === undefined ? here?.top : topOf(adminDir);
  return { adminDir, gitDir: commonOf(adminDir), tops: [...named, ...(owner === undefined ? [] : [owner])] };
}

/** The checkout that a git directory is of. */
function topOf(adminDir: string): string | undefined {
  const back = textIn(join(adminDir, "gitdir")).trim();
  if (back !== "") return realOf(dirname(resolve(adminDir, back)));
  return basename(adminDir) === ".git" ? dirname(adminDir) : undefined;
}

/** The branch that is checked out there, and one that is being rebased. Not known with reftable. */
export function branchesAt(adminDir: string): string[] {
  return ["HEAD", join("rebase-merge", "head-name"), join("rebase-apply", "head-name")].flatMap((file) => {
    const [, branch] = /^(?:ref: )?refs\/heads\/(.+)\n?$/.exec(textIn(join(adminDir, file))) ?? [];
    return branch === undefined || branch === ".invalid" ? [] : [branch];
  });
}

/** The branch that is checked out there; undefined on none. */
export function branchOut(adminDir: string): string | undefined {
  return /^ref: refs\/heads\/(.+)\n?$/.exec(textIn(join(adminDir, "HEAD")))?.[1];
}

export interface StashEntry {
  message: string;
  /** Undefined where it was made on none, or its message is somebody's own. */
  branch: string | undefined;
  /** Of one made on no branch: the beginning of the commit's name, where the message tells it. */
  commit: string | undefined;
  /** In seconds. */
  madeAt: number;
}

/** The newest first, as `stash@{0}` counts. */
export function stashEntries(gitDir: string): StashEntry[] {
  const lines = textIn(join(gitDir, "logs", "refs", "stash")).split("\n");
  return lines
    .filter((line) => line !== "")
    .reverse()
    .map((line) => {
      const message = line.slice(line.indexOf("\t") + 1);
      const [, branch] = /^(?:WIP on|On) ([^: ]+):/.exec(message) ?? [];
      const [, commit] = /^WIP on \(no branch\): ([0-9a-f]{4,64}) /.exec(message) ?? [];
      const [, madeAt] = /> (\d+) [+-]\d{4}\t/.exec(line) ?? [];
      return { message, branch, commit, madeAt: Number(madeAt ?? 0) };
    });
}

export function textIn(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}

const MOST_FOUND = 1000;

/**
 * Paths that a target means and that have to do with a place: it, what holds it, and what is in it. A pattern is compared
 * with the place's own path first, so that no more directories are read than those in it.
 */
export function meantNear(target: Target, place: string, { isFollowed }: { isFollowed: boolean }): string[] {
  const split = splitAtWild(target);
  if (split === undefined) return [realFrom(target.directory, plainOf(target.pattern), { isFollowed })];
  const { base, patterns } = split;
  if (isWithin(base, place)) return expanded(base, patterns);
  if (!isWithin(place, base)) return [];
  const below = place.slice(base === "/" ? 1 : base.length + 1).split("/");
  const isOnTheWay = patterns.slice(0, below.length).every((pattern, i) => matches(pattern, below[i] ?? ""));
  if (!isOnTheWay) return [];
  if (patterns.length > below.length) return expanded(place, patterns.slice(below.length));
  return [join(base, ...below.slice(0, patterns.length))];
}

/** As a shell would put them in the place of the pattern. */
export function filesMatching(target: Target): string[] {
  const split = splitAtWild(target);
  if (split === undefined) return [];
  const { before, base, patterns } = split;
  return expanded(base, patterns).map((path) => before + path.slice(base === "/" ? 1 : base.length + 1));
}

/** `before` is what stands before the first name with a wildcard, and `base` where that leads. */
function splitAtWild({ pattern, directory }: Target): { before: string; base: string; patterns: string[] } | undefined {
  const names = pattern.split("/");
  const wild = names.findIndex((name) => !isPlain(name));
  if (wild < 0) return undefined;
  const before = wild === 0 ? "" : plainOf(`${names.slice(0, wild).join("/")}/`);
  const base = realFrom(directory, before === "" ? "." : before, { isFollowed: true });
  return { before, base, patterns: names.slice(wild).filter((name) => name !== "" && name !== ".") };
}

function expanded(directory: string, patterns: readonly string[]): string[] {
  let paths = [directory];
  for (const pattern of patterns) {
    const next: string[] = [];
    for (const path of paths) {
      const names = isPlain(pattern) ? [plainOf(pattern)] : namesIn(path).filter((name) => matches(pattern, name));
      for (const name of names.slice(0, MOST_FOUND)) if (isThere(join(path, name))) next.push(join(path, name));
      if (next.length > MOST_FOUND) break;
    }
    paths = next.slice(0, MOST_FOUND);
  }
  return paths;
}

function namesIn(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch {
    return [];
  }
}

/** A name that begins with a dot is only meant by a pattern that does. */
function matches(pattern: string, name: string): boolean {
  if (isPlain(pattern)) return plainOf(pattern) === name;
  if (name.startsWith(".") && !pattern.startsWith(".")) return false;
  // At the start it would mean "not" there.
  return new Bun.Glob(pattern.replace(/^!/, "\\!")).match(name);
}

export function isWithin(path: string, directory: string): boolean {
  return path === directory || path.startsWith(directory === "/" ? "/" : `${directory}/`);
}
