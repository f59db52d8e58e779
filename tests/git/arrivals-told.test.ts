// Who is told of a branch that has landed, how often, and in which words.

import { describe, expect, test } from "bun:test";
import { startPollIfDue } from "../../src/features/arrivals/arrivals.ts";
import { notifyWhenMerged } from "../../src/features/arrivals/ask.ts";
import { activeSubscriptions, eventsAsked, subscriptionsAsked } from "../../src/features/arrivals/store.ts";
import { release } from "../../src/features/sessions/release.ts";
import { locate } from "../../src/git/repository.ts";
import { makeScene, type Scene, type Worker, withRemote } from "./arrivals-scene.ts";
import { numbered } from "./landed-scene.ts";

const TEN = numbered({ 10: "ten" });
const TWENTY = numbered({ 10: "ten", 20: "twenty" });
const ALL = { repository: undefined, branch: undefined, limit: 100 };

const short = (commit: string): string => commit.slice(0, 7);

async function gitDirOf({ world, repo }: Scene): Promise<string> {
  return (await locate(world.git(repo.path))).gitDir;
}

async function subscribe({ world }: Scene, by: Worker, branch: string, target?: string) {
  return notifyWhenMerged(world, by.session, { branch, target });
}

describe("told of a merge is", () => {
  test("whose branch it was, who lacks it, and nobody else, each once", async () => {
    await using scene = await makeScene();
    const one = await scene.start("one");
    const [two, three] = [await scene.start("two"), await scene.start("three")];
    await two.commit("f.txt", TEN);
    const landed = await scene.main.merge(two.branch);
    const late = await scene.start("late");
    for (let times = 0; times < 2; times++) await scene.poll();
    const by = `as ${short(landed)} by "Test Committer".`;
    expect(await scene.news(two)).toEqual([`your branch "${two.branch}" was merged into "main" ${by}`]);
    expect(await scene.news(three)).toEqual([
      `branch "${two.branch}" was merged into "main" ${by} Your branch does not have it. You have no changes of ` +
        "your own, so it merges cleanly. To take it in: ask your user, then call rebase_assist.",
    ]);
    expect([await scene.news(one), await scene.news(late)]).toEqual([[], []]);
    expect(eventsAsked(await scene.world.db(), ALL)).toMatchObject([{ notification_sent: 1 }]);
  });

  test("nobody whose branches go elsewhere, nor one that is over", async () => {
    await using scene = await makeScene();
    await scene.main.git("branch", "stable");
    const one = await scene.start("one");
    const [two, dead] = [await scene.start("two"), await scene.start("dead")];
    await scene.main.git("checkout", "--quiet", "stable");
    const elsewhere = await scene.start("elsewhere");
    expect(elsewhere.session.target_branch).toBe("stable");
    await two.commit("f.txt", TEN);
    await scene.main.git("checkout", "--quiet", "main");
    await scene.main.merge(two.branch);
    await dead.process.kill();
    expect((await scene.poll()).notificationsSent).toBe(1);
    expect([await scene.news(one), await scene.news(elsewhere), await scene.news(dead)]).toEqual([[], [], []]);
  });

  test("who changed the same files, committed or not, with five of their names at most", async () => {
    await using scene = await makeScene();
    await scene.start("one");
    const [two, three] = [await scene.start("two"), await scene.start("three")];
    const names = ["a", "b", "c", "d", "e", "g"].map((name) => `${name}.txt`);
    for (const name of names) await two.write(name, "two\n");
    await two.commit("f.txt", TEN);
    for (const name of names.slice(0, 3)) await three.write(name, "three\n");
    await three.commit("own.txt", "three\n");
    for (const name of names.slice(3)) await three.write(name, "three\n");
    await scene.main.merge(two.branch);
    await scene.poll();
    const [told = ""] = await scene.news(three);
    expect(told).toContain("It changed 6 files that you changed, too: ");
    expect(told).toContain(" and 1 more. It conflicts with what you have committed in 3 files: ");
    expect(told.length).toBeLessThanOrEqual(400);
    expect(told).toEndWith("ask your user, then call rebase_assist.");
  });

  test("who has not committed what it changed, without a word on how that merges", async () => {
    await using scene = await makeScene();
    await scene.start("one");
    const [two, three, four] = [await scene.start("two"), await scene.start("three"), await scene.start("four")];
    await two.commit("f.txt", TEN);
    await three.write("own.txt", "three\n");
    await four.commit("own.txt", "four\n");
    await four.write("f.txt", TWENTY);
    await scene.main.merge(two.branch);
    await scene.poll();
    const unlooked = "Your uncommitted changes were not looked at: commit first, rebase_assist wants a clean checkout.";
    for (const worker of [three, four]) {
      const [told = ""] = await scene.news(worker);
      expect(told).toContain(unlooked);
      expect(told).not.toContain("cleanly");
    }
  });

  test("names of others as data: quoted, cut and without control characters", async () => {
    await using scene = await makeScene();
    await scene.start("one");
    const [two, three] = [await scene.start("two"), await scene.start("three")];
    const odd = `a"b${"x".repeat(80)}\u202e`;
    await two.git("checkout", "--quiet", "-b", odd);
    for (const worker of [two, three]) await worker.write("a\n\u001b[31m.txt", worker.branch);
    await two.commit("f.txt", TEN);
    await three.git("add", "--all");
    await scene.main.git("-c", 'user.name=Eve"\u001b[2J', "merge", "--quiet", "--no-ff", "-m", "Merge", odd);
    await scene.poll();
    const [told = ""] = await scene.news(three);
    expect(told).toContain('branch "a\\"bxxx');
    expect(told).toContain('"a\\\\n\\\\u{1b}[31m.txt"'.replaceAll("\\\\", "\\"));
    expect(told).not.toMatch(/[\p{Cc}\p{Cf}]/u);
    expect(told.length).toBeLessThanOrEqual(400);
  });

  test("once, of several branches that one commit brought", async () => {
    await using scene = await makeScene();
    await scene.start("one");
    const [two, three] = [await scene.start("two"), await scene.start("three")];
    await two.commit("f.txt", TEN);
    await two.git("checkout", "--quiet", "-b", "on-top");
    await two.commit("f.txt", TWENTY);
    await scene.main.merge("on-top");
    const { recorded } = await scene.poll();
    expect(recorded.map(({ event }) => event.branch_name)).toEqual(["on-top", two.branch]);
    expect(await scene.news(three)).toEqual([
      expect.stringContaining(`branches "on-top" and "${two.branch}" were merged into "main" as `),
    ]);
    expect(await scene.news(two)).toHaveLength(1);
  });

  test("the session in the main checkout, of what landed on the remote, without the offer to rebase", async () => {
    await using scene = await makeScene();
    const colleague = await withRemote(scene);
    const [one, two] = [await scene.start("one"), await scene.start("two")];
    await two.commit("f.txt", TEN);
    await two.git("push", "--quiet", "origin", two.branch);
    await colleague.git("fetch", "--quiet");
    await colleague.merge(`origin/${two.branch}`);
    await colleague.git("push", "--quiet", "origin", "main");
    await scene.poll();
    const [told = "", ...more] = await scene.news(one);
    expect(told).toEndWith(
      "Your branch does not have it. You have no changes of your own, so it merges cleanly. Ask your user before you take it in.",
    );
    expect(more).toEqual([]);
    await scene.main.git("pull", "--quiet", "--ff-only");
    await scene.poll();
    expect(await scene.news(one)).toHaveLength(1);
  });
});

