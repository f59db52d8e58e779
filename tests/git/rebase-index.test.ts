// What was staged comes back as it was, beside what was only changed: after a rebase and after it was taken back.

import { describe, expect, test } from "bun:test";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { undoRebase } from "../../src/features/rebase/rebase.ts";
import { lines } from "./merge-scene.ts";
import { everything, makeRebaseScene, type RebaseScene } from "./rebase-scene.ts";

const undo = (scene: RebaseScene) => undoRebase(scene.world, { asker: { session: scene.session }, id: undefined });

/** Status, and what is staged and what stands there of each file. */
async function state(scene: RebaseScene) {
  const staged = await scene.git("diff", "--cached", "--no-renames", "HEAD");
  const changed = await scene.git("diff", "--no-renames");
  const hunks = (text: string) => text.split("\n").filter((line) => /^[+-](?![+-])/.test(line));
  return { status: await scene.git("status", "--porcelain"), staged: hunks(staged), changed: hunks(changed) };
}

/** Every way in which a path stands staged, changed, or both. */
async function allWays(scene: RebaseScene): Promise<void> {
  for (const name of ["both", "staged", "changed", "gone", "gone-too", "renamed"]) await scene.write(name, `${name}\n`);
  await scene.git("add", "--all");
  await scene.git("commit", "--quiet", "-m", "all of them");
  for (const name of ["both", "staged"]) await scene.write(name, `${name}\nstaged\n`);
  await scene.write("new", "new\n");
  await scene.git("rm", "--quiet", "gone");
  await scene.git("mv", "renamed", "by this name");
  await scene.git("add", "--all");
  for (const name of ["both", "changed", "new"]) await scene.write(name, `${name}\nchanged\n`);
  await rm(join(scene.top, "gone-too"));
  await scene.write("untracked", "untracked\n");
}

test("every way in which a path can stand is as before, after a rebase and after it is taken back", async () => {
  await using scene = await makeRebaseScene();
  await allWays(scene);
  await scene.onMain("f.txt", lines(30, { 25: "main's" }));
  const before = await state(scene);
  const head = await scene.head();
  expect(before.status).toContain("MM both");
  expect(await scene.run({ setsAside: true })).toMatchObject({ outcome: "rebased" });
  expect(await state(scene)).toEqual(before);
  await undo(scene);
  expect(await state(scene)).toEqual(before);
  expect(await scene.head()).toBe(head);
});

test("so it is of a file that the target has changed close by", async () => {
  await using scene = await makeRebaseScene();
  await scene.commit("own.txt", "own\n");
  await scene.onMain("f.txt", lines(30, { 22: "main's" }));
  await scene.write("f.txt", lines(30, { 20: "staged" }));
  await scene.git("add", "f.txt");
  await scene.write("f.txt", lines(30, { 10: "changed", 20: "staged" }));
  const before = await state(scene);
  expect(await scene.run({ setsAside: true })).toMatchObject({ outcome: "rebased" });
  expect(await state(scene)).toEqual({ ...before, status: "MM f.txt" });
  expect(await scene.git("show", ":f.txt")).toBe(lines(30, { 20: "staged", 22: "main's" }).trimEnd());
});

test("what is staged and does not go onto the target is refused, and nothing is touched", async () => {
  await using scene = await makeRebaseScene();
  await scene.commit("own.txt", "own\n");
  await scene.onMain("f.txt", lines(30, { 25: "main's" }));
  await scene.write("f.txt", lines(30, { 25: "mine" }));
  await scene.git("add", "f.txt");
  await scene.write("f.txt", lines(30, { 25: "main's" }));
  const before = { ...(await state(scene)), head: await scene.head() };
  await expect(scene.run({ setsAside: true })).rejects.toMatchObject({
    code: "rebase.work-conflicts",
    message: expect.stringContaining("staged"),
  });
  expect({ ...(await state(scene)), head: await scene.head() }).toEqual(before);
  expect(await scene.git("for-each-ref", "refs/parallel-cc")).toBe("");
});

describe("taking it back", () => {
  test("is refused where what is staged would be written over", async () => {
    await using scene = await makeRebaseScene();
    await scene.commit("own.txt", "own\n");
    await scene.onMain("f.txt", lines(30, { 25: "main's" }));
    await scene.run();
    await scene.write("f.txt", lines(30, { 5: "staged", 25: "main's" }));
    await scene.git("add", "f.txt");
    const before = everything(scene);
    await expect(undo(scene)).rejects.toMatchObject({
      code: "rebase.dirty",
      message: expect.not.stringMatching(/\.\./),
    });
    expect(everything(scene)).toEqual(before);
  });

  test("writes over no file that git ignores", async () => {
    await using scene = await makeRebaseScene();
    await scene.scene.commit("main", { "built.txt": "old\n" });
    await scene.run();
    await scene.commit("own.txt", "own\n");
    await scene.onMain("built.txt", null);
    await scene.onMain(".gitignore", "built.txt\n");
    await scene.run();
    await scene.write("built.txt", "mine alone\n");
    await expect(undo(scene)).rejects.toMatchObject({ code: "rebase.in-the-way", details: { files: ["built.txt"] } });
    expect(await Bun.file(join(scene.top, "built.txt")).text()).toBe("mine alone\n");
    await rm(join(scene.top, "built.txt"));
    await undo(scene);
    expect(await Bun.file(join(scene.top, "built.txt")).text()).toBe("old\n");
  });

  test("does not care for times of files, which touching them changes", async () => {
    await using scene = await makeRebaseScene();
    await scene.commit("own.txt", "own\n");
    await scene.onMain("f.txt", lines(30, { 25: "main's" }));
    await scene.run();
    await scene.write("f.txt", await Bun.file(join(scene.top, "f.txt")).text());
    await undo(scene);
    expect(await scene.git("status", "--porcelain")).toBe("");
  });
});
