// Repositories inside a worktree: submodules, clones somebody made there, also below what git ignores. Their history is
// nowhere else unless it was pushed, so one that holds something unpushed or uncommitted is work.

import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import type { Git } from "../../git/git.ts";
import { isThere } from "./place.ts";

export interface NestedWork {
  /** From the worktree's top. */
  path: string;
  why: string;
}

// `git` looks nowhere in particular: each repository is asked in its own directory.

/** Of submodules: `links` are the gitlinks in the index. */
export async function workInSubmodules(
  git: Git,
  found: { top: string; adminDir: string; links: readonly string[] },
): Promise<NestedWork[]> {
  const inTree = found.links.filter((link) => isThere(join(found.top, link, ".git")));
  const work = await workIn(git, found.top, inTree);
  // Also of submodules that were taken out of the tree again.
  for (const name of moduleDirectories(join(found.adminDir, "modules"))) {
    const own = git.at(join(found.adminDir, "modules", name)).trusting();
    const why = await whyUnpushed(own, ["--git-dir=."]);
    if (why !== undefined) work.push({ path: name, why });
  }
  return work;
}

/** Below what git ignores (directories end in "/"); reads all of it, so it is asked last. */
export async function workBelowIgnored(git: Git, top: string, ignored: readonly string[]): Promise<NestedWork[]> {
  return workIn(git, top, repositoriesBelow(top, ignored));
}

async function workIn(git: Git, top: string, paths: readonly string[]): Promise<NestedWork[]> {
  const work: NestedWork[] = [];
  for (const path of paths) {
    const why = await whyWork(git.at(join(top, path)));
    if (why !== undefined) work.push({ path, why });
  }
  return work;
}

async function whyWork(git: Git): Promise<string | undefined> {
  const top = await git.attempt(["rev-parse", "--show-cdup"]);
  if (top.exit !== 0 || top.stdout.trim() !== "") return "a repository that git cannot read";
  const status = await git.attempt([
    "status",
    "--porcelain",
    "-z",
    "--untracked-files=normal",
    "--ignore-submodules=none",
  ]);
  if (status.exit !== 0) return "a repository that git cannot read";
  if (status.stdout !== "") return "a repository with uncommitted changes";
  const deeper = await linksOf(git);
  for (const link of deeper.filter((one) => existsSync(join(git.directory, one, ".git")))) {
    const why = await whyWork(git.at(join(git.directory, link)));
    if (why !== undefined) return why;
  }
  return whyUnpushed(git, []);
}

async function whyUnpushed(git: Git, before: readonly string[]): Promise<string | undefined> {
  const args = [...before, "rev-list", "--max-count=1", "--all", "--reflog", "--not", "--remotes", "--"];
  const result = await git.attempt(args);
  if (result.exit !== 0) return "a repository that git cannot read";
  return result.stdout === "" ? undefined : "a repository with commits that no remote has";
}

async function linksOf(git: Git): Promise<string[]> {
  const listed = await git.attempt(["ls-files", "-z", "--stage"]);
  return listed.stdout
    .split("\0")
    .flatMap((line) => (line.startsWith("160000 ") ? [line.slice(line.indexOf("\t") + 1)] : []));
}

function repositoriesBelow(top: string, ignored: readonly string[]): string[] {
  const found: string[] = [];
  const left = ignored.filter((path) => path.endsWith("/")).map((path) => path.slice(0, -1));
  for (let path = left.pop(); path !== undefined; path = left.pop()) {
    if (isThere(join(top, path, ".git"))) found.push(path);
    for (const name of directoriesIn(join(top, path))) if (name !== ".git") left.push(`${path}/${name}`);
  }
  return found;
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
  try {
    return readdirSync(path, { withFileTypes: true }).flatMap((entry) => (entry.isDirectory() ? [entry.name] : []));
  } catch {
    return [];
  }
}
