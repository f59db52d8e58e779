// Registering on a real repository: who gets which checkout, where it starts, and where its work is meant to land.

import { describe, expect, test } from "bun:test";
import { existsSync, rmSync } from "node:fs";
import { mkdir, realpath, symlink } from "node:fs/promises";
import { allSessions } from "../../src/features/roster/roster.ts";
import { register } from "../../src/features/sessions/register.ts";
import { makePlace, type Place } from "../support/place.ts";
import { deadPid, type Sleeper, sleeper } from "../support/processes.ts";
import { makeRepo, type Repo, type RepoInput } from "../support/repo.ts";
import { type TestWorld, testWorld } from "../support/world.ts";

interface Scene extends AsyncDisposable {
  place: Place;
  repo: Repo;
  world: TestWorld;
  /** A new process for a session to live by. */
  pid(): number;
}

async function makeScene(input: RepoInput = {}): Promise<Scene> {
  const stack = new AsyncDisposableStack();
  const place = stack.use(await makePlace());
  const repo = await makeRepo(place, { commits: 2, ...input });
  const world = stack.use(testWorld(place, { cwd: repo.path }));
  const pid = () => stack.use<Sleeper>(sleeper()).pid;
  return { place, repo, world, pid, [Symbol.asyncDispose]: () => stack.disposeAsync() };
}

describe("the first session", () => {
  test("says which flags changed nothing for a process that has a session", async () => {
    await using scene = await makeScene();
    const pid = scene.pid();
    await register(scene.world, { pid });
    const { isNew, warnings } = await register(scene.world, { pid, name: "new", noWorktree: true });
    expect(isNew).toBe(false);
    expect(warnings).toEqual([expect.stringContaining("--name, --no-worktree changed nothing")]);
  });

  test("works in the main checkout, on the branch that it stands on", async () => {
    await using scene = await makeScene();
    const { session, isNew, parallelSessions, warnings } = await register(scene.world, { pid: scene.pid() });
    expect(session).toMatchObject({
      worktree_path: scene.repo.path,
      worktree_name: null,
      is_main_repo: 1,
      branch: "main",
      target_branch: "main",
      fork_commit: await scene.repo.git("rev-parse", "HEAD"),
      state: "active",
      subdirectory: "",
    });
    expect({ isNew, parallelSessions, warnings }).toEqual({ isNew: true, parallelSessions: 1, warnings: [] });
  });

  test("may stand on a repository without a commit", async () => {
    await using scene = await makeScene({ unborn: true });
    const { session } = await register(scene.world, { pid: scene.pid() });
    expect(session).toMatchObject({ is_main_repo: 1, branch: "main", fork_commit: null });
  });

  test("may stand on a detached HEAD", async () => {
    await using scene = await makeScene({ detached: true });
    expect((await register(scene.world, { pid: scene.pid() })).session).toMatchObject({
      is_main_repo: 1,
      branch: null,
    });
  });

  test("lives by the process that called when none is named", async () => {
    await using scene = await makeScene();
    const pid = scene.pid();
    const { session } = await register(scene.world.as({ parentPid: pid }), {});
    expect(session.processes).toMatchObject([{ role: "owner", pid }]);
  });
});

