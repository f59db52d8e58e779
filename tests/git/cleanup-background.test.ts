// The cleanup that registering starts: when it is started, what it fetches, and what is told of it.

import { describe, expect, test } from "bun:test";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { cleanUnattended } from "../../src/features/cleanup/background.ts";
import { register } from "../../src/features/sessions/register.ts";
import { reportOf, takeReport } from "../../src/features/upkeep/upkeep.ts";
import { DAY_MS, isThere, makeScene, type Scene, type Tree } from "./removal-scene.ts";

async function settle(scene: Scene, cleanup: Record<string, unknown>): Promise<void> {
  await mkdir(join(scene.place.home, ".parallel-cc"), { recursive: true });
  await Bun.write(scene.world.paths.config, JSON.stringify({ cleanup }));
}

/** What registering one more session starts. */
async function startedBy(scene: Scene): Promise<string[][]> {
  scene.world.started.length = 0;
  await register(scene.world, { pid: scene.process().pid });
  return scene.world.started;
}

describe("registering", () => {
  test("starts no cleanup where nothing is left", async () => {
    await using scene = await makeScene();
    await scene.live();
    expect(await startedBy(scene)).toEqual([]);
  });

  test("starts one where a worktree of ours has no session any longer", async () => {
    await using scene = await makeScene();
    await scene.left();
    expect(await startedBy(scene)).toEqual([["cleanup", "--unattended", "--repo", scene.repo.path]]);
  });

  test("starts none for worktrees of others", async () => {
    await using scene = await makeScene();
    await scene.git("worktree", "add", "--quiet", "-b", "foreign", scene.place.at("foreign"));
    expect(await startedBy(scene)).toEqual([]);
  });

  test.each([true, false])(
    "starts none when the settings forbid it (in the repository: %p)",
    async (isInRepository) => {
      await using scene = await makeScene();
      await scene.left();
      const settings = JSON.stringify({ cleanup: { auto: false } });
      if (isInRepository) await Bun.write(join(scene.repo.path, ".parallel-cc.json"), settings);
      else await settle(scene, { auto: false });
      expect(await startedBy(scene)).toEqual([]);
    },
  );

  test("is not told by a repository to start one that its user forbids", async () => {
    await using scene = await makeScene();
    await scene.left();
    await settle(scene, { auto: false });
    await Bun.write(join(scene.repo.path, ".parallel-cc.json"), JSON.stringify({ cleanup: { auto: true } }));
    expect(await startedBy(scene)).toEqual([]);
  });

  test("starts one when something is to be pruned", async () => {
    await using scene = await makeScene();
    await scene.remove(await scene.left());
    await scene.cleanup();
    expect(await startedBy(scene)).toEqual([]);
    scene.world.pass(14 * DAY_MS);
    expect(await startedBy(scene)).toHaveLength(1);
  });

  test("goes on when the settings are broken, where no worktree has to be made by them", async () => {
    await using scene = await makeScene();
    await scene.left();
    await mkdir(join(scene.place.home, ".parallel-cc"), { recursive: true });
    await Bun.write(scene.world.paths.config, "{");
    const { session } = await register(scene.world, { pid: scene.process().pid, noWorktree: true });
    expect([isThere(session.worktree_path), scene.world.started]).toEqual([true, []]);
  });
});

describe("what a cleanup in the background has to tell", () => {
  const clean = (scene: Scene) => cleanUnattended(scene.world, scene.repo.path);
  const told = async (scene: Scene) => takeReport(await scene.world.db(), join(scene.repo.path, ".git"));

  test("is told once", async () => {
    await using scene = await makeScene();
    const [tree, kept] = [await scene.left(), await scene.left()];
    await kept.write("new", "");
    await clean(scene);
    const report = await told(scene);
    expect(report).toMatch(
      /^removed parallel-\d+ \(parallel-cc undo [0-9a-f]+\); kept parallel-\d+ \(1 uncommitted file: new\)\.$/,
    );
    expect(report).toContain(tree.branch);
    expect(await told(scene)).toBeUndefined();
  });

  test("is told again only when it has changed", async () => {
    await using scene = await makeScene();
    const kept = await scene.left();
    await kept.write("new", "");
    await clean(scene);
    expect(await told(scene)).toContain("new");
    await clean(scene);
    expect(await told(scene)).toBeUndefined();
    await kept.write("newer", "");
    await clean(scene);
    expect(await told(scene)).toContain("2 uncommitted files");
  });

  test("is nothing when nothing was done and nothing of ours is kept", async () => {
    await using scene = await makeScene();
    await scene.git("worktree", "add", "--quiet", "-b", "foreign", scene.place.at("foreign"));
    await scene.live();
    await clean(scene);
    expect(await told(scene)).toBeUndefined();
  });

  test("stays for the next command when it comes too late for this one", async () => {
    await using scene = await makeScene();
    await scene.left();
    const gitDir = join(scene.repo.path, ".git");
    const { upkeep } = await register(scene.world, { pid: scene.process().pid });
    expect(await reportOf(scene.world, upkeep)).toBeUndefined();
    await clean(scene);
    expect(await reportOf(scene.world, { gitDir, before: undefined })).toContain("removed");
  });

  test("is one line, whatever the names", async () => {
    await using scene = await makeScene();
    const kept = await scene.left();
    await kept.write("a\nb\u001b[31m", "");
    await clean(scene);
    const report = await told(scene);
    expect(report).not.toContain("\n");
    expect(report).not.toContain("\u001b");
  });
});

