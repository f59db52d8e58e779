// The ways a branch lands, or does not: what is said of each, and what may be done about it.

import { describe, expect, test } from "bun:test";
import type { Verdict } from "../../src/features/merges/merges.ts";
import { makeScene, numbered, type Scene } from "./landed-scene.ts";

/** Two commits on `work`, from where `main` stands. */
async function twoCommits(scene: Scene): Promise<[string, string]> {
  await scene.branch("work");
  const first = await scene.commit("f.txt", numbered({ 10: "ten" }), "First");
  const second = await scene.commit("f.txt", numbered({ 10: "ten", 20: "twenty" }), "Second");
  await scene.on("main");
  return [first, second];
}

interface Told {
  verdict: string;
  method: string;
  commit?: string;
  revertedBy?: string;
  landed?: number;
  total?: number;
  isSafe: boolean;
}

function told(verdict: Verdict): Told {
  const { commit, revertedBy } = verdict.evidence;
  expect(verdict.isComplete).toBe(true);
  return {
    verdict: verdict.verdict,
    method: verdict.method,
    ...(commit === null ? {} : { commit }),
    ...(revertedBy === null ? {} : { revertedBy }),
    ...(verdict.landed === null ? {} : { landed: verdict.landed }),
    ...(verdict.total === null ? {} : { total: verdict.total }),
    isSafe: verdict.isSafeToDelete,
  };
}

/** Acts it out, and answers what should be told; `fork` goes into the question. */
type Story = (scene: Scene) => Promise<Told & { fork?: string }>;

