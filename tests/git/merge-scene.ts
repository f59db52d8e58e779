// A repository with two branches from one commit, `ours` and `theirs`, made of files; and what merging them gives.

import { chmod, mkdir, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { type MergeOptions, mergePairs, type Pair, type PairResult } from "../../src/git/merge-tree.ts";
import { makePlace, type Place } from "../support/place.ts";
import { makeRepo, type Repo } from "../support/repo.ts";
import { testWorld } from "../support/world.ts";

/** Text, null for a file that is to go, or what makes it. */
export type Files = Readonly<Record<string, string | null | { mode: number; text: string }>>;

export interface MergeScene extends AsyncDisposable {
  place: Place;
  repo: Repo;
  git: Repo["git"];
  gitDir: string;
  /** Commits on a branch, made where HEAD is or at another commit; gives the commit. */
  commit(branch: string, files: Files, from?: string): Promise<string>;
  merge(pairs: readonly Pair[], options?: Partial<MergeOptions>): Promise<PairResult[]>;
}

export async function makeMergeScene(): Promise<MergeScene> {
  const place = await makePlace();
  const repo = await makeRepo(place);
  return {
    place,
    repo,
    git: repo.git,
    gitDir: join(repo.path, ".git"),
    commit: async (branch, files, from) => {
      if (from === undefined) await repo.git("checkout", "--quiet", branch);
      else await repo.git("checkout", "--quiet", "-B", branch, from);
      for (const [path, content] of Object.entries(files)) {
        const file = join(repo.path, path);
        if (content === null) {
          await rm(file, { recursive: true, force: true });
          continue;
        }
        await mkdir(dirname(file), { recursive: true });
        await Bun.write(file, typeof content === "string" ? content : content.text);
        if (typeof content !== "string") await chmod(file, content.mode);
      }
      await repo.git("add", "--all");
      await repo.git("commit", "--quiet", "--allow-empty", "--no-verify", "-m", `on ${branch}`);
      return repo.git("rev-parse", "HEAD");
    },
    merge: async (pairs, options = {}) => {
      await using world = testWorld(place, { cwd: repo.path });
      return mergePairs(world.git(repo.path), pairs, { objects: { gitDir: join(repo.path, ".git") }, ...options });
    },
    [Symbol.asyncDispose]: () => place[Symbol.asyncDispose](),
  };
}

/** What both sides make of a common start, merged. */
export async function mergeOf(
  scene: MergeScene,
  { base, ours, theirs }: Record<"base" | "ours" | "theirs", Files>,
  options: Partial<MergeOptions> = {},
): Promise<PairResult> {
  await scene.commit("base", base, "main");
  const pair = { ours: await scene.commit("ours", ours, "base"), theirs: await scene.commit("theirs", theirs, "base") };
  const [result] = await scene.merge([pair], options);
  if (result === undefined) throw new Error("no result");
  return result;
}

export function lines(count: number, changed: Readonly<Record<number, string>> = {}): string {
  return Array.from({ length: count }, (_, index) => `${changed[index + 1] ?? `line ${index + 1}`}\n`).join("");
}
