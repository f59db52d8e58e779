// Which repository a directory belongs to, in every kind of place that git knows.

import { describe, expect, test } from "bun:test";
import { mkdir, symlink } from "node:fs/promises";
import { Failure } from "../../src/core/failure.ts";
import { defaultWorktreesDirectory, locate, type Repository } from "../../src/git/repository.ts";
import { makePlace, type Place } from "../support/place.ts";
import { makePrograms } from "../support/programs.ts";
import { makeRepo, runGit } from "../support/repo.ts";
import { testWorld, type WorldInput } from "../support/world.ts";

function located(place: Place, directory: string, input: WorldInput = {}): Promise<Repository> {
  return locate(testWorld(place, input).git(directory));
}

/** What tells repositories and places apart, without the commits and the list of worktrees. */
function told({ gitDir, path, isBare, here }: Repository): unknown {
  return { gitDir, path, isBare, top: here.top, subdirectory: here.subdirectory, isLinked: here.isLinked };
}

describe("a main checkout", () => {
  test("is itself", async () => {
    await using place = await makePlace();
    const repo = await makeRepo(place);
    const found = await located(place, repo.path);
    expect(told(found)).toEqual({
      gitDir: place.at("repo/.git"),
      path: repo.path,
      isBare: false,
      top: repo.path,
      subdirectory: "",
      isLinked: false,
    });
    expect(found.here).toMatchObject({ head: await repo.git("rev-parse", "HEAD"), branch: "main" });
  });

  test("is one also where all hooks are switched off", async () => {
    await using place = await makePlace();
    const repo = await makeRepo(place);
    await repo.git("config", "core.hooksPath", "/dev/null");
    expect((await located(place, repo.path)).here.top).toBe(repo.path);
  });

  test("is the same from below, which is told", async () => {
    await using place = await makePlace();
    const repo = await makeRepo(place);
    await mkdir(place.at("repo/a/b"), { recursive: true });
    expect((await located(place, place.at("repo/a/b"))).here).toMatchObject({ top: repo.path, subdirectory: "a/b" });
  });

  test("is the same through a symbolic link", async () => {
    await using place = await makePlace();
    const repo = await makeRepo(place);
    await symlink(repo.path, place.at("link"));
    expect(told(await located(place, place.at("link")))).toEqual(told(await located(place, repo.path)));
  });

  test("without a commit has a branch and no head", async () => {
    await using place = await makePlace();
    const repo = await makeRepo(place, { unborn: true });
    expect((await located(place, repo.path)).here).toMatchObject({ head: undefined, branch: "main" });
  });

  test("with a detached HEAD has a head and no branch", async () => {
    await using place = await makePlace();
    const repo = await makeRepo(place, { detached: true });
    const { here } = await located(place, repo.path);
    expect(here).toMatchObject({ head: await repo.git("rev-parse", "HEAD"), branch: undefined });
  });

  test.each(['it\'s\n$(here) "漢字"', " ends in a line end\n", "-rf", "a--parallel-cc\n--parallel-cc\nb"])(
    "may stand in a directory called %j",
    async (name) => {
      await using place = await makePlace();
      const repo = await makeRepo(place, { name });
      await mkdir(place.at(name, "sub\n"));
      expect(told(await located(place, place.at(name, "sub\n")))).toMatchObject({
        gitDir: place.at(name, ".git"),
        path: repo.path,
        top: repo.path,
        subdirectory: "sub\n",
      });
    },
  );

  test("is found whatever GIT_DIR says", async () => {
    await using place = await makePlace();
    const repo = await makeRepo(place);
    const other = await makeRepo(place, { name: "other" });
    const env = { GIT_DIR: `${other.path}/.git`, GIT_WORK_TREE: other.path };
    expect((await located(place, repo.path, { env })).path).toBe(repo.path);
  });
});

describe("a linked worktree", () => {
  test("belongs to its main checkout", async () => {
    await using place = await makePlace();
    const repo = await makeRepo(place);
    await repo.git("worktree", "add", "-q", "-b", "side", place.at("side"));
    await mkdir(place.at("side/sub"));
    const found = await located(place, place.at("side/sub"));
    expect(told(found)).toEqual({
      gitDir: place.at("repo/.git"),
      path: repo.path,
      isBare: false,
      top: place.at("side"),
      subdirectory: "sub",
      isLinked: true,
    });
    expect(found.here.branch).toBe("side");
    expect(found.worktrees.map(({ path }) => path)).toEqual([repo.path, place.at("side")]);
  });

  test("may have a line end in its path", async () => {
    await using place = await makePlace();
    const repo = await makeRepo(place);
    await repo.git("worktree", "add", "-q", "--detach", place.at("odd\none"));
    const { here } = await located(place, place.at("odd\none"));
    expect(here).toMatchObject({ top: place.at("odd\none"), isLinked: true, branch: undefined });
  });
});