describe("the cleanup in the background", () => {
  /** Lands on the forge and is deleted there, as a merged pull request is. */
  const landedOnForge = async (scene: Scene, tree: Tree, { isPushed }: { isPushed: boolean }): Promise<void> => {
    const { git, place, repo } = scene;
    const far = place.at("forge.git");
    await git("clone", "--quiet", "--bare", "--single-branch", repo.path, far);
    await git("remote", "add", "origin", far);
    await git("fetch", "--quiet", "origin");
    await git("branch", "--quiet", "--set-upstream-to=origin/main", "main");
    await tree.commit("a.txt");
    await tree.commit("b.txt");
    if (isPushed) await tree.git("push", "--quiet", "--set-upstream", "origin", tree.branch);
    await git("clone", "--quiet", repo.path, place.at("colleague"));
    const there = (...args: string[]) => git("-C", place.at("colleague"), ...args);
    await there("merge", "--quiet", "--squash", `origin/${tree.branch}`);
    await there("commit", "--quiet", "-m", "Squash");
    await there("push", "--quiet", far, "HEAD:main");
    if (isPushed) await there("push", "--quiet", far, `:${tree.branch}`);
  };
  const clean = (scene: Scene) => cleanUnattended(scene.world, scene.repo.path);

  test("fetches what a pushed branch may have landed in", async () => {
    await using scene = await makeScene();
    const tree = await scene.left();
    await landedOnForge(scene, tree, { isPushed: true });
    const main = await scene.git("rev-parse", "main");
    await clean(scene);
    expect(isThere(tree.path)).toBe(false);
    expect(await scene.git("rev-parse", "main")).toBe(main);
  });

  test("asks no remote for a branch that was never pushed", async () => {
    await using scene = await makeScene();
    const tree = await scene.left();
    await landedOnForge(scene, tree, { isPushed: false });
    const before = await scene.git("rev-parse", "origin/main");
    await clean(scene);
    expect(await scene.git("rev-parse", "origin/main")).toBe(before);
    expect(isThere(tree.path)).toBe(true);
  });

  test.each([true, false])(
    "asks no remote when the settings forbid it (in the repository: %p)",
    async (isInRepository) => {
      await using scene = await makeScene();
      const tree = await scene.left();
      await landedOnForge(scene, tree, { isPushed: true });
      if (isInRepository) {
        await Bun.write(join(scene.repo.path, ".parallel-cc.json"), JSON.stringify({ cleanup: { fetch: false } }));
      } else await settle(scene, { fetch: false });
      await clean(scene);
      expect(isThere(tree.path)).toBe(true);
    },
  );

  test("cleans what it can when the remote is gone", async () => {
    await using scene = await makeScene();
    const [tree, unused] = [await scene.left(), await scene.left()];
    await landedOnForge(scene, tree, { isPushed: true });
    await scene.git("remote", "set-url", "origin", scene.place.at("nowhere.git"));
    await clean(scene);
    expect([isThere(tree.path), isThere(unused.path)]).toEqual([true, false]);
  });

  test("does nothing while another one is at it", async () => {
    await using scene = await makeScene();
    const tree = await scene.left();
    const [one, two] = await Promise.all([clean(scene), clean(scene)]);
    expect([one, two].filter(({ applied }) => applied !== undefined)).toHaveLength(1);
    expect(isThere(tree.path)).toBe(false);
  });
});
