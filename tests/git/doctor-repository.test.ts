// What doctor sees of a repository: who works in it, what was left behind, what the trash holds, room on the disk.

import { describe, expect, test } from "bun:test";
import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { judgeDisk } from "../../src/features/doctor/disk.ts";
import type { Check } from "../../src/features/doctor/doctor.ts";
import { examined, found } from "../support/doctor.ts";
import { makePlace } from "../support/place.ts";
import { deadPid } from "../support/processes.ts";
import { makeRepo } from "../support/repo.ts";
import { makeScene, type Scene } from "./removal-scene.ts";

async function inRepository({ place, repo }: Pick<Scene, "place" | "repo">): Promise<Check[]> {
  return examined(place, { cwd: repo.path });
}

describe("a repository", () => {
  test("is not needed", async () => {
    await using place = await makePlace();
    const checks = await examined(place);
    expect(found(checks, "repository")).toMatchObject({ status: "ok", detail: expect.stringContaining("none here") });
    expect(found(checks, "trash")).toBeUndefined();
  });

  test("that is bare is told as such", async () => {
    await using place = await makePlace();
    const repo = await makeRepo(place, { bare: true });
    const checks = await inRepository({ place, repo });
    expect(found(checks, "repository")).toMatchObject({ status: "ok", detail: `${repo.path}, a bare one` });
    expect(checks.filter(({ status }) => status === "fail")).toEqual([]);
  });

  test("without a commit is a warning", async () => {
    await using place = await makePlace();
    const repo = await makeRepo(place, { unborn: true });
    expect(found(await inRepository({ place, repo }), "repository")).toMatchObject({
      status: "warn",
      detail: `${repo.path} has no commit yet.`,
    });
  });

  test("that git refuses to open fails, with what git says", async () => {
    await using place = await makePlace();
    const repo = await makeRepo(place);
    await Bun.write(join(repo.path, ".git/config"), "[core\n");
    const check = found(await inRepository({ place, repo }), "repository");
    expect(check?.status).toBe("fail");
    expect(check?.detail).toContain("bad config line 1");
  });

  test("whose worktrees git cannot list fails, with what may mend it", async () => {
    await using place = await makePlace();
    const repo = await makeRepo(place);
    await repo.git("worktree", "add", "--quiet", place.at("linked"));
    await Bun.write(join(repo.path, ".git/worktrees/linked/commondir"), "");
    expect(found(await inRepository({ place, repo }), "repository")).toMatchObject({
      status: "fail",
      hint: expect.stringContaining("parallel-cc cleanup"),
    });
  });
});

describe("sessions", () => {
  test("at work are counted", async () => {
    await using scene = await makeScene();
    await scene.live();
    const checks = await inRepository(scene);
    expect(found(checks, "sessions")).toEqual({ name: "sessions", status: "ok", detail: "2 at work" });
    expect(found(checks, "worktrees")).toEqual({ name: "worktrees", status: "ok", detail: "1 of ours, all in use" });
  });

  test("that died are a warning", async () => {
    await using scene = await makeScene();
    await scene.left();
    const checks = await inRepository(scene);
    expect(found(checks, "sessions")).toMatchObject({
      status: "warn",
      detail: "1 at work; 1 ended without a release, as in a crash.",
    });
    expect(found(checks, "worktrees")).toMatchObject({
      status: "ok",
      detail: "1 of ours, 0 in use",
      hint: expect.stringContaining("parallel-cc cleanup --dry-run"),
    });
  });
});

describe("left behind", () => {
  test("a worktree whose directory is gone", async () => {
    await using scene = await makeScene();
    const tree = await scene.left();
    await rm(tree.path, { recursive: true });
    expect(found(await inRepository(scene), "worktrees", /gone/)).toMatchObject({
      status: "warn",
      detail: `1 worktree that git knows, whose directory is gone: ${tree.path}`,
    });
  });

  test("a worktree that git does not know any longer", async () => {
    await using scene = await makeScene();
    const tree = await scene.left();
    await rm(tree.adminDir, { recursive: true });
    expect(found(await inRepository(scene), "worktrees", /any longer/)).toMatchObject({
      status: "warn",
      detail: expect.stringContaining(tree.path),
      hint: `git -C ${scene.repo.path} worktree repair ${tree.path}`,
    });
  });

  test("a directory named like a worktree of ours that nobody knows", async () => {
    await using scene = await makeScene();
    await scene.live();
    const stranger = `${scene.repo.path}-worktrees/parallel-deadbeef`;
    await mkdir(stranger);
    await mkdir(`${scene.repo.path}-worktrees/notes`);
    expect(found(await inRepository(scene), "worktrees", /neither/)?.detail).toEndWith(`knows: ${stranger}`);
  });

  test("a branch of ours without a worktree", async () => {
    await using scene = await makeScene();
    const tree = await scene.left();
    await scene.git("worktree", "remove", "--force", tree.path);
    expect(found(await inRepository(scene), "branches")).toMatchObject({
      status: "warn",
      detail: `1 branch of ours without a worktree: ${tree.branch}`,
    });
  });

  test("branches as earlier releases named them, of which only some are named", async () => {
    await using scene = await makeScene();
    const names = ["1", "2", "3", "4"].map((digit) => `parallel-mb${digit}k9x2a-b7d1`);
    for (const name of [...names, "parallel-download-test", "parallel-work", "other-0123abcd"]) {
      await scene.git("branch", name);
    }
    const detail = found(await inRepository(scene), "branches")?.detail;
    expect(detail).toStartWith("4 branches named like ours");
    expect(detail).toEndWith(`: ${names.slice(0, 3).join(", ")} and 1 more`);
  });

  test("nothing, where all of it is in use", async () => {
    await using scene = await makeScene();
    await scene.live();
    await scene.git("worktree", "add", "--quiet", "-b", "mine", scene.place.at("mine"));
    const warned = (await inRepository(scene)).filter(
      ({ status, name }) => status !== "ok" && /worktrees|branches/.test(name),
    );
    expect(warned).toEqual([]);
  });
});

