// A session's work is where its checkout stands by now, which need not be the branch it was given.

import { expect, test } from "bun:test";
import { rm } from "node:fs/promises";
import { v } from "../../src/core/shape.ts";
import { register } from "../../src/features/sessions/register.ts";
import { release } from "../../src/features/sessions/release.ts";
import { status, statusForPeople } from "../../src/features/sessions/status.ts";
import { makePlace } from "../support/place.ts";
import { sleeper } from "../support/processes.ts";
import { makeRepo, runGit } from "../support/repo.ts";
import { testWorld } from "../support/world.ts";

async function makeScene() {
  const stack = new AsyncDisposableStack();
  const place = stack.use(await makePlace());
  const repo = await makeRepo(place);
  const world = stack.use(testWorld(place, { cwd: repo.path }));
  await register(world, { pid: stack.use(sleeper()).pid });
  const { session } = await register(world, { pid: stack.use(sleeper()).pid });
  const git = (...args: string[]) => runGit(args, { cwd: session.worktree_path, env: place.env() });
  return { world, session, git, [Symbol.asyncDispose]: () => stack.disposeAsync() };
}

test("status and release name the branch that was switched to, and so does the list of what was kept", async () => {
  await using scene = await makeScene();
  await scene.git("checkout", "-q", "-b", "other");
  await scene.git("commit", "-q", "--allow-empty", "-m", "work");
  const shown = await statusForPeople(scene.world, {});
  expect(shown.sessions.map(({ branch }) => branch)).toEqual(["main", "other"]);
  const { kept } = await release(scene.world, { sessionId: scene.session.id });
  expect(kept).toMatchObject({ branch: "other", commits: 1 });
  expect((await status(scene.world, {})).keptWorktrees).toMatchObject([{ branch: "other" }]);
});

test("release remembers where both branches stand, the given one and the one of now", async () => {
  await using scene = await makeScene();
  await scene.git("checkout", "-q", "-b", "other");
  await scene.git("commit", "-q", "--allow-empty", "-m", "work");
  await release(scene.world, { sessionId: scene.session.id });
  const row = v.object({ branch: v.string(), tip: v.string() });
  const tips = (await scene.world.db()).all(row, "SELECT branch, tip FROM branch_tips ORDER BY branch");
  expect(tips).toEqual([
    { branch: "other", tip: await scene.git("rev-parse", "other") },
    { branch: String(scene.session.branch), tip: String(scene.session.fork_commit) },
  ]);
});

test("a detached HEAD is no branch", async () => {
  await using scene = await makeScene();
  await scene.git("checkout", "-q", "--detach");
  const { kept } = await release(scene.world, { sessionId: scene.session.id, keep: true });
  expect(kept).toMatchObject({ branch: null });
});

test("a worktree that somebody removed is said to be missing", async () => {
  await using scene = await makeScene();
  await rm(scene.session.worktree_path, { recursive: true });
  expect((await status(scene.world, {})).sessions.map(({ isMissing }) => isMissing)).toEqual([false, true]);
  expect(await release(scene.world, { sessionId: scene.session.id })).toMatchObject({
    kept: null,
    missing: scene.session.worktree_path,
  });
});
