// Byte for byte, whatever git would make of it, whatever happens on the way, and however often it is begun.

import { describe, expect, test } from "bun:test";
import { appendFileSync, existsSync, truncateSync, writeFileSync } from "node:fs";
import { chmod, link, readdir, readFile, rm, stat, unlink } from "node:fs/promises";
import { join } from "node:path";
import { Failure } from "../../src/core/failure.ts";
import type { Sandbox } from "../../src/features/providers/providers.ts";
import { alternate } from "../../src/features/uploads/alternates.ts";
import { planUpload, sendUpload, type UploadPlan } from "../../src/features/uploads/uploads.ts";
import { makePrograms } from "../support/programs.ts";
import { type TestWorld, testWorld } from "../support/world.ts";
import { makeScene, namesIn, type Scene, sendUntilKilled, write } from "./uploads-scene.ts";

const here = (scene: Scene, name: string) => readFile(join(scene.worktree, name));
const there = (scene: Scene, name: string) => readFile(join(scene.sandbox.places.workspace, name));

async function expectSameBytes(scene: Scene, plan: UploadPlan): Promise<void> {
  const { workspace } = scene.sandbox.places;
  for (const { path } of plan.sent) expect(await there(scene, path)).toEqual(await here(scene, path));
  expect(await scene.gitAt(workspace, "status", "--porcelain")).toBe("");
  // Raw against raw: what is added again is what was sent.
  await scene.gitAt(workspace, "rm", "-r", "--quiet", "--cached", ".");
  await scene.gitAt(workspace, "add", "--all", "--force");
  expect(await scene.gitAt(workspace, "write-tree")).toBe(plan.tree);
}

/** Something happens right before tar reads the files, once for each that is given. */
function meddled(world: TestWorld, ...happens: (() => unknown)[]): TestWorld {
  return {
    ...world,
    runProgram: async (program) => {
      if (program.command === "tar") await happens.shift()?.();
      return world.runProgram(program);
    },
  };
}

const PLAINLY = { compression: "none" } as const;

describe("what git would convert goes as it stands on the disk", () => {
  test("line ends, keywords, encodings and filters", async () => {
    await using scene = await makeScene({
      files: {
        ".gitattributes":
          "*.crlf text eol=crlf\n*.auto text=auto\n*.id ident\n*.u16 working-tree-encoding=UTF-16LE-BOM\n*.lfs filter=lfs -text\n*.bin binary\n",
        ...{ "a.crlf": "one\ntwo\n", "b.auto": "one\r\ntwo\n", "c.id": "$Id$\n", "e.bin": "a\r\nb\n" },
      },
    });
    await scene.repo.git("config", "core.autocrlf", "true");
    await scene.repo.git("config", "filter.lfs.clean", "touch FILTERED; tr a-z A-Z");
    await scene.repo.git("config", "filter.lfs.smudge", "touch FILTERED; tr A-Z a-z");
    await scene.repo.git("config", "filter.lfs.required", "true");
    await scene.gitAt(scene.worktree, "rm", "--quiet", "--cached", "-r", ".");
    await scene.gitAt(scene.worktree, "checkout", "--quiet", "--force", "HEAD", "--", ".");
    await write(scene.worktree, { "d.lfs": "big content\n", "u.u16": new Uint8Array([0xff, 0xfe, 0x61, 0, 0x0a, 0]) });
    expect((await here(scene, "a.crlf")).toString()).toBe("one\r\ntwo\r\n");
    const plan = await scene.up();
    await expectSameBytes(scene, plan);
    expect(existsSync(join(scene.worktree, "FILTERED"))).toBeFalse();
    expect((await there(scene, "c.id")).toString()).toMatch(/^\$Id: [0-9a-f]{40} \$\r\n$/);
  });

  test("programs, links, hard links and modes that git does not know", async () => {
    await using scene = await makeScene({ files: { run: { run: "#!/bin/sh\n" }, link: { link: "run" }, a: "a\n" } });
    await link(join(scene.worktree, "a"), join(scene.worktree, "b"));
    await chmod(join(scene.worktree, "a"), 0o460);
    await scene.repo.git("config", "core.fileMode", "false");
    const plan = await scene.up();
    const { workspace } = scene.sandbox.places;
    const modes = await scene.gitAt(workspace, "ls-tree", "--format=%(objectmode) %(path)", "work");
    expect(modes).toBe("100644 a\n100644 b\n120000 link\n100755 run");
    writeFileSync(join(workspace, "b"), "other\n");
    expect((await there(scene, "a")).toString()).toBe("a\n");
    expect((await stat(join(workspace, "a"))).mode & 0o600).toBe(0o600);
    expect(plan.commit).toBe(await scene.gitAt(workspace, "rev-parse", "work"));
  });

  test("compressed on the way, and told of in bytes", async () => {
    await using scene = await makeScene({ files: { "a.bin": "some text, again and again\n".repeat(200_000) } });
    const plan = await scene.plan();
    const told: number[] = [];
    const sizes: number[] = [];
    const counting: Sandbox = {
      ...scene.sandbox,
      upload: async (upload) => {
        const count = new TransformStream<Uint8Array, Uint8Array>({
          transform(chunk, controller) {
            sizes.push(chunk.length);
            controller.enqueue(chunk);
          },
        });
        await scene.sandbox.upload({ ...upload, tar: upload.tar.pipeThrough(count) });
      },
    };
    await sendUpload(scene.world, counting, plan, { compression: "gzip", onProgress: (bytes) => told.push(bytes) });
    expect(told).toEqual(told.toSorted((one, other) => one - other));
    expect(told.at(-1)).toBeGreaterThan(plan.bytes);
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThan(plan.bytes / 20);
    await expectSameBytes(scene, plan);
  });
});

