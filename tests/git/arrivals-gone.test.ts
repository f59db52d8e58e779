// A branch that somebody asked about and that is deleted before anybody has looked: judged by where it stood when it was
// asked for, and where that tells nothing, said once.

import { describe, expect, test } from "bun:test";
import { mergeStatus, notifyWhenMerged } from "../../src/features/arrivals/ask.ts";
import { activeSubscriptions } from "../../src/features/arrivals/store.ts";
import { list } from "../../src/features/messages/inbox.ts";
import { locate } from "../../src/git/repository.ts";
import { makeScene, type Scene, type Worker, withRemote } from "./arrivals-scene.ts";
import { numbered } from "./landed-scene.ts";

const TEN = numbered({ 10: "ten" });
const TWENTY = numbered({ 10: "ten", 20: "twenty" });

/** Who works in the main checkout has asked about `work`, which has one commit of its own. */
async function asked(scene: Scene): Promise<{ one: Worker; tip: string }> {
  const one = await scene.start("one");
  await scene.main.git("checkout", "--quiet", "-b", "work");
  const tip = await scene.main.commit("f.txt", TEN);
  await scene.main.git("checkout", "--quiet", "main");
  await notifyWhenMerged(scene.world, one.session, { branch: "work", target: undefined });
  return { one, tip };
}

async function told({ world }: Scene, { session }: Worker): Promise<string[]> {
  return list(await world.db(), session.id, 100).messages.map(({ message }) => message);
}

async function waiting({ world, repo }: Scene): Promise<number> {
  return activeSubscriptions(await world.db(), (await locate(world.git(repo.path))).gitDir).length;
}

describe("a branch that was asked about, and is deleted once it has landed, is told of", () => {
  test.each([
    ["merged", "-d", "merged", async ({ main }: Scene) => main.merge("work")],
    ["fast-forwarded", "-d", "ff", async ({ main }: Scene) => main.git("merge", "--quiet", "--ff-only", "work")],
    ["squashed", "-D", "rebased", async ({ main }: Scene) => main.squash("work")],
  ] as const)("%s", async (_, flag, method, land) => {
    await using scene = await makeScene();
    const { one, tip } = await asked(scene);
    await land(scene);
    await scene.main.git("branch", "--quiet", flag, "work");
    const status = await mergeStatus(scene.world, await locate(scene.world.git(scene.repo.path)), {
      branch: "work",
      target: undefined,
    });
    expect(status).toMatchObject({ isMerged: true, mergeEvent: { method, sourceCommit: tip } });
    for (let times = 0; times < 2; times++) await scene.poll();
    expect(await told(scene, one)).toEqual([expect.stringMatching(/^branch "work" .* You asked to be told;/)]);
    expect(await waiting(scene)).toBe(0);
  });

  test("also where it went on since, and was merged", async () => {
    await using scene = await makeScene();
    const { one } = await asked(scene);
    await scene.main.git("checkout", "--quiet", "work");
    await scene.main.commit("f.txt", TWENTY);
    await scene.main.git("checkout", "--quiet", "main");
    await scene.main.merge("work");
    await scene.main.git("branch", "--quiet", "-d", "work");
    await scene.poll();
    expect(await told(scene, one)).toEqual([expect.stringContaining('branch "work" was merged into "main" as ')]);
  });
});

