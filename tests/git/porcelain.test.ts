// The parsers of git's machine-readable output, on what this machine's git really says.

import { describe, expect, test } from "bun:test";
import { rename, rm } from "node:fs/promises";
import { parseVersion, parseWorktrees, pathsOfStatus, shortBranch } from "../../src/git/porcelain.ts";
import { makePlace, type Place } from "../support/place.ts";
import { makeRepo, type Repo, runGit } from "../support/repo.ts";

async function worktrees(place: Place, repo: Repo) {
  const args = ["worktree", "list", "--porcelain", "-z"];
  return parseWorktrees(await runGit(args, { cwd: repo.path, env: place.env() }));
}

describe("git worktree list", () => {
  test("names main, linked, detached and locked worktrees", async () => {
    await using place = await makePlace();
    const repo = await makeRepo(place);
    const head = await repo.git("rev-parse", "HEAD");
    await repo.git("worktree", "add", "-q", "-b", "feature/x", place.at("linked"));
    await repo.git("worktree", "add", "-q", "--detach", place.at("detached"));
    await repo.git("worktree", "lock", "--reason", "on a\ndisk", place.at("linked"));
    const plain = { head, isBare: false, isDetached: false, locked: undefined, prunable: undefined };
    expect(await worktrees(place, repo)).toEqual([
      { ...plain, path: repo.path, branch: "main" },
      { ...plain, path: place.at("detached"), branch: undefined, isDetached: true },
      { ...plain, path: place.at("linked"), branch: "feature/x", locked: "on a\ndisk" },
    ]);
  });

  test("says why a worktree could be pruned", async () => {
    await using place = await makePlace();
    const repo = await makeRepo(place);
    await repo.git("worktree", "add", "-q", place.at("linked"));
    await rm(place.at("linked"), { recursive: true });
    expect((await worktrees(place, repo))[1]?.prunable).toContain("non-existent");
  });

  test("keeps a path with a line end whole", async () => {
    await using place = await makePlace();
    const repo = await makeRepo(place);
    await repo.git("worktree", "add", "-q", "-b", "odd", place.at("a\n\nHEAD 0\nbare"));
    expect((await worktrees(place, repo))[1]).toMatchObject({ path: place.at("a\n\nHEAD 0\nbare"), isBare: false });
  });

  test("has no head before the first commit, and none in a bare repository", async () => {
    await using place = await makePlace();
    const unborn = await makeRepo(place, { unborn: true });
    const bare = await makeRepo(place, { bare: true, name: "bare.git" });
    expect(await worktrees(place, unborn)).toMatchObject([{ head: undefined, branch: "main", isBare: false }]);
    expect(await worktrees(place, bare)).toMatchObject([{ head: undefined, branch: undefined, isBare: true }]);
  });

  test("of nothing is nothing", () => expect(parseWorktrees("")).toEqual([]));
});

describe("git status", () => {
  const named = async (place: Place, repo: Repo): Promise<string[]> => {
    const args = ["status", "--porcelain", "-z", "--no-renames"];
    return pathsOfStatus(await runGit(args, { cwd: repo.path, env: place.env() })).sort();
  };

  test("of a clean checkout names nothing", async () => {
    await using place = await makePlace();
    expect(await named(place, await makeRepo(place))).toEqual([]);
  });

  test("names changed, staged, deleted and untracked files once each", async () => {
    await using place = await makePlace();
    const repo = await makeRepo(place, { files: 4 });
    await Bun.write(place.at("repo/file-0.txt"), "changed");
    await Bun.write(place.at("repo/folder-0/file-1.txt"), "staged");
    await repo.git("add", "folder-0/file-1.txt");
    await Bun.write(place.at("repo/folder-0/file-1.txt"), "changed again");
    await rm(place.at("repo/folder-0/file-2.txt"));
    await Bun.write(place.at("repo/new\nfile"), "");
    expect(await named(place, repo)).toEqual(["file-0.txt", "folder-0/file-1.txt", "folder-0/file-2.txt", "new\nfile"]);
  });

  test("names both sides of a rename, whatever they look like", async () => {
    await using place = await makePlace();
    const repo = await makeRepo(place);
    await rename(place.at("repo/file-0.txt"), place.at("repo/R  x"));
    await repo.git("add", "-A");
    expect(await named(place, repo)).toEqual(["R  x", "file-0.txt"]);
  });
});

describe("git version", () => {
  test("is read from this machine's git", async () => {
    await using place = await makePlace();
    const version = parseVersion(await runGit(["version"], { cwd: place.path, env: place.env() }));
    expect(version?.major).toBeGreaterThanOrEqual(2);
  });

  test.each([
    ["git version 2.39.5", { major: 2, minor: 39, text: "2.39.5" }],
    ["git version 2.39.3 (Apple Git-146)", { major: 2, minor: 39, text: "2.39.3" }],
    ["git version 2.46.0.rc1.windows.1", { major: 2, minor: 46, text: "2.46.0.rc1.windows.1" }],
    ["git version 3.0.0", { major: 3, minor: 0, text: "3.0.0" }],
    ["", undefined],
    ["hub version 2.14", undefined],
  ])("%j", (output, version) => expect(parseVersion(output)).toEqual(version));
});

test.each([
  ["refs/heads/a/b", "a/b"],
  ["refs/remotes/origin/main", "refs/remotes/origin/main"],
  ["refs/heads/", ""],
])("%s is shown as %s", (ref, shown) => expect(shortBranch(ref)).toBe(shown));
