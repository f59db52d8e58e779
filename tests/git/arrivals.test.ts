// Branches that land, as one look after another sees them: each landing once, and nothing that only looks like one.

import { describe, expect, test } from "bun:test";
import { pollMerges } from "../../src/features/arrivals/arrivals.ts";
import { locate } from "../../src/git/repository.ts";
import { testWorld } from "../support/world.ts";
import { makeScene, type Scene, withRemote } from "./arrivals-scene.ts";
import { numbered } from "./landed-scene.ts";

/** What a look has found anew, in short. */
async function seen(scene: Scene): Promise<string[]> {
  const { recorded } = await scene.poll();
  return recorded.map(({ event }) => `${event.branch_name} ${event.method} ${event.target_branch}`);
}

const TEN = numbered({ 10: "ten" });
const TWENTY = numbered({ 10: "ten", 20: "twenty" });

describe("a branch of a session is seen to land", () => {
  test("merged, with the commit, its date and who committed it", async () => {
    await using scene = await makeScene();
    await scene.start("one");
    const two = await scene.start("two");
    const tip = await two.commit("f.txt", TEN);
    expect(await seen(scene)).toEqual([]);
    const landed = await scene.main.merge(two.branch);
    const { recorded } = await scene.poll();
    expect(recorded.map(({ event }) => event)).toMatchObject([
      {
        ...{ branch_name: two.branch, source_commit: tip, target_branch: "main", target_commit: landed },
        ...{ method: "merged", merged_by: "Test Committer", merged_at: "2030-01-01 00:00:00" },
      },
    ]);
    expect(await seen(scene)).toEqual([]);
  });

  test("fast-forwarded", async () => {
    await using scene = await makeScene();
    await scene.start("one");
    const two = await scene.start("two");
    await two.commit("f.txt", TEN);
    await scene.poll();
    await scene.main.git("merge", "--quiet", "--ff-only", two.branch);
    expect(await seen(scene)).toEqual([`${two.branch} ff main`]);
  });

  test("fast-forwarded before anybody had looked, by the reflogs", async () => {
    await using scene = await makeScene();
    await scene.start("one");
    const two = await scene.start("two");
    await scene.checkoutAt(two.path, 1_893_456_100).commit("f.txt", TEN);
    await scene.checkoutAt(scene.main.path, 1_893_456_200).git("merge", "--quiet", "--ff-only", two.branch);
    expect(await seen(scene)).toEqual([`${two.branch} ff main`]);
  });

  test("squashed, and again when it went on and landed again", async () => {
    await using scene = await makeScene();
    await scene.start("one");
    const two = await scene.start("two");
    await two.commit("f.txt", TEN);
    await scene.main.squash(two.branch);
    expect(await seen(scene)).toEqual([`${two.branch} rebased main`]);
    await two.commit("f.txt", TWENTY);
    await two.commit("f.txt", numbered({ 10: "ten", 20: "twenty", 30: "thirty" }));
    expect(await seen(scene)).toEqual([]);
    await scene.main.git("checkout", "--quiet", two.branch, "--", ".").catch(() => undefined);
    await scene.main.git("commit", "--quiet", "-m", "Squash the rest");
    expect(await seen(scene)).toEqual([`${two.branch} squashed main`]);
  });

  test("rebased, by other commits", async () => {
    await using scene = await makeScene();
    await scene.start("one");
    const two = await scene.start("two");
    const first = await two.commit("f.txt", TEN);
    const second = await two.commit("f.txt", TWENTY);
    await scene.main.commit("other.txt", "meanwhile\n");
    await scene.main.git("cherry-pick", first, second);
    expect(await seen(scene)).toEqual([`${two.branch} rebased main`]);
  });

  test("in part not, and then whole", async () => {
    await using scene = await makeScene();
    await scene.start("one");
    const two = await scene.start("two");
    const first = await two.commit("f.txt", TEN);
    const second = await two.commit("f.txt", TWENTY);
    await scene.main.commit("other.txt", "meanwhile\n");
    await scene.main.git("cherry-pick", first);
    expect(await seen(scene)).toEqual([]);
    await scene.main.git("cherry-pick", second);
    expect(await seen(scene)).toEqual([`${two.branch} rebased main`]);
  });

  test("and has gone on since, at once", async () => {
    await using scene = await makeScene();
    await scene.start("one");
    const two = await scene.start("two");
    const tip = await two.commit("f.txt", TEN);
    await scene.poll();
    await scene.main.merge(two.branch);
    await two.commit("f.txt", TWENTY);
    const { recorded } = await scene.poll();
    expect(recorded.map(({ event }) => event.source_commit)).toEqual([tip]);
  });

  test("though it is deleted by then", async () => {
    await using scene = await makeScene();
    await scene.start("one");
    const two = await scene.start("two");
    await two.commit("f.txt", TEN);
    await scene.poll();
    await scene.main.merge(two.branch);
    await two.git("checkout", "--quiet", "--detach");
    await scene.main.git("branch", "--quiet", "-D", two.branch);
    expect(await seen(scene)).toEqual([`${two.branch} merged main`]);
  });
});