describe("a branch that was asked about, and is gone without a trace of landing,", () => {
  test("ends the waiting with one piece of news", async () => {
    await using scene = await makeScene();
    const { one, tip } = await asked(scene);
    await scene.main.git("branch", "--quiet", "-D", "work");
    for (let times = 0; times < 2; times++) await scene.poll();
    expect(await told(scene, one)).toEqual([
      `branch "work", of which you asked to be told, is gone, and whether it has landed in "main" is not known: nothing ` +
        `there shows it, and it stood at ${tip.slice(0, 7)} when it was last seen. You are told no more of it.`,
    ]);
    expect(await waiting(scene)).toBe(0);
  });

  test("also where git has thrown its commits away", async () => {
    await using scene = await makeScene();
    const { one, tip } = await asked(scene);
    await scene.main.git("branch", "--quiet", "-D", "work");
    await scene.main.git("reflog", "expire", "--expire=all", "--expire-unreachable=all", "--all");
    await scene.main.git("prune", "--expire=now");
    const repository = await locate(scene.world.git(scene.repo.path));
    expect(await mergeStatus(scene.world, repository, { branch: "work", target: undefined })).toEqual({
      ...{ isMerged: false, mergeEvent: null },
      message:
        `Branch "work" is gone, and so is commit ${tip.slice(0, 7)} where it was last seen: whether it has landed in ` +
        '"main" cannot be told.',
    });
    await expect(
      notifyWhenMerged(scene.world, one.session, { branch: "work", target: undefined }),
    ).rejects.toMatchObject({ code: "branch.unknown" });
    expect((await scene.poll()).errors).toEqual([]);
    expect(await told(scene, one)).toEqual([expect.stringContaining('"work", of which you asked to be told, is gone')]);
  });

  test("is answered by what a look had recorded, where git has thrown its commits away since", async () => {
    await using scene = await makeScene();
    await asked(scene);
    const landed = await scene.main.squash("work");
    await scene.poll();
    await scene.main.git("branch", "--quiet", "-D", "work");
    await scene.main.git("reflog", "expire", "--expire=all", "--expire-unreachable=all", "--all");
    await scene.main.git("prune", "--expire=now");
    const repository = await locate(scene.world.git(scene.repo.path));
    expect(await mergeStatus(scene.world, repository, { branch: "work", target: undefined })).toMatchObject({
      ...{ isMerged: true, mergeEvent: { targetCommit: landed } },
      message: expect.stringContaining(`it was seen to have landed in "main" as ${landed.slice(0, 7)}.`),
    });
  });

  test("ends the waiting for what comes after, where it had landed when it was asked for", async () => {
    await using scene = await makeScene();
    const one = await scene.start("one");
    await scene.main.git("checkout", "--quiet", "-b", "work");
    await scene.main.commit("f.txt", TEN);
    await scene.main.git("checkout", "--quiet", "main");
    await scene.main.merge("work");
    await notifyWhenMerged(scene.world, one.session, { branch: "work", target: undefined });
    await scene.main.git("branch", "--quiet", "-d", "work");
    for (let times = 0; times < 2; times++) await scene.poll();
    expect(await told(scene, one)).toEqual([
      'branch "work", of which you asked to be told, is gone, and nothing is known to have come after what had landed in ' +
        '"main" when you asked. You are told no more of it.',
    ]);
  });

  test("is waited for while a remote has it", async () => {
    await using scene = await makeScene();
    const { one, tip } = await asked(scene);
    await scene.main.git("update-ref", "refs/remotes/origin/work", tip);
    await scene.main.git("branch", "--quiet", "-D", "work");
    await scene.poll();
    expect([await told(scene, one), await waiting(scene)]).toEqual([[], 1]);
    await scene.main.git("update-ref", "-d", "refs/remotes/origin/work");
    await scene.poll();
    expect([(await told(scene, one)).length, await waiting(scene)]).toEqual([1, 0]);
  });
});

