// Who is at work where, and what each one changed: measured by git as far as the deadline lets it, else remembered.

import { describe, expect, test } from "bun:test";
import { mkdir, rm, symlink } from "node:fs/promises";
import { setSetting } from "../../src/features/config/change.ts";
import { heartbeat } from "../../src/features/sessions/heartbeat.ts";
import { type Registered, register } from "../../src/features/sessions/register.ts";
import { release } from "../../src/features/sessions/release.ts";
import { status, statusForPeople } from "../../src/features/sessions/status.ts";
import { cachedChanges, measureChanges, refreshChanges } from "../../src/features/worktrees/changes.ts";
import { makePlace, type Place } from "../support/place.ts";
import { type Sleeper, sleeper } from "../support/processes.ts";
import { makeRepo, type Repo } from "../support/repo.ts";
import { type TestWorld, testWorld } from "../support/world.ts";

interface Scene extends AsyncDisposable {
  place: Place;
  repo: Repo;
  world: TestWorld;
  process(): Sleeper;
  start(input?: { name?: string; repo?: string }): Promise<Registered["session"]>;
}

async function makeScene(): Promise<Scene> {
  const stack = new AsyncDisposableStack();
  const place = stack.use(await makePlace());
  const repo = await makeRepo(place, { files: 3 });
  const world = stack.use(testWorld(place, { cwd: repo.path }));
  const process = () => stack.use(sleeper());
  const start: Scene["start"] = async (input) => (await register(world, { pid: process().pid, ...input })).session;
  return { place, repo, world, process, start, [Symbol.asyncDispose]: () => stack.disposeAsync() };
}

/** Two uncommitted files, one commit ahead, one commit behind. */
async function work({ repo }: Scene, path: string): Promise<void> {
  await repo.git("commit", "-q", "--allow-empty", "-m", "theirs");
  await repo.git("-C", path, "commit", "-q", "--allow-empty", "-m", "ours");
  await Bun.write(`${path}/new`, "");
  await Bun.write(`${path}/file-0.txt`, "changed");
}
const CHANGES = { dirtyFiles: 2, ahead: 1, behind: 1 };

describe("status", () => {
  test("tells of each session what was registered, and whether it lives", async () => {
    await using scene = await makeScene();
    const first = await scene.start({ name: "first" });
    scene.world.pass(90_000);
    expect(await status(scene.world, {})).toEqual({
      repoPath: "all",
      totalSessions: 1,
      sessions: [
        {
          sessionId: first.id,
          pid: first.pid,
          name: "first",
          repoPath: scene.repo.path,
          worktreePath: scene.repo.path,
          worktreeName: null,
          isMainRepo: true,
          branch: "main",
          targetBranch: "main",
          createdAt: "2030-01-01T12:00:00.000Z",
          lastHeartbeat: "2030-01-01T12:00:00.000Z",
          isAlive: true,
          durationMinutes: 1,
          activity: "running",
          waitingFor: null,
          conversationId: null,
          executionMode: "local",
          sandboxId: null,
          status: null,
          isMissing: false,
          changes: null,
        },
      ],
      keptWorktrees: [],
    });
  });

  test("of one repository leaves the others out, from below and through a link", async () => {
    await using scene = await makeScene();
    const other = await makeRepo(scene.place, { name: "other" });
    await scene.start();
    await scene.start({ repo: other.path });
    await mkdir(`${other.path}/sub`);
    await symlink(`${other.path}/sub`, scene.place.at("link"));
    expect((await status(scene.world, {})).totalSessions).toBe(2);
    const { repoPath, sessions } = await status(scene.world, { repo: scene.place.at("link") });
    expect({ repoPath, of: sessions.map((one) => one.repoPath) }).toEqual({ repoPath: other.path, of: [other.path] });
  });

  test("of a directory that is not there is a plain failure", async () => {
    await using scene = await makeScene();
    await expect(status(scene.world, { repo: "gone" })).rejects.toMatchObject({ kind: "user", code: "directory.none" });
  });

  test("shows a session whose process died as gone, until a command ends it", async () => {
    await using scene = await makeScene();
    const claude = scene.process();
    await register(scene.world, { pid: claude.pid });
    await claude.kill();
    expect((await status(scene.world, {})).sessions).toMatchObject([{ isAlive: false, activity: "gone" }]);
  });

  test("lists worktrees of ours that nobody works in, and only those that are there", async () => {
    await using scene = await makeScene();
    await scene.start();
    const [kept, gone, used] = [await scene.start({ name: "kept" }), await scene.start(), await scene.start()];
    for (const one of [kept, gone]) await release(scene.world, { sessionId: one.id, keep: true });
    await rm(gone.worktree_path, { recursive: true });
    const { keptWorktrees, sessions } = await status(scene.world, { repo: "." });
    expect(keptWorktrees).toEqual([
      { path: kept.worktree_path, name: String(kept.worktree_name), branch: kept.branch, sessionName: "kept" },
    ]);
    expect(sessions.map((one) => one.worktreePath)).toContain(used.worktree_path);
  });

  test("does not call a worktree ours that somebody else made", async () => {
    await using scene = await makeScene();
    await scene.repo.git("worktree", "add", "-q", "-b", "mine", scene.place.at("mine"));
    const { session } = await register(scene.world.as({ cwd: scene.place.at("mine") }), { pid: scene.process().pid });
    await release(scene.world, { sessionId: session.id });
    expect((await status(scene.world, {})).keptWorktrees).toEqual([]);
  });
});

