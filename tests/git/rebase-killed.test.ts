// What a killed rebase has set aside is named until it is back, and comes back before anything else does.

import { expect, test } from "bun:test";
import { forgetOldRebases, rebase, undoRebase } from "../../src/features/rebase/rebase.ts";
import { record } from "../../src/features/rebase/records.ts";
import { clearWork, saveWork } from "../../src/features/rebase/set-aside.ts";
import { examined, found } from "../support/doctor.ts";
import { lines } from "./merge-scene.ts";
import { makeRebaseScene, type RebaseScene } from "./rebase-scene.ts";

const undo = (scene: RebaseScene, id?: string) => undoRebase(scene.world, { asker: { session: scene.session }, id });

const REF = "refs/parallel-cc/before-rebase/killed/work";

/** An older rebase is finished, and `own.txt` has staged and other changes since. */
async function makeChanged(scene: RebaseScene): Promise<{ older: string | null }> {
  await scene.commit("own.txt", "own\n");
  await scene.onMain("f.txt", lines(30, { 25: "main's" }));
  const { undoId } = await scene.run();
  await scene.onMain("f.txt", lines(30, { 25: "main's", 28: "more" }));
  await scene.write("own.txt", "own\nstaged\n");
  await scene.git("add", "own.txt");
  await scene.write("own.txt", "own\nstaged\nchanged\n");
  return { older: undoId };
}

/** As one leaves it that is killed before its files are cleared, or in the middle of git's own rebase. */
async function kill(scene: RebaseScene, when: "saved" | "picking"): Promise<void> {
  const { top, adminDir, branch } = scene;
  const before = await scene.head();
  const place = { top, adminDir, branch, head: before, gitDir: scene.scene.gitDir, git: scene.world.git(top) };
  const onto = await scene.scene.git("rev-parse", "main");
  await saveWork(place, "killed");
  await record(place.git, "killed", { branch, before, target: "main", onto, at: scene.world.now().getTime() + 1 });
  if (when === "saved") return;
  await clearWork(place);
  await scene.git("rebase", "--exec", "false", "main").catch(() => undefined);
}

test("while git's rebase is under way the work is named by all", async () => {
  await using scene = await makeRebaseScene();
  await makeChanged(scene);
  await kill(scene, "picking");
  for (const asked of [{}, { isCheck: true }, { setsAside: true }, undefined]) {
    await expect(asked === undefined ? undo(scene) : scene.run(asked)).rejects.toMatchObject({
      code: "rebase.under-way",
      message: expect.stringContaining(REF),
      hint: expect.stringMatching(/git rebase --abort.*parallel-cc rebase undo/),
    });
  }
});

test("doctor tells of the work", async () => {
  await using scene = await makeRebaseScene();
  await makeChanged(scene);
  const { place, repo } = scene.scene;
  expect(found(await examined(place, { cwd: repo.path }), "rebase")).toBeUndefined();
  await kill(scene, "picking");
  const check = found(await examined(place, { cwd: repo.path }), "rebase");
  expect(check).toMatchObject({ status: "warn", detail: expect.stringContaining(REF) });
});

test("after it no rebase goes on, and undo brings exactly the work back, staged as it was", async () => {
  await using scene = await makeRebaseScene();
  const { older } = await makeChanged(scene);
  const head = await scene.head();
  await kill(scene, "picking");
  await scene.git("rebase", "--abort");
  for (const asked of [{}, { isCheck: true }, undefined]) {
    await expect(asked === undefined ? undo(scene, older ?? "") : scene.run(asked)).rejects.toMatchObject({
      code: "rebase.left-over",
      details: { ref: REF },
    });
  }
  expect(await undo(scene)).toMatchObject({ id: "killed", from: head, to: head, work: expect.any(String) });
  expect(await scene.head()).toBe(head);
  expect(await scene.git("status", "--porcelain")).toBe("MM own.txt");
  expect(await scene.git("show", ":own.txt")).toBe("own\nstaged");
  expect(await Bun.file(`${scene.top}/own.txt`).text()).toBe("own\nstaged\nchanged\n");
  expect(await scene.git("for-each-ref", "refs/parallel-cc/before-rebase/killed")).toBe("");
  await scene.git("reset", "--quiet", "--hard");
  expect(await undo(scene)).toMatchObject({ id: older, work: null });
});

test("a rebase that git finished keeps where the branch was, and has the work back on top", async () => {
  await using scene = await makeRebaseScene();
  await makeChanged(scene);
  await kill(scene, "picking");
  await scene.git("rebase", "--continue").catch(() => undefined);
  const rebased = await scene.head();
  await undo(scene);
  expect(await scene.head()).toBe(rebased);
  expect(await scene.git("status", "--porcelain")).toBe("MM own.txt");
  expect(await scene.git("for-each-ref", "--format=%(refname)", "refs/parallel-cc/before-rebase/killed")).toBe(
    "refs/parallel-cc/before-rebase/killed/tip",
  );
});

