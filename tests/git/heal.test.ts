// What a crash left is put right by the next command, whichever that is; and rows of earlier releases keep their meaning.

import { describe, expect, test } from "bun:test";
import { existsSync } from "node:fs";
import { allSessions, insertProcess, insertSession, session } from "../../src/features/roster/roster.ts";
import { heartbeat } from "../../src/features/sessions/heartbeat.ts";
import { register } from "../../src/features/sessions/register.ts";
import { release } from "../../src/features/sessions/release.ts";
import { status } from "../../src/features/sessions/status.ts";
import { createWorktree } from "../../src/features/worktrees/create.ts";
import { locate } from "../../src/git/repository.ts";
import { makePlace, type Place } from "../support/place.ts";
import { deadPid, type Sleeper, sleeper } from "../support/processes.ts";
import { makeRepo, type Repo, runGit } from "../support/repo.ts";
import { type TestWorld, testWorld } from "../support/world.ts";

interface Scene extends AsyncDisposable {
  place: Place;
  repo: Repo;
  world: TestWorld;
  process(): Sleeper;
}

async function makeScene(): Promise<Scene> {
  const stack = new AsyncDisposableStack();
  const place = stack.use(await makePlace());
  const repo = await makeRepo(place, { files: 3 });
  const world = stack.use(testWorld(place, { cwd: repo.path }));
  return { place, repo, world, process: () => stack.use(sleeper()), [Symbol.asyncDispose]: () => stack.disposeAsync() };
}

/** What register leaves when it is killed between making the worktree and confirming it. */
async function reserved({ world, repo, process }: Scene, made: { registrar: Sleeper; withWorktree: boolean }) {
  const repository = await locate(world.git(repo.path));
  const path = `${repo.path}-worktrees/parallel-half`;
  const commit = String(repository.here.head);
  const db = await world.db();
  const owner = world.processes.identify(process().pid);
  const registrar = world.processes.identify(made.registrar.pid);
  if (owner === undefined || registrar === undefined) throw new Error("a process is not there");
  db.write((now) => {
    insertSession(
      db,
      {
        id: "half",
        pid: owner.pid,
        repository,
        worktreePath: path,
        adminName: null,
        worktreeName: "parallel-half",
        isMainRepo: false,
        isSharing: false,
        state: "creating",
        name: null,
        branch: "parallel-half",
        forkCommit: commit,
        targetBranch: "main",
        subdirectory: "",
      },
      now,
    );
    insertProcess(db, "half", "owner", owner);
    insertProcess(db, "half", "registrar", registrar);
  });
  if (made.withWorktree) await createWorktree(world, repository, { path, branch: "parallel-half", commit });
  return path;
}

/** What a `git worktree add` leaves when it is killed while it writes: an empty commondir. */
async function writeBroken({ place }: Scene, name: string): Promise<void> {
  const known = place.at("repo/.git/worktrees", name);
  await Bun.write(`${known}/commondir`, "");
  await Bun.write(`${known}/gitdir`, `${place.at("repo-worktrees", name)}/.git\n`);
  await Bun.write(`${known}/HEAD`, `ref: refs/heads/${name}\n`);
  await Bun.write(`${known}/locked`, "initializing");
}

