// Registering beside another session in a repository of 5,000 files, against `git worktree add` in the same one.

import { rm } from "node:fs/promises";
import { join } from "node:path";
import type { Place } from "../support/place.ts";
import { sleeper } from "../support/processes.ts";
import { makeRepo, type Repo } from "../support/repo.ts";
import type { Figure } from "./figure.ts";
import { inMemory } from "./memory.ts";
import { pccCommand, type Spawned, timeOf } from "./spawn.ts";

export const FILES = 5000;
/** Some 6 KB a file, as source code has: a checkout of empty files would be measured as one of nothing. */
export const LINES = 250;

export const registerWorktree: Figure = {
  name: "register-worktree",
  unit: "git worktree add",
  measures: "ms",
  bound: { ratio: 1.25 },
  rounds: 15,
  async prepare(disk, stack) {
    const place = await inMemory(disk, stack);
    const repo = await makeRepo(place, { files: FILES, lines: LINES });
    const [first, second] = [stack.use(sleeper()), stack.use(sleeper())];
    timeOf(pccCommand(place, ["register", "--pid", String(first.pid)], repo.path));
    const pid = String(second.pid);
    return {
      async ours() {
        const took = timeOf(pccCommand(place, ["register", "--pid", pid, "--shell"], repo.path));
        if ((await linkedWorktrees(repo)).length !== 1) throw new Error("registering made no worktree");
        timeOf(pccCommand(place, ["release", "--pid", pid], repo.path));
        await clearWorktrees(repo);
        // In memory it would pile up.
        await rm(trashOf(repo), { recursive: true, force: true });
        return took;
      },
      async unit() {
        const took = timeOf(worktreeAdd(place, repo, 0));
        await clearWorktrees(repo);
        return took;
      },
    };
  },
};

/** What people do by hand: a new branch in a new worktree beside the repository. */
export function worktreeAdd(place: Place, repo: Repo, number: number): Spawned {
  const name = `plain-${number}`;
  const command = ["git", "worktree", "add", "-q", "-b", name, place.at("plain-worktrees", name)];
  return { command, cwd: repo.path, env: place.env() };
}

/** What was removed before stands there. */
export function trashOf({ path }: Repo): string {
  return join(path, ".git/parallel-cc/trash");
}

/** Takes every linked worktree and its branch away again; answers how many there were. */
export async function clearWorktrees(repo: Repo): Promise<number> {
  const paths = await linkedWorktrees(repo);
  for (const path of paths) await repo.git("worktree", "remove", "--force", path);
  const branches = (await repo.git("branch", "--format=%(refname:short)")).split("\n");
  const others = branches.filter((branch) => branch !== repo.branch);
  if (others.length > 0) await repo.git("branch", "-q", "-D", ...others);
  return paths.length;
}

export async function linkedWorktrees(repo: Repo): Promise<string[]> {
  const listed = (await repo.git("worktree", "list", "--porcelain", "-z")).split("\0");
  return listed.flatMap((line) => (line.startsWith("worktree ") ? [line.slice("worktree ".length)] : [])).slice(1);
}