test("work that never left the worktree is only no longer kept apart", async () => {
  await using scene = await makeRebaseScene();
  await makeChanged(scene);
  await kill(scene, "saved");
  expect(await undo(scene)).toMatchObject({ id: "killed" });
  expect(await scene.git("status", "--porcelain")).toBe("MM own.txt");
  expect(await scene.run({ setsAside: true })).toMatchObject({ outcome: "rebased" });
});

test("nothing is written over to bring it back: other changes, other commits, files that git does not track", async () => {
  await using scene = await makeRebaseScene();
  await makeChanged(scene);
  await scene.write("new.txt", "set aside\n");
  await scene.git("add", "new.txt");
  await kill(scene, "picking");
  await scene.git("rebase", "--abort");
  const refused = async (code: string) => {
    const before = await scene.git("status", "--porcelain");
    await expect(undo(scene)).rejects.toMatchObject({ code });
    expect(await scene.git("status", "--porcelain")).toBe(before);
    expect(await scene.git("rev-parse", "--verify", REF)).not.toBe("");
  };
  await scene.write("new.txt", "since then\n");
  await refused("rebase.in-the-way");
  expect(await Bun.file(`${scene.top}/new.txt`).text()).toBe("since then\n");
  await scene.git("clean", "--quiet", "--force", "new.txt");
  await scene.write("own.txt", "since then\n");
  await refused("rebase.dirty");
  await scene.commit("own.txt", "since then\n");
  await refused("rebase.work-conflicts");
});

test("what a rebase would write over is refused, ignored or not, and where it would only pass", async () => {
  await using scene = await makeRebaseScene();
  await scene.commit(".gitignore", "ignored*\n");
  await scene.commit("own.txt", "own\n");
  await scene.write("ignored.env", "mine\n");
  await scene.write("ignored.d/inner", "mine\n");
  await scene.write("ignored-file", "mine\n");
  await scene.write("plain.txt", "mine\n");
  await scene.write("ignored-same", "same\n");
  await scene.onMain("ignored.env", "theirs\n");
  await scene.onMain("ignored.d", "theirs\n");
  await scene.onMain("ignored-file/inner", "theirs\n");
  await scene.onMain("plain.txt", "theirs\n");
  await scene.onMain("ignored-same", "same\n");
  const files = ["ignored-file", "ignored.d/inner", "ignored.env", "plain.txt"];
  for (const input of [{}, { isCheck: true }, { setsAside: true }]) {
    if ("setsAside" in input) await scene.write("own.txt", "own\nmore\n");
    const refused = await scene.run(input).catch((thrown: unknown) => thrown);
    expect(refused).toMatchObject({ code: "rebase.in-the-way", message: expect.stringContaining("ignored.env") });
    expect(refused).toMatchObject({ details: { files: expect.arrayContaining(files) } });
  }
  expect(await scene.git("for-each-ref", "refs/parallel-cc")).toBe("");
  expect(await Bun.file(`${scene.top}/ignored.env`).text()).toBe("mine\n");
  for (const file of files) await scene.git("clean", "-xdfq", file.split("/")[0] ?? "");
  expect(await scene.run({ setsAside: true })).toMatchObject({ outcome: "rebased" });
  expect(await Bun.file(`${scene.top}/ignored-same`).text()).toBe("same\n");
});

test("an ignored file is spared where the target still has it and the branch has deleted it", async () => {
  await using scene = await makeRebaseScene();
  await scene.git("rm", "--quiet", "f.txt");
  await scene.commit(".gitignore", "f.txt\n");
  await scene.write("f.txt", "mine\n");
  await scene.onMain("other.txt", "other\n");
  const asker = { session: scene.session };
  await expect(rebase(scene.world, { asker })).rejects.toMatchObject({
    code: "rebase.in-the-way",
    details: { files: ["f.txt"] },
  });
  expect(await Bun.file(`${scene.top}/f.txt`).text()).toBe("mine\n");
});

test("the work is kept, however long ago it was set aside", async () => {
  await using scene = await makeRebaseScene();
  await makeChanged(scene);
  await kill(scene, "picking");
  const refs = () => scene.git("for-each-ref", "--format=%(refname)", "refs/parallel-cc/before-rebase");
  scene.world.pass(1000 * 86_400_000);
  await forgetOldRebases(scene.world, scene.scene.gitDir);
  expect((await refs()).trim().split("\n")).toEqual(["tip", "work"].map((ref) => REF.replace(/work$/, ref)));
});