const SCENARIOS: Readonly<Record<string, Story>> = {
  "1 a fast-forward": async (scene) => {
    const fork = await scene.head();
    await twoCommits(scene);
    await scene.git("merge", "--quiet", "--ff-only", "work");
    const commit = await scene.head();
    await scene.commit("other.txt", "later\n");
    return { verdict: "ff", method: "ancestor", commit, fork, isSafe: true };
  },
  "2 a merge commit": async (scene) => {
    const fork = await scene.head();
    await twoCommits(scene);
    await scene.commit("other.txt", "meanwhile\n");
    const commit = await scene.merge("work");
    await scene.commit("other.txt", "later\n");
    return { verdict: "merged", method: "ancestor", commit, fork, isSafe: true };
  },
  "2 a merge commit, and nobody knows where the branch began": async (scene) => {
    await twoCommits(scene);
    await scene.commit("other.txt", "meanwhile\n");
    const commit = await scene.merge("work");
    await scene.commit("other.txt", "later\n");
    return { verdict: "merged", method: "ancestor", commit, isSafe: false };
  },
  "3 a squash, and later edits elsewhere": async (scene) => {
    await twoCommits(scene);
    await scene.commit("other.txt", "meanwhile\n");
    const commit = await scene.squash("work");
    await scene.commit("other.txt", "later\n");
    return { verdict: "squashed", method: "patch-of-whole-change", commit, isSafe: true };
  },
  "4 a squash, and later edits of the same lines": async (scene) => {
    await twoCommits(scene);
    const commit = await scene.squash("work");
    await scene.commit("f.txt", numbered({ 10: "TEN", 20: "TWENTY" }));
    return { verdict: "squashed", method: "patch-of-whole-change", commit, isSafe: true };
  },
  "5 a rebase-merge": async (scene) => {
    const commits = await twoCommits(scene);
    await scene.commit("f.txt", numbered({ 35: "thirty-five" }));
    const commit = await scene.pick(...commits);
    return { verdict: "rebased", method: "patch-of-each-commit", commit, isSafe: true };
  },
  "6 all commits picked, and later edits of the same lines": async (scene) => {
    const commits = await twoCommits(scene);
    await scene.commit("other.txt", "meanwhile\n");
    const commit = await scene.pick(...commits);
    await scene.commit("f.txt", numbered({ 10: "TEN", 20: "TWENTY" }));
    return { verdict: "rebased", method: "patch-of-each-commit", commit, isSafe: true };
  },
  "7 one of two commits": async (scene) => {
    const [first] = await twoCommits(scene);
    await scene.commit("other.txt", "meanwhile\n");
    const commit = await scene.pick(first);
    return { verdict: "partial", method: "some-patches", commit, landed: 1, total: 2, isSafe: false };
  },
  "8a a merge commit, reverted later": async (scene) => {
    await twoCommits(scene);
    await scene.commit("other.txt", "meanwhile\n");
    const commit = await scene.merge("work");
    const revertedBy = await scene.revert(commit, "-m", "1");
    return { verdict: "reverted", method: "ancestor", commit, revertedBy, isSafe: false };
  },
  "8b a squash, reverted later": async (scene) => {
    await twoCommits(scene);
    await scene.commit("other.txt", "meanwhile\n");
    const commit = await scene.squash("work");
    const revertedBy = await scene.revert(commit);
    return { verdict: "reverted", method: "patch-of-whole-change", commit, revertedBy, isSafe: false };
  },
  "9a nothing done, the target went on": async (scene) => {
    await scene.branch("work");
    await scene.on("main");
    const fork = await scene.head();
    await scene.commit("other.txt", "later\n");
    return { verdict: "unused", method: "no-own-commits", commit: fork, fork, isSafe: true };
  },
  "9b nothing done, the target stands still": async (scene) => {
    await scene.branch("work");
    const fork = await scene.head();
    return { verdict: "unused", method: "no-own-commits", commit: fork, fork, isSafe: true };
  },
  "9c only an empty commit": async (scene) => {
    const fork = await scene.head();
    await scene.branch("work");
    await scene.git("commit", "--quiet", "--allow-empty", "-m", "A note");
    await scene.on("main");
    await scene.commit("other.txt", "later\n");
    return { verdict: "unused", method: "no-own-changes", fork, isSafe: false };
  },
  "10a merged, and used again": async (scene) => {
    await twoCommits(scene);
    await scene.commit("other.txt", "meanwhile\n");
    const commit = await scene.merge("work");
    await scene.on("work");
    await scene.commit("f.txt", numbered({ 10: "ten", 20: "twenty", 30: "thirty" }));
    return { verdict: "partial", method: "earlier-tip", commit, landed: 2, total: 3, isSafe: false };
  },
  "10b squashed, and used again": async (scene) => {
    await twoCommits(scene);
    await scene.commit("other.txt", "meanwhile\n");
    const commit = await scene.squash("work");
    await scene.on("work");
    await scene.commit("f.txt", numbered({ 10: "ten", 20: "twenty", 30: "thirty" }));
    return { verdict: "partial", method: "some-patches", commit, landed: 2, total: 3, isSafe: false };
  },
  "11 a squash with a resolution by hand": async (scene) => {
    await twoCommits(scene);
    await scene.commit("f.txt", numbered({ 10: "zehn" }));
    await scene.commit("f.txt", numbered({ 10: "zehn and ten", 20: "twenty" }), "Squash work");
    return { verdict: "not-merged", method: "nothing-found", isSafe: false };
  },
  "12 the same change by somebody else, in another context": async (scene) => {
    await twoCommits(scene);
    const commit = await scene.commit("f.txt", numbered({ 10: "ten", 12: "twelve", 20: "twenty" }));
    return { verdict: "contained", method: "merge-adds-nothing", commit, isSafe: false };
  },
  "12 the same change by somebody else, as it is": async (scene) => {
    await twoCommits(scene);
    const commit = await scene.commit("f.txt", numbered({ 10: "ten", 20: "twenty" }), "Found it myself");
    return { verdict: "squashed", method: "patch-of-whole-change", commit, isSafe: true };
  },
  "13 not merged": async (scene) => {
    await twoCommits(scene);
    await scene.commit("other.txt", "meanwhile\n");
    return { verdict: "not-merged", method: "nothing-found", isSafe: false };
  },
  "14 not merged, and in conflict": async (scene) => {
    await twoCommits(scene);
    await scene.commit("f.txt", numbered({ 10: "zehn" }));
    return { verdict: "not-merged", method: "nothing-found", isSafe: false };
  },
  "15 on top of another branch, both squashed": async (scene) => {
    await scene.branch("below");
    await scene.commit("f.txt", numbered({ 5: "five" }));
    const fork = await scene.commit("f.txt", numbered({ 5: "five", 10: "ten" }));
    await scene.branch("work");
    await scene.commit("f.txt", numbered({ 5: "five", 10: "ten", 20: "twenty" }));
    await scene.commit("f.txt", numbered({ 5: "five", 10: "ten", 20: "twenty", 30: "thirty" }));
    await scene.on("main");
    await scene.commit("other.txt", "meanwhile\n");
    await scene.squash("below");
    await scene.git("diff", "--binary", "below", "work", `--output=${scene.place.at("patch")}`);
    await scene.git("apply", "--index", scene.place.at("patch"));
    await scene.git("commit", "--quiet", "-m", "Squash work");
    const commit = await scene.head();
    return { verdict: "squashed", method: "patch-of-each-part", commit, fork, isSafe: true };
  },
  "16 a squash, and the file deleted later": async (scene) => {
    await twoCommits(scene);
    const commit = await scene.squash("work");
    await scene.commit("f.txt", undefined);
    return { verdict: "squashed", method: "patch-of-whole-change", commit, isSafe: true };
  },
  "17 the target merged in, then a squash and later edits": async (scene) => {
    await twoCommits(scene);
    await scene.commit("f.txt", numbered({ 35: "thirty-five" }));
    await scene.on("work");
    await scene.merge("main");
    await scene.on("main");
    const commit = await scene.squash("work");
    await scene.commit("f.txt", numbered({ 10: "TEN", 20: "TWENTY" }));
    return { verdict: "squashed", method: "patch-of-whole-change", commit, isSafe: true };
  },
};

