// Removing and bringing back in repositories and places that are not the usual ones.

import { describe, expect, test } from "bun:test";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { removeWorktrees } from "../../src/features/cleanup/worktrees.ts";
import type { Place } from "../support/place.ts";
import { makeRepo, type Repo, runGit } from "../support/repo.ts";
import { DAY_MS, isThere, makeScene, type SceneInput, standingOf } from "./removal-scene.ts";

async function repoAt(place: Place, path: string): Promise<Repo> {
  const git: Repo["git"] = (...args) => runGit(args, { cwd: path, env: place.env() });
  return { path, branch: "main", git };
}

const bare = async (place: Place): Promise<Repo> => {
  const seed = await makeRepo(place, { name: "seed", files: 3 });
  await seed.git("clone", "--quiet", "--bare", seed.path, place.at("repo.git"));
  return repoAt(place, place.at("repo.git"));
};

const sha256 = async (place: Place): Promise<Repo> => {
  const path = place.at("repo");
  await mkdir(path);
  const repo = await repoAt(place, path);
  await repo.git("init", "--quiet", "--object-format=sha256", "--initial-branch=main");
  await Bun.write(join(path, "file-0.txt"), "file 0\n");
  await repo.git("add", ".");
  await repo.git("commit", "--quiet", "-m", "One");
  return repo;
};

const submodule = async (place: Place): Promise<Repo> => {
  const seed = await makeRepo(place, { name: "seed", files: 3 });
  const outer = await makeRepo(place, { name: "outer" });
  await outer.git("submodule", "add", "--quiet", seed.path, "lib/inner");
  await outer.git("commit", "--quiet", "-m", "A submodule");
  return repoAt(place, join(outer.path, "lib/inner"));
};

const separate = async (place: Place): Promise<Repo> => {
  const repo = await makeRepo(place, { files: 3 });
  await repo.git("init", "--quiet", "--separate-git-dir", place.at("elsewhere"));
  return repo;
};

const configured =
  (...settings: [string, string][]) =>
  async (place: Place): Promise<Repo> => {
    const repo = await makeRepo(place, { files: 3 });
    for (const [name, value] of settings) await repo.git("config", name, value);
    return repo;
  };

const worktreeConfig = async (place: Place): Promise<Repo> => {
  const repo = await configured(["extensions.worktreeConfig", "true"])(place);
  await repo.git("config", "--worktree", "core.worktree", repo.path);
  return repo;
};

const PLACES: [string, SceneInput][] = [
  ...["it's  two", "new\nline", "漢字 é", "-w", "$(touch x)*"].map((name): [string, SceneInput] => [
    `a folder named ${JSON.stringify(name)}`,
    { name },
  ]),
  ["a bare repository", { makeRepo: bare }],
  ["a repository of sha256", { makeRepo: sha256 }],
  ["a submodule", { makeRepo: submodule }],
  ["a repository whose git directory is elsewhere", { makeRepo: separate }],
  ["a repository with settings of each worktree", { makeRepo: worktreeConfig }],
  ["a repository without reflogs", { makeRepo: configured(["core.logAllRefUpdates", "false"]) }],
  [
    "a repository with packed refs",
    {
      makeRepo: async (place) => {
        const repo = await makeRepo(place, { files: 3 });
        await repo.git("pack-refs", "--all");
        return repo;
      },
    },
  ],
  [
    "git's variables of another repository",
    {
      env: {
        GIT_DIR: "/nowhere/.git",
        GIT_WORK_TREE: "/nowhere",
        GIT_INDEX_FILE: "/nowhere/index",
        GIT_COMMON_DIR: "/n",
      },
    },
  ],
  [
    "a user who lets git use no repository that it merely finds",
    {
      makeRepo: async (place) => {
        const repo = await makeRepo(place, { files: 3 });
        await repo.git("config", "--global", "safe.bareRepository", "explicit");
        return repo;
      },
    },
  ],
  [
    "a user with settings of every kind",
    {
      makeRepo: configured(
        ["core.quotePath", "false"],
        ["status.short", "true"],
        ["status.branch", "true"],
        ["status.relativePaths", "false"],
        ["status.renames", "copies"],
        ["diff.noprefix", "true"],
        ["diff.external", "false"],
        ["color.ui", "always"],
        ["column.ui", "always"],
        ["log.showSignature", "true"],
        ["commit.gpgSign", "false"],
        ["core.safecrlf", "true"],
        ["core.splitIndex", "true"],
        ["index.version", "4"],
        ["core.untrackedCache", "true"],
        ["feature.manyFiles", "true"],
        ["fastimport.unpackLimit", "1"],
        ["core.abbrev", "4"],
        ["gc.auto", "0"],
      ),
    },
  ],
];

describe.each(PLACES)("in %s", (_name, input) => {
  test("what is only there stays; removed by force it comes back as it was, from the trash and from git", async () => {
    await using scene = await makeScene(input);
    const tree = await scene.left();
    const tip = await tree.commit("a b.txt");
    await tree.write("new\nfile é", "new\n");
    await tree.write("file-0.txt", "staged\n");
    await tree.git("add", "file-0.txt");
    await tree.write("file-0.txt", "unstaged\n");
    expect(await scene.keeps(tree)).toEqual(["uncommitted-changes", "unlanded-commits"]);

    const hasLog = (await scene.git("config", "--get", "core.logAllRefUpdates").catch(() => "")) !== "false";
    const isBare = (await scene.git("rev-parse", "--is-bare-repository")) === "true";
    const look = () => (hasLog && !isBare ? standingOf(tree) : tree.git("status", "--porcelain", "--branch"));
    const before = await look();
    await removeWorktrees(scene.world, { worktree: [tree.path], force: true });
    expect(isThere(tree.path)).toBe(false);
    await scene.undo();
    expect(await look()).toEqual(before);

    const status = await tree.git("status", "--porcelain");
    await removeWorktrees(scene.world, { worktree: [tree.path], force: true });
    scene.world.pass(15 * DAY_MS);
    expect((await scene.cleanup()).pruned).toMatchObject([{ what: "trash" }]);
    await scene.undo();
    expect(await tree.git("status", "--porcelain")).toBe(status);
    expect(await tree.git("rev-parse", tree.branch)).toBe(tip);
    await scene.git("fsck", "--no-dangling");
  });

  test("what nobody used goes", async () => {
    await using scene = await makeScene(input);
    expect(await scene.keeps(await scene.left())).toEqual([]);
    expect(await scene.git("worktree", "prune", "--dry-run", "--verbose", "--expire=now")).toBe("");
  });
});