describe("who asked to be told of a branch", () => {
  test("is told once when it lands, also with nothing to take in, however often it asked", async () => {
    await using scene = await makeScene();
    const [one, two] = [await scene.start("one"), await scene.start("two")];
    const first = await subscribe(scene, one, two.branch);
    expect(first).toEqual({
      subscribed: true,
      message: `Branch "${two.branch}" has no work of its own yet. You will be told, with a prompt or a tool use of yours, when it lands.`,
    });
    expect((await subscribe(scene, one, two.branch)).message).toEndWith("You had asked for it before.");
    await two.commit("f.txt", TEN);
    expect(await scene.poll()).toMatchObject({ subscriptionsChecked: 1, notificationsSent: 0 });
    await scene.main.merge(two.branch);
    expect((await scene.poll()).notificationsSent).toBe(2);
    expect(await scene.news(one)).toEqual([expect.stringMatching(/You asked to be told; your branch has it\.$/)]);
    expect(subscriptionsAsked(await scene.world.db(), ALL)).toMatchObject([
      { is_active: 0, notified_at: expect.stringMatching(/^2030-01-01 12:/), target_branch: "main" },
    ]);
    await two.commit("f.txt", TWENTY);
    await scene.main.merge(two.branch);
    await scene.poll();
    expect(await scene.news(one)).toHaveLength(1);
  });

  test("is answered at once when it has landed, and told when what comes after it lands", async () => {
    await using scene = await makeScene();
    const [one, two, three] = [await scene.start("one"), await scene.start("two"), await scene.start("three")];
    await two.commit("f.txt", TEN);
    const landed = await scene.main.merge(two.branch);
    const { subscribed, message } = await subscribe(scene, one, two.branch);
    expect({ subscribed, message }).toEqual({
      subscribed: true,
      message:
        `Branch "${two.branch}" was merged into "main" as ${short(landed)} by "Test Committer" at 2030-01-01T00:00:00.000Z already. ` +
        "You will be told, with a prompt or a tool use of yours, when what comes after it lands.",
    });
    expect((await subscribe(scene, one, two.branch)).message).toEndWith("You had asked for it before.");
    expect(await scene.news(three)).toEqual([]);
    await scene.poll();
    expect([await scene.news(one), (await scene.news(three)).length]).toEqual([[], 1]);
    await two.commit("f.txt", TWENTY);
    await scene.main.merge(two.branch);
    await scene.poll();
    expect((await scene.news(one)).length).toBe(1);
    expect(activeSubscriptions(await scene.world.db(), await gitDirOf(scene))).toEqual([]);
  });

  test("may ask for anybody's branch, also one that is on the remote alone and deleted once it has landed", async () => {
    await using scene = await makeScene();
    const colleague = await withRemote(scene);
    const one = await scene.start("one");
    await colleague.git("checkout", "--quiet", "-b", "feature/theirs");
    await colleague.commit("f.txt", TEN);
    await colleague.commit("f.txt", TWENTY);
    await colleague.git("push", "--quiet", "origin", "feature/theirs");
    await scene.main.git("fetch", "--quiet");
    expect((await subscribe(scene, one, "origin/feature/theirs")).message).toContain("has not landed");
    // It goes on there, and nobody fetches it here.
    await colleague.commit("g.txt", "more\n");
    await colleague.git("push", "--quiet", "origin", "feature/theirs");
    await scene.poll();
    await colleague.git("checkout", "--quiet", "main");
    await colleague.squash("feature/theirs");
    await colleague.git("push", "--quiet", "origin", "main", ":feature/theirs");
    await scene.main.git("fetch", "--quiet", "--prune");
    await scene.poll();
    expect(await scene.news(one)).toEqual([
      expect.stringMatching(/^branch "origin\/feature\/theirs" was squashed into "origin\/main" as /),
    ]);
  });

  test("goes with its session", async () => {
    await using scene = await makeScene();
    await scene.start("one");
    const [two, three] = [await scene.start("two"), await scene.start("three")];
    await subscribe(scene, three, two.branch);
    await release(scene.world, { sessionId: three.session.id });
    expect(subscriptionsAsked(await scene.world.db(), ALL)).toEqual([]);
  });

  test.each([
    ["nowhere", undefined, "branch.unknown"],
    ["main", undefined, "target.unknown"],
    ["work", "nowhere", "target.unknown"],
    ["work", "work", "target.unknown"],
    ["$(touch X)", undefined, "usage.bad-value"],
    ["work", "--upload-pack=x", "usage.bad-value"],
  ])("of %j into %p is refused with %s", async (branch, target, code) => {
    await using scene = await makeScene();
    const one = await scene.start("one");
    await scene.main.git("branch", "work");
    await expect(subscribe(scene, one, branch, target)).rejects.toMatchObject({ code });
    expect(subscriptionsAsked(await scene.world.db(), ALL)).toEqual([]);
  });
});

