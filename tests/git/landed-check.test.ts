// `merge check`: names, targets near and far, what is recorded, what is kept, and the forge.

import { describe, expect, test } from "bun:test";
import { type Checked, type CheckInput, checkMerge } from "../../src/features/merges/merges.ts";
import { verdictText } from "../../src/features/merges/verdict-text.ts";
import { register } from "../../src/features/sessions/register.ts";
import { release } from "../../src/features/sessions/release.ts";
import { sleeper } from "../support/processes.ts";
import { type Answer, makePrograms } from "../support/programs.ts";
import { runGit } from "../support/repo.ts";
import { testWorld } from "../support/world.ts";
import { makeScene, numbered, type Scene } from "./landed-scene.ts";

async function check(scene: Scene, input: Partial<CheckInput> = {}, path: readonly string[] = []): Promise<Checked> {
  await using world = testWorld(scene.place, { cwd: scene.repo.path, path });
  return checkMerge(world, { branch: "work", ...input });
}

/** `work` is squashed by hand with a resolution that no diff can show. */
async function squashByHand(scene: Scene): Promise<string> {
  await scene.branch("work");
  await scene.commit("f.txt", numbered({ 10: "ten" }));
  await scene.on("main");
  await scene.commit("f.txt", numbered({ 10: "zehn" }));
  return scene.commit("f.txt", numbered({ 10: "zehn and ten" }), "Squash work");
}

/** A remote whose `main` has landed `work`, and a clone's view of it that is not fetched yet. */
async function landedFarAway(scene: Scene): Promise<string> {
  const far = scene.place.at("far.git");
  await scene.git("clone", "--quiet", "--bare", scene.repo.path, far);
  await scene.git("remote", "add", "origin", far);
  await scene.git("fetch", "--quiet", "origin");
  await scene.git("branch", "--quiet", "--set-upstream-to=origin/main", "main");
  await scene.branch("work");
  await scene.commit("f.txt", numbered({ 10: "ten" }));
  await scene.commit("f.txt", numbered({ 10: "ten", 20: "twenty" }));
  await scene.git("checkout", "--quiet", "-b", "there", "main");
  const landed = await scene.squash("work");
  await scene.git("push", "--quiet", far, "there:main");
  // The push told us of nothing: only fetching does.
  await scene.on("main");
  await scene.git("branch", "--quiet", "-D", "there");
  return landed;
}

test("one commit that is there as another is not said to have been rebased", async () => {
  await using scene = await makeScene();
  await scene.branch("work");
  await scene.commit("f.txt", numbered({ 10: "ten" }));
  await scene.on("main");
  await scene.squash("work");
  const [first = ""] = verdictText(await check(scene)).split("\n");
  expect(first).toBe("work has landed in main: the same change is there.");
});

