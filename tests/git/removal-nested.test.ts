// Repositories inside a worktree: what is only there keeps it.

import { describe, expect, test } from "bun:test";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { type Repo, runGit } from "../support/repo.ts";
import { ignore, nest, push, withSubmodule } from "./removal-inner.ts";
import { makeScene, type Scene, type Tree } from "./removal-scene.ts";

type Setup = (tree: Tree, scene: Scene) => Promise<unknown>;

async function expectKept(setup: Setup, reasons: string[]): Promise<void> {
  await using scene = await makeScene();
  const tree = await scene.left();
  await setup(tree, scene);
  expect(await reasonsOf(scene, tree)).toEqual(reasons);
}

async function reasonsOf(scene: Scene, tree: Tree): Promise<string[]> {
  return [...new Set(await scene.keeps(tree))];
}

test("an untracked repository keeps a worktree, pushed or not", () =>
  expectKept(async (tree, scene) => push(await nest(tree, scene, "nested"), scene), ["uncommitted-changes"]));

describe("below what git ignores, a repository", () => {
  const nested = (folder: string, change: (git: Repo["git"], tree: Tree, scene: Scene) => Promise<unknown>): Setup => {
    return async (tree, scene) => {
      await ignore(scene, "build/", "*.d/");
      const git = await nest(tree, scene, folder);
      await push(git, scene);
      await change(git, tree, scene);
    };
  };
  const CASES: [string, Setup, string[]][] = [
    ["that is clean and pushed does not keep it", nested("build/a/b", async () => undefined), []],
    [
      "with changes keeps it",
      nested("build/a/b", (_, { write }) => write("build/a/b/nested.txt", "x")),
      ["nested-work"],
    ],
    [
      "with an untracked file keeps it",
      nested("build/a/b", (_, { write }) => write("build/a/b/x", "")),
      ["nested-work"],
    ],
    [
      "with commits that no remote has keeps it",
      nested("build/a/b", (git) => git("commit", "--quiet", "--allow-empty", "-m", "x")),
      ["nested-work"],
    ],
    [
      "with a stash entry keeps it",
      nested("build/a/b", async (git, { write }) => {
        await write("build/a/b/nested.txt", "x");
        await git("stash");
      }),
      ["nested-work"],
    ],
    [
      "with a commit that was reset keeps it",
      nested("build/a/b", async (git) => {
        await git("commit", "--quiet", "--allow-empty", "-m", "x");
        await git("reset", "--quiet", "--hard", "HEAD~1");
      }),
      ["nested-work"],
    ],
    [
      "that is ignored itself keeps it when it was not pushed",
      async (tree, scene) => {
        await ignore(scene, "*.d/");
        await nest(tree, scene, "own.d");
      },
      ["nested-work"],
    ],
    [
      "in a repository that was pushed keeps it",
      nested("build/a", async (_git, tree, scene) => {
        await Bun.write(join(tree.path, "build/a/.git/info/exclude"), "b/\n");
        await nest(tree, scene, "build/a/b");
      }),
      ["nested-work"],
    ],
    [
      "with odd letters in its name keeps it",
      nested("build/-a\nb é", (git) => git("commit", "--quiet", "--allow-empty", "-m", "x")),
      ["nested-work"],
    ],
    [
      "that has no commit yet and a file staged keeps it",
      async ({ path, write }, scene) => {
        await ignore(scene, "build/");
        await mkdir(join(path, "build/new"), { recursive: true });
        const at = { cwd: join(path, "build/new"), env: scene.place.env() };
        await runGit(["init", "--quiet"], at);
        await write("build/new/x", "");
        await runGit(["add", "x"], at);
      },
      ["nested-work"],
    ],
  ];
  test.each(CASES)("%s", (_name, setup, reasons) => expectKept(setup, reasons));
});

describe("a submodule", () => {
  const CASES: [string, (found: { tree: Tree; module: Repo["git"]; scene: Scene }) => Promise<unknown>, string[]][] = [
    ["that is clean does not keep it", async () => undefined, []],
    [
      "with an untracked file keeps it",
      ({ tree }) => tree.write("lib/module/new", ""),
      ["uncommitted-changes", "nested-work"],
    ],
    [
      "with changes that .gitmodules hides keeps it",
      async ({ tree }) => {
        await tree.git("config", "diff.ignoreSubmodules", "all");
        await tree.git("config", "submodule.lib/module.ignore", "all");
        await tree.write("lib/module/module.txt", "changed\n");
      },
      ["uncommitted-changes", "nested-work"],
    ],
    [
      "with a new commit keeps it",
      ({ module }) => module("commit", "--quiet", "--allow-empty", "-m", "x"),
      ["uncommitted-changes", "nested-work"],
    ],
    [
      "with a commit that it stands on no longer keeps it",
      async ({ module }) => {
        await module("checkout", "--quiet", "-b", "aside");
        await module("commit", "--quiet", "--allow-empty", "-m", "x");
        await module("checkout", "--quiet", "--detach", "HEAD~1");
      },
      ["nested-work"],
    ],
    [
      "that was taken out of the tree again keeps it with a commit that no remote has",
      async ({ module, tree }) => {
        await module("checkout", "--quiet", "-b", "aside");
        await module("commit", "--quiet", "--allow-empty", "-m", "x");
        await tree.git("submodule", "deinit", "--quiet", "--force", "lib/module");
      },
      ["nested-work"],
    ],
  ];
  test.each(CASES)("%s", async (_name, setup, reasons) => {
    const { scene, tree, module } = await withSubmodule();
    await using _ = scene;
    await setup({ scene, tree, module });
    expect(await reasonsOf(scene, tree)).toEqual(reasons);
  });
});