describe("the store", () => {
  test("has every object of what was sent, and the user's repository has none of it", async () => {
    await using scene = await makeScene();
    await write(scene.worktree, {
      "new\nline.txt": "new\n",
      "big.bin": new Uint8Array(3_000_000).fill(7),
      l: { link: "x" },
    });
    const objects = async () => (await readdir(join(scene.repo.path, ".git/objects"), { recursive: true })).sort();
    const before = await objects();
    const plan = await scene.plan();
    expect(await objects()).toEqual(before);
    const { store } = plan.input;
    await scene.gitAt(store, `--git-dir=${store}`, "fsck", "--full", "--strict");
    const listed = await scene.gitAt(
      store,
      `--git-dir=${store}`,
      "rev-list",
      "--objects",
      "refs/parallel-cc/sent",
      "--not",
      scene.base,
    );
    expect(listed.split("\n")).toHaveLength(5);
    expect((await scene.plan()).commit).toBe(plan.commit);
  });

  test("that cannot be written is said", async () => {
    await using scene = await makeScene();
    const { store } = (await scene.plan()).input;
    await rm(join(store, "objects/pack"), { recursive: true, force: true });
    await write(store, { "objects/pack": "in the way" });
    // So many that they would be one pack.
    await write(scene.worktree, Object.fromEntries(Array.from({ length: 150 }, (_, at) => [`${at}.txt`, `${at}\n`])));
    const thrown = await scene.plan().catch((failure: unknown) => failure);
    expect(thrown).toMatchObject({ code: "upload.not-stored", kind: "unavailable" });
  });

  test("a history that was cut is one in the sandbox too", async () => {
    await using scene = await makeScene();
    await scene.repo.git("commit", "--quiet", "--allow-empty", "--message=Second");
    const clone = scene.place.at("clone");
    await scene.gitAt(scene.place.path, "clone", "--quiet", "--depth=1", `file://${scene.repo.path}`, clone);
    const base = await scene.gitAt(clone, "rev-parse", "HEAD");
    const plan = await scene.up({ repository: clone, worktree: clone, caller: clone, base });
    const log = await scene.gitAt(scene.sandbox.places.workspace, "log", "--format=%H", "work");
    expect(log.split("\n")).toEqual([plan.commit, base]);
  });

  test.each(["it's an\nodd one", '"quoted"\nand broken', "#of no comment"])("a repository in %j", async (name) => {
    await using scene = await makeScene({ name });
    const clone = scene.place.at("clone");
    await scene.gitAt(scene.place.path, "init", "--quiet", clone);
    await write(clone, { ".git/objects/info/alternates": alternate(join(scene.repo.path, ".git/objects")) });
    await scene.gitAt(clone, "checkout", "--quiet", "--detach", scene.base);
    const plan = await scene.up({ repository: clone, worktree: clone, caller: clone });
    expect(plan.first.objects).toEqual([join(clone, ".git/objects"), join(scene.repo.path, ".git/objects")]);
    const log = await scene.gitAt(scene.sandbox.places.workspace, "log", "--format=%H", "work");
    expect(log.split("\n")).toEqual([plan.commit, scene.base]);
  });

  test("objects that are borrowed twice over are named", async () => {
    await using scene = await makeScene();
    const clone = scene.place.at("clone");
    await scene.gitAt(scene.place.path, "clone", "--quiet", "--shared", scene.repo.path, clone);
    const plan = await scene.up({ repository: clone, worktree: clone, caller: clone });
    expect(plan.first.objects).toEqual([join(clone, ".git/objects"), join(scene.repo.path, ".git/objects")]);
  });
});

