// A repository with a target and a branch, and what people do with them, for the tests of what has landed.

import { mkdir, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { judgeLanding, type Verdict } from "../../src/features/merges/merges.ts";
import { makePlace, type Place } from "../support/place.ts";
import { makeRepo, type Repo } from "../support/repo.ts";
import { testWorld } from "../support/world.ts";

export interface Scene extends AsyncDisposable {
  place: Place;
  repo: Repo;
  git: Repo["git"];
  /** Writes a file (undefined removes it) and commits everything; answers the commit. */
  commit(file: string, text: string | Uint8Array | undefined, message?: string): Promise<string>;
  on(branch: string): Promise<void>;
  /** A new branch here. */
  branch(name: string): Promise<void>;
  head(name?: string): Promise<string>;
  /** `git merge --squash` and a commit, on the branch that is checked out. */
  squash(branch: string, message?: string): Promise<string>;
  merge(branch: string): Promise<string>;
  pick(...commits: string[]): Promise<string>;
  revert(commit: string, ...words: string[]): Promise<string>;
  judge(
    input?: { tip?: string; target?: string; fork?: string; deadlineMs?: number; directory?: string },
    env?: Readonly<Record<string, string | undefined>>,
  ): Promise<Verdict>;
}

/** `f.txt` of forty numbered lines on `main`; branch `work` not made yet. */
export async function makeScene(): Promise<Scene> {
  const place = await makePlace();
  const repo = await makeRepo(place);
  const { git } = repo;
  const head = (name = "HEAD") => git("rev-parse", "--verify", name);
  const commit: Scene["commit"] = async (file, text, message = `Change ${file}`) => {
    const path = join(repo.path, file);
    await mkdir(dirname(path), { recursive: true });
    if (text === undefined) await rm(path);
    else await writeFile(path, text);
    await git("add", "--all", "--force");
    await git("commit", "--quiet", "--allow-empty", "-m", message);
    return head();
  };
  await commit("f.txt", numbered(), "Forty lines");
  return {
    place,
    repo,
    git,
    head,
    commit,
    on: async (branch) => void (await git("checkout", "--quiet", branch)),
    branch: async (name) => void (await git("checkout", "--quiet", "-b", name)),
    squash: async (branch, message = `Squash ${branch}`) => {
      await git("merge", "--quiet", "--squash", branch);
      await git("commit", "--quiet", "-m", message);
      return head();
    },
    merge: async (branch) => {
      await git("merge", "--quiet", "--no-ff", "-m", `Merge ${branch}`, branch);
      return head();
    },
    pick: async (...commits) => {
      await git("cherry-pick", ...commits);
      return head();
    },
    revert: async (reverted, ...words) => {
      await git("revert", "--no-edit", ...words, reverted);
      return head();
    },
    judge: async (input = {}, env = {}) => {
      await using world = testWorld(place, { env });
      const tip = await head(input.tip ?? "work");
      const target = await head(input.target ?? "main");
      const question = { tip, target, fork: input.fork };
      const directory = input.directory ?? repo.path;
      return judgeLanding(world.git(directory), question, { deadlineMs: input.deadlineMs });
    },
    [Symbol.asyncDispose]: () => place[Symbol.asyncDispose](),
  };
}

/** Forty lines, some of them replaced. */
export function numbered(changed: Readonly<Record<number, string>> = {}, count = 40): string {
  return Array.from({ length: count }, (_, index) => `${changed[index + 1] ?? `line ${index + 1}`}\n`).join("");
}
