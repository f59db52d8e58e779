// Ending a session, and being at work: whose session a process has, and what ending it leaves.

import { describe, expect, test } from "bun:test";
import { existsSync } from "node:fs";
import { rm } from "node:fs/promises";
import { lastEnded, session } from "../../src/features/roster/roster.ts";
import { heartbeat } from "../../src/features/sessions/heartbeat.ts";
import { type Registered, register } from "../../src/features/sessions/register.ts";
import { type Released, release } from "../../src/features/sessions/release.ts";
import { makePlace, type Place } from "../support/place.ts";
import { deadPid, type Sleeper, sleeper } from "../support/processes.ts";
import { makeRepo, type Repo } from "../support/repo.ts";
import { type TestWorld, testWorld } from "../support/world.ts";

interface Scene extends AsyncDisposable {
  place: Place;
  repo: Repo;
  world: TestWorld;
  process(): Sleeper;
  start(pid?: number): Promise<Registered["session"]>;
  end(session: Registered["session"]): Promise<Released>;
}

async function makeScene(): Promise<Scene> {
  const stack = new AsyncDisposableStack();
  const place = stack.use(await makePlace());
  const repo = await makeRepo(place, { files: 3 });
  const world = stack.use(testWorld(place, { cwd: repo.path }));
  const processes = new Map<number, Sleeper>();
  const process = () => {
    const made = stack.use(sleeper());
    processes.set(made.pid, made);
    return made;
  };
  /** Its process ends, as a wrapper's does before anybody else releases its session. */
  const end = async ({ id, pid }: Registered["session"]) => {
    await processes.get(pid)?.kill();
    return release(world, { sessionId: id });
  };
  const start = async (pid = process().pid) => (await register(world, { pid })).session;
  return { place, repo, world, process, start, end, [Symbol.asyncDispose]: () => stack.disposeAsync() };
}

describe("release", () => {
  test("of the session in the main checkout keeps nothing, since nothing was made", async () => {
    await using scene = await makeScene();
    const { id } = await scene.start();
    expect(await release(scene.world, { sessionId: id })).toEqual({
      released: true,
      worktreeRemoved: false,
      kept: null,
      rescue: null,
      undo: null,
      proofs: [],
      missing: null,
      gitDir: expect.any(String),
    });
    expect(session(await scene.world.db(), id)).toBeUndefined();
  });

  test("with --keep leaves an untouched worktree and its branch, and says where", async () => {
    await using scene = await makeScene();
    await scene.start();
    const { id, worktree_path: path, branch } = await scene.start();
    expect(await release(scene.world, { sessionId: id, keep: true })).toMatchObject({
      released: true,
      worktreeRemoved: false,
      kept: { reason: "kept-on-request", path, branch, commits: 0, dirtyFiles: 0 },
    });
    expect(existsSync(`${path}/file-0.txt`)).toBe(true);
    expect(await scene.repo.git("branch", "--list", String(branch))).toContain(String(branch));
  });

  test("counts commits since the session's start", async () => {
    await using scene = await makeScene();
    await scene.start();
    const session = await scene.start();
    const { worktree_path } = session;
    for (const message of ["one", "two"]) {
      await scene.repo.git("-C", worktree_path, "commit", "-q", "--allow-empty", "-m", message);
    }
    expect((await scene.end(session)).kept).toMatchObject({
      reason: "unlanded-commits",
      commits: 2,
    });
  });

  test("counts files that are not committed, which weigh most", async () => {
    await using scene = await makeScene();
    await scene.start();
    const session = await scene.start();
    const { worktree_path } = session;
    await scene.repo.git("-C", worktree_path, "commit", "-q", "--allow-empty", "-m", "one");
    await Bun.write(`${worktree_path}/new`, "");
    await Bun.write(`${worktree_path}/file-0.txt`, "changed");
    expect((await scene.end(session)).kept).toMatchObject({
      reason: "uncommitted-changes",
      commits: 1,
      dirtyFiles: 2,
    });
  });

  test("of a session whose worktree somebody removed keeps nothing", async () => {
    await using scene = await makeScene();
    await scene.start();
    const { id, worktree_path } = await scene.start();
    await rm(worktree_path, { recursive: true });
    expect(await release(scene.world, { sessionId: id })).toMatchObject({ released: true, kept: null });
  });

  test("a second time is no failure", async () => {
    await using scene = await makeScene();
    const { id } = await scene.start();
    await release(scene.world, { sessionId: id });
    expect(await release(scene.world, { sessionId: id })).toMatchObject({ released: false, kept: null });
  });

  test("frees the main checkout for the next session", async () => {
    await using scene = await makeScene();
    const first = await scene.start();
    await release(scene.world, { sessionId: first.id });
    expect((await scene.start()).is_main_repo).toBe(1);
  });

  test("of a process that has just ended finds its session", async () => {
    await using scene = await makeScene();
    const claude = scene.process();
    await scene.start(claude.pid);
    await claude.kill();
    expect(await release(scene.world, { pid: claude.pid })).toMatchObject({ released: true });
  });

  test("of a process with a session in each of two repositories names both and ends none", async () => {
    await using scene = await makeScene();
    const other = await makeRepo(scene.place, { name: "other" });
    const { pid } = scene.process();
    const ids = [await scene.start(pid), (await register(scene.world, { pid, repo: other.path })).session].map(
      ({ id }) => id,
    );
    const refused = release(scene.world, { pid });
    await expect(refused).rejects.toMatchObject({
      kind: "usage",
      code: "usage.ambiguous",
      message: expect.stringContaining(ids[0] ?? ""),
      hint: expect.stringContaining("--session-id"),
    });
    for (const sessionId of ids) expect(await release(scene.world, { sessionId })).toMatchObject({ released: true });
  });

  test("of nobody is an answer", async () => {
    await using scene = await makeScene();
    expect(await release(scene.world, { pid: await deadPid() })).toMatchObject({ released: false });
    expect(await release(scene.world, { sessionId: "'; DROP TABLE sessions" })).toMatchObject({ released: false });
  });

  test("writes down what became of the session", async () => {
    await using scene = await makeScene();
    await scene.start();
    const { id } = await scene.start();
    await release(scene.world, { sessionId: id });
    const key = { gitDir: `${scene.repo.path}/.git`, path: scene.repo.path };
    expect(lastEnded(await scene.world.db(), key)).toMatchObject({ id, is_main_repo: 0 });
  });
});

