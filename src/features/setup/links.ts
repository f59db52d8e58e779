// Directories that a worktree shares with the main checkout, by a symbolic link. A pattern like `node_modules/` ignores
// no link of that name, so where git ignores the directory, the link is entered in the repository's info/exclude: nobody
// shall commit it by `git add --all`. What git does not ignore is never hidden.

import { appendFileSync, lstatSync, mkdirSync, readFileSync, symlinkSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { withLock } from "../../db/lock.ts";
import type { Git } from "../../git/git.ts";
import type { World } from "../../world.ts";

type Effects = Pick<World, "paths" | "sleep" | "signal">;

export interface Linked {
  linked: string[];
  /** What was not shared although it is there, and why. */
  left: { path: string; why: string }[];
  /** Links that git takes for untracked, since it does not ignore such a directory either. */
  unignored: string[];
}

interface Links {
  /** Stands in the worktree. */
  git: Git;
  from: string;
  to: string;
  /** worktree.symlinkDirs. */
  directories: readonly string[];
}

export async function linkDirectories(world: Effects, { git, from, to, directories }: Links): Promise<Linked> {
  const done: Linked = { linked: [], left: [], unignored: [] };
  for (const named of directories) {
    const path = normalize(named).replace(/\/+$/, "");
    const why = whyNot(to, path);
    if (why !== undefined) done.left.push({ path: named, why });
    if (why !== undefined || !isDirectory(join(from, path)) || isThere(join(to, path))) continue;
    mkdirSync(dirname(join(to, path)), { recursive: true });
    // In full: a worktree may be moved, the main checkout seldom is.
    symlinkSync(join(from, path), join(to, path));
    done.linked.push(path);
  }
  for (const path of done.linked) {
    if (await isIgnored(git, path)) continue;
    // As a directory, which it is there.
    if (await isIgnored(git.at(from), path)) await exclude(world, git, path);
    if (!(await isIgnored(git, path))) done.unignored.push(path);
  }
  return done;
}

function whyNot(to: string, path: string): string | undefined {
  if (path.startsWith("/") || path.split("/").some((part) => part === ".." || part === ".git" || part === "."))
    return "it is no directory below the top";
  for (let parent = dirname(path); parent !== "."; parent = dirname(parent)) {
    if (lstatSync(join(to, parent), { throwIfNoEntry: false })?.isSymbolicLink() === true)
      return `${parent} is a link there`;
  }
  return undefined;
}

function isDirectory(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}

function isThere(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
}

async function isIgnored(git: Git, path: string): Promise<boolean> {
  return (await git.attempt(["check-ignore", "--quiet", "--", path])).exit === 0;
}

/** One at a time, and each only once; a file that is a link is somebody's for all repositories. */
async function exclude(world: Effects, git: Git, path: string): Promise<void> {
  const named = ["rev-parse", "--path-format=absolute", "--git-path", "info/exclude"];
  const file = (await git.output(named)).replace(/\n$/, "");
  const lock = join(world.paths.locks, `exclude-${new Bun.CryptoHasher("sha1").update(file).digest("hex")}.lock`);
  const work = async () => {
    if (await isIgnored(git, path)) return;
    mkdirSync(dirname(file), { recursive: true });
    const found = lstatSync(file, { throwIfNoEntry: false });
    if (found !== undefined && !found.isFile()) return;
    const before = found === undefined ? "" : readFileSync(file, "utf8");
    const start = before === "" || before.endsWith("\n") ? "" : "\n";
    const pattern = path.replace(/[\\*?[\]!# ]/g, "\\$&");
    appendFileSync(file, `${start}# A link that parallel-cc made (worktree.symlinkDirs)\n/${pattern}\n`);
  };
  await withLock(world, lock, work, { doing: "been writing what git is to ignore" });
}
