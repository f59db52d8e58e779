// --continue takes up the checkout of the repository's last session, or says why not.

import { describe, expect, test } from "bun:test";
import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import type { KnownSession } from "../../src/features/roster/roster.ts";
import { register } from "../../src/features/sessions/register.ts";
import { release } from "../../src/features/sessions/release.ts";
import { makePlace, type Place } from "../support/place.ts";
import { sleeper } from "../support/processes.ts";
import { makeRepo, type Repo } from "../support/repo.ts";
import { type TestWorld, testWorld } from "../support/world.ts";

interface Scene extends AsyncDisposable {
  place: Place;
  repo: Repo;
  world: TestWorld;
  /** Registers a session of a process of its own. */
  start(input?: { continue?: boolean; noWorktree?: boolean; name?: string; cwd?: string }): Promise<KnownSession>;
  end(session: KnownSession): Promise<void>;
}

async function makeScene(): Promise<Scene> {
  const stack = new AsyncDisposableStack();
  const place = stack.use(await makePlace());
  const repo = await makeRepo(place);
  const world = stack.use(testWorld(place, { cwd: repo.path }));
  return {
    place,
    repo,
    world,
    start: async ({ cwd = repo.path, ...input } = {}) => {
      const { session } = await register(world.as({ cwd }), { pid: stack.use(sleeper()).pid, ...input });
      return session;
    },
    end: async (session) => {
      expect(await release(world, { sessionId: session.id, keep: true })).toMatchObject({ released: true });
    },
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}

describe("--continue", () => {
  test("takes up the worktree of the session that ended last, with its name and what it was made for", async () => {
    await using scene = await makeScene();
    await scene.start();
    const last = await scene.start({ name: "auth" });
    await scene.end(last);
    const { id, worktree_path, worktree_name, name, branch, fork_commit, target_branch, is_main_repo } =
      await scene.start({ continue: true });
    expect(id).not.toBe(last.id);
    expect({ worktree_path, worktree_name, name, branch, fork_commit, target_branch, is_main_repo }).toEqual({
      worktree_path: last.worktree_path,
      worktree_name: last.worktree_name,
      name: "auth",
      branch: last.branch,
      fork_commit: last.fork_commit,
      target_branch: "main",
      is_main_repo: 0,
    });
  });

  test("takes up the worktree of a session that died", async () => {
    await using scene = await makeScene();
    await scene.start();
    await using claude = sleeper();
    const { session } = await register(scene.world, { pid: claude.pid });
    await claude.kill();
    expect((await scene.start({ continue: true })).worktree_path).toBe(session.worktree_path);
  });

  test("takes up the main checkout when nobody else is at work", async () => {
    await using scene = await makeScene();
    await scene.end(await scene.start());
    expect((await scene.start({ continue: true })).is_main_repo).toBe(1);
  });

  test("is a first session like any other where none was before", async () => {
    await using scene = await makeScene();
    expect((await scene.start({ continue: true })).is_main_repo).toBe(1);
  });

  test("stays in the free worktree that it is typed in, whatever the last session did", async () => {
    await using scene = await makeScene();
    await scene.start();
    const [first, last] = [await scene.start(), await scene.start()];
    await scene.end(first);
    await scene.end(last);
    await scene.start({ continue: true });
    const again = await scene.start({ continue: true, cwd: first.worktree_path });
    expect(again.worktree_path).toBe(first.worktree_path);
  });

  test("with --no-worktree stays in the checkout that it is typed in", async () => {
    await using scene = await makeScene();
    await scene.start();
    expect((await scene.start({ continue: true, noWorktree: true })).is_sharing).toBe(1);
  });
});

describe("--continue from a subdirectory", () => {
  test("goes on in another checkout where the last conversation was held", async () => {
    await using scene = await makeScene();
    await mkdir(join(scene.repo.path, "docs"));
    await scene.start();
    const last = await scene.start();
    await scene.end(last);
    const { worktree_path, subdirectory } = await scene.start({ continue: true, cwd: join(scene.repo.path, "docs") });
    expect({ worktree_path, subdirectory }).toEqual({ worktree_path: last.worktree_path, subdirectory: "" });
  });

  test("stays in the directory it was typed in when the checkout is the same", async () => {
    await using scene = await makeScene();
    await mkdir(join(scene.repo.path, "docs"));
    await scene.end(await scene.start());
    const { subdirectory } = await scene.start({ continue: true, cwd: join(scene.repo.path, "docs") });
    expect(subdirectory).toBe("docs");
  });
});

describe("--continue is refused", () => {
  const reason = (why: string) => ({ kind: "user", code: "session.continue", message: expect.stringContaining(why) });

  test("when no session has ended and others are at work", async () => {
    await using scene = await makeScene();
    await scene.start();
    await expect(scene.start({ continue: true })).rejects.toMatchObject(
      reason("no session of this repository has ended"),
    );
  });

  test("when another one took the place", async () => {
    await using scene = await makeScene();
    await scene.start();
    await scene.end(await scene.start());
    await scene.start({ continue: true });
    await expect(scene.start({ continue: true })).rejects.toMatchObject(reason("another live session works there"));
  });

  test("when the place is the main checkout and others are at work", async () => {
    await using scene = await makeScene();
    const main = await scene.start();
    await scene.start();
    await scene.end(main);
    await expect(scene.start({ continue: true })).rejects.toMatchObject(reason("is not handed out while others work"));
  });

  test("when the worktree is gone", async () => {
    await using scene = await makeScene();
    await scene.start();
    const last = await scene.start();
    await scene.end(last);
    await rm(last.worktree_path, { recursive: true });
    await expect(scene.start({ continue: true })).rejects.toMatchObject(reason("that worktree is gone"));
  });
});
