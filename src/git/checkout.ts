// Which checkout a directory is in, by the folders alone: for hooks, which cannot wait for git.

import { existsSync, readFileSync, realpathSync, statSync } from "node:fs";
import { dirname, join, resolve } from "node:path";

export interface Checkout {
  /** Its top. */
  top: string;
  /** Real path of the common git directory: what all checkouts of a repository have in common. */
  gitDir: string;
  /** The same by device and inode. */
  gitDirId: string;
}

/** A git directory by device and inode, which a rename keeps. */
export function repositoryId(directory: string): string {
  const { dev, ino } = statSync(directory, { bigint: true });
  return `${dev}:${ino}`;
}

/** The nearest directory that has a `.git`, from this one up; undefined outside of repositories. */
export function topOf(directory: string): string | undefined {
  for (let at = directory; ; at = dirname(at)) {
    if (existsSync(join(at, ".git"))) return at;
    if (at === dirname(at)) return undefined;
  }
}

/**
 * The nearest checkout, but of a submodule the one around it: each worktree has submodules of its own, and a path in one
 * is the same file in all of them. `known` is a top that counts in any case. Undefined where git would find none either.
 */
export function checkoutAt(directory: string, known?: string): Checkout | undefined {
  let inner: Checkout | undefined;
  for (let top = topOf(directory); top !== undefined; top = topOf(dirname(top))) {
    const found = checkoutOf(top);
    if (found !== undefined && (top === known || !isSubmodule(found.gitDir))) return found;
    inner ??= found;
    if (top === dirname(top)) break;
  }
  return inner;
}

/** A submodule's git directory lies in that of the repository around it. */
function isSubmodule(gitDir: string): boolean {
  return /\/\.git\/(worktrees\/[^/]+\/)?modules\//.test(gitDir);
}

function checkoutOf(top: string): Checkout | undefined {
  try {
    const dotGit = join(top, ".git");
    const ownDir = statSync(dotGit).isDirectory() ? dotGit : resolve(top, pointedTo(readFileSync(dotGit, "utf8")));
    const gitDir = realpathSync(commonDirOf(ownDir));
    return { top, gitDir, gitDirId: repositoryId(gitDir) };
  } catch {
    // Half-made, not ours to read, or no repository at all.
    return undefined;
  }
}

function pointedTo(text: string): string {
  const found = /^gitdir: (.+?)\n?$/s.exec(text)?.[1];
  if (found === undefined) throw new Error("No pointer to a git directory.");
  return found;
}

/** Of a linked worktree: git writes there where the repository is. */
function commonDirOf(ownDir: string): string {
  const file = join(ownDir, "commondir");
  if (!existsSync(file)) return ownDir;
  return resolve(ownDir, readFileSync(file, "utf8").replace(/\n$/, ""));
}
