// Who keeps a worktree, and whose worktrees are never touched.

import { describe, expect, test } from "bun:test";
import { cp, rename } from "node:fs/promises";
import { join } from "node:path";
import { applyPlan } from "../../src/features/cleanup/apply.ts";
import { cleanup } from "../../src/features/cleanup/cleanup.ts";
import { planCleanup } from "../../src/features/cleanup/plan.ts";
import { repositoryAt } from "../../src/features/cleanup/scope.ts";
import { removeWorktrees } from "../../src/features/cleanup/worktrees.ts";
import { register } from "../../src/features/sessions/register.ts";
import { release } from "../../src/features/sessions/release.ts";
import { waitFor } from "../support/processes.ts";
import { isThere, makeScene, type Scene } from "./removal-scene.ts";

describe("a worktree stays", () => {
  test("while its session lives", async () => {
    await using scene = await makeScene();
    expect(await scene.keeps(await scene.live())).toEqual(["live-session"]);
  });

  test("while its session may live on another host", async () => {
    await using scene = await makeScene();
    const tree = await scene.left();
    const db = await scene.world.db();
    const sql = "UPDATE session_processes SET host = 'elsewhere', boot_id = 'other' WHERE session_id = $id";
    db.run(sql, { id: tree.sessionId });
    expect(await scene.keeps(tree)).toEqual(["possibly-live-session"]);
  });

  test.each([".", "folder"])("while a process stands in it at %j", async (folder) => {
    await using scene = await makeScene();
    const tree = await scene.left();
    await tree.commit("folder/x");
    await scene.land(tree.branch);
    const stranger = scene.standsIn(join(tree.path, folder));
    expect(await scene.keeps(tree)).toEqual(["in-use"]);
    await stranger.kill();
    expect(await scene.keeps(tree)).toEqual([]);
  });

  test("while it is locked, also with words of more than one line", async () => {
    await using scene = await makeScene();
    const tree = await scene.left();
    await scene.git("worktree", "lock", "--reason", "two\nlines", tree.path);
    expect(await scene.keeps(tree)).toEqual(["locked"]);
  });

  test("when it was once released with --keep, until it is removed by name", async () => {
    await using scene = await makeScene();
    const owner = scene.process();
    const { session } = await register(scene.world, { pid: owner.pid });
    await owner.kill();
    await release(scene.world, { sessionId: session.id, keep: true });
    await scene.cleanup();
    expect(isThere(session.worktree_path)).toBe(true);
    const next = scene.process();
    const again = (await register(scene.world.as({ cwd: session.worktree_path }), { pid: next.pid })).session;
    expect(again.worktree_path).toBe(session.worktree_path);
    await next.kill();
    expect((await release(scene.world, { sessionId: again.id })).kept).toMatchObject({ reason: "kept-on-request" });
    expect(await removeWorktrees(scene.world, { worktree: [session.worktree_path] })).toHaveLength(1);
  });

  test("when its session has begun anew after it was planned to go", async () => {
    await using scene = await makeScene();
    const tree = await scene.left();
    const plan = await planCleanup(scene.world, await repositoryAt(scene.world, undefined));
    await register(scene.world.as({ cwd: tree.path }), { pid: scene.process().pid });
    const { kept } = await applyPlan(scene.world, plan);
    expect(kept.find(({ item }) => item.path === tree.path && item.kind === "worktree")?.keeps[0]?.reason).toBe(
      "live-session",
    );
    expect(isThere(tree.path)).toBe(true);
  });
});