describe("begun again", () => {
  test("what has arrived is left alone, with all that was done there since", async () => {
    await using scene = await makeScene();
    const plan = await scene.up();
    const { workspace } = scene.sandbox.places;
    await write(workspace, { "work.txt": "of claude's\n" });
    await scene.gitAt(workspace, "add", "work.txt");
    await scene.gitAt(workspace, "commit", "--quiet", "--message=Work");
    await write(workspace, { "more.txt": "uncommitted\n" });
    expect(await scene.send(plan)).toBe(plan);
    expect(await scene.gitAt(workspace, "log", "-1", "--format=%s", "work")).toBe("Work");
    expect(existsSync(join(workspace, "more.txt"))).toBeTrue();
  });

  test("what an earlier try has left half-way is replaced", async () => {
    await using scene = await makeScene();
    const { workspace } = scene.sandbox.places;
    await write(workspace, { "file-0.txt/in the way": "x", left: "x", ".hidden/..x": "x", "-f": "x" });
    await scene.gitAt(workspace, "init", "--quiet");
    await scene.gitAt(workspace, "add", "--all");
    await scene.gitAt(workspace, "commit", "--quiet", "--message=Half");
    const plan = await scene.up();
    expect(await scene.gitAt(workspace, "rev-list", "--count", "work")).toBe("2");
    expect(await namesIn(scene)).toEqual(["file-0.txt"]);
    expect((await readdir(workspace)).sort()).toEqual([".git", "file-0.txt"]);
    expect(await scene.gitAt(workspace, "rev-parse", "work")).toBe(plan.commit);
  });
});

test("planning stops when it is told to, also within one large file", async () => {
  await using scene = await makeScene();
  const file = join(scene.worktree, "large.bin");
  writeFileSync(file, "");
  truncateSync(file, 700_000_000);
  const controller = new AbortController();
  const planning = planUpload(scene.world, scene.planInput, controller.signal);
  setTimeout(() => controller.abort(new Failure({ code: "cancelled.signal", message: "Stopped." })), 100);
  expect(await planning.catch((thrown: unknown) => thrown)).toMatchObject({ code: "cancelled.signal" });
});

describe("after a SIGKILL", () => {
  test.each([0, 5_000_000])("with %d bytes gone, another process comes to the same commit", async (bytes) => {
    await using scene = await makeScene({ files: { "big.bin": "x".repeat(30_000_000), "z.txt": "z\n" } });
    await sendUntilKilled(scene, bytes);
    const plan = await scene.up();
    await expectSameBytes(scene, plan);
    expect(await scene.gitAt(scene.sandbox.places.workspace, "rev-parse", "work")).toBe(plan.commit);
  });
});

describe("files that change while they are sent", () => {
  test("once: what arrives is what stands here then, and its plan is answered", async () => {
    await using scene = await makeScene({ files: { "a.txt": "a\n", "b.txt": "b\n", "c.txt": "c\n" } });
    const plan = await scene.plan();
    const world = meddled(scene.world, async () => {
      appendFileSync(join(scene.worktree, "a.txt"), "more\n");
      await unlink(join(scene.worktree, "b.txt"));
    });
    const arrived = await sendUpload(world, scene.sandbox, plan, PLAINLY);
    expect(arrived.commit).not.toBe(plan.commit);
    expect(arrived.sent.map(({ path }) => path)).toEqual(["a.txt", "c.txt"]);
    expect((await there(scene, "a.txt")).toString()).toBe("a\nmore\n");
    await expectSameBytes(scene, arrived);
  });

  test("a key of the run's that was written meanwhile stays here", async () => {
    await using scene = await makeScene({ files: { "a.txt": "a\n", "b.txt": "b\n" } });
    const secrets = [{ name: "KEY", value: "some-key-of-the-run" }];
    const plan = await scene.plan({ secrets });
    const world = meddled(scene.world, () => appendFileSync(join(scene.worktree, "a.txt"), "some-key-of-the-run\n"));
    const arrived = await sendUpload(world, scene.sandbox, plan, { ...PLAINLY, secrets });
    expect(arrived.held).toMatchObject([{ path: "a.txt", rule: "the value of KEY" }]);
    expect(existsSync(join(scene.sandbox.places.workspace, "a.txt"))).toBeFalse();
  });

  test("twice: nothing is called sent", async () => {
    await using scene = await makeScene();
    const plan = await scene.plan();
    const change = () => appendFileSync(join(scene.worktree, "file-0.txt"), "more\n");
    const sending = sendUpload(meddled(scene.world, change, change), scene.sandbox, plan, PLAINLY);
    expect(await sending.catch((thrown: unknown) => thrown)).toMatchObject({ code: "upload.changed-meanwhile" });
    const { workspace } = scene.sandbox.places;
    expect(scene.gitAt(workspace, "rev-parse", "--verify", "--quiet", "refs/heads/work")).rejects.toThrow();
    expect((await scene.up()).files).toBe(1);
  });
});

