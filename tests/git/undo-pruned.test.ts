// What the trash and the rescue refs are kept for, and what undo still finds when they are gone.

import { describe, expect, test } from "bun:test";
import { chmod, mkdir, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { listRemovals } from "../../src/features/cleanup/undo.ts";
import { removeWorktrees } from "../../src/features/cleanup/worktrees.ts";
import { DAY_MS, isThere, makeScene, type Scene, type SceneInput, type Tree } from "./removal-scene.ts";

/** With settings of the user's. */
async function makeSettled(cleanup: Record<string, unknown>, input: SceneInput = {}): Promise<Scene> {
  const scene = await makeScene(input);
  await mkdir(join(scene.place.home, ".parallel-cc"), { recursive: true });
  await Bun.write(scene.world.paths.config, JSON.stringify({ cleanup }));
  const exclude = await scene.git("rev-parse", "--path-format=absolute", "--git-path", "info/exclude");
  await Bun.write(exclude, "*.log\nnode_modules/\nbuild/\n");
  return scene;
}

async function drop({ world }: Scene, tree: Tree): Promise<string> {
  const [removed] = await removeWorktrees(world, { worktree: [tree.path], force: true });
  return removed?.id ?? "";
}

function trashOf({ repo }: Scene, id: string): string {
  return join(repo.path, ".git/parallel-cc/trash", id);
}

async function told({ world }: Scene) {
  const [one] = (await listRemovals(world, undefined)).removals;
  return { trash: one?.trash_pruned_at !== null, ref: one?.ref_pruned_at !== null, paths: one?.record.pruned ?? [] };
}

const WHOLE = { trash: false, ref: false, paths: [] };

describe("the trash", () => {
  test("is kept for 14 days, and undo --list tells when it is gone", async () => {
    await using scene = await makeSettled({});
    const id = await drop(scene, await scene.left());
    scene.world.pass(14 * DAY_MS - 60_000);
    await scene.cleanup();
    expect(await told(scene)).toEqual(WHOLE);
    expect(isThere(trashOf(scene, id))).toBe(true);
    scene.world.pass(60_000);
    const { pruned } = await scene.cleanup();
    expect(pruned).toMatchObject([{ id, what: "trash" }]);
    expect(await told(scene)).toEqual({ ...WHOLE, trash: true });
    expect(isThere(trashOf(scene, id))).toBe(false);
  });

  test("is kept as long as the user's settings say", async () => {
    await using scene = await makeSettled({ keepDays: 2 });
    await drop(scene, await scene.left());
    scene.world.pass(2 * DAY_MS);
    expect((await scene.cleanup()).pruned).toMatchObject([{ what: "trash" }]);
  });

  test("is not thrown away by a repository's own file", async () => {
    await using scene = await makeSettled({});
    const own = { cleanup: { keepDays: 0, keepRefsDays: 0, trashMaxSize: "0" } };
    await Bun.write(join(scene.repo.path, ".parallel-cc.json"), JSON.stringify(own));
    await drop(scene, await scene.left());
    expect((await scene.cleanup()).pruned).toEqual([]);
    expect(await told(scene)).toEqual(WHOLE);
  });

  test("of what was brought back is no matter of pruning", async () => {
    await using scene = await makeSettled({ keepDays: 1 });
    const tree = await scene.left();
    await drop(scene, tree);
    await scene.undo();
    scene.world.pass(5 * DAY_MS);
    expect((await scene.cleanup()).pruned).toEqual([]);
    expect(isThere(tree.path)).toBe(true);
  });

  const MEGABYTE = new Uint8Array(1024 * 1024).fill(7);

  test("that takes more than it may loses first, of all, what can be made again", async () => {
    await using scene = await makeSettled({ trashMaxSize: "2.5M" });
    const [old, young] = [await scene.left(), await scene.left()];
    await old.write("kept.log", MEGABYTE);
    await young.write("node_modules/x", MEGABYTE);
    await young.write("kept.log", MEGABYTE);
    const ids = [await drop(scene, old), await drop(scene, young)];
    const { pruned } = await scene.cleanup();
    expect(pruned).toMatchObject([{ id: ids[1], what: "regenerable" }]);
    expect(await told(scene)).toEqual({ ...WHOLE, paths: ["node_modules/"] });
    expect(await scene.undo({ id: ids[1] })).toMatchObject({ missing: [{ path: "node_modules/" }] });
    expect(isThere(join(young.path, "kept.log"))).toBe(true);
    expect(isThere(join(young.path, "node_modules"))).toBe(false);
  });

  test("that takes more than it may loses the oldest then", async () => {
    await using scene = await makeSettled({ trashMaxSize: "1.5M" });
    const trees = [await scene.left(), await scene.left()];
    const ids: string[] = [];
    for (const tree of trees) {
      await tree.write("kept.log", MEGABYTE);
      ids.push(await drop(scene, tree));
    }
    expect((await scene.cleanup()).pruned).toMatchObject([{ id: ids[0], what: "trash" }]);
    expect(isThere(trashOf(scene, ids[1] ?? ""))).toBe(true);
  });

  test("keeps a tracked node_modules, and one that is not ignored", async () => {
    await using scene = await makeSettled({ trashMaxSize: "1K" });
    const tree = await scene.left();
    await tree.commit("node_modules/tracked", "tracked\n");
    await tree.write("build/x", "ignored\n");
    await drop(scene, tree);
    const { pruned } = await scene.cleanup();
    expect(pruned.map(({ what }) => what)).toEqual(["regenerable", "trash"]);
    await scene.undo();
    expect(isThere(join(tree.path, "node_modules/tracked"))).toBe(true);
  });

  test("goes also with read-only folders and files in it", async () => {
    await using scene = await makeSettled({ keepDays: 0 });
    const tree = await scene.left();
    await tree.write("build/go/mod/x", "");
    for (const path of ["build/go/mod/x", "build/go/mod", "build/go"]) await chmod(join(tree.path, path), 0o500);
    const id = await drop(scene, tree);
    await scene.cleanup();
    expect(isThere(trashOf(scene, id))).toBe(false);
  });

  test("that is pruned follows no link out of it", async () => {
    await using scene = await makeSettled({ keepDays: 0 });
    const tree = await scene.left();
    const outside = scene.place.at("outside");
    await mkdir(outside);
    await writeFile(join(outside, "precious"), "");
    await symlink(outside, join(tree.path, "build"));
    await drop(scene, tree);
    await scene.cleanup();
    expect(isThere(join(outside, "precious"))).toBe(true);
  });
});

describe("the rescue ref", () => {
  test("is kept for 90 days; nothing can be brought back then, and undo says so", async () => {
    await using scene = await makeSettled({});
    const id = await drop(scene, await scene.left());
    scene.world.pass(89 * DAY_MS);
    await scene.cleanup();
    expect(await scene.git("for-each-ref", "--format=%(refname)", "refs/parallel-cc")).toBe(
      `refs/parallel-cc/rescue/${id}`,
    );
    scene.world.pass(DAY_MS);
    expect((await scene.cleanup()).pruned).toMatchObject([{ id, what: "ref" }]);
    expect(await scene.git("for-each-ref", "refs/parallel-cc")).toBe("");
    expect(await told(scene)).toEqual({ ...WHOLE, trash: true, ref: true });
    await expect(scene.undo({ id })).rejects.toMatchObject({ code: "undo.pruned" });
    await expect(scene.undo()).rejects.toMatchObject({ code: "undo.none" });
  });

  test("is never gone before the trash", async () => {
    await using scene = await makeSettled({ keepDays: 10, keepRefsDays: 1 });
    await drop(scene, await scene.left());
    scene.world.pass(5 * DAY_MS);
    expect((await scene.cleanup()).pruned).toEqual([]);
  });

  test("is told of for a month after it is gone", async () => {
    await using scene = await makeSettled({});
    await drop(scene, await scene.left());
    scene.world.pass(90 * DAY_MS);
    await scene.cleanup();
    scene.world.pass(29 * DAY_MS);
    await scene.cleanup();
    expect((await listRemovals(scene.world, undefined)).removals).toHaveLength(1);
    scene.world.pass(2 * DAY_MS);
    await scene.cleanup();
    expect((await listRemovals(scene.world, undefined)).removals).toEqual([]);
  });
});

describe("once the trash is pruned, undo", () => {
  const prune = async (scene: Scene) => {
    scene.world.pass(15 * DAY_MS);
    const { pruned } = await scene.cleanup();
    expect(pruned).toMatchObject([{ what: "trash" }]);
  };

  test("restores what git saved, and says what is missing", async () => {
    await using scene = await makeSettled({});
    const tree = await scene.left();
    const tip = await tree.commit("a.txt");
    await tree.write("file-0.txt", "staged\n");
    await tree.git("add", "file-0.txt");
    await tree.write("file-0.txt", "unstaged\n");
    await tree.write("new folder/é\n", "new\n");
    await chmod(join(tree.path, "new folder/é\n"), 0o755);
    await tree.git("init", "--quiet", "nested");
    await tree.write("nested/x", "");
    await tree.write("a.log", "");
    await tree.write("build/x", "");
    await tree.write("large", new Uint8Array(50 * 1024 * 1024 + 1));
    const look = async () => ({
      head: await tree.git("rev-parse", "HEAD"),
      branch: await tree.git("branch", "--show-current"),
      staged: await tree.git("show", ":file-0.txt"),
      log: await tree.git("reflog", "HEAD"),
      branchLog: await tree.git("rev-parse", tree.branch),
      status: (await tree.git("status", "--porcelain", "-z", "--untracked-files=all"))
        .split("\0")
        .filter((line) => !/nested|large/.test(line)),
      mode: await tree.git("ls-files", "--others", "--exclude-standard", "new folder"),
    });
    const before = await look();
    await drop(scene, tree);
    await prune(scene);
    const { missing, path } = await scene.undo();
    expect(path).toBe(tree.path);
    expect(missing.map((one) => one.path).sort()).toEqual(["a.log", "build/", "large", "nested"]);
    expect(await look()).toEqual(before);
    expect(before.head).toBe(tip);
    expect(await Bun.file(join(tree.path, "file-0.txt")).text()).toBe("unstaged\n");
    expect((await Bun.file(join(tree.path, "new folder/é\n")).stat()).mode & 0o777).toBe(0o755);
  });

  test("restores a worktree that nobody had touched as a clean one", async () => {
    await using scene = await makeSettled({});
    const tree = await scene.left();
    await scene.remove(tree);
    await prune(scene);
    expect(await scene.undo()).toMatchObject({ path: tree.path, missing: [] });
    expect(await tree.git("status", "--porcelain", "--branch")).toBe(`## ${tree.branch}`);
    await scene.git("fsck", "--strict", "--no-dangling");
  });

  test("restores a rebase that waits", async () => {
    await using scene = await makeSettled({});
    const tree = await scene.left();
    await tree.commit("a.txt");
    await tree.git("rebase", "--quiet", "--exec", "false", "HEAD~1").catch(() => undefined);
    expect(await tree.git("branch", "--show-current")).toBe("");
    await drop(scene, tree);
    await prune(scene);
    await scene.undo();
    await tree.git("rebase", "--continue");
    expect(await tree.git("branch", "--show-current")).toBe(tree.branch);
    expect(isThere(join(tree.path, "a.txt"))).toBe(true);
  });

  test("restores a merge in conflict so that it can be ended", async () => {
    await using scene = await makeSettled({});
    const tree = await scene.left();
    await tree.git("checkout", "--quiet", "-b", "other");
    await tree.commit("file-0.txt", "theirs\n");
    await tree.git("checkout", "--quiet", tree.branch);
    await tree.commit("file-0.txt", "ours\n");
    await tree.git("merge", "other").catch(() => undefined);
    const index = await tree.git("ls-files", "--stage");
    const text = await Bun.file(join(tree.path, "file-0.txt")).text();
    await drop(scene, tree);
    await prune(scene);
    await scene.undo();
    expect(await tree.git("ls-files", "--stage")).toBe(index);
    expect(await Bun.file(join(tree.path, "file-0.txt")).text()).toBe(text);
    await tree.git("merge", "--abort");
    expect(await tree.git("status", "--porcelain")).toBe("");
  });

  test("writes texts as the user has them, whatever the line ends", async () => {
    await using scene = await makeSettled({});
    await scene.git("config", "core.autocrlf", "true");
    const tree = await scene.left();
    const text = await Bun.file(join(tree.path, "file-0.txt")).text();
    expect(text).toContain("\r\n");
    await drop(scene, tree);
    await prune(scene);
    await scene.undo();
    expect(await Bun.file(join(tree.path, "file-0.txt")).text()).toBe(text);
    expect(await tree.git("status", "--porcelain")).toBe("");
  });

  test("does not write git's own files by the attributes that the user has for all", async () => {
    await using scene = await makeSettled({});
    await Bun.write(join(scene.repo.path, ".git/info/attributes"), "* text eol=crlf\n");
    const tree = await scene.left();
    await drop(scene, tree);
    await prune(scene);
    await scene.undo();
    expect(await tree.git("branch", "--show-current")).toBe(tree.branch);
    expect(await tree.git("status", "--porcelain")).toBe("");
  });
});