test("the shell that the command was typed in does not keep a worktree", async () => {
  await using scene = await makeScene();
  const tree = await scene.left();
  const shell = Bun.spawn(["sh", "-c", "exec 3<&0; (cd / && read -r line <&3) & echo $!; wait"], {
    cwd: tree.path,
    stdin: "pipe",
    stdout: "pipe",
  });
  await using _ended = {
    [Symbol.asyncDispose]: async () => {
      await shell.stdin.end();
      await shell.exited;
    },
  };
  const { value } = await shell.stdout.getReader().read();
  const pid = Number(new TextDecoder().decode(value));
  await waitFor(() => scene.world.processes.workingDirectories()?.byPid.get(pid) === "/", "cd");
  expect(await scene.keeps(tree)).toEqual(["in-use"]);
  const { applied } = await cleanup(scene.world.as({ pid }), { repo: scene.repo.path });
  expect(applied?.removed.map(({ path }) => path)).toEqual([tree.path]);
});

describe("no cleanup removes", () => {
  /** Of all that has landed, only what is ours. */
  const foreign = async (scene: Scene) => {
    const path = scene.place.at("foreign");
    await scene.git("worktree", "add", "--quiet", "-b", "foreign", path);
    return path;
  };

  test("a worktree that somebody else made", async () => {
    await using scene = await makeScene();
    const path = await foreign(scene);
    const { applied } = await scene.cleanup();
    expect(applied?.kept.find(({ item }) => item.path === path)?.keeps[0]?.reason).toBe("not-ours");
    expect(isThere(path)).toBe(true);
    expect(await scene.git("branch", "--list", "foreign")).toContain("foreign");
  });

  test("one that a session has adopted", async () => {
    await using scene = await makeScene();
    const path = await foreign(scene);
    const owner = scene.process();
    const { session } = await register(scene.world.as({ cwd: path }), { pid: owner.pid });
    expect(session.worktree_path).toBe(path);
    await owner.kill();
    expect(await release(scene.world, { sessionId: session.id })).toMatchObject({ kept: { reason: "not-ours" } });
    await scene.cleanup();
    expect(isThere(path)).toBe(true);
  });

  test("a copy of one of ours", async () => {
    await using scene = await makeScene();
    const tree = await scene.left();
    const copy = `${tree.path}-copy`;
    await cp(tree.path, copy, { recursive: true });
    expect(await scene.keeps(tree)).toEqual([]);
    expect(isThere(join(copy, ".git"))).toBe(true);
  });

  test("a copy in the place of one of ours, which was moved", async () => {
    await using scene = await makeScene();
    const tree = await scene.left();
    await scene.git("worktree", "move", tree.path, scene.place.at("moved"));
    await cp(scene.place.at("moved"), tree.path, { recursive: true });
    await scene.cleanup();
    expect(isThere(join(tree.path, ".git"))).toBe(true);
  });

  test("a directory that has come to the place of one of ours", async () => {
    await using scene = await makeScene();
    const [one, two] = [await scene.left(), await scene.left()];
    await rename(one.path, scene.place.at("aside"));
    await rename(two.path, one.path);
    await scene.cleanup();
    expect(isThere(join(one.path, ".git"))).toBe(true);
  });

  test("a branch of the user's that has landed", async () => {
    await using scene = await makeScene();
    const tree = await scene.left();
    await tree.git("checkout", "--quiet", "-b", "mine");
    await tree.commit("mine.txt");
    await scene.land("mine");
    expect(await scene.keeps(tree)).toEqual([]);
    expect(await scene.git("branch", "--format=%(refname:short)")).toBe("main\nmine");
  });
});

describe("a worktree that was moved", () => {
  test("goes from its new place", async () => {
    await using scene = await makeScene();
    const tree = await scene.left();
    const path = scene.place.at("moved here");
    await scene.git("worktree", "move", tree.path, path);
    expect(await scene.keeps({ ...tree, path })).toEqual([]);
  });

  test("goes from its new place by release as well", async () => {
    await using scene = await makeScene();
    const tree = await scene.left();
    const path = scene.place.at("moved here");
    await scene.git("worktree", "move", tree.path, path);
    expect(await release(scene.world, { sessionId: tree.sessionId })).toMatchObject({ worktreeRemoved: true });
    expect(isThere(path)).toBe(false);
  });
});
