// Every odd directory of a repository that a session may be started from.

import { describe, expect, test } from "bun:test";
import { existsSync } from "node:fs";
import { mkdir, symlink } from "node:fs/promises";
import { join } from "node:path";
import { PROGRAM, pcc } from "../support/cli.ts";
import { makePlace, type Place } from "../support/place.ts";
import { sleeper } from "../support/processes.ts";
import { remainsOf } from "../support/remains.ts";
import { makeRepo, type Repo } from "../support/repo.ts";
import { isClean, registered } from "../support/sessions.ts";

describe("started", () => {
  test("inside .git, the main checkout is given out", async () => {
    await using place = await makePlace();
    await using owner = sleeper();
    const repo = await makeRepo(place);
    const made = await registered(place, owner, { cwd: join(repo.path, ".git", "objects") });
    expect(made).toMatchObject({ isMainRepo: true, worktreePath: repo.path, startDirectory: repo.path });
  });

  test("in a subdirectory, each session starts in the same one of its own checkout", async () => {
    await using place = await makePlace();
    await using first = sleeper();
    await using second = sleeper();
    const repo = await makeRepo(place, { files: 150 });
    const cwd = join(repo.path, "folder-0");
    expect((await registered(place, first, { cwd })).startDirectory).toBe(cwd);
    const made = await registered(place, second, { cwd });
    expect(made.startDirectory).toBe(join(made.worktreePath, "folder-0"));
  });

  test("in a subdirectory that the base does not have, the session starts at the top", async () => {
    await using place = await makePlace();
    await using first = sleeper();
    await using second = sleeper();
    const repo = await makeRepo(place);
    await mkdir(join(repo.path, "new"));
    await registered(place, first, { cwd: repo.path });
    const made = await registered(place, second, { cwd: join(repo.path, "new") });
    expect(made.startDirectory).toBe(made.worktreePath);
  });

  test("through a symbolic link, it is the same repository", async () => {
    await using place = await makePlace();
    await using first = sleeper();
    await using second = sleeper();
    const repo = await makeRepo(place);
    await symlink(repo.path, place.at("link"));
    expect((await registered(place, first, { cwd: place.at("link") })).worktreePath).toBe(repo.path);
    expect(await registered(place, second, { cwd: repo.path })).toMatchObject({
      isMainRepo: false,
      parallelSessions: 2,
    });
  });

  // Bun 1.4.4 says so itself, in its own words and before any line of ours, so that --json changes nothing.
  test("in a directory that is gone, it says so and fails", async () => {
    await using place = await makePlace();
    const repo = await makeRepo(place);
    await mkdir(join(repo.path, "gone"));
    const child = Bun.spawn(["/bin/sh", "-c", 'rmdir ../gone; exec "$0" register', PROGRAM], {
      cwd: join(repo.path, "gone"),
      env: place.env(),
      stdin: "ignore",
      stdout: "pipe",
      stderr: "pipe",
    });
    expect([await child.exited, await child.stdout.text()]).toEqual([1, ""]);
    expect(await child.stderr.text()).toContain("working directory was deleted");
    expect(existsSync(place.at("home", ".parallel-cc"))).toBe(false);
  });

  test("with git's own variables set, they are not followed, and that is said", async () => {
    await using place = await makePlace();
    await using first = sleeper();
    await using second = sleeper();
    const repo = await makeRepo(place);
    const other = await makeRepo(place, { name: "other" });
    const env = {
      GIT_DIR: join(other.path, ".git"),
      GIT_WORK_TREE: other.path,
      GIT_INDEX_FILE: join(other.path, ".git/index"),
      GIT_OBJECT_DIRECTORY: join(other.path, ".git/objects"),
    };
    const main = await registered(place, first, { cwd: repo.path, env });
    expect(main.worktreePath).toBe(repo.path);
    expect(main.warnings.join()).toContain("GIT_DIR, GIT_INDEX_FILE, GIT_OBJECT_DIRECTORY, GIT_WORK_TREE");
    const made = await registered(place, second, { cwd: repo.path, env });
    expect(made.worktreePath).toStartWith(place.at("repo-worktrees/"));
    expect((await remainsOf(place, repo)).wrong).toEqual([]);
    expect(await isClean(other.path, place)).toBe(true);
  });
});

describe("started inside a linked worktree", () => {
  async function withLinked(place: Place): Promise<Repo & { linked: string }> {
    const repo = await makeRepo(place);
    const linked = place.at("own", "linked");
    await repo.git("worktree", "add", "--quiet", "-b", "own", linked);
    return { ...repo, linked };
  }

  test("that is free, the session stays there although the main checkout is free too", async () => {
    await using place = await makePlace();
    await using owner = sleeper();
    const repo = await withLinked(place);
    const made = await registered(place, owner, { cwd: repo.linked });
    expect(made).toMatchObject({ isMainRepo: false, worktreePath: repo.linked, branch: "own", worktreeName: "linked" });
  });

  test("that is held, the session gets a new one", async () => {
    await using place = await makePlace();
    await using first = sleeper();
    await using second = sleeper();
    const repo = await withLinked(place);
    await registered(place, first, { cwd: repo.linked });
    const made = await registered(place, second, { cwd: repo.linked });
    expect(made.worktreePath).toStartWith(place.at("repo-worktrees/parallel-"));
    expect(await repo.git("rev-parse", made.branch ?? "")).toBe(await repo.git("rev-parse", "own"));
  });

  test("that we did not make, a release leaves it, its branch and its changes", async () => {
    await using place = await makePlace();
    await using owner = sleeper();
    const repo = await withLinked(place);
    await registered(place, owner, { cwd: repo.linked });
    await Bun.write(join(repo.linked, "file-0.txt"), "changed");
    expect((await pcc(place, ["release", "--pid", String(owner.pid)])).exit).toBe(0);
    expect(await Bun.file(join(repo.linked, "file-0.txt")).text()).toBe("changed");
    expect(await repo.git("branch", "--list", "own")).toContain("own");
  });

  test("of ours whose session ended, the next session takes it over with what is in it", async () => {
    await using place = await makePlace();
    await using first = sleeper();
    await using second = sleeper();
    await using third = sleeper();
    const repo = await makeRepo(place);
    await registered(place, first, { cwd: repo.path });
    const made = await registered(place, second, { cwd: repo.path }, "--name", "work");
    await Bun.write(join(made.worktreePath, "new.txt"), "work");
    await second.kill();
    const taken = await registered(place, third, { cwd: made.worktreePath });
    expect(taken).toMatchObject({ worktreePath: made.worktreePath, branch: made.branch });
    expect(await Bun.file(join(made.worktreePath, "new.txt")).text()).toBe("work");
  });
});
