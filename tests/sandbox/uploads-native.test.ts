// The same into a native sandbox: the repository's objects are there to be read, and nothing else of it.

import { expect, test } from "bun:test";
import { utimesSync } from "node:fs";
import { join } from "node:path";
import { capture } from "../../src/features/providers/providers.ts";
import { objectDirectories, planUpload, sendUpload } from "../../src/features/uploads/uploads.ts";
import { makeRepo, runGit } from "../support/repo.ts";
import { nativeScene } from "./native-scene.ts";
import { write } from "./uploads-scene.ts";

test("what was worked out here is what stands in a native sandbox, with the history below it", async () => {
  await using scene = await nativeScene();
  const { place, world } = scene;
  const repo = await makeRepo(place, { files: 300, commits: 3 });
  // One that borrows its objects: both directories are needed inside.
  const clone = place.at("clone");
  await runGit(["clone", "--quiet", "--shared", repo.path, clone], { cwd: place.path, env: place.env() });
  await write(clone, { "odd\nname": "odd\n", run: { run: "#!/bin/sh\necho ran\n" }, link: { link: "run" } });
  const base = await repo.git("rev-parse", "HEAD");
  const input = { repository: clone, worktree: clone, caller: clone, store: place.at("run/store.git"), base };
  const plan = await planUpload(world, { ...input, include: [], sharesObjects: true });
  expect(plan.first.objects).toEqual(objectDirectories(join(clone, ".git")));
  const sandbox = await scene.make({ objects: plan.first.objects });
  const { compression } = scene.provider().capabilities;
  for (const _ of ["first", "again"]) expect(await sendUpload(world, sandbox, plan, { compression })).toBe(plan);
  const script = "git rev-parse work && git status --porcelain && git log --format=%s && ./link";
  const { stdout, stderr } = await capture(sandbox, { argv: ["sh", "-c", script] });
  expect(stderr).toBe("");
  expect(stdout.split("\n")).toEqual([
    plan.commit,
    "What was sent to the sandbox",
    "Commit 3",
    "Commit 2",
    "Commit 1",
    "ran",
    "",
  ]);
});

test("what stands as in the commit below it is borrowed, and not stored there again", async () => {
  await using scene = await nativeScene();
  const { place, world } = scene;
  const repo = await makeRepo(place, { files: 300 });
  await write(repo.path, { "new.txt": "new\n" });
  // What is as young as the index over there git does not know by its times, and stores again.
  for (const name of (await repo.git("ls-files")).split("\n"))
    utimesSync(`${repo.path}/${name}`, 1_600_000_000, 1_600_000_000);
  const base = await repo.git("rev-parse", "HEAD");
  const roots = { repository: repo.path, worktree: repo.path, caller: repo.path, store: place.at("run/store.git") };
  const plan = await planUpload(world, { ...roots, base, include: [], sharesObjects: true });
  const sandbox = await scene.make({ objects: plan.first.objects });
  await sendUpload(world, sandbox, plan, { compression: scene.provider().capabilities.compression });
  const script = "find .git/objects -type f ! -path '*/info/*' | wc -l";
  const { stdout } = await capture(sandbox, { argv: ["sh", "-c", script] });
  // A file, its tree and the commit.
  expect(stdout.trim()).toBe("3");
});
