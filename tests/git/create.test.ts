// Making a worktree, and taking back one that was never finished: what nobody worked in goes, whatever else stays.

import { describe, expect, test } from "bun:test";
import { existsSync } from "node:fs";
import { chmod, mkdir, readdir } from "node:fs/promises";
import { createWorktree, discardHalfMade, type NewWorktree } from "../../src/features/worktrees/create.ts";
import { locate } from "../../src/git/repository.ts";
import { makePlace, type Place } from "../support/place.ts";
import { makeRepo, type Repo, type RepoInput } from "../support/repo.ts";
import { type TestWorld, testWorld } from "../support/world.ts";

interface Scene extends AsyncDisposable {
  place: Place;
  repo: Repo;
  world: TestWorld;
  made: NewWorktree;
  create(): Promise<string[]>;
  discard(): Promise<string>;
}

async function makeScene(input: RepoInput = {}): Promise<Scene> {
  const place = await makePlace();
  const repo = await makeRepo(place, { commits: 2, files: 3, ...input });
  const world = testWorld(place, { cwd: repo.path });
  const commit = await repo.git("rev-parse", "HEAD~1");
  const made = { path: place.at("repo-worktrees/parallel-1"), branch: "parallel-1", commit };
  return {
    place,
    repo,
    world,
    made,
    create: async () => createWorktree(world, await locate(world.git(repo.path)), made),
    discard: () => discardHalfMade(world, `${repo.path}/.git`, made),
    [Symbol.asyncDispose]: () => place[Symbol.asyncDispose](),
  };
}

async function writeHook(folder: string, text: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  await Bun.write(`${folder}/post-checkout`, `#!/bin/sh\n${text}\n`);
  await chmod(`${folder}/post-checkout`, 0o755);
}

describe("a worktree", () => {
  test("stands on a new branch at the commit asked for, clean and complete", async () => {
    await using scene = await makeScene();
    expect(await scene.create()).toEqual([]);
    const at = (...args: string[]) => scene.repo.git("-C", scene.made.path, ...args);
    expect(await at("symbolic-ref", "HEAD")).toBe("refs/heads/parallel-1");
    expect(await at("rev-parse", "HEAD")).toBe(scene.made.commit);
    expect(await at("status", "--porcelain")).toBe("");
    expect(await Bun.file(`${scene.made.path}/file-0.txt`).text()).toStartWith("file 0, commit 1");
  });

  test("tracks nothing, whatever git's settings say", async () => {
    await using scene = await makeScene();
    await scene.repo.git("config", "branch.autoSetupMerge", "always");
    await scene.create();
    await expect(scene.repo.git("config", "branch.parallel-1.merge")).rejects.toThrow("gave 1");
  });

  test("runs the post-checkout hook once, as git does after making a worktree", async () => {
    await using scene = await makeScene();
    await writeHook(scene.place.at("repo/.git/hooks"), `printf '%s ' "$@" "$(pwd)" >>"${scene.place.at("said")}"`);
    expect(await scene.create()).toEqual([]);
    const zero = "0".repeat(40);
    expect(await Bun.file(scene.place.at("said")).text()).toBe(`${zero} ${scene.made.commit} 1 ${scene.made.path} `);
  });

  test("runs the hook of core.hooksPath", async () => {
    await using scene = await makeScene();
    await writeHook(scene.place.at("hooks"), `: >"${scene.place.at("ran")}"`);
    await scene.repo.git("config", "core.hooksPath", scene.place.at("hooks"));
    await scene.create();
    expect(existsSync(scene.place.at("ran"))).toBe(true);
  });

  test("stands although its hook fails, which is a warning", async () => {
    await using scene = await makeScene();
    await writeHook(scene.place.at("repo/.git/hooks"), 'echo "no licence" >&2; exit 3');
    const [warning, ...more] = await scene.create();
    expect(more).toEqual([]);
    expect(warning).toContain("(exit 3): no licence");
    expect(existsSync(`${scene.made.path}/file-0.txt`)).toBe(true);
  });

  test("needs a directory that can be made, and says which cannot", async () => {
    await using scene = await makeScene();
    await Bun.write(scene.place.at("repo-worktrees"), "a file");
    await expect(scene.create()).rejects.toMatchObject({
      code: "worktree.unwritable",
      message: expect.stringContaining(scene.place.at("repo-worktrees")),
    });
  });

  test("is refused where something stands already, in git's words", async () => {
    await using scene = await makeScene();
    await Bun.write(`${scene.made.path}/mine`, "");
    await expect(scene.create()).rejects.toMatchObject({ code: "worktree.failed", details: { path: scene.made.path } });
    expect(await readdir(scene.made.path)).toEqual(["mine"]);
  });

  test("is refused on a branch that is there already, which stays where it is", async () => {
    await using scene = await makeScene();
    await scene.repo.git("branch", "parallel-1", "main");
    await expect(scene.create()).rejects.toMatchObject({ code: "worktree.failed" });
    expect(await scene.repo.git("rev-parse", "parallel-1")).toBe(await scene.repo.git("rev-parse", "main"));
  });

  test("is refused in git's words, which end in one full stop", async () => {
    await using scene = await makeScene();
    await Bun.write(`${scene.repo.path}/.git/refs/heads/parallel-1.lock`, "");
    const refused = await scene.create().catch((thrown: unknown) => thrown);
    expect(refused).toMatchObject({ code: "worktree.failed", message: expect.stringMatching(/[^.]\.$/) });
  });

  test("is not begun once a signal came", async () => {
    await using scene = await makeScene();
    scene.world.interrupt();
    await expect(scene.create()).rejects.toMatchObject({ kind: "cancelled" });
    expect(existsSync(scene.made.path)).toBe(false);
  });
});