describe("a sandbox that does not do what it should", () => {
  async function failureOf(scene: Scene, sandbox: Sandbox): Promise<unknown> {
    return sendUpload(scene.world, sandbox, await scene.plan(), PLAINLY).catch((thrown: unknown) => thrown);
  }

  test("that keeps other bytes than were sent is found out", async () => {
    await using scene = await makeScene();
    const { workspace } = scene.sandbox.places;
    const garbling: Sandbox = {
      ...scene.sandbox,
      upload: async (upload) => {
        await scene.sandbox.upload(upload);
        writeFileSync(join(workspace, "FILE-0.TXT"), "");
      },
    };
    expect(await failureOf(scene, garbling)).toMatchObject({ code: "upload.differs", kind: "unavailable" });
  });

  test("that has no git says so", async () => {
    await using scene = await makeScene();
    const bare: Sandbox = {
      ...scene.sandbox,
      exec: (command) => scene.sandbox.exec({ ...command, env: { ...command.env, PATH: scene.place.at("nothing") } }),
    };
    expect(await failureOf(scene, bare)).toMatchObject({ code: "sandbox.exec" });
    const { folder } = await makePrograms(scene.place, { git: { stderr: "no space left\n", exit: 128 } });
    const full: Sandbox = {
      ...scene.sandbox,
      exec: (command) => scene.sandbox.exec({ ...command, env: { ...command.env, PATH: `${folder}:/usr/bin:/bin` } }),
    };
    expect(await failureOf(scene, full)).toMatchObject({
      code: "upload.refused",
      message: expect.stringContaining("no space left"),
    });
  });

  test("is not begun with where there is no tar that reads names as they are", async () => {
    await using scene = await makeScene();
    const { folder } = await makePrograms(scene.place, { tar: { stdout: "tar (busybox) 1.36\\n" } });
    const plan = await scene.plan();
    for (const world of [
      testWorld(scene.place, { path: [folder] }),
      testWorld(scene.place, { env: { PATH: scene.place.at("nothing") } }),
    ]) {
      const thrown = await sendUpload(world, scene.sandbox, plan, PLAINLY).catch((failure: unknown) => failure);
      expect(thrown).toMatchObject({ code: "upload.no-tar", kind: "unavailable" });
    }
  });

  test("whose unpacking fails fails the upload, and tar here ends with it", async () => {
    await using scene = await makeScene({ files: { "big.bin": "x".repeat(30_000_000) } });
    const broken: Sandbox = {
      ...scene.sandbox,
      upload: async ({ tar }) => {
        const reader = tar.getReader();
        await reader.read();
        await reader.cancel();
        throw new Failure({ code: "sandbox.gone", message: "Gone." });
      },
    };
    const pids: number[] = [];
    const world: TestWorld = {
      ...scene.world,
      startPiped: (program) => {
        const piped = scene.world.startPiped(program);
        if (program.command === "tar") pids.push(piped.pid);
        return piped;
      },
    };
    const plan = await scene.plan();
    const thrown = await sendUpload(world, broken, plan, PLAINLY).catch((failure: unknown) => failure);
    expect(thrown).toMatchObject({ code: "sandbox.gone" });
    expect(pids.map((pid) => existsSync(`/proc/${pid}`))).toEqual([false]);
  });

  test("that is left in the middle is begun again", async () => {
    await using scene = await makeScene({ files: { "big.bin": "x".repeat(30_000_000) } });
    const plan = await scene.plan();
    const controller = new AbortController();
    const stopped = sendUpload(scene.world, scene.sandbox, plan, {
      ...PLAINLY,
      signal: controller.signal,
      onProgress: () => controller.abort(),
    });
    expect(await stopped.catch((thrown: unknown) => thrown)).toMatchObject({ code: "proc.cancelled" });
    expect(await scene.send(plan)).toBe(plan);
    await expectSameBytes(scene, plan);
  });
});
