// Repositories inside a worktree: submodules, clones somebody made there (also below what git ignores, or in a folder
// whose files the worktree tracks), worktrees. Their history is nowhere else unless it was pushed, so one that holds
// something unpushed, uncommitted or hidden is work.

import { existsSync, lstatSync, readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import type { Git } from "../../git/git.ts";
import { parseIndex, parseStatus } from "../../git/porcelain.ts";
import { isThere } from "./place.ts";

export interface NestedWork {
  /** From the worktree's top. */
  path: string;
  why: string;
  /** Somebody else's whole worktree: nothing takes that along. */
  isWorktree?: boolean;
}

/** Where repositories may be, in a checkout as git sees it. */
export interface Known {
  /** Gitlinks in the index. */
  links: readonly string[];
  /** Directories of tracked files. */
  directories: readonly string[];
}

const WORKTREE = "a worktree of its own";
const UNREADABLE = "a repository that git cannot read";

// `git` looks nowhere in particular: each repository is asked in its own directory.

/** Of submodules, and of repositories in folders whose files are tracked. */
export async function workAmongTracked(
  git: Git,
  place: { top: string; adminDir: string },
  known: Known,
): Promise<NestedWork[]> {
  const work = await workIn(git, place.top, repositoriesAmongTracked(place.top, known));
  // Also of submodules that were taken out of the tree again.
  for (const name of moduleDirectories(join(place.adminDir, "modules"))) {
    const own = git.at(join(place.adminDir, "modules", name)).trusting();
    const why = await whyUnpushed(own, ["--git-dir=."]);
    if (why !== undefined && work.every(({ path }) => path !== name)) work.push({ path: name, why });
  }
  return work;
}

/** Of the repositories that were found below what git ignores. */
export async function workBelowIgnored(
  git: Git,
  top: string,
  { ignored, repositories, unreadable }: Below & { ignored: readonly string[] },
): Promise<NestedWork[]> {
  // Whether there is a repository in it cannot be seen where its name cannot be told.
  const untold = ignored.filter((path) => path.includes("\ufffd"));
  const unseen = [
    ...untold.map((path) => ({ path, why: "a name that is not UTF-8, so it cannot be looked into" })),
    ...unreadable.map((path) => ({ path, why: "a directory that may not be read, so what is in it is not known" })),
  ];
  return [...unseen, ...(await workIn(git, top, repositories))];
}

export async function workIn(git: Git, top: string, paths: readonly string[]): Promise<NestedWork[]> {
  const work: NestedWork[] = [];
  for (const path of paths) {
    const why = await whyWork(git.at(join(top, path)));
    if (why === WORKTREE) work.push({ path, why, isWorktree: true });
    else if (why !== undefined) work.push({ path, why });
  }
  return work;
}

async function whyWork(git: Git): Promise<string | undefined> {
  const top = git.directory;
  if (!isThere(join(top, ".git"))) return whyUnpushed(git.trusting(), ["--git-dir=."]);
  const [where, status, listed] = await Promise.all([
    git.attempt(["rev-parse", "--show-cdup"]),
    git.attempt([...STATUS, "--untracked-files=normal", "--ignored=matching", "--ignore-submodules=none"]),
    git.attempt(["ls-files", "-z", "--stage", "-v"]),
  ]);
  if (isLinkedWorktree(top)) return WORKTREE;
  if (where.exit !== 0 || where.stdout !== "\n" || status.exit !== 0 || listed.exit !== 0) return UNREADABLE;
  const { changed, ignored } = parseStatus(status.stdout);
  if (changed.length > 0) return "a repository with uncommitted changes";
  const index = parseIndex(listed.stdout);
  if (index.flagged.some((path) => isThere(join(top, path)))) return "a repository that hides changes from git";
  const deeper = [
    ...repositoriesAmongTracked(top, index),
    ...lookBelow(top, { directories: index.directories, below: ignored }).repositories,
  ];
  const [work] = await workIn(git, top, deeper);
  return work === undefined ? whyUnpushed(git, []) : `a repository; in it ${work.path} is ${work.why}`;
}

/** Its git directory is a record of another repository's. */
function isLinkedWorktree(top: string): boolean {
  try {
    const pointed = readFileSync(join(top, ".git"), "utf8").replace(/\n$/, "");
    return pointed.startsWith("gitdir: ") && isThere(join(resolve(top, pointed.slice("gitdir: ".length)), "commondir"));
  } catch {
    return false;
  }
}

const STATUS = ["status", "--porcelain=v2", "--branch", "-z", "--no-renames"];

async function whyUnpushed(git: Git, before: readonly string[]): Promise<string | undefined> {
  const args = [...before, "rev-list", "--max-count=1", "--all", "--reflog", "--not", "--remotes", "--"];
  const result = await git.attempt(args);
  if (result.exit !== 0) return UNREADABLE;
  return result.stdout === "" ? undefined : "a repository with commits that no remote has";
}

function repositoriesAmongTracked(top: string, { links, directories }: Known): string[] {
  return [...new Set([...links, ...directories])].filter((path) => isThere(join(top, path, ".git")));
}

export interface Below {
  /** From the top. */
  repositories: string[];
  unreadable: string[];
}

/**
 * What git does not tell of: repositories in the directories of `below` (they end in "/"), and directories anywhere that
 * may not be read, which git passes over with a warning. Reads all directories but those of repositories.
 */
export function lookBelow(top: string, known: { directories: readonly string[]; below: readonly string[] }): Below {
  const found: Below = { repositories: [], unreadable: [] };
  const tracked = new Set(["", ...known.directories]);
  const left = [...known.below.filter((path) => path.endsWith("/")).map((path) => path.slice(0, -1)), ...tracked];
  const seen = new Set<string>();
  for (let path = left.pop(); path !== undefined; path = left.pop()) {
    if (seen.has(path)) continue;
    seen.add(path);
    const entries = entriesOrNone(join(top, path));
    if (entries === undefined) {
      if (isThere(join(top, path))) found.unreadable.push(path);
      continue;
    }
    const names = new Set(entries.map(({ name }) => name));
    const isBare = ["HEAD", "objects", "refs"].every((name) => names.has(name));
    // Among tracked files they are found by their directories' names.
    if ((names.has(".git") || isBare) && !tracked.has(path)) found.repositories.push(path);
    if (isBare && !tracked.has(path)) continue;
    const before = path === "" ? "" : `${path}/`;
    for (const entry of entries) {
      if (entry.isDirectory() && entry.name !== ".git") left.push(before + entry.name);
    }
  }
  return found;
}

/** Whether it can be asked wherever it stands: submodules and worktrees name their places. */
export function isSelfContained(path: string): boolean {
  return (
    lstatSync(join(path, ".git"), { throwIfNoEntry: false })?.isDirectory() === true || !isThere(join(path, ".git"))
  );
}

/** Git directories below `modules/`; the name of a submodule may have slashes, and one may hold more of them. */
export function moduleDirectories(modules: string): string[] {
  const found: string[] = [];
  const left = directoriesIn(modules);
  for (let path = left.pop(); path !== undefined; path = left.pop()) {
    const isRepository = existsSync(join(modules, path, "HEAD")) && existsSync(join(modules, path, "objects"));
    if (isRepository) found.push(path);
    const deeper = isRepository ? `${path}/modules` : path;
    for (const name of directoriesIn(join(modules, deeper))) left.push(`${deeper}/${name}`);
  }
  return found;
}

function directoriesIn(path: string): string[] {
  return entriesIn(path).flatMap((entry) => (entry.isDirectory() ? [entry.name] : []));
}

function entriesIn(path: string) {
  return entriesOrNone(path) ?? [];
}

function entriesOrNone(path: string) {
  try {
    return readdirSync(path, { withFileTypes: true });
  } catch {
    return undefined;
  }
}
