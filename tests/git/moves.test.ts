// Repositories and worktrees that are moved under their sessions: nobody gets a place that somebody is at work in.

import { describe, expect, test } from "bun:test";
import { rename, symlink } from "node:fs/promises";
import { register } from "../../src/features/sessions/register.ts";
import { release } from "../../src/features/sessions/release.ts";
import { status } from "../../src/features/sessions/status.ts";
import { makePlace } from "../support/place.ts";
import { sleeper } from "../support/processes.ts";
import { makeRepo, runGit } from "../support/repo.ts";
import { testWorld } from "../support/world.ts";

async function makeScene() {
  const stack = new AsyncDisposableStack();
  const place = stack.use(await makePlace());
  const repo = await makeRepo(place);
  const world = stack.use(testWorld(place, { cwd: repo.path }));
  const start = async (cwd = repo.path, input = {}) => {
    const { pid, kill } = stack.use(sleeper());
    return { pid, kill, ...(await register(world.as({ cwd }), { pid, ...input })) };
  };
  return { place, repo, world, start, [Symbol.asyncDispose]: () => stack.disposeAsync() };
}

describe("a worktree that git moved", () => {
  test("is still its session's, and found where it is", async () => {
    await using scene = await makeScene();
    await scene.start();
    const { session } = await scene.start();
    const moved = scene.place.at("moved");
    await scene.repo.git("worktree", "move", session.worktree_path, moved);
    const other = await scene.start(moved);
    expect(other.session.worktree_path).not.toBe(moved);
    const shown = (await status(scene.world, {})).sessions.find(({ sessionId }) => sessionId === session.id);
    expect(shown).toMatchObject({ worktreePath: moved, isMissing: false });
  });

  test("is named by release, and taken up by --continue", async () => {
    await using scene = await makeScene();
    await scene.start();
    const { session } = await scene.start();
    const moved = scene.place.at("moved");
    await scene.repo.git("worktree", "move", session.worktree_path, moved);
    const { kept } = await release(scene.world, { sessionId: session.id, keep: true });
    expect(kept).toMatchObject({ path: moved, dirtyFiles: 0 });
    expect((await scene.start(scene.repo.path, { continue: true })).session.worktree_path).toBe(moved);
  });
});

test("a worktree that was moved without git is not given to another session", async () => {
  await using scene = await makeScene();
  await scene.start();
  const { session } = await scene.start();
  const moved = scene.place.at("moved");
  await rename(session.worktree_path, moved);
  const other = await scene.start(moved);
  expect(other.session.worktree_path).not.toBe(moved);
  expect(other.session.is_sharing).toBe(0);
});

describe("a repository that was renamed", () => {
  test("keeps its sessions: the main checkout is given once", async () => {
    await using scene = await makeScene();
    const { session } = await scene.start();
    const renamed = scene.place.at("renamed");
    await rename(scene.repo.path, renamed);
    const other = await scene.start(renamed);
    expect(other.parallelSessions).toBe(2);
    expect(other.session.is_main_repo).toBe(0);
    const shown = (await status(scene.world, {})).sessions.find(({ sessionId }) => sessionId === session.id);
    expect(shown).toMatchObject({ repoPath: renamed, worktreePath: renamed, isMissing: false });
  });

  test("does so with a link at its old name", async () => {
    await using scene = await makeScene();
    await scene.start();
    const renamed = scene.place.at("renamed");
    await rename(scene.repo.path, renamed);
    await symlink(renamed, scene.repo.path);
    expect((await scene.start(renamed)).session.is_main_repo).toBe(0);
    expect((await scene.start(scene.repo.path)).session.is_main_repo).toBe(0);
  });

  test("leaves work that git cannot read, and release says so instead of counting nothing", async () => {
    await using scene = await makeScene();
    await scene.start();
    const { session, kill } = await scene.start();
    await Bun.write(`${session.worktree_path}/new.txt`, "work");
    await kill();
    await rename(scene.repo.path, scene.place.at("renamed"));
    expect((await release(scene.world, { sessionId: session.id })).kept).toMatchObject({
      reason: "unreadable",
      commits: null,
      dirtyFiles: null,
    });
  });
});

test("a process whose worktree was removed gets another one when it registers again", async () => {
  await using scene = await makeScene();
  await scene.start();
  const { session, pid } = await scene.start();
  await runGit(["worktree", "remove", "--force", session.worktree_path], {
    cwd: scene.repo.path,
    env: scene.place.env(),
  });
  const again = await register(scene.world, { pid });
  expect(again.isNew).toBe(true);
  expect(again.session.worktree_path).not.toBe(session.worktree_path);
  expect((await status(scene.world, {})).totalSessions).toBe(2);
});
