// A rebase that stopped because it was asked to: given up while it stands, taken back once its user has ended it.

import { describe, expect, test } from "bun:test";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { operations as cleanups } from "../../src/features/cleanup/operations.ts";
import { takenBackText } from "../../src/features/rebase/answers.ts";
import { forgetOldRebases, knownRebases, undoRebase } from "../../src/features/rebase/rebase.ts";
import { forkOf } from "../../src/features/rebase/store.ts";
import { lines } from "./merge-scene.ts";
import { makeRebaseScene, type RebaseScene } from "./rebase-scene.ts";

const undo = (scene: RebaseScene, id?: string) => undoRebase(scene.world, { asker: { session: scene.session }, id });
const known = (scene: RebaseScene) => knownRebases(scene.world.git(scene.scene.gitDir));
const refs = (scene: RebaseScene) => scene.git("for-each-ref", "--format=%(refname)", "refs/parallel-cc");
const goOn = (scene: RebaseScene) => scene.git("-c", "core.editor=true", "rebase", "--continue");

/** The second commit of ours meets main's; stopped at it. Gives where the branch was, and the id. */
async function stopped(scene: RebaseScene): Promise<{ before: string; id: string }> {
  await scene.commit("own.txt", "own\n");
  const before = await scene.commit("f.txt", lines(30, { 5: "five" }));
  await scene.onMain("f.txt", lines(30, { 5: "funf" }));
  const { outcome, undoId } = await scene.run({ stops: true });
  expect(outcome).toBe("stopped");
  return { before, id: undoId ?? "" };
}

async function resolved(scene: RebaseScene): Promise<void> {
  await scene.write("f.txt", lines(30, { 5: "both" }));
  await scene.git("add", "f.txt");
}

describe("once its user has ended it", () => {
  test("it is listed, and taken back; what was resolved stays reachable", async () => {
    await using scene = await makeRebaseScene();
    const { before, id } = await stopped(scene);
    await resolved(scene);
    await goOn(scene);
    const after = await scene.head();
    expect(await known(scene)).toMatchObject([{ id, left: "branch", before, after, path: scene.top }]);
    const back = await undo(scene);
    expect(back).toMatchObject({ id, from: after, to: before, isGivenUp: false });
    expect(await scene.head()).toBe(before);
    expect(await scene.git("symbolic-ref", "--short", "HEAD")).toBe(scene.branch);
    expect(await scene.git("rev-parse", `${back.kept}^{commit}`)).toBe(after);
    expect(takenBackText(back)).toContain(`kept for 90 days as ${back.kept}`);
    await expect(undo(scene)).rejects.toMatchObject({ code: "rebase.none" });
  });

  test("it is refused when the branch has moved on since", async () => {
    await using scene = await makeRebaseScene();
    await stopped(scene);
    await resolved(scene);
    await goOn(scene);
    await scene.commit("later.txt", "later\n");
    expect(await known(scene)).toMatchObject([{ left: "moved-on" }]);
    await expect(undo(scene)).rejects.toMatchObject({ code: "rebase.moved-on" });
  });

  test("the next rebase knows where the branch begins, and both are taken back, one after the other", async () => {
    await using scene = await makeRebaseScene();
    const { before, id } = await stopped(scene);
    await resolved(scene);
    await goOn(scene);
    const between = await scene.head();
    const begins = await scene.scene.git("rev-parse", "main");
    await scene.run();
    const at = { gitDir: scene.scene.gitDir, branch: scene.branch };
    expect(forkOf(await scene.world.db(), at)).toBe(begins);
    await scene.onMain("f.txt", lines(30, { 5: "funf", 25: "main's" }));
    await scene.run();
    expect((await known(scene)).map(({ left }) => left)).toEqual(["branch", "moved-on"]);
    expect(await undo(scene)).toMatchObject({ to: between, kept: null });
    expect(await undo(scene)).toMatchObject({ id, to: before, kept: expect.any(String) });
  });
});