describe("the trash", () => {
  test("that is empty is told", async () => {
    await using scene = await makeScene();
    expect(found(await inRepository(scene), "trash")).toEqual({ name: "trash", status: "ok", detail: "empty" });
  });

  test("tells how much it holds and how it comes back", async () => {
    await using scene = await makeScene();
    await scene.remove(await scene.left());
    const check = found(await inRepository(scene), "trash");
    expect(check?.detail).toMatch(/^1 removed worktree, (at least )?[\d.]+ k?B$/);
    expect(check?.hint).toContain("parallel-cc undo --list");
  });

  test("that holds more than it may is a warning", async () => {
    await using scene = await makeScene();
    const id = await scene.remove(await scene.left());
    (await scene.world.db()).run("UPDATE removals SET size_bytes = 3221225472 WHERE id = $id", { id });
    await Bun.write(scene.world.paths.config, '{"cleanup": {"trashMaxSize": "2G"}}');
    expect(found(await inRepository(scene), "trash")).toMatchObject({
      status: "warn",
      detail: "1 removed worktree, 3.0 GB; cleanup.trashMaxSize is 2.0 GB.",
    });
  });

  test.each(["removing", "restoring"])("with a process that died %s is a warning", async (state) => {
    await using scene = await makeScene();
    const id = await scene.remove(await scene.left());
    const pid = await deadPid();
    (await scene.world.db()).run("UPDATE removals SET state = $state, pid = $pid WHERE id = $id", { id, state, pid });
    const what = state === "removing" ? "The removal" : "The undo";
    expect(found(await inRepository(scene), "trash", /interrupted/)).toMatchObject({
      status: "warn",
      detail: expect.stringMatching(
        new RegExp(`^${what} of parallel-\\w+ \\(${id.slice(0, 8)}\\) was interrupted\\.$`),
      ),
    });
  });
});

describe("the disk", () => {
  const GB = 1024 ** 3;
  const judged = (numbers: Partial<Parameters<typeof judgeDisk>[0]>) =>
    judgeDisk({
      ...{ holds: ["worktrees", "trash"], path: "/data", total: 100 * GB, free: 50 * GB, files: 1000, filesFree: 500 },
      ...numbers,
    });

  test("of this test is told for all that stands on it", async () => {
    await using scene = await makeScene();
    expect(found(await inRepository(scene), "disk")?.detail).toEndWith("for worktrees, trash, database");
  });

  test("with room is well, in numbers", () => {
    const detail = "50 GB free of 100 GB (50 %) at /data, for worktrees, trash";
    expect(judged({})).toEqual({ name: "disk", status: "ok", detail });
  });

  test.each([
    ["less than a gigabyte", { total: 10 * GB, free: GB / 2 }, "Only 512 MB free of 10 GB (5.0 %)"],
    ["less than two hundredths", { total: 1000 * GB, free: 15 * GB }, "Only 15 GB free of 1.0 TB (1.5 %)"],
    ["hardly a file left to make", { filesFree: 5 }, "Only 5 of 1000 files can still be made (0.5 %)"],
  ])("with %s is a warning", (_, numbers, detail) => {
    expect(judged(numbers)).toMatchObject({ status: "warn", detail: expect.stringContaining(detail) });
  });

  test("that counts nothing is not judged", () => {
    expect(judged({ files: 0, filesFree: 0 }).status).toBe("ok");
    expect(judged({ total: 0, free: 0 })).toMatchObject({
      status: "ok",
      detail: expect.stringContaining("does not tell"),
    });
  });
});