describe("a look", () => {
  test("is started once a minute, whoever and however many ask", async () => {
    await using scene = await makeScene();
    const { world } = scene;
    const [one, two] = [await scene.start("one"), await scene.start("two")];
    const db = await world.db();
    world.started.length = 0;
    const asked = [one, two, one].map(({ session }) => startPollIfDue(world, db, session));
    expect(asked).toEqual([true, false, false]);
    expect(world.started).toEqual([["watch", "merges", "--once", "--unattended", "--repo", scene.repo.path]]);
    world.pass(61_000);
    expect(startPollIfDue(world, db, two.session)).toBe(true);
    await scene.poll();
    world.pass(30_000);
    expect(startPollIfDue(world, db, two.session)).toBe(false);
    expect(startPollIfDue(world, db, { ...two.session, git_dir: null })).toBe(false);
  });

  test("is not started where the database cannot be written just now, which is no failure", async () => {
    await using scene = await makeScene();
    const { world } = scene;
    const one = await scene.start("one");
    const [db, other] = [await world.db(), await world.dbInHaste()];
    world.started.length = 0;
    db.write(() => expect(startPollIfDue(world, other, one.session)).toBe(false));
    expect(world.started).toEqual([]);
    expect(startPollIfDue(world, other, one.session)).toBe(true);
  });
});

