// What has to be shown of a branch before its worktree goes.

import { describe, expect, test } from "bun:test";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { removeWorktrees } from "../../src/features/cleanup/worktrees.ts";
import { checkMerge } from "../../src/features/merges/merges.ts";
import { numbered } from "./landed-scene.ts";
import { makeScene, type Scene, type Tree } from "./removal-scene.ts";

type Setup = (tree: Tree, scene: Scene) => Promise<unknown>;

async function expectKept(setup: Setup, reasons: string[]): Promise<void> {
  await using scene = await makeScene();
  await Bun.write(join(scene.repo.path, "file-0.txt"), numbered({}));
  await scene.git("commit", "--quiet", "--all", "-m", "Forty lines");
  const tree = await scene.left();
  await setup(tree, scene);
  expect(await scene.keeps(tree)).toEqual(reasons);
}

/** A bare repository that `main` follows. */
async function forge({ place, git, repo }: Scene): Promise<string> {
  const far = place.at("forge.git");
  await git("clone", "--quiet", "--bare", repo.path, far);
  await git("remote", "add", "origin", far);
  await git("fetch", "--quiet", "origin");
  await git("branch", "--quiet", "--set-upstream-to=origin/main", "main");
  return far;
}

describe("a worktree goes", () => {
  const GOES: [string, Setup][] = [
    ["that nobody committed to", async () => undefined],
    ["that nobody committed to, when main has moved on", (_, { git }) => git("commit", "--allow-empty", "-qm", "x")],
    [
      "whose branch was merged",
      async (tree, { git }) => {
        await tree.commit("x.txt");
        await git("merge", "--no-ff", "-qm", "Merge", tree.branch);
      },
    ],
    [
      "whose branch was fast-forwarded",
      async (tree, { git }) => {
        await tree.commit("x.txt");
        await git("merge", "-q", tree.branch);
      },
    ],
    [
      "whose branch was rebased",
      async (tree, { git }) => {
        const commits = [await tree.commit("x.txt"), await tree.commit("y.txt")];
        await git("commit", "--quiet", "--allow-empty", "-m", "Meanwhile");
        await git("cherry-pick", ...commits);
      },
    ],
    [
      "whose branch was squashed",
      async (tree, { land }) => {
        await tree.commit("x.txt");
        await tree.commit("y.txt");
        await land(tree.branch);
      },
    ],
    [
      "whose branch was squashed where only the remote's main has it",
      async (tree, scene) => {
        const far = await forge(scene);
        await tree.commit("x.txt");
        await tree.commit("y.txt");
        await scene.git("checkout", "--quiet", "--detach");
        await scene.land(tree.branch);
        await scene.git("push", "--quiet", far, "HEAD:main");
        await scene.git("checkout", "--quiet", "main");
        await scene.git("fetch", "--quiet", "origin");
        expect(await scene.git("log", "-1", "--format=%s", "main")).not.toContain("Squash");
      },
    ],
    [
      "whose HEAD is detached at a commit that has landed",
      async (tree, { land }) => {
        await tree.commit("x.txt");
        await land(tree.branch);
        await tree.git("checkout", "-q", "--detach");
      },
    ],
    ["whose HEAD is detached at main", ({ git }) => git("checkout", "--quiet", "--detach", "main")],
    [
      "whose branch somebody has deleted, when HEAD stands on what has landed",
      async ({ git, branch }) => {
        await git("checkout", "--quiet", "--detach");
        await git("branch", "--quiet", "-D", branch);
      },
    ],
    [
      "with files that git ignores",
      async ({ write }, { git }) => {
        const exclude = await git("rev-parse", "--path-format=absolute", "--git-path", "info/exclude");
        await Bun.write(exclude, "*.log\nbuild/\n");
        await write("a.log", "ignored\n");
        await write("build/out", "ignored\n");
      },
    ],
    ["with a sparse checkout", ({ git }) => git("sparse-checkout", "set", "--no-cone", "/file-0.txt")],
    ["with a split index", ({ git }) => git("update-index", "--split-index")],
    ["with an empty folder", ({ path }) => mkdir(join(path, "empty"))],
  ];
  test.each(GOES)("%s", (_name, setup) => expectKept(setup, []));

  test("that began at a branch and has landed in main alone", async () => {
    await using scene = await makeScene();
    await scene.git("checkout", "--quiet", "-b", "feature");
    const tree = await scene.left();
    await tree.commit("x.txt");
    await tree.commit("y.txt");
    await scene.git("checkout", "--quiet", "main");
    await scene.land(tree.branch);
    expect(await scene.keeps(tree)).toEqual([]);
  });

  test("that was never used, although it began at a branch that has not landed and still is there", async () => {
    await using scene = await makeScene();
    await scene.git("checkout", "--quiet", "-b", "feature");
    await scene.git("commit", "--quiet", "--allow-empty", "-m", "Feature");
    const tree = await scene.left();
    await scene.git("checkout", "--quiet", "main");
    expect(await scene.keeps(tree)).toEqual([]);
  });
});

