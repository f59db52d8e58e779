// `undo` knows of rebases too: it lists them beside what was removed, and takes one back by its id.

import { expect, test } from "bun:test";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { operations } from "../../src/features/cleanup/operations.ts";
import { undo } from "../../src/features/cleanup/undo.ts";
import { removeWorktrees } from "../../src/features/cleanup/worktrees.ts";
import { record } from "../../src/features/rebase/records.ts";
import { clearWork, saveWork } from "../../src/features/rebase/set-aside.ts";
import { register } from "../../src/features/sessions/register.ts";
import { sleeper } from "../support/processes.ts";
import { lines } from "./merge-scene.ts";
import { makeRebaseScene, type RebaseScene } from "./rebase-scene.ts";

const operation = operations.find(({ name }) => name === "removals.undo");
const run = (scene: RebaseScene, input: object) => operation?.run(scene.world, input);
const plain = (text: string) => text;
const page = {
  columns: 200,
  now: new Date(),
  paint: { bold: plain, dim: plain, red: plain, green: plain, yellow: plain, cyan: plain },
};

async function rebased(scene: RebaseScene): Promise<{ id: string; before: string; after: string }> {
  const before = await scene.commit("own.txt", "own\n");
  await scene.onMain("f.txt", lines(30, { 25: "main's" }));
  const { undoId, after } = await scene.run();
  return { id: undoId ?? "", before, after: after ?? "" };
}

/** A session's worktree, removed by force; gives its removal. */
async function removed(scene: RebaseScene): Promise<string> {
  const pid = sleeper();
  const { session } = await register(scene.world, { pid: pid.pid });
  await pid[Symbol.asyncDispose]();
  const [one] = await removeWorktrees(scene.world, { worktree: [session.worktree_path], force: true });
  return one?.id ?? "";
}

test("a rebase is listed, with its branch and when, beside what was removed", async () => {
  await using scene = await makeRebaseScene();
  const removal = await removed(scene);
  scene.world.pass(60_000);
  const { id, before, after } = await rebased(scene);
  const listed = await run(scene, { list: true });
  expect(listed.removals).toMatchObject([{ id: removal }]);
  expect(listed.rebases).toMatchObject([
    { id, branch: scene.branch, target: "main", before, after, path: scene.top, left: "branch" },
  ]);
  expect(scene.world.now().getTime() - Date.parse(listed.rebases[0].rebasedAt)).toBeWithin(0, 50_000);
  const rows = String(operation?.text(listed, { ...page, now: scene.world.now() }, {})).split("\n");
  expect(rows[0]).toMatch(/^ID +KIND +NAME +AGE +WHY +WHAT IS LEFT/);
  expect(rows[1]).toMatch(new RegExp(`^${id} +rebase +${scene.branch} .* onto main +where it was`));
  expect(rows[2]).toMatch(new RegExp(`^${removal} +worktree +parallel-`));
});

test("is taken back by its id, wherever in the repository that is asked", async () => {
  await using scene = await makeRebaseScene();
  const { id, before, after } = await rebased(scene);
  await scene.write("own.txt", "changed\n");
  const answer = await run(scene, { id });
  const rebase = { id, branch: scene.branch, target: "main", from: after, to: before, work: null };
  expect(answer).toMatchObject({ id, path: scene.top, branch: scene.branch, rebase, removals: null, rebases: null });
  expect(operation?.text(answer, page, {})).toContain(`${scene.branch} is at ${before.slice(0, 12)} again`);
  expect(await scene.head()).toBe(before);
  expect(await scene.git("status", "--porcelain")).toBe(" M own.txt");
  expect((await run(scene, { list: true })).rebases).toEqual([]);
});

test("is not what undo without an id means, whichever came last", async () => {
  await using scene = await makeRebaseScene();
  const removal = await removed(scene);
  scene.world.pass(60_000);
  const { after } = await rebased(scene);
  expect(await run(scene, {})).toMatchObject({ id: removal, rebase: null });
  expect(await scene.head()).toBe(after);
  await expect(run(scene, {})).rejects.toMatchObject({ code: "undo.none" });
});

test("is told apart from a removal by more of the id, or it is refused", async () => {
  await using scene = await makeRebaseScene();
  const removal = await removed(scene);
  const { id } = await rebased(scene);
  const shared = [...removal].findIndex((char, at) => char !== id[at]);
  expect(shared).toBeGreaterThan(0);
  await expect(run(scene, { id: removal.slice(0, shared) })).rejects.toMatchObject({ code: "undo.ambiguous" });
  await expect(run(scene, { id: "" })).rejects.toMatchObject({ code: "undo.unknown" });
  await expect(run(scene, { id: "nothing" })).rejects.toMatchObject({ code: "undo.unknown" });
  expect(await run(scene, { id })).toMatchObject({ rebase: { id } });
  expect(await run(scene, { id: removal })).toMatchObject({ id: removal, rebase: null });
});

test("brings back what a killed one has set aside", async () => {
  await using scene = await makeRebaseScene();
  const head = await scene.commit("own.txt", "own\n");
  await scene.write("own.txt", "own\nmore\n");
  const { top, adminDir, branch } = scene;
  const place = { top, git: scene.world.git(top), gitDir: scene.scene.gitDir, adminDir, branch, head };
  await saveWork(place, "killed");
  await record(place.git, "killed", { branch, before: head, target: "main", onto: head, at: 1 });
  await clearWork(place);
  expect((await run(scene, { list: true })).rebases).toMatchObject([{ id: "killed", after: null, left: "work" }]);
  expect(await run(scene, { id: "kil" })).toMatchObject({ rebase: { id: "killed", work: expect.any(String) } });
  expect(await scene.git("status", "--porcelain")).toBe(" M own.txt");
});

test("that cannot be taken back is listed as what it is, and says why", async () => {
  await using scene = await makeRebaseScene();
  const { id } = await rebased(scene);
  const left = async () => (await run(scene, { list: true })).rebases[0]?.left;
  await scene.commit("later.txt", "later\n");
  expect(await left()).toBe("moved-on");
  await expect(run(scene, { id })).rejects.toMatchObject({ code: "rebase.moved-on" });
  await scene.git("checkout", "--quiet", "--detach");
  await expect(run(scene, { id })).rejects.toMatchObject({ code: "undo.no-worktree" });
  await scene.git("branch", "--quiet", "-D", scene.branch);
  expect(await left()).toBe("gone");
  expect(await run(scene, { list: true })).toMatchObject({ rebases: [{ path: null }] });
});

test("goes to no other place", async () => {
  await using scene = await makeRebaseScene();
  const { id, after } = await rebased(scene);
  await expect(run(scene, { id, to: "../elsewhere" })).rejects.toMatchObject({ code: "usage.conflicting-flags" });
  expect(await scene.head()).toBe(after);
});

test("of every repository that is known is listed where none is, and found by its id", async () => {
  await using scene = await makeRebaseScene();
  const { id, before } = await rebased(scene);
  const nowhere = scene.world.as({ cwd: scene.scene.place.at(".") });
  expect(await operation?.run(nowhere, { list: true })).toMatchObject({ rebases: [{ id }] });
  expect(await operation?.run(nowhere, { id })).toMatchObject({ rebase: { id } });
  expect(await scene.head()).toBe(before);
  await rm(join(scene.top, "own.txt"));
  await expect(undo(scene.world, {})).rejects.toMatchObject({ code: "undo.none" });
});