describe("a further session", () => {
  test("gets a worktree of its own from the commit of the first, to land on its branch", async () => {
    await using scene = await makeScene();
    await register(scene.world, { pid: scene.pid() });
    const { session, parallelSessions } = await register(scene.world, { pid: scene.pid(), name: "Auth Backend!" });
    const name = "parallel-auth-backend-00000002";
    expect(session).toMatchObject({
      worktree_path: scene.place.at("repo-worktrees", name),
      worktree_name: name,
      is_main_repo: 0,
      branch: name,
      name: "Auth Backend!",
      target_branch: "main",
      fork_commit: await scene.repo.git("rev-parse", "HEAD"),
    });
    expect(parallelSessions).toBe(2);
    expect(existsSync(`${session.worktree_path}/file-0.txt`)).toBe(true);
  });

  test.each(["漢字", "$(touch x)", "it's\n\x1b[2J", "  ", "../../up"])(
    "called %j gets a name git takes",
    async (name) => {
      await using scene = await makeScene();
      await register(scene.world, { pid: scene.pid() });
      const { session } = await register(scene.world, { pid: scene.pid(), name });
      expect(session.name).toBe(name);
      expect(session.branch).toMatch(/^parallel-([\p{L}\p{N}-]+-)?00000002$/u);
      expect(existsSync(`${session.worktree_path}/.git`)).toBe(true);
    },
  );

  test("starts in the same subdirectory", async () => {
    await using scene = await makeScene({ files: 3 });
    await register(scene.world, { pid: scene.pid() });
    const below = scene.world.as({ cwd: scene.place.at("repo/folder-0") });
    expect((await register(below, { pid: scene.pid() })).session.subdirectory).toBe("folder-0");
  });

  test("is told when another one has its name", async () => {
    await using scene = await makeScene();
    await register(scene.world, { pid: scene.pid(), name: "auth" });
    const { warnings } = await register(scene.world, { pid: scene.pid(), name: "auth" });
    expect(warnings).toEqual(['Another live session is called "auth" too.']);
  });

  test("cannot be in a repository without a commit, and leaves no trace", async () => {
    await using scene = await makeScene({ unborn: true });
    await register(scene.world, { pid: scene.pid() });
    const refused = register(scene.world, { pid: scene.pid() });
    await expect(refused).rejects.toMatchObject({ code: "repository.unborn", hint: expect.stringContaining("--base") });
    expect(existsSync(scene.place.at("repo-worktrees"))).toBe(false);
  });

  test("takes the main checkout once the first is dead", async () => {
    await using scene = await makeScene();
    await using first = sleeper();
    await register(scene.world, { pid: first.pid });
    await first.kill();
    expect((await register(scene.world, { pid: scene.pid() })).session.is_main_repo).toBe(1);
  });

  test("of another repository is nobody's neighbour", async () => {
    await using scene = await makeScene();
    const other = await makeRepo(scene.place, { name: "other" });
    await register(scene.world, { pid: scene.pid() });
    const { session, parallelSessions } = await register(scene.world, { pid: scene.pid(), repo: other.path });
    expect({ path: session.worktree_path, parallelSessions }).toEqual({ path: other.path, parallelSessions: 1 });
  });
});

describe("the same process", () => {
  test("twice has one session", async () => {
    await using scene = await makeScene();
    const pid = scene.pid();
    await register(scene.world, { pid: scene.pid() });
    const first = await register(scene.world, { pid });
    const again = await register(scene.world, { pid, name: "other" });
    expect(again).toMatchObject({ isNew: false, parallelSessions: 2, session: { id: first.session.id, name: null } });
  });

  test("has a session in each repository", async () => {
    await using scene = await makeScene();
    const other = await makeRepo(scene.place, { name: "other" });
    const pid = scene.pid();
    const ids = [await register(scene.world, { pid }), await register(scene.world, { pid, repo: other.path })];
    expect(new Set(ids.map(({ session }) => session.id)).size).toBe(2);
  });
});

