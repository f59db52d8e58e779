// What is answered about one branch, and what is listed of all: by git alone, whoever has looked before.

import { describe, expect, test } from "bun:test";
import { readdirSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { watchMergeEvents } from "../../src/cli/commands/watch-merges.ts";
import { PLAIN } from "../../src/cli/terminal.ts";
import { withLock } from "../../src/db/lock.ts";
import { subscriptionAnswer } from "../../src/features/arrivals/answers.ts";
import { mergeStatus, notifyWhenMerged } from "../../src/features/arrivals/ask.ts";
import { eventsAsked, lastPoll, subscriptionsAsked } from "../../src/features/arrivals/store.ts";
import { subscriptionsText } from "../../src/features/arrivals/text.ts";
import { register } from "../../src/features/sessions/register.ts";
import { lookForMerges } from "../../src/features/watch/merges-watch.ts";
import { locate } from "../../src/git/repository.ts";
import { callTool } from "../../src/mcp/tools.ts";
import { sleeper } from "../support/processes.ts";
import { makeRepo } from "../support/repo.ts";
import { testWorld } from "../support/world.ts";
import { makeScene, type Scene, withRemote } from "./arrivals-scene.ts";
import { numbered } from "./landed-scene.ts";

const TEN = numbered({ 10: "ten" });
const TWENTY = numbered({ 10: "ten", 20: "twenty" });
const ALL = { repository: undefined, branch: undefined, limit: 100 };

async function status({ world, repo }: Scene, branch: string, target?: string) {
  return mergeStatus(world, await locate(world.git(repo.path)), { branch, target });
}

/** `work`, from here, with two commits of its own. */
async function makeWork({ main }: Scene): Promise<[string, string]> {
  await main.git("checkout", "--quiet", "-b", "work");
  const made: [string, string] = [await main.commit("f.txt", TEN), await main.commit("f.txt", TWENTY)];
  await main.git("checkout", "--quiet", "main");
  return made;
}

describe("asked whether a branch has landed,", () => {
  test("a squash is, with its commit, and recorded it is by a look alone", async () => {
    await using scene = await makeScene();
    const [, tip] = await makeWork(scene);
    const landed = await scene.main.squash("work");
    expect(await status(scene, "work")).toEqual({
      isMerged: true,
      mergeEvent: {
        ...{ branchName: "work", targetBranch: "main", sourceCommit: tip, targetCommit: landed, method: "squashed" },
        ...{ mergedBy: "Test Committer", mergedAt: "2030-01-01T00:00:00.000Z" },
        detectedAt: expect.stringMatching(/^2030-01-01T12:/),
      },
      message: `Branch "work" was squashed into "main" as ${landed.slice(0, 7)} by "Test Committer" at 2030-01-01T00:00:00.000Z.`,
    });
    expect(eventsAsked(await scene.world.db(), ALL)).toEqual([]);
  });

  test("what landed on the remote is, as far as it was fetched, under the one name of the target", async () => {
    await using scene = await makeScene();
    const colleague = await withRemote(scene);
    await makeWork(scene);
    await scene.main.git("push", "--quiet", "origin", "work");
    await colleague.git("fetch", "--quiet");
    await colleague.squash("origin/work");
    await colleague.git("push", "--quiet", "origin", "main");
    expect(await status(scene, "work")).toMatchObject({
      isMerged: false,
      message: 'Branch "work" has not landed in "main", as far as that was fetched.',
    });
    await scene.main.git("fetch", "--quiet");
    for (const target of [undefined, "main", "origin/main"]) {
      expect(await status(scene, "work", target)).toMatchObject({
        isMerged: true,
        mergeEvent: { targetBranch: "main", method: "squashed" },
      });
    }
  });

  test("a branch that was begun and no more is not, wherever it is", async () => {
    await using scene = await makeScene();
    const colleague = await withRemote(scene);
    await colleague.git("push", "--quiet", "origin", "main:refs/heads/begun");
    await scene.main.git("fetch", "--quiet");
    const message = expect.stringContaining("nothing shows that it ever had work");
    expect(await status(scene, "origin/begun")).toEqual({ isMerged: false, mergeEvent: null, message });
    await scene.main.git("branch", "begun-here");
    await scene.main.commit("other.txt", "later\n");
    expect(await status(scene, "begun-here")).toEqual({ isMerged: false, mergeEvent: null, message });
    const two = [await scene.start("one"), await scene.start("two")][1];
    expect((await status(scene, two?.branch ?? "")).message).toEndWith("has no work of its own yet.");
  });

  test("in part, reverted, or by the same change of somebody else it is not, and is told so", async () => {
    await using scene = await makeScene();
    const [first, second] = await makeWork(scene);
    await scene.main.commit("other.txt", "meanwhile\n");
    await scene.main.git("cherry-pick", first);
    expect((await status(scene, "work")).message).toBe(
      'Branch "work" has landed in "main" only in part: 1 of 2 commits.',
    );
    await scene.main.git("cherry-pick", second);
    expect((await status(scene, "work")).isMerged).toBe(true);
    await scene.main.git("revert", "--no-edit", "HEAD", "HEAD^");
    expect(await status(scene, "work")).toMatchObject({
      isMerged: false,
      message: 'Branch "work" landed in "main" and was reverted.',
    });
    await scene.main.git("checkout", "--quiet", "-b", "alike");
    await scene.main.commit("f.txt", numbered({ 30: "thirty" }));
    await scene.main.git("checkout", "--quiet", "main");
    await scene.main.commit("f.txt", numbered({ 30: "thirty", 32: "thirty-two" }));
    expect((await status(scene, "alike")).message).toStartWith('Branch "alike" would bring nothing to "main"');
  });

  test("a deleted one is judged by where it stood when it was last seen", async () => {
    await using scene = await makeScene();
    await scene.start("one");
    const two = await scene.start("two");
    await two.commit("f.txt", TEN);
    await scene.poll();
    await two.git("checkout", "--quiet", "--detach");
    const landed = await scene.main.squash(two.branch);
    await scene.main.git("branch", "--quiet", "-D", two.branch);
    expect(await status(scene, two.branch)).toMatchObject({ isMerged: true, mergeEvent: { targetCommit: landed } });
  });
});

describe("the tools of agents", () => {
  test("ask about a branch, and to be told of it, as the session of the agent", async () => {
    await using scene = await makeScene();
    const [one, two] = [await scene.start("one"), await scene.start("two")];
    await two.commit("f.txt", TEN);
    const agent = scene.world.as({ cwd: one.path, parentPid: one.process.pid });
    const call = async (name: string, given: object) => (await callTool(agent, { name, given })).structuredContent;
    expect(await call("check_merge_status", { branch: two.branch })).toMatchObject({
      isMerged: false,
      mergeEvent: null,
    });
    expect(await call("notify_when_merged", { branch: two.branch, targetBranch: "main" })).toMatchObject({
      subscribed: true,
    });
    await scene.main.merge(two.branch);
    await scene.poll();
    expect(await call("get_merge_events", {})).toMatchObject({ total: 1, events: [{ branchName: two.branch }] });
    expect(await scene.news(one)).toHaveLength(1);
  });

  test("tell nobody who has no session, and none of an earlier release", async () => {
    await using scene = await makeScene();
    const one = await scene.start("one");
    await scene.main.git("branch", "work");
    const stranger = scene.world.as({ parentPid: 1 });
    const refused = await callTool(stranger, { name: "notify_when_merged", given: { branch: "work" } });
    expect(refused.content[0].text).toContain("session.none");
    const old = { ...one.session, git_dir: null };
    await expect(notifyWhenMerged(scene.world, old, { branch: "work", target: undefined })).rejects.toMatchObject({
      code: "session.none",
    });
  });
});

describe("looking in the background", () => {
  test("ends at once where another looks already", async () => {
    await using scene = await makeScene();
    await scene.start("one");
    await scene.poll();
    const [lock = ""] = readdirSync(scene.world.paths.locks).filter((name) => name.endsWith(".merges.lock"));
    await withLock(scene.world, join(scene.world.paths.locks, lock), async () => {
      expect(await lookForMerges(scene.world, { repo: scene.repo.path, isUnattended: true })).toEqual({
        ...{ polled: [], errors: [] },
      });
    });
  });

  test("a repository that git cannot open keeps no other from being looked at", async () => {
    await using scene = await makeScene();
    await using other = sleeper();
    const broken = await makeRepo(scene.place, { name: "broken" });
    await register(scene.world, { repo: broken.path, pid: other.pid });
    await scene.start("one");
    const two = await scene.start("two");
    await two.commit("f.txt", TEN);
    await scene.main.merge(two.branch);
    await Bun.write(`${broken.path}/.git/config`, "[");
    const { polled } = await lookForMerges(scene.world.as({ cwd: scene.place.home }), { repo: undefined });
    expect(polled.map(({ recorded }) => recorded.length)).toEqual([1]);
  });
});

test("a branch that cannot be judged is told of, and the others are judged", async () => {
  await using scene = await makeScene();
  await scene.start("one");
  const [two, three] = [await scene.start("two"), await scene.start("three")];
  for (const worker of [two, three]) await worker.commit(`${worker.branch}.txt`, "text\n");
  const tree = await two.git("rev-parse", "HEAD^{tree}");
  await rm(join(scene.repo.path, ".git/objects", tree.slice(0, 2), tree.slice(2)));
  await scene.main.merge(three.branch);
  const { recorded, errors } = await scene.poll();
  expect(recorded.map(({ event }) => event.branch_name)).toEqual([three.branch]);
  expect(errors).toEqual([expect.stringContaining(`${two.branch}: git `)]);
});

test("a tip that git has thrown away since keeps no other branch from being seen", async () => {
  await using scene = await makeScene();
  await scene.start("one");
  const [two, three] = [await scene.start("two"), await scene.start("three")];
  await two.commit("f.txt", TEN);
  await scene.poll();
  await two.git("checkout", "--quiet", "--detach", "main");
  await scene.main.git("branch", "--quiet", "-D", two.branch);
  await scene.main.git("reflog", "expire", "--expire=all", "--expire-unreachable=all", "--all");
  for (const path of [two.path, three.path])
    await scene.checkoutAt(path).git("reflog", "expire", "--expire=all", "HEAD");
  await scene.main.git("prune", "--expire=now");
  await three.commit("g.txt", "three\n");
  await scene.main.merge(three.branch);
  const { recorded, errors } = await scene.poll();
  expect([recorded.map(({ event }) => event.branch_name), errors]).toEqual([[three.branch], []]);
});

test("what was seen and asked goes with a repository that is moved", async () => {
  await using scene = await makeScene();
  const one = await scene.start("one");
  const two = await scene.start("two");
  await notifyWhenMerged(scene.world, one.session, { branch: two.branch, target: undefined });
  await two.commit("f.txt", TEN);
  await scene.poll();
  const db = await scene.world.db();
  const [from, to] = [scene.repo.path, scene.place.at("moved")];
  const { gitDir } = await locate(scene.world.git(from));
  expect(lastPoll(db, gitDir)).toBeDefined();
  await scene.main.git("worktree", "list");
  const mv = Bun.spawn(["mv", from, to], { env: scene.place.env() });
  await mv.exited;
  const moved = scene.checkoutAt(to);
  await moved.git("worktree", "repair", two.path);
  await moved.merge(two.branch);
  const world = scene.world.as({ cwd: to });
  const { polled } = await lookForMerges(world, { repo: to });
  expect(polled.flatMap(({ recorded }) => recorded)).toMatchObject([
    { event: { repo_path: to, branch_name: two.branch } },
  ]);
  expect(polled).toMatchObject([{ subscriptionsChecked: 1 }]);
  expect(await scene.news(one)).toHaveLength(1);
});

test("who waits for what is shown to people, the names of branches without control characters", async () => {
  await using scene = await makeScene();
  const one = await scene.start("one");
  await scene.main.git("branch", "odd\u202e");
  await notifyWhenMerged(scene.world, one.session, { branch: "odd\u202e", target: undefined });
  const subscriptions = subscriptionsAsked(await scene.world.db(), ALL).map(subscriptionAnswer);
  for (const columns of [undefined, 40]) {
    const text = subscriptionsText({ subscriptions, total: 2 }, { columns, now: scene.world.now(), paint: PLAIN });
    expect(text).toContain("odd\\u{202e}");
    expect(text).toMatch(/waits\n1 more with --limit\n$/);
  }
});

test("again and again it looks until a signal, and asks the remotes once a minute", async () => {
  await using scene = await makeScene();
  await withRemote(scene);
  await scene.start("one");
  const trace = scene.place.at("trace");
  await using traced = testWorld(scene.place, { cwd: scene.repo.path, env: { GIT_TRACE2_EVENT: trace } });
  let looks = 0;
  const world = {
    ...traced,
    sleep: async () => {
      looks++;
      traced.pass(25_000);
      if (looks === 4) traced.interrupt("SIGTERM");
    },
  };
  expect(await watchMergeEvents(world, {}, { json: false, help: false, colour: false })).toBe(143);
  const started = (await Bun.file(trace).text()).split("\n").filter((line) => line.includes('"event":"start"'));
  const fetches = started.filter((line) => JSON.parse(line).argv[1] === "fetch");
  expect([looks, fetches.length]).toEqual([4, 2]);
});