describe("a worktree stays", () => {
  const STAYS: [string, Setup][] = [
    ["with commits that have not landed", ({ commit }) => commit("x.txt")],
    ["with an empty commit that nobody else has", ({ git }) => git("commit", "--quiet", "--allow-empty", "-m", "x")],
    [
      "whose branch was reverted",
      async (tree, { land, git }) => {
        await tree.commit("x.txt");
        await git("revert", "--no-edit", await land(tree.branch));
      },
    ],
    [
      "whose branch has landed only in part",
      async (tree, { git }) => {
        await git("cherry-pick", await tree.commit("x.txt"));
        await tree.commit("y.txt");
      },
    ],
    [
      "whose changes are contained without proof",
      async (tree, { git, repo, world }) => {
        await tree.commit("file-0.txt", numbered({ 10: "ten" }));
        await tree.commit("file-0.txt", numbered({ 10: "ten", 20: "twenty" }));
        await Bun.write(join(repo.path, "file-0.txt"), numbered({ 10: "ten", 12: "twelve", 20: "twenty" }));
        await git("commit", "--quiet", "--all", "-m", "The same by somebody else, and more");
        expect(await checkMerge(world, { branch: tree.branch })).toMatchObject({ verdict: "contained" });
      },
    ],
    [
      "whose HEAD is detached at commits of its own",
      async ({ git, commit }) => {
        await git("checkout", "--quiet", "--detach");
        await commit("x.txt");
      },
    ],
    [
      "on another branch with commits of its own, although its own branch has landed",
      async (tree, { land }) => {
        await tree.commit("x.txt");
        await land(tree.branch);
        await tree.git("checkout", "--quiet", "-b", "next");
        await tree.commit("y.txt");
      },
    ],
    [
      "whose own branch has not landed, although what is checked out has",
      async (tree) => {
        await tree.commit("x.txt");
        await tree.git("checkout", "--quiet", "--detach", "main");
      },
    ],
    [
      "on a branch without a commit, with files staged",
      async ({ git }) => git("checkout", "--quiet", "--orphan", "fresh"),
    ],
  ];
  test.each(STAYS)("%s", async (name, setup) => {
    await expectKept(setup, [name.startsWith("on a branch without") ? "uncommitted-changes" : "unlanded-commits"]);
  });

  test("that has landed in main, when the branch it began at has it reverted", async () => {
    await using scene = await makeScene();
    await scene.git("checkout", "--quiet", "-b", "feature");
    const tree = await scene.left();
    await tree.commit("x.txt");
    await scene.git("revert", "--no-edit", await scene.land(tree.branch));
    await scene.git("checkout", "--quiet", "main");
    await scene.land(tree.branch);
    expect(await scene.keeps(tree)).toEqual(["unlanded-commits"]);
  });

  test("with a tree that git cannot merge, and goes when it is forced", async () => {
    await using scene = await makeScene();
    await mkdir(join(scene.repo.path, "folder"));
    await Bun.write(join(scene.repo.path, "folder/inner.txt"), "inner\n");
    await scene.git("add", "folder");
    await scene.git("commit", "--quiet", "-m", "A folder");
    const tree = await scene.left();
    await tree.commit("work.txt");
    // As a rebase over a staged repository leaves it (git 2.39): the folder is in it twice, and merge-tree aborts.
    const file = scene.place.at("twice");
    const listed = await tree.git("ls-tree", "HEAD");
    const entries = listed.split("\n").flatMap((line) => {
      const [, mode = "", id = "", name = ""] = /^0*(\d+) \w+ (\w+)\t(.*)$/.exec(line) ?? [];
      const entry = Buffer.concat([Buffer.from(`${mode} ${name}\0`), Buffer.from(id, "hex")]);
      return name === "folder" ? [entry, entry] : [entry];
    });
    await Bun.write(file, Buffer.concat(entries));
    const twice = await tree.git("hash-object", "-w", "--literally", "-t", "tree", file);
    const commit = await tree.git("commit-tree", twice, "-p", "HEAD", "-m", "Twice");
    await tree.git("update-ref", "HEAD", commit);
    await Bun.write(join(scene.repo.path, "folder/new.txt"), "new\n");
    await scene.git("add", "folder");
    await scene.git("commit", "--quiet", "-m", "In the folder");
    expect(await scene.keeps(tree)).toContain("unlanded-commits");
    const input = { worktree: [tree.path], force: true };
    expect(await removeWorktrees(scene.world, input)).toMatchObject([{ path: tree.path }]);
  });

  test("that was never used, when nothing else has the commit it began at any longer", async () => {
    await using scene = await makeScene();
    await scene.git("checkout", "--quiet", "-b", "feature");
    await scene.git("commit", "--quiet", "--allow-empty", "-m", "Feature");
    const tree = await scene.left();
    await scene.git("checkout", "--quiet", "main");
    await scene.git("branch", "--quiet", "-D", "feature");
    expect(await scene.keeps(tree)).toEqual(["unlanded-commits"]);
  });

  test("that was never used, when only another worktree of ours has the commit it began at", async () => {
    await using scene = await makeScene();
    await scene.git("checkout", "--quiet", "-b", "feature");
    await scene.git("commit", "--quiet", "--allow-empty", "-m", "Feature");
    const trees = [await scene.left(), await scene.left()];
    await scene.git("checkout", "--quiet", "main");
    await scene.git("branch", "--quiet", "-D", "feature");
    for (const tree of trees) expect(await scene.keeps(tree)).toEqual(["unlanded-commits"]);
  });
});
