// Refs and rows of runs that are long over: what is safe elsewhere goes, what has the only copy stays.

import { expect, test } from "bun:test";
import { existsSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { PLAIN } from "../../src/cli/terminal.ts";
import { v } from "../../src/core/shape.ts";
import { cleanedAnswer } from "../../src/features/cleanup/answers.ts";
import { cleanup } from "../../src/features/cleanup/cleanup.ts";
import { cleanupText } from "../../src/features/cleanup/text.ts";
import { FACTS, type Facts, type RunRequest } from "../../src/features/sandboxes/run.ts";
import { allRuns, insertRun } from "../../src/features/sandboxes/store.ts";
import { locate } from "../../src/git/repository.ts";
import { makePlace } from "../support/place.ts";
import { makeRepo } from "../support/repo.ts";
import { testWorld } from "../support/world.ts";

const DAY_MS = 86_400_000;

async function scene() {
  const place = await makePlace();
  const repo = await makeRepo(place, { commits: 2 });
  const world = testWorld(place, { cwd: repo.path });
  const db = await world.db();
  const { gitDir, gitDirId } = await locate(world.git(repo.path));
  const request: RunRequest = {
    ...{ base: null, baseCommit: await repo.git("rev-parse", "main"), branch: null, isBranchMade: false },
    ...{ withChanges: false, isDryRun: false, timeoutMinutes: 60, checkpointMinutes: 5, authMethod: "api-key" },
    ...{ model: null, maxTurns: null, include: [], variables: [], hosts: [], memoryBytes: 1e9, processes: 100 },
    ...{ isWeak: false, promptSource: null },
  };
  const planned = { callerPath: repo.path, provider: "native", title: "Do it", request };
  const nothing = { commits: [], hasUncommitted: false, filesChanged: 0, runsOnHost: [], escaping: [] };
  return {
    ...{ place, repo, world },
    /** One that ended so many days ago, with its ref at a commit. */
    run: async (id: string, { days, at, facts = {} }: { days: number; at?: string; facts?: Partial<Facts> }) => {
      const repository = { path: repo.path, gitDir, gitDirId };
      const ref = at === undefined ? null : `refs/parallel-cc/sandbox/${id}`;
      const result = { ...nothing, ref, left: [], remarks: [], heldBack: null };
      const endedAt = new Date(world.now().getTime() - days * DAY_MS).toISOString();
      db.write((now) => {
        insertRun(db, { ...planned, repository, id, name: id, warnings: [] }, now);
        const written = JSON.stringify({ ...v.parse(FACTS, {}), result, ...facts });
        const sql = `UPDATE sandbox_runs SET step = 'ended', outcome = 'COMPLETED', ended_at = $endedAt, facts = $written,
          base_commit = $base WHERE id = $id`;
        db.run(sql, { id, endedAt, written, base: request.baseCommit });
      });
      if (ref !== null && at !== undefined) await repo.git("update-ref", ref, at);
    },
    /** A commit of its own, on no branch. */
    commit: async (file: string, text: string) => {
      await repo.git("checkout", "--quiet", "--detach", "main");
      await writeFile(`${repo.path}/${file}`, text);
      await repo.git("add", file);
      await repo.git("commit", "--quiet", "-m", `Add ${file}`);
      const id = await repo.git("rev-parse", "HEAD");
      await repo.git("checkout", "--quiet", "main");
      return id;
    },
    refs: async () => {
      const listed = await repo.git("for-each-ref", "--format=%(refname)", "refs/parallel-cc/");
      return listed.split("\n").filter((line) => line !== "");
    },
    rows: () =>
      allRuns(db)
        .map(({ id }) => id)
        .sort(),
    row: (id: string) => allRuns(db).find((one) => one.id === id),
    pruned: async (input: { dryRun?: boolean } = {}) => {
      const cleaned = await cleanup(world, { repo: repo.path, ...input });
      const page = { columns: undefined, now: world.now(), paint: PLAIN };
      const { pruned, ...answer } = cleanedAnswer(cleaned);
      // People are told each of them.
      const lines = cleanupText({ ...answer, pruned }, page).split("\n");
      expect(lines.filter((line) => line.includes("of the sandbox run"))).toHaveLength(pruned.length);
      return pruned.map(({ id, what, why }) => `${id} ${what}: ${why}`).sort();
    },
    [Symbol.asyncDispose]: async () => {
      await world[Symbol.asyncDispose]();
      await place[Symbol.asyncDispose]();
    },
  };
}

test("a result whose commits the default branch has goes after two weeks, and a dry run only says so", async () => {
  await using it = await scene();
  await it.run("new", { days: 13, at: "main" });
  await it.run("old", { days: 15, at: "main~1" });
  await it.repo.git("update-ref", "refs/parallel-cc/sandbox-more/old/branch/side", "main");
  const due = ["old result: all of it is in main"];
  expect(await it.pruned({ dryRun: true })).toEqual(due);
  expect(await it.refs()).toHaveLength(3);
  expect(await it.pruned()).toEqual(due);
  expect(await it.refs()).toEqual(["refs/parallel-cc/sandbox/new"]);
  expect(it.row("old")?.facts.result?.ref).toBeNull();
  expect(await it.pruned()).toEqual([]);
});

test("one that branches have, or that has landed by other commits, goes after the time of what is saved", async () => {
  await using it = await scene();
  const [onBranch, picked] = [await it.commit("a.txt", "a\n"), await it.commit("b.txt", "b\n")];
  await it.repo.git("branch", "side", onBranch);
  await it.repo.git("commit", "--quiet", "--allow-empty", "-m", "Between");
  await it.repo.git("cherry-pick", picked);
  for (const [id, days] of [
    ["young", 89],
    ["old", 91],
  ] as const) {
    await it.run(`${id}-branch`, { days, at: onBranch });
    await it.run(`${id}-picked`, { days, at: picked });
  }
  expect(await it.pruned()).toEqual([
    "old-branch result: all of it is on branches or tags",
    "old-picked result: all of it has landed",
  ]);
  expect(await it.refs()).toEqual(["refs/parallel-cc/sandbox/young-branch", "refs/parallel-cc/sandbox/young-picked"]);
});

test("the only copy of a commit stays for ever, with all that came home beside it", async () => {
  await using it = await scene();
  const only = await it.commit("only.txt", "only\n");
  await it.run("only", { days: 4000, at: only });
  await it.run("beside", { days: 4000, at: "main" });
  await it.repo.git("update-ref", "refs/parallel-cc/sandbox-more/beside/stash/0", only);
  // Another result that has it as well may go at any time.
  await it.run("twin", { days: 4000, at: only });
  const refs = await it.refs();
  expect(await it.pruned()).toEqual([]);
  expect(await it.refs()).toEqual(refs);
  expect(it.rows()).toEqual(["beside", "only", "twin"]);
});

test("what its directory alone has keeps all of a run", async () => {
  await using it = await scene();
  const left = [{ path: "CLAUDE.md", why: "it is sent though git ignores it" }];
  const result = { ref: "refs/parallel-cc/sandbox/left", commits: [], hasUncommitted: false, filesChanged: 1 };
  const facts = { result: { ...result, runsOnHost: [], escaping: [], left, remarks: [], heldBack: null } };
  await it.run("left", { days: 4000, at: "main", facts });
  expect(await it.pruned()).toEqual([]);
  expect(it.rows()).toEqual(["left"]);
});

test("the row and the log of a run go when nothing else is left of it, and are told of a month longer", async () => {
  await using it = await scene();
  await it.run("told", { days: 119 });
  await it.run("gone", { days: 121 });
  await it.run("kept", { days: 121 });
  const { logs, sandboxes } = it.world.paths;
  await mkdir(`${sandboxes}/kept`, { recursive: true });
  await mkdir(dirname(`${logs}/x`), { recursive: true });
  await writeFile(`${logs}/sandbox-gone.jsonl`, "{}\n");
  expect(await it.pruned()).toEqual(["gone run: over for 120 days"]);
  expect(it.rows()).toEqual(["kept", "told"]);
  expect(existsSync(`${logs}/sandbox-gone.jsonl`)).toBe(false);
});