describe("targets", () => {
  test("the default branch, and what it follows, the better of the two", async () => {
    await using scene = await makeScene();
    const landed = await landedFarAway(scene);
    expect(await check(scene)).toMatchObject({ verdict: "not-merged" });
    await scene.git("fetch", "--quiet", "origin");
    expect(await check(scene)).toMatchObject({
      verdict: "squashed",
      target: "origin/main",
      evidence: { commit: landed },
    });
    expect(await check(scene, { target: "main" })).toMatchObject({ verdict: "squashed", target: "origin/main" });
    expect(await check(scene, { target: "origin/main" })).toMatchObject({ verdict: "squashed" });
  });

  test("--fetch fetches the target, and touches no local branch", async () => {
    await using scene = await makeScene();
    const landed = await landedFarAway(scene);
    const local = await scene.git("for-each-ref", "refs/heads", "refs/tags");
    // What the user set up to be fetched is not what is fetched here.
    await scene.git("config", "--add", "remote.origin.fetch", "+refs/heads/*:refs/heads/*");
    await scene.git("config", "fetch.prune", "true");
    expect(await check(scene, { fetch: true })).toMatchObject({ verdict: "squashed", evidence: { commit: landed } });
    expect(await scene.git("for-each-ref", "refs/heads", "refs/tags")).toBe(local);
  });

  test("--fetch fails without a question where there is nobody to fetch from", async () => {
    await using scene = await makeScene();
    await landedFarAway(scene);
    await scene.git("remote", "set-url", "origin", "ssh://nobody@localhost:1/x.git");
    await expect(check(scene, { fetch: true })).rejects.toMatchObject({
      ...{ code: "fetch.failed", kind: "unavailable" },
      message: expect.stringMatching(/[^.]\.$/),
    });
  });

  test("a branch that was only pushed has not landed", async () => {
    await using scene = await makeScene();
    await landedFarAway(scene);
    await scene.git("push", "--quiet", "--set-upstream", "origin", "work");
    expect(await check(scene)).toMatchObject({ verdict: "not-merged" });
  });

  test("what was reverted on either side is reverted", async () => {
    await using scene = await makeScene();
    const landed = await landedFarAway(scene);
    await scene.git("fetch", "--quiet", "origin");
    await scene.git("merge", "--quiet", "--ff-only", "origin/main");
    await scene.revert(landed);
    expect(await check(scene)).toMatchObject({ verdict: "reverted", target: "main", isSafeToDelete: false });
  });

  test("the recorded one, from the recorded fork, also once the branch is gone", async () => {
    await using scene = await makeScene();
    await using first = sleeper();
    await using second = sleeper();
    await scene.branch("stable");
    await using world = testWorld(scene.place, { cwd: scene.repo.path });
    await register(world, { pid: first.pid });
    const { session } = await register(world, { pid: second.pid });
    const branch = session.branch ?? "";
    const fork = session.fork_commit;
    const unused = await checkMerge(world, { branch });
    expect(unused).toMatchObject({ verdict: "unused", method: "no-own-commits", target: "stable", fork });

    const work = { cwd: session.worktree_path, env: scene.place.env() };
    await Bun.write(`${session.worktree_path}/f.txt`, numbered({ 10: "ten" }));
    await runGit(["commit", "--quiet", "--all", "-m", "Ten"], work);
    const landed = await scene.squash(branch);
    expect(await checkMerge(world, { branch })).toMatchObject({ verdict: "rebased", evidence: { commit: landed } });
    await scene.git("worktree", "remove", "--force", session.worktree_path);
    await scene.git("branch", "--quiet", "-D", branch);
    expect(await checkMerge(world, { branch })).toMatchObject({ verdict: "rebased", isSafeToDelete: true });
  });
});

test("a branch that is deleted after its session ended is judged by where it stood then", async () => {
  await using scene = await makeScene();
  await using first = sleeper();
  await using second = sleeper();
  await using world = testWorld(scene.place, { cwd: scene.repo.path });
  await register(world, { pid: first.pid });
  const { session } = await register(world, { pid: second.pid });
  const branch = session.branch ?? "";
  await Bun.write(`${session.worktree_path}/f.txt`, numbered({ 10: "ten" }));
  const work = { cwd: session.worktree_path, env: scene.place.env() };
  await runGit(["commit", "--quiet", "--all", "-m", "Ten"], work);
  await release(world, { pid: second.pid });
  const landed = await scene.squash(branch);
  await scene.git("worktree", "remove", "--force", session.worktree_path);
  await scene.git("branch", "--quiet", "-D", branch);
  expect(await checkMerge(world, { branch })).toMatchObject({ verdict: "rebased", evidence: { commit: landed } });
});

test("a branch that was never recorded is judged by where a checkout left it", async () => {
  await using scene = await makeScene();
  await scene.branch("work");
  const tip = await scene.commit("f.txt", numbered({ 10: "ten" }));
  await scene.on("main");
  const landed = await scene.squash("work");
  await scene.git("branch", "--quiet", "-D", "work");
  const checked = await check(scene);
  expect(checked).toMatchObject({ verdict: "rebased", evidence: { commit: landed }, tip, lastSeen: { by: "reflog" } });
  expect(verdictText(checked)).toContain("the reflog of main-worktree/HEAD");
});