describe("a place of one's own choice", () => {
  test("is the free linked worktree one stands in, which is adopted", async () => {
    await using scene = await makeScene();
    await scene.repo.git("worktree", "add", "-q", "-b", "mine", scene.place.at("mine"));
    await mkdir(scene.place.at("mine/sub"));
    const { session } = await register(scene.world.as({ cwd: scene.place.at("mine/sub") }), { pid: scene.pid() });
    expect(session).toMatchObject({ worktree_path: scene.place.at("mine"), branch: "mine", subdirectory: "sub" });
    expect(session.is_main_repo).toBe(0);
  });

  test("is nobody's when another command has removed it since git was asked", async () => {
    await using scene = await makeScene();
    const path = scene.place.at("linked");
    await scene.repo.git("worktree", "add", "--quiet", "-b", "linked", path);
    const { world } = scene;
    // Ids are made right before the place is taken.
    const newId = () => {
      rmSync(path, { recursive: true });
      return world.newId();
    };
    const registering = register({ ...world, newId }, { repo: path, pid: scene.pid() });
    await expect(registering).rejects.toMatchObject({ code: "directory.gone" });
    expect(allSessions(await world.db())).toEqual([]);
  });

  test("is another one when somebody works there", async () => {
    await using scene = await makeScene();
    await scene.repo.git("worktree", "add", "-q", "-b", "mine", scene.place.at("mine"));
    const there = scene.world.as({ cwd: scene.place.at("mine") });
    await register(there, { pid: scene.pid() });
    const { session } = await register(there, { pid: scene.pid() });
    expect(session.worktree_path).toStartWith(scene.place.at("repo-worktrees/"));
    expect(session.target_branch).toBe("mine");
  });

  test("is held also where the folder of worktrees is a symbolic link", async () => {
    await using scene = await makeScene();
    await mkdir(scene.place.at("disk"));
    await symlink(scene.place.at("disk"), scene.place.at("repo-worktrees"));
    await register(scene.world, { pid: scene.pid() });
    const { session } = await register(scene.world, { pid: scene.pid() });
    const there = scene.world.as({ cwd: session.worktree_path });
    const next = await register(there, { pid: scene.pid() });
    expect(await realpath(next.session.worktree_path)).not.toBe(await realpath(session.worktree_path));
    expect(next.parallelSessions).toBe(3);
  });

  test("is the checkout that another one holds with --no-worktree, knowingly", async () => {
    await using scene = await makeScene();
    await register(scene.world, { pid: scene.pid(), name: "first" });
    const { session, warnings } = await register(scene.world, { pid: scene.pid(), noWorktree: true });
    expect(session).toMatchObject({ worktree_path: scene.repo.path, is_main_repo: 1, is_sharing: 1 });
    expect(warnings).toEqual(["This checkout is shared with the live session first: both see every change."]);
  });
});

describe("a bare repository", () => {
  test("gives each session a worktree from its HEAD", async () => {
    await using scene = await makeScene({ bare: true, name: "shop.git" });
    const { session } = await register(scene.world, { pid: scene.pid() });
    expect(session.worktree_path).toBe(scene.place.at("shop-worktrees/parallel-00000001"));
    expect(session.fork_commit).toBe(await scene.repo.git("rev-parse", "main"));
    expect(session.target_branch).toBe("main");
  });

  test("without a commit says so", async () => {
    await using scene = await makeScene({ bare: true, unborn: true });
    await expect(register(scene.world, { pid: scene.pid() })).rejects.toMatchObject({ code: "repository.unborn" });
  });
});

describe("refused", () => {
  test("a process that is not there", async () => {
    await using scene = await makeScene();
    await expect(register(scene.world, { pid: await deadPid() })).rejects.toMatchObject({ code: "process.none" });
  });

  test.each(["gone", "repo/file-0.txt"])("a directory that is none: %s", async (path) => {
    await using scene = await makeScene();
    const refused = register(scene.world, { pid: scene.pid(), repo: scene.place.at(path) });
    await expect(refused).rejects.toMatchObject({ code: "directory.none" });
  });

  test("git's own variables are not followed, which is a warning", async () => {
    await using scene = await makeScene();
    await using world = testWorld(scene.place, {
      cwd: scene.repo.path,
      env: { GIT_DIR: "/nowhere", GIT_INDEX_FILE: "x" },
    });
    const { session, warnings } = await register(world, { pid: scene.pid() });
    expect(session.worktree_path).toBe(scene.repo.path);
    expect(warnings).toEqual([
      "GIT_DIR, GIT_INDEX_FILE is set and was not followed: the repository is the one of the directory.",
    ]);
  });
});