/** Found by random histories: each was once taken for landed. */
const REVERTED: Readonly<Record<string, (scene: Scene) => Promise<{ revertedBy: string; fork?: string }>>> = {
  "a squash that was reverted, beside a merge of the same": async (scene) => {
    await twoCommits(scene);
    const squash = await scene.squash("work");
    await scene.merge("work");
    return { revertedBy: await scene.revert(squash) };
  },
  "what was merged before the branch went on": async (scene) => {
    await twoCommits(scene);
    await scene.commit("other.txt", "meanwhile\n");
    const merge = await scene.merge("work");
    const revertedBy = await scene.revert(merge, "-m", "1");
    await scene.on("work");
    const third = await scene.commit("more.txt", "more\n");
    await scene.on("main");
    await scene.pick(third);
    return { revertedBy };
  },
  "what was fast-forwarded before the branch went on": async (scene) => {
    const fork = await scene.head();
    const [first] = await twoCommits(scene);
    await scene.git("merge", "--quiet", "--ff-only", "work");
    await scene.on("work");
    await scene.commit("more.txt", "more\n");
    await scene.on("main");
    const revertedBy = await scene.revert(first);
    await scene.merge("work");
    return { revertedBy, fork };
  },
  "the merge of a side branch that held the squash": async (scene) => {
    await twoCommits(scene);
    await scene.branch("side");
    await scene.squash("work");
    await scene.on("main");
    await scene.commit("f.txt", numbered({ 13: "thirteen" }));
    const merge = await scene.merge("side");
    return { revertedBy: await scene.revert(merge, "-m", "1") };
  },
  "a squash that the branch merged in afterwards": async (scene) => {
    await twoCommits(scene);
    const squash = await scene.squash("work");
    await scene.on("work");
    await scene.merge("main");
    await scene.on("main");
    await scene.commit("f.txt", numbered({ 10: "ten", 13: "thirteen", 20: "twenty" }));
    await scene.merge("work");
    await scene.git("revert", "--no-commit", squash).catch(() => undefined);
    const text = numbered({ 13: "thirteen" });
    return { revertedBy: await scene.commit("f.txt", text, `Revert "Squash"\n\nThis reverts commit ${squash}.`) };
  },
  "a branch's own undoing": async (scene) => {
    const [first] = await twoCommits(scene);
    await scene.on("work");
    const undo = await scene.revert(first);
    await scene.on("main");
    await scene.commit("other.txt", "meanwhile\n");
    const picked = await scene.pick(first, "work^", undo);
    return { revertedBy: await scene.revert(picked) };
  },
};

describe("reverted:", () => {
  test.each(Object.entries(REVERTED))("%s", async (_name, story) => {
    await using scene = await makeScene();
    const { revertedBy, fork } = await story(scene);
    expect(await scene.judge(fork === undefined ? {} : { fork })).toMatchObject({
      verdict: "reverted",
      evidence: { revertedBy },
      isSafeToDelete: false,
    });
  });

  test("and landed again by a revert of the revert", async () => {
    await using scene = await makeScene();
    await twoCommits(scene);
    const squash = await scene.squash("work");
    const revert = await scene.revert(squash);
    const again = await scene.revert(revert);
    expect(await scene.judge()).toMatchObject({ verdict: "squashed", isSafeToDelete: true });
    await scene.revert(again);
    expect(await scene.judge()).toMatchObject({ verdict: "reverted", isSafeToDelete: false });
  });

  test("a branch that undoes its own work has landed with it", async () => {
    await using scene = await makeScene();
    const [first, second] = await twoCommits(scene);
    await scene.on("work");
    const undo = await scene.revert(first);
    await scene.on("main");
    await scene.commit("other.txt", "meanwhile\n");
    await scene.pick(first, second, undo);
    expect(await scene.judge()).toMatchObject({ verdict: "rebased", isSafeToDelete: true });
  });
});

test("work of which a part was taken out without a word, beside other edits of the file, is not safe to delete", async () => {
  await using scene = await makeScene();
  await twoCommits(scene);
  await scene.squash("work");
  expect(await scene.judge()).toMatchObject({ isSafeToDelete: true });
  await scene.commit("f.txt", numbered({ 20: "twenty", 30: "thirty" }));
  expect(await scene.judge()).toMatchObject({ isSafeToDelete: false });
});

test("a branch that went on after it had landed is not safe to delete where its fork is unknown", async () => {
  await using scene = await makeScene();
  const [first] = await twoCommits(scene);
  await scene.commit("other.txt", "meanwhile\n");
  await scene.merge("work");
  await scene.on("work");
  await scene.merge("main");
  await scene.commit("f.txt", numbered({ 10: "ten", 20: "twenty", 30: "thirty" }));
  await scene.on("main");
  await scene.merge("work");
  await scene.on("work");
  const last = await scene.commit("more.txt", "more\n");
  await scene.on("main");
  await scene.revert(first);
  await scene.pick(last);
  expect(await scene.judge()).toMatchObject({ verdict: "rebased", isSafeToDelete: false });
});

describe("scenario", () => {
  test.each(Object.entries(SCENARIOS))("%s", async (_name, story) => {
    await using scene = await makeScene();
    const { fork, ...wanted } = await story(scene);
    expect(told(await scene.judge(fork === undefined ? {} : { fork }))).toEqual(wanted);
  });
});