describe("while it stands", () => {
  test("it is given up, and what was resolved is kept, also what was not committed", async () => {
    await using scene = await makeRebaseScene();
    const { before, id } = await stopped(scene);
    await resolved(scene);
    await scene.write("new.txt", "new\n");
    await scene.git("add", "new.txt");
    await scene.write("own.txt", "own\nmore\n");
    expect(await known(scene)).toMatchObject([{ id, left: "stopped", path: scene.top, after: null }]);
    const back = await undo(scene, id.slice(0, 4));
    expect(back).toMatchObject({ id, to: before, isGivenUp: true, work: null });
    expect(takenBackText(back)).toMatch(/had stopped and is given up/);
    expect(await scene.head()).toBe(before);
    expect(await scene.git("status", "--porcelain")).toBe("");
    expect(await scene.git("symbolic-ref", "--short", "HEAD")).toBe(scene.branch);
    expect(await scene.git("show", `${back.kept}:f.txt`)).toContain("both");
    expect(await scene.git("show", `${back.kept}:new.txt`)).toBe("new");
    expect(await scene.git("show", `${back.kept}:own.txt`)).toBe("own\nmore");
    expect(await refs(scene)).toBe(back.kept ?? "");
    await expect(undo(scene)).rejects.toMatchObject({ code: "rebase.none" });
  });

  test("it is not given up over a file that git does not track", async () => {
    await using scene = await makeRebaseScene();
    await scene.onMain("f.txt", null);
    const before = await scene.commit("f.txt", lines(30, { 5: "five" }));
    expect(await scene.run({ stops: true })).toMatchObject({ outcome: "stopped" });
    await scene.git("rm", "--quiet", "--cached", "f.txt");
    await scene.write("f.txt", "nobody else has this\n");
    await expect(undo(scene)).rejects.toMatchObject({ code: "rebase.in-the-way", details: { files: ["f.txt"] } });
    expect(await Bun.file(join(scene.top, "f.txt")).text()).toBe("nobody else has this\n");
    await rm(join(scene.top, "f.txt"));
    expect(await undo(scene)).toMatchObject({ to: before, isGivenUp: true });
  });

  test("whatever else is asked says how to give it up", async () => {
    await using scene = await makeRebaseScene();
    await stopped(scene);
    await expect(scene.run()).rejects.toMatchObject({
      code: "rebase.under-way",
      hint: expect.stringContaining("parallel-cc rebase undo"),
    });
  });

  test("`undo` gives it up by its id, wherever that is asked", async () => {
    await using scene = await makeRebaseScene();
    const { before, id } = await stopped(scene);
    const operation = cleanups.find(({ name }) => name === "removals.undo");
    const answer = await operation?.run(scene.world, { id });
    expect(answer).toMatchObject({ id, path: scene.top, rebase: { isGivenUp: true, to: before } });
    expect(await scene.head()).toBe(before);
  });

  test("another id is another rebase, and so is one that its user began himself", async () => {
    await using scene = await makeRebaseScene();
    await stopped(scene);
    await expect(undo(scene, "nothing")).rejects.toMatchObject({ code: "rebase.under-way" });
    await scene.git("rebase", "--abort");
    await scene.git("rebase", "main~1").catch(() => undefined);
    await scene.git("rebase", "main").catch(() => undefined);
    await scene.git("rebase", "--abort").catch(() => undefined);
    await scene.commit("more.txt", "more\n");
    await scene.git("rebase", "main").catch(() => undefined);
    await expect(undo(scene)).rejects.toMatchObject({ code: "rebase.under-way" });
  });
});

test("one that its user gave up is none, and forgotten by the next", async () => {
  await using scene = await makeRebaseScene();
  const { before } = await stopped(scene);
  await scene.git("rebase", "--abort");
  expect(await known(scene)).toEqual([]);
  await expect(undo(scene)).rejects.toMatchObject({ code: "rebase.none" });
  const again = await scene.run({ stops: true });
  expect((await refs(scene)).split("\n")).toHaveLength(1);
  await resolved(scene);
  await goOn(scene);
  expect(await undo(scene)).toMatchObject({ id: again.undoId ?? "", to: before });
  await expect(undo(scene)).rejects.toMatchObject({ code: "rebase.none" });
});

test("what was resolved is kept for 90 days", async () => {
  await using scene = await makeRebaseScene();
  await stopped(scene);
  const { kept } = await undo(scene);
  scene.world.pass(89 * 86_400_000);
  await forgetOldRebases(scene.world, scene.scene.gitDir);
  expect(await refs(scene)).toBe(kept ?? "");
  scene.world.pass(2 * 86_400_000);
  await forgetOldRebases(scene.world, scene.scene.gitDir);
  expect(await refs(scene)).toBe("");
});
