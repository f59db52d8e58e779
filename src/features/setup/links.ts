// Directories that a worktree shares with the main checkout, by a symbolic link. A pattern like `node_modules/` ignores
// no link of that name, so one that git would call untracked is entered in the repository's info/exclude: nobody shall
// commit it by `git add --all`.

import { appendFileSync, lstatSync, mkdirSync, readFileSync, symlinkSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import type { Git } from "../../git/git.ts";

export interface Linked {
  linked: string[];
  left: { path: string; why: string }[];
}

interface Links {
  /** Stands in the worktree. */
  git: Git;
  from: string;
  to: string;
  /** worktree.symlinkDirs. */
  directories: readonly string[];
}

export async function linkDirectories({ git, from, to, directories }: Links): Promise<Linked> {
  const done: Linked = { linked: [], left: [] };
  for (const named of directories) {
    const path = normalize(named).replace(/\/+$/, "");
    const why = whyNot(from, to, path);
    if (why !== undefined) {
      done.left.push({ path: named, why });
      continue;
    }
    mkdirSync(dirname(join(to, path)), { recursive: true });
    // In full: a worktree may be moved, the main checkout seldom is.
    symlinkSync(join(from, path), join(to, path));
    done.linked.push(path);
  }
  for (const path of done.linked) await exclude(git, path);
  return done;
}

function whyNot(from: string, to: string, path: string): string | undefined {
  if (path.startsWith("/") || path.split("/").some((part) => part === ".." || part === ".git" || part === "."))
    return "it is no directory below the top";
  if (lstatSync(join(from, path), { throwIfNoEntry: false })?.isDirectory() !== true)
    return "the main checkout has no such directory";
  if (lstatSync(join(to, path), { throwIfNoEntry: false }) !== undefined) return "there is one already";
  for (let parent = dirname(path); parent !== "."; parent = dirname(parent)) {
    if (lstatSync(join(to, parent), { throwIfNoEntry: false })?.isSymbolicLink() === true)
      return `${parent} is a link there`;
  }
  return undefined;
}

async function exclude(git: Git, path: string): Promise<void> {
  const { exit } = await git.attempt(["check-ignore", "--quiet", "--", path]);
  if (exit === 0) return;
  const named = ["rev-parse", "--path-format=absolute", "--git-path", "info/exclude"];
  const file = (await git.output(named)).replace(/\n$/, "");
  mkdirSync(dirname(file), { recursive: true });
  const before = lstatSync(file, { throwIfNoEntry: false }) === undefined ? "" : readFileSync(file, "utf8");
  const start = before === "" || before.endsWith("\n") ? "" : "\n";
  const pattern = path.replace(/[\\*?[\]!# ]/g, "\\$&");
  appendFileSync(file, `${start}# A link that parallel-cc made (worktree.symlinkDirs)\n/${pattern}\n`);
}
