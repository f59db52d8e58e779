// Every odd kind of repository that a session may be started in.

import { describe, expect, test } from "bun:test";
import { existsSync } from "node:fs";
import { mkdir, readdir, rename } from "node:fs/promises";
import { join } from "node:path";
import { pcc } from "../support/cli.ts";
import { makePlace } from "../support/place.ts";
import { sleeper } from "../support/processes.ts";
import { makeRepo } from "../support/repo.ts";
import { failureOf, isClean, refused, registered, shownSessions } from "../support/sessions.ts";

describe("a repository", () => {
  test("that is none is a clear error", async () => {
    await using place = await makePlace();
    await using owner = sleeper();
    expect(await refused(place, owner)).toBe("repository.none");
    expect(await shownSessions(place)).toHaveLength(0);
  });

  test("that is bare gives each session a worktree beside it", async () => {
    await using place = await makePlace();
    await using first = sleeper();
    await using second = sleeper();
    const repo = await makeRepo(place, { bare: true, name: "shop.git" });
    const one = await registered(place, first, { cwd: repo.path });
    const two = await registered(place, second, { cwd: repo.path });
    expect([one.isMainRepo, two.isMainRepo]).toEqual([false, false]);
    expect(one.worktreePath).toStartWith(place.at("shop-worktrees/parallel-"));
    expect(two.worktreePath).not.toBe(one.worktreePath);
    expect(await readdir(one.worktreePath)).toContain("file-0.txt");
  });

  test("that is bare and empty is a clear error that leaves nothing", async () => {
    await using place = await makePlace();
    await using first = sleeper();
    const repo = await makeRepo(place, { bare: true, unborn: true });
    expect(await refused(place, first, { cwd: repo.path })).toBe("repository.unborn");
    expect(existsSync(place.at("repo-worktrees"))).toBe(false);
    expect(await shownSessions(place)).toHaveLength(0);
  });

  test("without a commit takes a first session, and refuses the second, which leaves nothing", async () => {
    await using place = await makePlace();
    await using first = sleeper();
    await using second = sleeper();
    const repo = await makeRepo(place, { unborn: true });
    expect(await registered(place, first, { cwd: repo.path })).toMatchObject({ isMainRepo: true, branch: "main" });
    expect(await refused(place, second, { cwd: repo.path })).toBe("repository.unborn");
    expect(await shownSessions(place)).toHaveLength(1);
    expect(existsSync(place.at("repo-worktrees"))).toBe(false);
  });

  test("on a branch that has no commit yet gives the second session one from --base", async () => {
    await using place = await makePlace();
    await using first = sleeper();
    await using second = sleeper();
    const repo = await makeRepo(place);
    await repo.git("checkout", "--quiet", "--orphan", "new");
    expect(await registered(place, first, { cwd: repo.path })).toMatchObject({ isMainRepo: true, branch: "new" });
    expect(await refused(place, second, { cwd: repo.path })).toBe("repository.unborn");
    const made = await registered(place, second, { cwd: repo.path }, "--base", "main");
    expect(await readdir(made.worktreePath)).toContain("file-0.txt");
  });

  test("with a detached HEAD gives worktrees that start at it", async () => {
    await using place = await makePlace();
    await using first = sleeper();
    await using second = sleeper();
    const repo = await makeRepo(place, { detached: true, commits: 2 });
    expect(await registered(place, first, { cwd: repo.path })).toMatchObject({ isMainRepo: true, branch: null });
    const made = await registered(place, second, { cwd: repo.path });
    expect(await repo.git("rev-parse", made.branch ?? "")).toBe(await repo.git("rev-parse", "HEAD"));
  });

  test("whose .git is a file works like any other", async () => {
    await using place = await makePlace();
    await using first = sleeper();
    await using second = sleeper();
    const repo = await makeRepo(place);
    await mkdir(place.at("elsewhere"));
    await repo.git("init", "--quiet", `--separate-git-dir=${place.at("elsewhere", "git")}`);
    expect(await registered(place, first, { cwd: repo.path })).toMatchObject({
      isMainRepo: true,
      worktreePath: repo.path,
    });
    const made = await registered(place, second, { cwd: repo.path });
    expect(made.worktreePath).toStartWith(place.at("repo-worktrees/"));
    expect(await isClean(made.worktreePath, place)).toBe(true);
  });

  test("that is a submodule is one of its own", async () => {
    await using place = await makePlace();
    await using first = sleeper();
    await using second = sleeper();
    await using third = sleeper();
    const inner = await makeRepo(place, { name: "inner" });
    const outer = await makeRepo(place, { name: "outer" });
    await outer.git("-c", "protocol.file.allow=always", "submodule", "--quiet", "add", inner.path, "sub");
    const cwd = join(outer.path, "sub");
    expect(await registered(place, first, { cwd })).toMatchObject({ isMainRepo: true, worktreePath: cwd });
    const made = await registered(place, second, { cwd });
    expect(await isClean(made.worktreePath, place)).toBe(true);
    // Beside the submodule it would be an untracked folder of the repository around it.
    expect(made.worktreePath).toStartWith(place.at("outer-worktrees/"));
    const again = await registered(place, third, { cwd: made.worktreePath });
    expect(again).toMatchObject({ isMainRepo: false, isNew: true });
    expect(await registered(place, third, { cwd: outer.path })).toMatchObject({
      isMainRepo: true,
      worktreePath: outer.path,
    });
  });

  test("with a submodule gives worktrees that git calls clean", async () => {
    await using place = await makePlace();
    await using first = sleeper();
    await using second = sleeper();
    const inner = await makeRepo(place, { name: "inner" });
    const repo = await makeRepo(place);
    await repo.git("-c", "protocol.file.allow=always", "submodule", "--quiet", "add", inner.path, "sub");
    await repo.git("commit", "--quiet", "-m", "submodule");
    await registered(place, first, { cwd: repo.path });
    const made = await registered(place, second, { cwd: repo.path });
    expect(await isClean(made.worktreePath, place)).toBe(true);
  });

  test("that git does not trust is refused with git's reason", async () => {
    await using place = await makePlace();
    await using owner = sleeper();
    const repo = await makeRepo(place);
    const failure = await failureOf(place, ["register", "--pid", String(owner.pid)], {
      cwd: repo.path,
      env: { GIT_TEST_ASSUME_DIFFERENT_OWNER: "1" },
    });
    expect(failure.message).toContain("dubious ownership");
    expect(await shownSessions(place)).toHaveLength(0);
  });

  test("that was moved away leaves its sessions where they were, and status as it was", async () => {
    await using place = await makePlace();
    await using owner = sleeper();
    const repo = await makeRepo(place);
    await registered(place, owner, { cwd: repo.path });
    await rename(repo.path, place.at("moved"));
    const ran = await pcc(place, ["status"]);
    expect({ exit: ran.exit, stderr: ran.stderr }).toEqual({ exit: 0, stderr: "" });
    expect(await shownSessions(place)).toHaveLength(1);
    expect((await pcc(place, ["release", "--pid", String(owner.pid)])).exit).toBe(0);
  });
});