describe("a worktree taken back", () => {
  const isGone = async ({ repo, place, made }: Scene): Promise<boolean> =>
    !existsSync(made.path) &&
    !existsSync(place.at("repo-worktrees")) &&
    (await repo.git("branch", "--list", made.branch)) === "" &&
    (await repo.git("worktree", "list")).split("\n").length === 1;

  test("is gone with its branch, its registration and an empty folder above it", async () => {
    await using scene = await makeScene();
    await scene.create();
    expect(await scene.discard()).toBe("gone");
    expect(await isGone(scene)).toBe(true);
  });

  test("is gone at every step that making it could have stopped at", async () => {
    await using scene = await makeScene();
    const { repo, made } = scene;
    expect(await scene.discard()).toBe("gone");
    await repo.git("branch", "--no-track", made.branch, made.commit);
    expect(await scene.discard()).toBe("gone");
    expect(await isGone(scene)).toBe(true);
    await repo.git("worktree", "add", "-q", "--no-checkout", "-b", made.branch, made.path, made.commit);
    expect(await scene.discard()).toBe("gone");
    expect(await isGone(scene)).toBe(true);
  });

  test("is gone although git locked it while it was made", async () => {
    await using scene = await makeScene();
    await scene.repo.git(
      "worktree",
      "add",
      "-q",
      "--no-checkout",
      "-b",
      scene.made.branch,
      scene.made.path,
      scene.made.commit,
    );
    await scene.repo.git("worktree", "lock", "--reason", "initializing", scene.made.path);
    expect(await scene.discard()).toBe("gone");
    expect(await isGone(scene)).toBe(true);
  });

  test("is kept when somebody locked it once it was finished", async () => {
    await using scene = await makeScene();
    await scene.create();
    await scene.repo.git("worktree", "lock", scene.made.path);
    expect(await scene.discard()).toBe("kept");
    expect(await isGone(scene)).toBe(false);
  });

  test("leaves what else stands in the folder above it", async () => {
    await using scene = await makeScene();
    await scene.create();
    await Bun.write(scene.place.at("repo-worktrees/mine"), "");
    expect(await scene.discard()).toBe("gone");
    expect(await readdir(scene.place.at("repo-worktrees"))).toEqual(["mine"]);
  });

  test("is kept when it holds an untracked file", async () => {
    await using scene = await makeScene();
    await scene.create();
    await Bun.write(`${scene.made.path}/new`, "work");
    expect(await scene.discard()).toBe("kept");
    expect(await Bun.file(`${scene.made.path}/new`).text()).toBe("work");
  });

  test("is kept when a file in it was changed", async () => {
    await using scene = await makeScene();
    await scene.create();
    await Bun.write(`${scene.made.path}/file-0.txt`, "work");
    expect(await scene.discard()).toBe("kept");
    expect(await Bun.file(`${scene.made.path}/file-0.txt`).text()).toBe("work");
  });

  test("is kept when something was committed in it", async () => {
    await using scene = await makeScene();
    await scene.create();
    await scene.repo.git("-C", scene.made.path, "commit", "-q", "--allow-empty", "-m", "work");
    const tip = await scene.repo.git("rev-parse", scene.made.branch);
    expect(await scene.discard()).toBe("kept");
    expect(await scene.repo.git("rev-parse", scene.made.branch)).toBe(tip);
  });

  test("leaves a branch that moved, though no worktree stands on it", async () => {
    await using scene = await makeScene();
    await scene.repo.git("branch", scene.made.branch, "main");
    expect(await scene.discard()).toBe("gone");
    expect(await scene.repo.git("rev-parse", scene.made.branch)).toBe(await scene.repo.git("rev-parse", "main"));
  });

  test("leaves a directory of that name that git knows nothing of", async () => {
    await using scene = await makeScene();
    await Bun.write(`${scene.made.path}/mine`, "work");
    expect(await scene.discard()).toBe("gone");
    expect(await readdir(scene.made.path)).toEqual(["mine"]);
  });

  test("is left alone while a process that makes it still runs", async () => {
    await using scene = await makeScene();
    await scene.create();
    const command = ["sh", "-c", "echo ready; read line", "sh", scene.made.path];
    const maker = Bun.spawn(command, { stdin: "pipe", stdout: "pipe" });
    try {
      await maker.stdout.getReader().read();
      expect(await scene.discard()).toBe("busy");
      expect(existsSync(`${scene.made.path}/file-0.txt`)).toBe(true);
    } finally {
      maker.kill();
      await maker.exited;
    }
    expect(await scene.discard()).toBe("gone");
  });
});