describe("names", () => {
  test.each(["-x", "a..b", "a b", "@{-1}", "a\nb", "x.lock", "a//b", "HEAD~1", "main^{tree}", ":/x", "*"])(
    "%j is no branch's",
    async (branch) => {
      await using scene = await makeScene();
      await expect(check(scene, { branch })).rejects.toMatchObject({ code: "usage.bad-value", kind: "usage" });
      await expect(check(scene, { branch: "main", target: branch })).rejects.toMatchObject({ code: "usage.bad-value" });
    },
  );

  test.each([
    [{ branch: "nowhere" }, "branch.unknown"],
    [{ target: "nowhere" }, "target.unknown"],
    [{ target: "work" }, "target.itself"],
    [{ fork: "nowhere" }, "commit.unknown"],
    [{ fork: "--help" }, "commit.unknown"],
  ])("%j is refused with %s", async (input, code) => {
    await using scene = await makeScene();
    await scene.branch("work");
    await expect(check(scene, input)).rejects.toMatchObject({ code });
  });

  test("an odd name is a name", async () => {
    await using scene = await makeScene();
    await scene.branch("o'dd/{a,b}/$(x);é");
    expect(await check(scene, { branch: "o'dd/{a,b}/$(x);é" })).toMatchObject({ verdict: "ff" });
  });
});

describe("what was judged", () => {
  test("is read, not judged again", async () => {
    await using scene = await makeScene();
    await scene.branch("work");
    await scene.commit("f.txt", numbered({ 10: "ten" }));
    await scene.on("main");
    await scene.merge("work");
    await using world = testWorld(scene.place, { cwd: scene.repo.path });
    const first = await checkMerge(world, { branch: "work" });
    const before = world.lines.length;
    expect(await checkMerge(world, { branch: "work" })).toEqual(first);
    const again = world.lines.slice(before).filter((line) => line.includes('"git"'));
    expect(again.filter((line) => /merge-base|rev-list|diff-tree|merge-tree/.test(line))).toEqual([]);
  });

  test("is judged anew when either side moves", async () => {
    await using scene = await makeScene();
    await scene.branch("work");
    await scene.commit("f.txt", numbered({ 10: "ten" }));
    await scene.on("main");
    await using world = testWorld(scene.place, { cwd: scene.repo.path });
    expect(await checkMerge(world, { branch: "work" })).toMatchObject({ verdict: "not-merged" });
    await scene.commit("other.txt", "meanwhile\n");
    await scene.merge("work");
    expect(await checkMerge(world, { branch: "work" })).toMatchObject({ verdict: "merged" });
    await scene.on("work");
    await scene.commit("f.txt", numbered({ 10: "ten", 20: "twenty" }));
    expect(await checkMerge(world, { branch: "work" })).toMatchObject({ verdict: "partial" });
  });
});

describe("scenario 11, a squash with a resolution by hand,", () => {
  /** As the real one answers `gh pr list --json headRefOid,mergeCommit`. */
  const pullRequest = (headRefOid: string, oid: string | null): Answer => ({
    stdout: `${JSON.stringify([{ headRefOid, mergeCommit: oid === null ? null : { oid } }])}\n`,
  });

  test("is found by gh", async () => {
    await using scene = await makeScene();
    const landed = await squashByHand(scene);
    const gh = await makePrograms(scene.place, { gh: pullRequest(await scene.head("work"), landed) });
    expect(await check(scene, {}, [gh.folder])).toMatchObject({
      verdict: "squashed",
      method: "forge",
      evidence: { commit: landed },
      isSafeToDelete: false,
    });
    const [call] = await gh.expectCalled("gh", 1);
    expect(call?.argv.slice(0, 4)).toEqual(["pr", "list", "--head=work", "--state=merged"]);
    expect(call?.env).toMatchObject({ GH_PROMPT_DISABLED: "1" });
  });

  test("and not believed for another tip, another target or a broken answer", async () => {
    await using scene = await makeScene();
    const landed = await squashByHand(scene);
    const tip = await scene.head("work");
    const answers: Answer[] = [
      pullRequest(landed, landed),
      pullRequest(tip, tip),
      pullRequest(tip, "f".repeat(40)),
      pullRequest(tip, null),
      { stdout: "[]\n" },
      { stdout: "no JSON" },
      { exit: 4, stderr: "To get started with GitHub CLI, please run:  gh auth login\n" },
    ];
    const gh = await makePrograms(scene.place, {});
    for (const answer of answers) {
      await gh.add("gh", answer);
      await scene.git("commit", "--quiet", "--allow-empty", "-m", "Another target");
      expect(await check(scene, {}, [gh.folder])).toMatchObject({ verdict: "not-merged", isSafeToDelete: false });
    }
    await gh.expectCalled("gh", answers.length);
  });

  test("is not found without gh, which is no failure", async () => {
    await using scene = await makeScene();
    await squashByHand(scene);
    expect(await check(scene)).toMatchObject({ verdict: "not-merged" });
  });
});