describe("a branch that went on after it was asked about, and is gone before anybody looks,", () => {
  async function goOn({ main }: Scene): Promise<void> {
    await main.git("checkout", "--quiet", "work");
    await main.commit("f.txt", TWENTY);
    await main.git("checkout", "--quiet", "main");
  }

  test("is known by where a checkout left it: squashed", async () => {
    await using scene = await makeScene();
    const { one } = await asked(scene);
    await goOn(scene);
    const landed = await scene.main.squash("work");
    await scene.main.git("branch", "--quiet", "-D", "work");
    const repository = await locate(scene.world.git(scene.repo.path));
    expect(await mergeStatus(scene.world, repository, { branch: "work", target: undefined })).toMatchObject({
      mergeEvent: { method: "squashed", targetCommit: landed },
    });
    for (let times = 0; times < 2; times++) await scene.poll();
    expect(await told(scene, one)).toEqual([
      expect.stringContaining(`branch "work" was squashed into "main" as ${landed.slice(0, 7)} by `),
    ]);
  });

  test("is known by where a checkout left it, also when it was rebased before", async () => {
    await using scene = await makeScene();
    const { one } = await asked(scene);
    await goOn(scene);
    await scene.main.commit("other.txt", "meanwhile\n");
    await scene.main.git("rebase", "--quiet", "main", "work");
    await scene.main.git("checkout", "--quiet", "main");
    await scene.main.squash("work");
    await scene.main.git("branch", "--quiet", "-D", "work");
    await scene.poll();
    expect(await told(scene, one)).toEqual([expect.stringContaining('branch "work" was squashed into "main" as ')]);
  });

  test("is known by what was last fetched of it, where its checkout is gone, too", async () => {
    await using scene = await makeScene();
    const colleague = await withRemote(scene);
    const { one } = await asked(scene);
    const path = scene.place.at("elsewhere");
    await scene.main.git("worktree", "add", "--quiet", path, "work");
    const there = scene.checkoutAt(path);
    await there.commit("f.txt", TWENTY);
    await there.git("push", "--quiet", "origin", "work");
    await scene.main.git("worktree", "remove", path);
    await scene.main.git("branch", "--quiet", "-D", "work");
    await colleague.git("fetch", "--quiet");
    await colleague.squash("origin/work");
    await colleague.git("push", "--quiet", "origin", "main", ":work");
    await scene.poll();
    expect(await told(scene, one)).toEqual([
      expect.stringContaining('branch "work" was squashed into "origin/main" as '),
    ]);
  });

  test("is not said to have landed where nothing is left of what came after", async () => {
    await using scene = await makeScene();
    const { one, tip } = await asked(scene);
    const path = scene.place.at("elsewhere");
    await scene.main.git("worktree", "add", "--quiet", path, "work");
    await scene.checkoutAt(path).commit("f.txt", TWENTY);
    await scene.main.squash("work");
    await scene.main.git("worktree", "remove", path);
    await scene.main.git("branch", "--quiet", "-D", "work");
    await scene.poll();
    expect(await told(scene, one)).toEqual([
      `branch "work", of which you asked to be told, is gone, and whether it has landed in "main" is not known: nothing ` +
        `there shows it, and it stood at ${tip.slice(0, 7)} when it was last seen. You are told no more of it.`,
    ]);
    expect(await waiting(scene)).toBe(0);
  });

  test("is not taken for another one of its name", async () => {
    await using scene = await makeScene();
    await scene.main.git("checkout", "--quiet", "-b", "work");
    await scene.main.commit("f.txt", numbered({ 30: "thirty" }));
    await scene.main.git("checkout", "--quiet", "main");
    await scene.main.squash("work");
    await scene.main.git("branch", "--quiet", "-D", "work");
    const one = await scene.start("one");
    const path = scene.place.at("elsewhere");
    await scene.main.git("worktree", "add", "--quiet", "-b", "work", path);
    await scene.checkoutAt(path).commit("other.txt", "text\n");
    await notifyWhenMerged(scene.world, one.session, { branch: "work", target: undefined });
    await scene.main.git("worktree", "remove", path);
    await scene.main.git("branch", "--quiet", "-D", "work");
    await scene.poll();
    expect(await told(scene, one)).toEqual([expect.stringContaining('has landed in "main" is not known: ')]);
  });
});

describe("a branch of a remote that somebody asked about", () => {
  test("and that is gone there ends the waiting, though it is not pruned here", async () => {
    await using scene = await makeScene();
    const colleague = await withRemote(scene);
    const one = await scene.start("one");
    await colleague.git("checkout", "--quiet", "-b", "work");
    const tip = await colleague.commit("f.txt", TEN);
    await colleague.git("push", "--quiet", "origin", "work");
    await scene.main.git("fetch", "--quiet");
    await notifyWhenMerged(scene.world, one.session, { branch: "origin/work", target: undefined });
    await scene.poll();
    expect(await waiting(scene)).toBe(1);
    await colleague.commit("f.txt", TWENTY);
    await colleague.git("checkout", "--quiet", "main");
    await colleague.squash("work");
    await colleague.git("push", "--quiet", "origin", "main", ":work");
    for (let times = 0; times < 2; times++) await scene.poll();
    expect(await told(scene, one)).toEqual([
      `branch "origin/work", of which you asked to be told, is gone, and whether it has landed in "main" is not known: ` +
        `nothing there shows it, and it stood at ${tip.slice(0, 7)} when it was last seen. You are told no more of it.`,
    ]);
    expect(await waiting(scene)).toBe(0);
  });

  test("under its name of here is looked at there once it is gone here", async () => {
    await using scene = await makeScene();
    const colleague = await withRemote(scene);
    const { one } = await asked(scene);
    await scene.main.git("push", "--quiet", "origin", "work");
    await scene.main.git("branch", "--quiet", "-D", "work");
    await colleague.git("fetch", "--quiet");
    await colleague.git("checkout", "--quiet", "work");
    await colleague.commit("f.txt", TWENTY);
    await colleague.git("push", "--quiet", "origin", "work");
    await scene.poll();
    expect([await told(scene, one), await waiting(scene)]).toEqual([[], 1]);
    await colleague.git("checkout", "--quiet", "main");
    await colleague.squash("work");
    await colleague.git("push", "--quiet", "origin", "main", ":work");
    await scene.poll();
    expect(await told(scene, one)).toEqual([
      expect.stringContaining('branch "work" was squashed into "origin/main" as '),
    ]);
  });
});
