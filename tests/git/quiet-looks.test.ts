// What git starts while parallel-cc looks at checkouts: nothing that a repository's own configuration names, where nobody
// asked for the look.

import { expect, test } from "bun:test";
import { chmodSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { answerHook } from "../../src/features/hooks/hook.ts";
import { statusForPeople } from "../../src/features/sessions/status.ts";
import { changedFiles } from "../../src/features/worktrees/worktrees.ts";
import { type TwoSessions, twoSessions } from "../support/two-sessions.ts";

/** A program that leaves a line when it is run, and hands its input on. */
function markerIn({ place }: TwoSessions): { program: string; runs(): string[] } {
  const [program, note] = [place.at("marker.sh"), place.at("ran")];
  writeFileSync(program, `#!/bin/sh\necho "$*" >> '${note}'\n[ "$1" = clean ] && cat\nexit 0\n`);
  chmodSync(program, 0o755);
  return {
    program,
    runs: () => (existsSync(note) ? readFileSync(note, "utf8").trim().split("\n") : []),
  };
}

/** A file with a filter, changed in the first checkout so that its size does not tell. */
async function withFilter(scene: TwoSessions): Promise<void> {
  const { repo } = scene;
  writeFileSync(join(repo.path, ".gitattributes"), "*.dat filter=own\n");
  writeFileSync(join(repo.path, "a.dat"), "12345\n");
  await repo.git("add", "--all");
  await repo.git("commit", "--quiet", "-m", "A filter");
  writeFileSync(join(repo.path, "a.dat"), "12367\n");
  writeFileSync(join(repo.path, "file-0.txt"), "changed\n");
}

async function start(scene: TwoSessions): Promise<string> {
  const { known, process, world } = scene.two;
  const told = { session_id: "c", cwd: known.worktree_path, source: "startup", hook_event_name: "SessionStart" };
  const asked = world.as({ input: JSON.stringify(told) });
  const answer = await answerHook({ ...asked, env: { ...asked.env, claudePid: process.pid } }, "SessionStart");
  return answer?.hookSpecificOutput?.additionalContext ?? "";
}

async function uncommitted({ world, one }: TwoSessions): Promise<string[] | undefined> {
  const checkout = { path: one.known.worktree_path, forkCommit: null };
  return changedFiles(world, checkout, AbortSignal.timeout(5_000));
}

test("a session's start and status start no file system monitor", async () => {
  await using scene = await twoSessions();
  const { program, runs } = markerIn(scene);
  await scene.repo.git("config", "core.fsmonitor", program);
  writeFileSync(join(scene.repo.path, "file-0.txt"), "changed\n");
  expect(await start(scene)).toContain("file-0.txt");
  scene.world.pass(60_000);
  const { sessions } = await statusForPeople(scene.world, {});
  expect(sessions.find(({ name }) => name === "one")?.changes).toMatchObject({ dirtyFiles: 1 });
  expect(runs()).toEqual([]);
});

test("a session's start runs no filter that only the repository names, and does not take its files for changed", async () => {
  await using scene = await twoSessions();
  const { program, runs } = markerIn(scene);
  await withFilter(scene);
  await scene.repo.git("config", "filter.own.clean", `${program} clean`);
  expect(await start(scene)).toContain("file-0.txt");
  expect(await uncommitted(scene)).toEqual(["file-0.txt"]);
  expect(runs()).toEqual([]);
  // What is staged was looked at by its user's git.
  await scene.repo.git("add", "a.dat");
  const staged = runs().length;
  expect(staged).toBeGreaterThan(0);
  expect(await uncommitted(scene)).toEqual(["file-0.txt", "a.dat"]);
  expect(runs()).toHaveLength(staged);
});

test("a filter of the user's own configuration runs, whatever the repository has in its place", async () => {
  await using scene = await twoSessions();
  const { program, runs } = markerIn(scene);
  await withFilter(scene);
  expect(await uncommitted(scene)).toEqual(["a.dat", "file-0.txt"]);
  await scene.repo.git("config", "--global", "filter.own.clean", "sed s/67/45/");
  expect(await uncommitted(scene)).toEqual(["file-0.txt"]);
  await scene.repo.git("config", "filter.own.clean", `${program} clean`);
  expect(await uncommitted(scene)).toEqual(["file-0.txt"]);
  expect(runs()).toEqual([]);
});