describe("a reservation whose registrar died", () => {
  const commands: Record<string, (world: TestWorld, pid: number) => Promise<unknown>> = {
    register: (world, pid) => register(world, { pid }),
    release: (world) => release(world, { sessionId: "another" }),
    status: (world) => status(world, {}),
    "status --repo": (world) => status(world, { repo: "." }),
  };
  test.each(Object.entries(commands))("is taken back by %s, with its worktree and branch", async (_name, command) => {
    await using scene = await makeScene();
    const registrar = scene.process();
    const path = await reserved(scene, { registrar, withWorktree: true });
    await registrar.kill();
    await command(scene.world, scene.process().pid);
    expect(session(await scene.world.db(), "half")).toBeUndefined();
    expect(existsSync(path)).toBe(false);
    expect(await scene.repo.git("branch", "--list", "parallel-half")).toBe("");
    expect(await scene.repo.git("worktree", "list", "--porcelain")).not.toContain("parallel-half");
  });

  test("is taken back too when it had made nothing yet", async () => {
    await using scene = await makeScene();
    const registrar = scene.process();
    await reserved(scene, { registrar, withWorktree: false });
    await registrar.kill();
    expect(await status(scene.world, {})).toMatchObject({ totalSessions: 0 });
  });

  test("and left git unable to list worktrees is taken back all the same", async () => {
    await using scene = await makeScene();
    const registrar = scene.process();
    await reserved(scene, { registrar, withWorktree: false });
    await writeBroken(scene, "parallel-half");
    await registrar.kill();
    expect((await register(scene.world, { pid: scene.process().pid })).session.is_main_repo).toBe(1);
    expect(existsSync(scene.place.at("repo/.git/worktrees"))).toBe(false);
  });

  const theirs: Record<string, (path: string, git: (...args: string[]) => Promise<unknown>) => Promise<unknown>> = {
    "a file that git ignores": async (path, git) => {
      await Bun.write(`${String(await git("rev-parse", "--git-common-dir"))}/info/exclude`, ".env\n");
      await Bun.write(`${path}/.env`, "SECRET");
    },
    "a commit that was reset again": async (path, git) => {
      await Bun.write(`${path}/work`, "work");
      await git("add", "work");
      await git("commit", "-qm", "work");
      await git("reset", "-q", "--hard", "HEAD^");
    },
  };
  test.each(Object.entries(theirs))("is kept with %s in its finished worktree", async (_what, leave) => {
    await using scene = await makeScene();
    const registrar = scene.process();
    const path = await reserved(scene, { registrar, withWorktree: true });
    await leave(path, (...args) => runGit(args, { cwd: path, env: scene.place.env() }));
    await registrar.kill();
    expect((await status(scene.world, {})).keptWorktrees).toMatchObject([{ path }]);
    expect(existsSync(path)).toBe(true);
  });

  test("leaves the branch of a worktree that somebody moved", async () => {
    await using scene = await makeScene();
    const registrar = scene.process();
    const path = await reserved(scene, { registrar, withWorktree: true });
    const moved = scene.place.at("moved");
    await scene.repo.git("worktree", "move", path, moved);
    await registrar.kill();
    await status(scene.world, {});
    expect(await scene.repo.git("rev-parse", "parallel-half")).toBe(await scene.repo.git("rev-parse", "HEAD"));
    expect(existsSync(`${moved}/.git`)).toBe(true);
  });

  test("is kept while somebody stands in its worktree, who then may register there", async () => {
    await using scene = await makeScene();
    const registrar = scene.process();
    const path = await reserved(scene, { registrar, withWorktree: true });
    await registrar.kill();
    await using shell = Bun.spawn(["sleep", "1000"], { cwd: path });
    const { session: own } = await register(scene.world.as({ cwd: path }), { pid: shell.pid });
    expect(own.worktree_path).toBe(path);
    expect(existsSync(path)).toBe(true);
    shell.kill();
  });

  test("with work in its worktree becomes a session that ended, its worktree kept", async () => {
    await using scene = await makeScene();
    const registrar = scene.process();
    const path = await reserved(scene, { registrar, withWorktree: true });
    await Bun.write(`${path}/new`, "work");
    await registrar.kill();
    const { sessions, keptWorktrees } = await status(scene.world, {});
    expect(sessions).toEqual([]);
    expect(keptWorktrees).toMatchObject([{ path, branch: "parallel-half" }]);
    expect(await Bun.file(`${path}/new`).text()).toBe("work");
  });

  test("that cannot be taken back stops nothing and is told in the log", async () => {
    await using scene = await makeScene();
    const registrar = scene.process();
    await reserved(scene, { registrar, withWorktree: false });
    const db = await scene.world.db();
    db.run("UPDATE sessions SET git_dir = $home WHERE id = 'half'", { home: scene.place.home });
    await registrar.kill();
    expect(await release(scene.world, { sessionId: "another" })).toMatchObject({ released: false });
    expect(scene.world.lines.join("")).toContain('"reservation.not-healed"');
    expect(session(db, "half")?.state).toBe("creating");
  });

  test("in a repository that is not there now is left alone, without a word at every command", async () => {
    await using scene = await makeScene();
    const registrar = scene.process();
    await reserved(scene, { registrar, withWorktree: false });
    const db = await scene.world.db();
    db.run("UPDATE sessions SET git_dir = '/nowhere/.git' WHERE id = 'half'");
    await registrar.kill();
    await status(scene.world, {});
    expect(scene.world.lines.join("")).not.toContain('"reservation.not-healed"');
    expect(session(db, "half")?.state).toBe("creating");
  });
});

describe("a reservation whose registrar lives", () => {
  test("is left alone, is shown as starting and holds its place", async () => {
    await using scene = await makeScene();
    const path = await reserved(scene, { registrar: scene.process(), withWorktree: true });
    const { sessions } = await status(scene.world, {});
    expect(sessions).toMatchObject([{ sessionId: "half", activity: "starting", isAlive: true }]);
    expect((await register(scene.world, { pid: scene.process().pid })).session.is_main_repo).toBe(0);
    expect(existsSync(path)).toBe(true);
  });

  test("is nobody's session yet", async () => {
    await using scene = await makeScene();
    await reserved(scene, { registrar: scene.process(), withWorktree: false });
    expect(await release(scene.world, { sessionId: "half" })).toMatchObject({ released: false });
    expect(await heartbeat(scene.world, { sessionId: "half" })).toBe(false);
  });
});