describe("a bare repository", () => {
  test.each(["shop.git", "shop", "line end\n"])("called %j is its own path, and no checkout", async (name) => {
    await using place = await makePlace();
    const repo = await makeRepo(place, { bare: true, name });
    expect(told(await located(place, repo.path))).toEqual({
      gitDir: repo.path,
      path: repo.path,
      isBare: true,
      top: undefined,
      subdirectory: "",
      isLinked: false,
    });
  });

  test("is bare as seen from its worktrees too", async () => {
    await using place = await makePlace();
    const repo = await makeRepo(place, { bare: true, name: "shop.git" });
    await repo.git("worktree", "add", "-q", "-b", "side", place.at("side"));
    expect(told(await located(place, place.at("side")))).toMatchObject({
      gitDir: repo.path,
      path: repo.path,
      isBare: true,
      top: place.at("side"),
      isLinked: true,
    });
  });

  test("has its worktrees beside it, named without .git", () => {
    const bare = { path: "/src/shop.git", gitDir: "/src/shop.git", isBare: true };
    expect(defaultWorktreesDirectory(bare)).toBe("/src/shop-worktrees");
    const checkout = { path: "/src/shop.git", gitDir: "/src/shop.git/.git", isBare: false };
    expect(defaultWorktreesDirectory(checkout)).toBe("/src/shop.git-worktrees");
  });
});

describe("a git directory apart from its checkout", () => {
  test("inside .git is the repository, but no checkout", async () => {
    await using place = await makePlace();
    const repo = await makeRepo(place);
    expect(told(await located(place, place.at("repo/.git/refs")))).toMatchObject({
      gitDir: place.at("repo/.git"),
      path: repo.path,
      isBare: false,
      top: undefined,
    });
  });

  test("made with --separate-git-dir is told apart from it", async () => {
    await using place = await makePlace();
    const env = place.env();
    await runGit(["init", "-q", `--separate-git-dir=${place.at("elsewhere")}`, place.at("work")], {
      cwd: place.path,
      env,
    });
    expect(told(await located(place, place.at("work")))).toMatchObject({
      gitDir: place.at("elsewhere"),
      path: place.at("work"),
      isBare: false,
      top: place.at("work"),
      isLinked: false,
    });
  });

  test("of a submodule makes it a repository of its own", async () => {
    await using place = await makePlace();
    const repo = await makeRepo(place);
    await makeRepo(place, { name: "inner" });
    await repo.git("submodule", "--quiet", "add", place.at("inner"), "sub");
    expect(told(await located(place, place.at("repo/sub")))).toMatchObject({
      gitDir: place.at("repo/.git/modules/sub"),
      path: place.at("repo/sub"),
      top: place.at("repo/sub"),
      isLinked: false,
    });
  });

  test("of a submodule is found from the submodule's linked worktrees", async () => {
    await using place = await makePlace();
    const repo = await makeRepo(place);
    await makeRepo(place, { name: "inner" });
    await repo.git("submodule", "--quiet", "add", place.at("inner"), "sub");
    await repo.git("-C", "sub", "worktree", "add", "-q", "-b", "side", place.at("side"));
    expect(told(await located(place, place.at("side")))).toMatchObject({
      gitDir: place.at("repo/.git/modules/sub"),
      path: place.at("repo/sub"),
      top: place.at("side"),
      isLinked: true,
    });
  });
});

describe("refused", () => {
  const refusal = async (found: Promise<unknown>): Promise<Failure> => {
    const thrown = await found.then(
      () => undefined,
      (failure: unknown) => failure,
    );
    if (thrown instanceof Failure) return thrown;
    throw new Error("it was found", { cause: thrown });
  };

  test("a directory in no repository", async () => {
    await using place = await makePlace();
    const failure = await refusal(located(place, place.path, { env: { GIT_CEILING_DIRECTORIES: "/" } }));
    expect(failure).toMatchObject({ kind: "user", code: "repository.none", details: { directory: place.path } });
    expect(failure.hint).toContain("--repo");
  });

  test("a repository that is somebody else's, with git's own reason", async () => {
    await using place = await makePlace();
    const repo = await makeRepo(place);
    const failure = await refusal(located(place, repo.path, { env: { GIT_TEST_ASSUME_DIFFERENT_OWNER: "1" } }));
    expect(failure.code).toBe("repository.refused");
    expect(failure.message).toContain("dubious ownership");
  });

  test("a .git file that leads nowhere", async () => {
    await using place = await makePlace();
    await Bun.write(place.at("work/.git"), "gitdir: /nowhere/at/all\n");
    expect((await refusal(located(place, place.at("work")))).code).toBe("repository.refused");
  });

  test("a directory that is gone", async () => {
    await using place = await makePlace();
    expect((await refusal(located(place, place.at("gone")))).code).toBe("directory.gone");
  });

  test("a git that is too old", async () => {
    await using place = await makePlace();
    const repo = await makeRepo(place);
    const programs = await makePrograms(place, { git: { stdout: "git version 2.30.0\n" } });
    const failure = await refusal(located(place, repo.path, { path: [programs.folder] }));
    expect(failure.code).toBe("git.too-old");
    expect(failure.message).toContain("2.30.0");
    await programs.expectCalled("git");
  });

  test("no git at all", async () => {
    await using place = await makePlace();
    const repo = await makeRepo(place);
    const failure = await refusal(located(place, repo.path, { env: { PATH: place.at("empty") } }));
    expect(failure).toMatchObject({ code: "git.missing", message: "git was not found on PATH." });
  });
});

test("a worktree that is removed while git answers is said to be gone", async () => {
  await using place = await makePlace();
  const repo = await makeRepo(place);
  await repo.git("worktree", "add", "--quiet", place.at("linked"));
  const real = Bun.which("git") ?? "git";
  const sh = `'${real}' "$@"; status=$?; case $* in *rev-parse*) rm -rf '${place.at("linked")}' ;; esac; exit $status`;
  const programs = await makePrograms(place, { git: { sh } });
  const gone = located(place, place.at("linked"), { path: [programs.folder] });
  await expect(gone).rejects.toMatchObject({ code: "directory.gone" });
});