describe("nothing is seen of", () => {
  test("a branch that nobody has committed to, also when it follows its target", async () => {
    await using scene = await makeScene();
    await scene.start("one");
    const two = await scene.start("two");
    expect(await seen(scene)).toEqual([]);
    await scene.main.commit("other.txt", "meanwhile\n");
    expect(await seen(scene)).toEqual([]);
    await two.git("merge", "--quiet", "--ff-only", "main");
    expect(await seen(scene)).toEqual([]);
    await scene.main.commit("other.txt", "later\n");
    await two.git("rebase", "--quiet", "main");
    await scene.main.commit("other.txt", "later still\n");
    expect(await seen(scene)).toEqual([]);
  });

  test("a landed branch that takes in what its target has since", async () => {
    await using scene = await makeScene();
    await scene.start("one");
    const two = await scene.start("two");
    await two.commit("f.txt", TEN);
    await scene.main.commit("other.txt", "meanwhile\n");
    await scene.main.squash(two.branch);
    expect(await seen(scene)).toHaveLength(1);
    await two.git("merge", "--quiet", "--no-edit", "main");
    expect(await seen(scene)).toEqual([]);
    await two.git("reset", "--quiet", "--hard", "main");
    expect(await seen(scene)).toEqual([]);
  });

  test("what was reverted by then", async () => {
    await using scene = await makeScene();
    await scene.start("one");
    const two = await scene.start("two");
    await two.commit("f.txt", TEN);
    await scene.main.merge(two.branch);
    await scene.main.git("revert", "--no-edit", "-m", "1", "HEAD");
    expect(await seen(scene)).toEqual([]);
  });

  test("what somebody commits to the target itself, and the target that is pushed", async () => {
    await using scene = await makeScene();
    await withRemote(scene);
    await scene.start("one");
    await scene.start("two");
    await scene.poll();
    await scene.main.commit("other.txt", "meanwhile\n");
    expect(await seen(scene)).toEqual([]);
    await scene.main.git("push", "--quiet", "origin", "main");
    expect(await seen(scene)).toEqual([]);
  });
});

describe("on a remote", () => {
  test("a squash is seen without anybody's fetching, and once, also when it is pulled later", async () => {
    await using scene = await makeScene();
    const colleague = await withRemote(scene);
    await scene.start("one");
    const two = await scene.start("two");
    await two.commit("f.txt", TEN);
    await two.commit("f.txt", TWENTY);
    await two.git("push", "--quiet", "--set-upstream", "origin", two.branch);
    expect(await seen(scene)).toEqual([]);
    await colleague.git("fetch", "--quiet");
    const landed = await colleague.squash(`origin/${two.branch}`);
    await colleague.git("push", "--quiet", "origin", "main", `:${two.branch}`);
    const { recorded, errors } = await scene.poll();
    expect({ errors, events: recorded.map(({ event }) => event) }).toMatchObject({
      errors: [],
      events: [{ branch_name: two.branch, method: "squashed", target_branch: "main", target_commit: landed }],
    });
    await scene.main.git("pull", "--quiet", "--ff-only");
    expect(await seen(scene)).toEqual([]);
  });

  test("nothing is asked where the settings forbid it", async () => {
    await using scene = await makeScene();
    const colleague = await withRemote(scene);
    const one = await scene.start("one");
    await Bun.write(`${one.path}/.parallel-cc.json`, JSON.stringify({ merges: { fetch: false } }));
    const two = await scene.start("two");
    await two.commit("f.txt", TEN);
    await two.git("push", "--quiet", "origin", two.branch);
    await colleague.git("fetch", "--quiet");
    await colleague.merge(`origin/${two.branch}`);
    await colleague.git("push", "--quiet", "origin", "main");
    expect(await seen(scene)).toEqual([]);
    await scene.main.git("fetch", "--quiet");
    expect(await seen(scene)).toEqual([`${two.branch} merged main`]);
  });

  test("whose address is a path from the checkout is asked as git asks it there", async () => {
    await using scene = await makeScene();
    const colleague = await withRemote(scene);
    const [, two] = [await scene.start("one"), await scene.start("two")];
    await scene.main.git("remote", "set-url", "origin", "../origin.git");
    await two.commit("f.txt", TEN);
    await two.git("push", "--quiet", scene.place.at("origin.git"), two.branch);
    await colleague.git("fetch", "--quiet");
    await colleague.merge(`origin/${two.branch}`);
    await colleague.git("push", "--quiet", "origin", "main");
    expect((await scene.poll()).errors).toEqual([]);
    expect(await scene.main.head("origin/main")).toBe(await colleague.head());
  });

  test("that does not answer nothing fails, it is noted once, and what is here is seen", async () => {
    await using scene = await makeScene();
    await withRemote(scene);
    await scene.start("one");
    const two = await scene.start("two");
    await scene.main.git("remote", "set-url", "origin", scene.place.at("nowhere.git"));
    await two.commit("f.txt", TEN);
    await scene.main.merge(two.branch);
    const { recorded, errors } = await scene.poll();
    expect([recorded.length, errors]).toEqual([1, [expect.stringContaining("origin/main could not be fetched")]]);
    await scene.poll();
    const log = await Bun.file(`${scene.world.paths.logs}/merges.log`).text();
    expect(log.match(/merges\.not-fetched/g)).toHaveLength(1);
  });
});

test("a look where nothing has moved runs one git, and no other", async () => {
  await using scene = await makeScene();
  await scene.start("one");
  const two = await scene.start("two");
  await two.commit("f.txt", TEN);
  await scene.main.git("remote", "add", "origin", scene.main.path);
  await scene.main.git("fetch", "--quiet", "origin");
  await scene.main.git("remote", "set-head", "origin", "main");
  await Bun.write(scene.world.paths.config, JSON.stringify({ merges: { fetch: false } }));
  await scene.poll();
  const trace = scene.place.at("trace");
  await using traced = testWorld(scene.place, { cwd: scene.repo.path, env: { GIT_TRACE2_EVENT: trace } });
  const key = await locate(scene.world.git(scene.repo.path));
  await pollMerges(traced, key);
  const ran = (await Bun.file(trace).text()).split("\n").filter((line) => line.includes('"event":"start"'));
  expect(ran.map((line) => JSON.parse(line).argv[1])).toEqual(["for-each-ref"]);
});