/** A shell in a shell in a shell…: the pid of the innermost, a descendant of the first. */
async function chain(depth: number): Promise<{ first: number; last: number } & AsyncDisposable> {
  const script = 'if [ "$1" -gt 1 ]; then sh -c "$0" "$0" $(($1 - 1)); else echo $$; read -r line; fi; :';
  const child = Bun.spawn(["sh", "-c", script, script, String(depth)], { stdin: "pipe", stdout: "pipe" });
  const { value } = await child.stdout.getReader().read();
  const last = Number(new TextDecoder().decode(value));
  return {
    first: child.pid,
    last,
    async [Symbol.asyncDispose]() {
      child.stdin.end();
      await child.exited;
    },
  };
}

describe("heartbeat", () => {
  test("is a later time in the session's row", async () => {
    await using scene = await makeScene();
    const { id, last_heartbeat: before } = await scene.start();
    scene.world.pass(60_000);
    expect(await heartbeat(scene.world, { sessionId: id })).toBe(true);
    const after = session(await scene.world.db(), id)?.last_heartbeat;
    expect(after?.slice(0, 16)).toBe("2030-01-01 12:01");
    expect(before.slice(0, 16)).toBe("2030-01-01 12:00");
  });

  test("of a hook finds the session through the shells between", async () => {
    await using scene = await makeScene();
    await using shells = await chain(4);
    const { id } = await scene.start(shells.first);
    expect(shells.last).not.toBe(shells.first);
    expect(await heartbeat(scene.world, { pid: shells.last })).toBe(true);
    expect(await heartbeat(scene.world.as({ parentPid: shells.last }), {})).toBe(true);
    expect((await release(scene.world.as({ parentPid: shells.last }), {})).released).toBe(true);
    expect(session(await scene.world.db(), id)).toBeUndefined();
  });

  test("means the nearest ancestor that has a session", async () => {
    await using scene = await makeScene();
    await using shells = await chain(3);
    await scene.start(shells.first);
    const inner = await scene.start(shells.last);
    await release(scene.world, { pid: shells.last });
    expect(session(await scene.world.db(), inner.id)).toBeUndefined();
    expect(await heartbeat(scene.world, { pid: shells.last })).toBe(true);
  });

  test("of nobody says so and is no failure", async () => {
    await using scene = await makeScene();
    expect(await heartbeat(scene.world, { pid: await deadPid() })).toBe(false);
    expect(await heartbeat(scene.world, { sessionId: "gone" })).toBe(false);
  });

  test("with a further process lets the session live by that too", async () => {
    await using scene = await makeScene();
    const [wrapper, claude] = [scene.process(), scene.process()];
    const { id } = await scene.start(wrapper.pid);
    await heartbeat(scene.world, { sessionId: id, claudePid: claude.pid });
    await wrapper.kill();
    expect((await scene.start()).is_main_repo).toBe(0);
    expect(await heartbeat(scene.world, { pid: claude.pid })).toBe(true);
  });

  test("with a further process that is not there is refused", async () => {
    await using scene = await makeScene();
    const { id } = await scene.start();
    const refused = heartbeat(scene.world, { sessionId: id, claudePid: await deadPid() });
    await expect(refused).rejects.toMatchObject({ code: "process.none" });
  });

  test("by a later process with the same pid is not the session's", async () => {
    await using scene = await makeScene();
    const { pid } = scene.process();
    const { id } = await scene.start(pid);
    const db = await scene.world.db();
    db.run("UPDATE session_processes SET start_time = '1' WHERE session_id = $id", { id });
    expect(await heartbeat(scene.world, { pid })).toBe(false);
  });
});