describe("notify.command", () => {
  const settle = (scene: Scene, command: string) =>
    Bun.write(scene.world.paths.config, JSON.stringify({ notify: { command } }));

  test("gets each merge as one document of JSON, in the home directory, with nothing of it among its words", async () => {
    await using scene = await makeScene();
    await settle(scene, 'cat >> merges; echo "$# $0" >> words');
    const one = await scene.start("one");
    const two = await scene.start("two");
    await two.git("checkout", "--quiet", "-b", "x;touch$IFS/tmp/y");
    const tip = await two.commit("f.txt", TEN);
    await scene.poll();
    const landed = await scene.main.merge("x;touch$IFS/tmp/y");
    for (let times = 0; times < 2; times++) await scene.poll();
    const { home } = scene.place;
    expect(JSON.parse(await Bun.file(`${home}/merges`).text())).toEqual({
      ...{ event: "branch.merged", id: expect.any(String), repository: scene.repo.path },
      ...{ branch: "x;touch$IFS/tmp/y", targetBranch: "main", sourceCommit: tip, targetCommit: landed },
      ...{ method: "merged", mergedBy: "Test Committer", mergedAt: "2030-01-01T00:00:00.000Z" },
      detectedAt: expect.stringMatching(/^2030-01-01T12:/),
      sessions: [{ sessionId: two.session.id, name: "two", is: "own" }],
    });
    expect(await Bun.file(`${home}/words`).text()).toBe("0 sh\n");
    expect(await scene.news(one)).toEqual([]);
  });

  test("that fails is noted, and not run again for the same merge", async () => {
    await using scene = await makeScene();
    await settle(scene, "echo ran >> ran; echo no such chat >&2; exit 3");
    await scene.start("one");
    const two = await scene.start("two");
    await scene.poll();
    await two.commit("f.txt", TEN);
    await scene.main.merge(two.branch);
    for (let times = 0; times < 2; times++) expect((await scene.poll()).errors).toEqual([]);
    expect(await Bun.file(`${scene.place.home}/ran`).text()).toBe("ran\n");
    const log = await Bun.file(`${scene.world.paths.logs}/merges.log`).text();
    expect(JSON.parse(log)).toMatchObject({ event: "notify.failed", exit: 3, stderr: "no such chat\n" });
  });

  test("of a repository's own file is not run", async () => {
    await using scene = await makeScene();
    await Bun.write(`${scene.repo.path}/.parallel-cc.json`, JSON.stringify({ notify: { command: "touch $HOME/ran" } }));
    await scene.start("one");
    const two = await scene.start("two");
    await two.commit("f.txt", TEN);
    await scene.main.merge(two.branch);
    expect((await scene.poll()).recorded).toHaveLength(1);
    expect(await Bun.file(`${scene.place.home}/ran`).exists()).toBe(false);
  });

  test("is not run for what had landed before anybody was at work", async () => {
    await using scene = await makeScene();
    await settle(scene, "echo ran >> ran");
    await scene.start("one");
    const two = await scene.start("two");
    await two.commit("f.txt", TEN);
    // Hours before the sessions began, by its date.
    await scene.main.merge(two.branch);
    expect((await scene.poll()).recorded).toHaveLength(1);
    expect(await Bun.file(`${scene.place.home}/ran`).exists()).toBe(false);
  });
});

test("broken settings keep nobody from being told", async () => {
  await using scene = await makeScene();
  await scene.start("one");
  const two = await scene.start("two");
  await two.commit("f.txt", TEN);
  await scene.main.merge(two.branch);
  await Bun.write(scene.world.paths.config, "{");
  const { recorded, errors } = await scene.poll();
  expect([recorded.length, errors]).toEqual([1, [expect.stringContaining("config.json")]]);
});