describe("changes", () => {
  test("are measured for people, and remembered for the next who asks at once", async () => {
    await using scene = await makeScene();
    await scene.start();
    const { id, worktree_path } = await scene.start();
    await work(scene, worktree_path);
    const find = (found: Awaited<ReturnType<typeof status>>) => found.sessions.find((one) => one.sessionId === id);
    expect(find(await status(scene.world, {}))?.changes).toBeNull();
    expect(find(await statusForPeople(scene.world, {}))?.changes).toMatchObject(CHANGES);
    expect(find(await status(scene.world, {}))?.changes).toMatchObject(CHANGES);
  });

  test("are not measured once the deadline is over", async () => {
    await using scene = await makeScene();
    const { worktree_path: path, fork_commit: forkCommit } = await scene.start();
    await refreshChanges(scene.world, [{ path, forkCommit, targetBranch: "main" }], 0);
    expect(cachedChanges(await scene.world.db()).size).toBe(0);
  });

  test("are not measured again within two seconds", async () => {
    await using scene = await makeScene();
    const { worktree_path: path, fork_commit: forkCommit } = await scene.start();
    const checkout = { path, forkCommit, targetBranch: null };
    const dirty = async () => {
      await refreshChanges(scene.world, [checkout], 60_000);
      return cachedChanges(await scene.world.db()).get(path)?.dirtyFiles;
    };
    expect(await dirty()).toBe(0);
    await Bun.write(`${path}/new`, "");
    expect(await dirty()).toBe(0);
    scene.world.pass(4000);
    expect(await dirty()).toBe(1);
  });

  test("of a checkout that is gone are not told, and stop no other's", async () => {
    await using scene = await makeScene();
    const { worktree_path: path, fork_commit: forkCommit } = await scene.start();
    const gone = { path: scene.place.at("gone"), forkCommit: null, targetBranch: null };
    await refreshChanges(scene.world, [gone, { path, forkCommit, targetBranch: null }], 60_000);
    expect([...cachedChanges(await scene.world.db()).keys()]).toEqual([path]);
  });

  test("of a directory that is no repository any more are unknown", async () => {
    await using scene = await makeScene();
    const world = testWorld(scene.place, { env: { GIT_CEILING_DIRECTORIES: "/" } });
    const checkout = { path: scene.place.path, forkCommit: null, targetBranch: null };
    expect(await measureChanges(world.git(scene.place.path), checkout)).toBeUndefined();
  });

  test("count nothing against a target branch that is gone", async () => {
    await using scene = await makeScene();
    const { worktree_path: path, fork_commit: forkCommit } = await scene.start();
    const checkout = { path, forkCommit, targetBranch: "gone" };
    expect(await measureChanges(scene.world.git(path), checkout)).toMatchObject({ dirtyFiles: 0, ahead: 0, behind: 0 });
  });

  test("count against the branch of a remote", async () => {
    await using scene = await makeScene();
    const { worktree_path: path, fork_commit: forkCommit } = await scene.start();
    await scene.repo.git("checkout", "-q", "-b", "theirs");
    await scene.repo.git("commit", "-q", "--allow-empty", "-m", "theirs");
    await scene.repo.git("update-ref", "refs/remotes/origin/main", "theirs");
    await scene.repo.git("checkout", "-q", "main");
    const checkout = { path, forkCommit, targetBranch: "origin/main" };
    expect(await measureChanges(scene.world.git(path), checkout)).toMatchObject({ behind: 1 });
  });

  test("count against the branch, not against a tag of its name", async () => {
    await using scene = await makeScene();
    const { worktree_path: path } = await scene.start();
    await scene.repo.git("tag", "main");
    await scene.repo.git("checkout", "-q", "-b", "behind");
    await scene.repo.git(
      "branch",
      "-qf",
      "main",
      await scene.repo.git("commit-tree", "HEAD^{tree}", "-p", "HEAD", "-m", "x"),
    );
    const checkout = { path, forkCommit: null, targetBranch: "main" };
    expect(await measureChanges(scene.world.git(path), checkout)).toMatchObject({ behind: 1 });
  });

  test("measuring them takes no lock that another git would meet", async () => {
    await using scene = await makeScene();
    const { worktree_path: path } = await scene.start();
    await Bun.write(`${path}/.git/index.lock`, "");
    const checkout = { path, forkCommit: null, targetBranch: null };
    expect(await measureChanges(scene.world.git(path), checkout)).toMatchObject({ dirtyFiles: 0 });
  });
});

describe("activity", () => {
  const HOUR_MS = 3_600_000;

  test("is idle when the heartbeats of a session have stopped, for as long as status.staleMinutes says", async () => {
    await using scene = await makeScene();
    const { id } = await scene.start();
    const activity = async () => (await status(scene.world, {})).sessions[0]?.activity;
    scene.world.pass(HOUR_MS);
    await heartbeat(scene.world, { sessionId: id });
    expect(await activity()).toBe("running");
    scene.world.pass(HOUR_MS / 4);
    expect(await activity()).toBe("idle");
    await setSetting(scene.world, { key: "status.staleMinutes", words: ["30"], isOfRepository: false });
    expect(await activity()).toBe("running");
    scene.world.pass(HOUR_MS / 2);
    expect(await activity()).toBe("idle");
  });

  test("is not known of a session that sends no heartbeats", async () => {
    await using scene = await makeScene();
    await scene.start();
    scene.world.pass(24 * HOUR_MS);
    expect((await status(scene.world, {})).sessions[0]?.activity).toBe("running");
  });
});
