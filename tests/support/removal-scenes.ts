// Worktrees of sessions that have ended, of every kind that a removal treats differently.

import { chmod, mkdir, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Place } from "./place.ts";
import { sleeper } from "./processes.ts";
import { makeRepo, type Repo, runGit } from "./repo.ts";
import { registered } from "./sessions.ts";

export interface Ended {
  sessionId: string;
  path: string;
  branch: string;
}

/** What git ignores in every worktree, from its top. */
export const IGNORED = "ignored";

/** A repository in which nothing is cleaned up in the background until its settings say otherwise. */
export async function makeScene(place: Place): Promise<Repo> {
  const repo = await makeRepo(place, { files: 3 });
  await settings(place, { auto: false });
  await writeFile(join(repo.path, ".gitignore"), `${IGNORED}/\n`);
  await repo.git("add", ".gitignore");
  await repo.git("commit", "--quiet", "--message=ignore what is ignored");
  return repo;
}

/** What the user's own settings say of cleanups; all that was said before is forgotten. */
export async function settings(place: Place, cleanup: Record<string, unknown>): Promise<void> {
  const directory = place.at("home", ".parallel-cc");
  await mkdir(directory, { recursive: true, mode: 0o700 });
  await writeFile(join(directory, "config.json"), JSON.stringify({ cleanup }));
}

/** A worktree in which `work` was done by a session whose process is dead, and that nobody has released. */
export async function ended(place: Place, repo: Repo, work: (made: Ended) => Promise<void>): Promise<Ended> {
  await using main = sleeper();
  await using owner = sleeper();
  await registered(place, main, { cwd: repo.path });
  const { sessionId, worktreePath: path, branch } = await registered(place, owner, { cwd: repo.path });
  if (branch === null || path === repo.path) throw new Error(`no worktree was given, but ${path}`);
  const made = { sessionId, path, branch };
  await work(made);
  return made;
}

type Work = (made: Ended) => Promise<void>;

/** Commits (one of them amended, so that it is in the reflog alone), a stash entry, ignored files of every kind. */
export function worked(place: Place): Work {
  return async ({ path, branch }) => {
    const git = (...args: string[]) => runGit(args, { cwd: path, env: place.env() });
    await writeFile(join(path, `${branch}.txt`), "first thought\n");
    await git("add", ".");
    await git("commit", "--quiet", "--message=first thought");
    await writeFile(join(path, `${branch}.txt`), "second thought\n");
    await git("commit", "--quiet", "--all", "--amend", "--message=second thought");
    await writeFile(join(path, "file-0.txt"), "set aside\n");
    await git("stash", "push", "--quiet");
    await writeIgnored(path);
  };
}

async function writeIgnored(path: string): Promise<void> {
  const folder = join(path, IGNORED);
  await mkdir(join(folder, "empty"), { recursive: true });
  await writeFile(join(folder, ".env"), "KEY=secret\n", { mode: 0o600 });
  await writeFile(join(folder, "tool"), "#!/bin/sh\n");
  await chmod(join(folder, "tool"), 0o755);
  await symlink("../file-0.txt", join(folder, "link"));
}

/** As `worked`, and landed by a squash. */
export function landed(place: Place, repo: Repo): Work {
  return async (made) => {
    await worked(place)(made);
    await repo.git("merge", "--quiet", "--squash", made.branch);
    await repo.git("commit", "--quiet", `--message=land ${made.branch}`);
  };
}

/** As `worked`, not landed, with staged, changed and untracked files, and one that is both staged and changed. */
export function dirty(place: Place): Work {
  return async (made) => {
    const { path } = made;
    const git = (...args: string[]) => runGit(args, { cwd: path, env: place.env() });
    await worked(place)(made);
    await writeFile(join(path, "staged.txt"), "staged\n");
    await git("add", "staged.txt");
    await git("rm", "--quiet", "file-0.txt");
    await writeFile(join(path, "folder-0", "file-1.txt"), "staged and\n");
    await git("add", "folder-0");
    await writeFile(join(path, "folder-0", "file-1.txt"), "staged and then changed\n");
    await chmod(join(path, "folder-0", "file-2.txt"), 0o755);
    await mkdir(join(path, "new"));
    await writeFile(join(path, "new", "untracked.txt"), "untracked\n");
    await symlink("nowhere", join(path, "new", "dangling"));
  };
}

export async function unused(): Promise<void> {}