describe("register that fails", () => {
  test("since git cannot list worktrees that nobody makes, says what git said", async () => {
    await using scene = await makeScene();
    await writeBroken(scene, "theirs");
    const failed = register(scene.world, { pid: scene.process().pid });
    await expect(failed).rejects.toMatchObject({ code: "git.failed", message: expect.stringContaining("commondir") });
  });

  test("since a session of another repository holds the same directory, names a way out", async () => {
    await using scene = await makeScene();
    const { session: first } = await register(scene.world, { pid: scene.process().pid });
    const db = await scene.world.db();
    db.run("UPDATE sessions SET git_dir = '/elsewhere', git_dir_id = '0:0', admin_name = NULL WHERE id = $id", {
      id: first.id,
    });
    const failed = register(scene.world, { pid: scene.process().pid });
    await expect(failed).rejects.toMatchObject({ kind: "unavailable", code: "session.place-taken" });
    expect(allSessions(db)).toHaveLength(1);
  });

  test("leaves no row, no branch and no directory", async () => {
    await using scene = await makeScene();
    await register(scene.world, { pid: scene.process().pid });
    await Bun.write(scene.place.at("repo-worktrees"), "a file in the way");
    const failed = register(scene.world, { pid: scene.process().pid });
    await expect(failed).rejects.toMatchObject({ code: "worktree.unwritable" });
    expect(allSessions(await scene.world.db())).toHaveLength(1);
    expect(await scene.repo.git("branch", "--list", "parallel-*")).toBe("");
  });

  test("because a signal came leaves nothing either", async () => {
    await using scene = await makeScene();
    await register(scene.world, { pid: scene.process().pid });
    scene.world.interrupt("SIGTERM");
    const failed = register(scene.world, { pid: scene.process().pid });
    await expect(failed).rejects.toMatchObject({ kind: "cancelled", details: { signal: "SIGTERM" } });
    expect(allSessions(await scene.world.db())).toHaveLength(1);
    expect(existsSync(scene.place.at("repo-worktrees"))).toBe(false);
  });
});

describe("a row of an earlier release", () => {
  async function writeOld({ world, repo }: Scene, row: { pid: number; mode: string | null; createdAt?: string }) {
    const db = await world.db();
    db.run(
      `INSERT INTO sessions (id, pid, repo_path, worktree_path, is_main_repo, execution_mode, status, created_at, last_heartbeat)
       VALUES ('old', $pid, $path, $path, 1, $mode, 'RUNNING', $at, $at)`,
      { pid: row.pid, path: repo.path, mode: row.mode, at: row.createdAt ?? "2040-01-01 00:00:00" },
    );
    return db;
  }

  test("holds the main checkout while its process may live", async () => {
    await using scene = await makeScene();
    await writeOld(scene, { pid: scene.process().pid, mode: "local" });
    const { session: made, parallelSessions } = await register(scene.world, { pid: scene.process().pid });
    expect({ isMain: made.is_main_repo, parallelSessions }).toEqual({ isMain: 0, parallelSessions: 2 });
  });

  test("ends with its process", async () => {
    await using scene = await makeScene();
    const db = await writeOld(scene, { pid: await deadPid(), mode: null });
    expect((await status(scene.world, {})).sessions).toMatchObject([{ isAlive: false, activity: "gone" }]);
    expect((await register(scene.world, { pid: scene.process().pid })).session.is_main_repo).toBe(1);
    expect(session(db, "old")).toBeUndefined();
  });

  test("is not that of a process which started after it was written", async () => {
    await using scene = await makeScene();
    const { pid } = scene.process();
    await writeOld(scene, { pid, mode: "local", createdAt: "2020-01-01 00:00:00" });
    expect(await heartbeat(scene.world, { pid })).toBe(false);
    expect((await status(scene.world, {})).sessions).toMatchObject([{ isAlive: false }]);
  });

  test("is found by its pid", async () => {
    await using scene = await makeScene();
    const { pid } = scene.process();
    await writeOld(scene, { pid, mode: "local" });
    expect(await heartbeat(scene.world, { pid })).toBe(true);
    expect(await release(scene.world, { pid })).toMatchObject({ released: true });
  });

  test("in a sandbox lives by its own status, and holds no place here", async () => {
    await using scene = await makeScene();
    const db = await writeOld(scene, { pid: await deadPid(), mode: "e2b" });
    expect((await register(scene.world, { pid: scene.process().pid })).session.is_main_repo).toBe(1);
    expect((await status(scene.world, { sandboxOnly: true })).sessions).toMatchObject([
      { sessionId: "old", isAlive: true },
    ]);
    expect(session(db, "old")).toBeDefined();
  });
});
