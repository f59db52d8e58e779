// `conflicts check`: the right target, what conflicts and who brought it, and what could not be told.

import { describe, expect, test } from "bun:test";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { adviceFor } from "../../src/features/conflicts/advice.ts";
import { checkConflicts, fileEntries, fileLines } from "../../src/features/conflicts/conflicts.ts";
import { agentOperations, operations } from "../../src/features/conflicts/operations.ts";
import { lastSeenText, recordTip } from "../../src/features/merges/merges.ts";
import { register } from "../../src/features/sessions/register.ts";
import { CONFLICT_KINDS } from "../../src/git/merge-tree.ts";
import { sleeper } from "../support/processes.ts";
import { testWorld } from "../support/world.ts";
import { type Files, lines, type MergeScene, makeMergeScene } from "./merge-scene.ts";

async function check(scene: MergeScene, input: { branch?: string; target?: string; fetch?: boolean } = {}) {
  await using world = testWorld(scene.place, { cwd: scene.repo.path });
  return checkConflicts(world, { branch: "work", ...input });
}

/** `work` and `main` both change line 5 of a file. */
async function conflicting(scene: MergeScene): Promise<void> {
  await scene.commit("main", { "f.txt": lines(12) });
  await scene.commit("work", { "f.txt": lines(12, { 5: "five" }), "own.txt": "own\n" }, "main");
  await scene.commit("main", { "f.txt": lines(12, { 9: "nine" }) });
  await scene.commit("main", { "f.txt": lines(12, { 5: "funf", 9: "nine" }) });
}

/** `origin/main` stands where `main` stands now. */
async function followed(scene: MergeScene): Promise<string> {
  const far = scene.place.at("far.git");
  await scene.git("clone", "--quiet", "--bare", scene.repo.path, far);
  await scene.git("remote", "add", "origin", far);
  await scene.git("fetch", "--quiet", "origin");
  await scene.git("branch", "--quiet", "--set-upstream-to=origin/main", "main");
  return far;
}

test("what conflicts, where on both sides, and which commit of the target brought it", async () => {
  await using scene = await makeMergeScene();
  await conflicting(scene);
  const checked = await check(scene);
  expect(checked).toMatchObject({ hasConflicts: true, branch: "work", tip: await scene.git("rev-parse", "work") });
  expect(checked.targets).toMatchObject([
    {
      target: "main",
      commit: await scene.git("rev-parse", "main"),
      base: await scene.git("merge-base", "main", "work"),
      verdict: "conflict",
      files: [
        {
          path: "f.txt",
          kind: "content",
          regions: [{ ours: { from: 5, to: 5 }, theirs: { from: 5, to: 5 }, base: { from: 5, to: 5 } }],
          commits: [{ commit: await scene.git("rev-parse", "main"), subject: "on main", author: "Test Author" }],
          advice: expect.stringContaining("keep what each of them meant"),
        },
      ],
    },
  ]);
  expect(checked.targets[0]?.files[0]?.commits).toHaveLength(1);
});

test("a branch that merges is clean, and the checkout is not touched", async () => {
  await using scene = await makeMergeScene();
  await scene.commit("main", { "f.txt": lines(12) });
  await scene.commit("work", { "own.txt": "own\n" }, "main");
  await scene.commit("main", { "f.txt": lines(12, { 5: "five" }) });
  await Bun.write(join(scene.repo.path, "f.txt"), "in the middle of something\n");
  const before = await scene.git("status", "--porcelain=v2", "--branch");
  expect(await check(scene)).toMatchObject({ hasConflicts: false, targets: [{ verdict: "clean", files: [] }] });
  expect(await scene.git("status", "--porcelain=v2", "--branch")).toBe(before);
});

describe("the target", () => {
  test("is judged near and far where the two differ, each by its name", async () => {
    await using scene = await makeMergeScene();
    await scene.commit("main", { "f.txt": lines(12) });
    await followed(scene);
    await scene.commit("work", { "f.txt": lines(12, { 5: "five" }) }, "main");
    await scene.commit("main", { "f.txt": lines(12, { 5: "funf" }) });
    expect(await check(scene)).toMatchObject({
      hasConflicts: true,
      targets: [
        { target: "main", verdict: "conflict" },
        { target: "origin/main", verdict: "clean" },
      ],
    });
    expect((await check(scene, { target: "origin/main" })).targets).toMatchObject([{ target: "origin/main" }]);
  });

  test("is told once where both are the same commit", async () => {
    await using scene = await makeMergeScene();
    await conflicting(scene);
    await followed(scene);
    expect((await check(scene)).targets).toHaveLength(1);
  });

  test("is fetched when asked, without a question and without a local branch", async () => {
    await using scene = await makeMergeScene();
    await conflicting(scene);
    const far = await followed(scene);
    await scene.commit("elsewhere", { "own.txt": "another\n" }, "main");
    await scene.git("push", "--quiet", far, "elsewhere:main");
    await scene.git("checkout", "--quiet", "main");
    const files = async (fetch: boolean) => {
      const { targets } = await check(scene, { target: "origin/main", fetch });
      return targets.flatMap((one) => one.files.map(({ path }) => path));
    };
    expect(await files(false)).toEqual(["f.txt"]);
    expect(await files(true)).toEqual(["f.txt", "own.txt"]);
    await scene.git("remote", "set-url", "origin", "ssh://nobody@localhost:1/x.git");
    await expect(check(scene, { fetch: true })).rejects.toMatchObject({ code: "fetch.failed" });
  });

  test("is the one recorded when the session began", async () => {
    await using scene = await makeMergeScene();
    await scene.commit("main", { "f.txt": lines(12) });
    await scene.git("checkout", "--quiet", "-b", "stable");
    await using first = sleeper();
    await using second = sleeper();
    await using world = testWorld(scene.place, { cwd: scene.repo.path });
    await register(world, { pid: first.pid });
    const { session } = await register(world, { pid: second.pid });
    expect(await checkConflicts(world, { branch: session.branch ?? "" })).toMatchObject({
      hasConflicts: false,
      targets: [{ target: "stable" }],
    });
  });
});

describe("what is not there", () => {
  test("a branch, a target, a name", async () => {
    await using scene = await makeMergeScene();
    await conflicting(scene);
    await expect(check(scene, { branch: "nowhere" })).rejects.toMatchObject({ code: "branch.unknown" });
    await expect(check(scene, { target: "nowhere" })).rejects.toMatchObject({
      code: "conflicts.target-unknown",
      message: 'There is no other branch "nowhere" to check it against.',
      hint: expect.stringContaining("git branch --all"),
    });
    await expect(check(scene, { branch: "$(touch x)" })).rejects.toMatchObject({ code: "usage.bad-value" });
  });

  test("any target at all", async () => {
    await using scene = await makeMergeScene();
    await conflicting(scene);
    await scene.git("branch", "--quiet", "-m", "main", "only");
    await expect(check(scene)).rejects.toMatchObject({
      code: "conflicts.target-unknown",
      message: "Neither a recorded target nor a default branch is there to check it against.",
      hint: expect.stringContaining("<target>"),
    });
  });

  test("an object: that is an error, not the absence of conflicts", async () => {
    await using scene = await makeMergeScene();
    await conflicting(scene);
    const blob = await scene.git("rev-parse", "main:f.txt");
    rmSync(join(scene.gitDir, "objects", blob.slice(0, 2), blob.slice(2)));
    await expect(check(scene)).rejects.toMatchObject({
      code: "conflicts.unknown",
      kind: "unavailable",
      message: expect.stringMatching(new RegExp(`${blob}\\.$`)),
    });
  });

  test("a common commit", async () => {
    await using scene = await makeMergeScene();
    await conflicting(scene);
    await scene.git("checkout", "--quiet", "--orphan", "apart");
    await scene.git("commit", "--quiet", "-m", "apart");
    await expect(check(scene, { branch: "apart" })).rejects.toMatchObject({
      code: "conflicts.unknown",
      message: expect.stringContaining("no commit in common"),
    });
  });
});

describe("who brought it", () => {
  test("those that touched the file, where no lines conflict", async () => {
    await using scene = await makeMergeScene();
    await scene.commit("main", { "f.txt": lines(30), "other.txt": "x\n" });
    await scene.commit("work", { "f.txt": lines(30, { 5: "five" }) }, "main");
    await scene.commit("main", { "other.txt": "y\n" });
    const deleting = await scene.commit("main", { "f.txt": null });
    const { targets } = await check(scene);
    expect(targets[0]?.files).toMatchObject([{ kind: "modify/delete", commits: [{ commit: deleting }] }]);
    expect(targets[0]?.files[0]?.advice).toContain("main deleted it and work changed it");
  });

  test("also where the file has another name on either side", async () => {
    await using scene = await makeMergeScene();
    await scene.commit("main", { "f.txt": lines(30) });
    await scene.commit("work", { "f.txt": null, "g.txt": lines(30, { 5: "five" }) }, "main");
    const changing = await scene.commit("main", { "f.txt": lines(30, { 5: "funf" }) });
    const { targets } = await check(scene);
    expect(targets[0]?.files).toMatchObject([{ path: "g.txt", kind: "content", commits: [{ commit: changing }] }]);
  });

  test("is read without what the repository would have run", async () => {
    await using scene = await makeMergeScene();
    await scene.commit("main", { ".gitattributes": "*.txt diff=evil\n" });
    await conflicting(scene);
    const trace = scene.place.at("ran");
    await scene.git("config", "diff.evil.textconv", `touch '${trace}'; cat`);
    await scene.git("config", "blame.ignoreRevsFile", "/nowhere");
    const { targets } = await check(scene);
    expect(targets[0]?.files[0]?.commits).toHaveLength(1);
    expect(await Bun.file(trace).exists()).toBe(false);
  });
});

describe("a file where the other has a directory", () => {
  /** `name` is a file on work, and a directory on main. */
  async function fileAndDirectory(scene: MergeScene): Promise<void> {
    await scene.commit("main", { "x.txt": "x\n" });
    await scene.commit("work", { name: "a file\n" }, "main");
    await scene.commit("main", { "name/inside.txt": "inside\n" });
  }
  test("is told by the names of the branches, as git names it", async () => {
    await using scene = await makeMergeScene();
    await fileAndDirectory(scene);
    const { targets } = await check(scene);
    expect(targets[0]?.files).toMatchObject([{ path: "name~work", kind: "file/directory" }]);
  });

  test("on the target's side, one with a slash in its name", async () => {
    await using scene = await makeMergeScene();
    await fileAndDirectory(scene);
    await followed(scene);
    await scene.git("branch", "--quiet", "topic/a", "main");
    await scene.git("branch", "--quiet", "topic/b", "work");
    await scene.git("push", "--quiet", "--force", "origin", "work:main");
    await scene.git("fetch", "--quiet", "origin");
    const { targets } = await check(scene, { branch: "topic/a", target: "origin/main" });
    expect(targets[0]?.files).toMatchObject([{ path: "name~origin_main", commits: [{ subject: "on work" }] }]);
    const again = await check(scene, { branch: "topic/b", target: "topic/a" });
    expect(again.targets[0]?.files).toMatchObject([{ path: "name~topic_b" }]);
  });
});

test("what a tool writes is to be written anew", async () => {
  await using scene = await makeMergeScene();
  await scene.commit("main", { "web/package-lock.json": lines(9) });
  await scene.commit("work", { "web/package-lock.json": lines(9, { 5: "five" }) }, "main");
  await scene.commit("main", { "web/package-lock.json": lines(9, { 5: "funf" }) });
  const { targets } = await check(scene);
  expect(targets[0]?.files[0]?.advice).toContain("have its tool write it anew");
});

test("a branch that was deleted is judged by where it was last seen", async () => {
  await using scene = await makeMergeScene();
  await conflicting(scene);
  await using world = testWorld(scene.place, { cwd: scene.repo.path });
  const db = await world.db();
  const tip = await scene.git("rev-parse", "work");
  db.write((now) => recordTip(db, { gitDir: scene.gitDir, branch: "work", tip }, now));
  await scene.git("branch", "--quiet", "-D", "work");
  expect(await checkConflicts(world, { branch: "work" })).toMatchObject({ hasConflicts: true, tip });
});

describe("a branch that is gone and was never recorded", () => {
  test("is judged by where a checkout left it, and that is said", async () => {
    await using scene = await makeMergeScene();
    await conflicting(scene);
    const tip = await scene.git("rev-parse", "work");
    await scene.git("branch", "--quiet", "-D", "work");
    const checked = await check(scene);
    expect(checked).toMatchObject({ hasConflicts: true, tip });
    expect(checked.lastSeen).toMatchObject({ commit: tip, by: "reflog", where: "main-worktree/HEAD" });
    const { lastSeen } = checked;
    if (lastSeen === null) throw new Error("not told");
    expect(lastSeenText("work", lastSeen)).toMatch(
      /^There is no branch work any more: .*the reflog of main-worktree\/HEAD/,
    );
  });

  test("is judged by where it was left last, also where it was recorded before", async () => {
    await using scene = await makeMergeScene();
    await conflicting(scene);
    const older = await scene.git("rev-parse", "work");
    await using world = testWorld(scene.place, { cwd: scene.repo.path });
    const db = await world.db();
    db.write(() => recordTip(db, { gitDir: scene.gitDir, branch: "work", tip: older }, "2001-01-01 00:00:00"));
    await scene.git("checkout", "--quiet", "work");
    await scene.git("commit", "--quiet", "--amend", "-m", "again");
    const tip = await scene.git("rev-parse", "work");
    await scene.git("checkout", "--quiet", "main");
    await scene.git("branch", "--quiet", "-D", "work");
    expect(await checkConflicts(world, { branch: "work" })).toMatchObject({ tip, lastSeen: { by: "reflog" } });
    db.write(() => recordTip(db, { gitDir: scene.gitDir, branch: "work", tip: `${older} ` }, "2001-01-01 00:00:00"));
    db.write(() => recordTip(db, { gitDir: scene.gitDir, branch: "work", tip: older }, "2099-01-01 00:00:00"));
    const later = await checkConflicts(world, { branch: "work" });
    expect(later).toMatchObject({ tip: older, lastSeen: { by: "record", at: "2099-01-01T00:00:00.000Z" } });
  });

  test("is judged by what was fetched of it where nothing else is known", async () => {
    await using scene = await makeMergeScene();
    await conflicting(scene);
    await followed(scene);
    const tip = await scene.git("rev-parse", "work");
    await scene.git("branch", "--quiet", "-D", "work");
    await scene.git("reflog", "expire", "--expire=all", "--all");
    const { lastSeen, ...checked } = await check(scene);
    expect(checked).toMatchObject({ hasConflicts: true, tip });
    if (lastSeen === null) throw new Error("not told");
    expect(lastSeenText("work", lastSeen)).toContain("as origin/work was last fetched");
    expect(lastSeen).toEqual({ commit: tip, by: "fetch", at: null, where: "origin/work" });
  });

  test("is unknown once git has thrown its commit away", async () => {
    await using scene = await makeMergeScene();
    await conflicting(scene);
    const tip = await scene.git("rev-parse", "work");
    await using world = testWorld(scene.place, { cwd: scene.repo.path });
    const db = await world.db();
    db.write((now) => recordTip(db, { gitDir: scene.gitDir, branch: "work", tip }, now));
    await scene.git("branch", "--quiet", "-D", "work");
    await scene.git("reflog", "expire", "--expire=all", "--all");
    await scene.git("gc", "--quiet", "--prune=now");
    await expect(checkConflicts(world, { branch: "work" })).rejects.toMatchObject({
      code: "branch.unknown",
      message: expect.stringContaining(`thrown away the commit ${tip.slice(0, 12)}`),
    });
  });

  test("is not a commit that a HEAD on no branch has left", async () => {
    await using scene = await makeMergeScene();
    await conflicting(scene);
    const tip = await scene.git("rev-parse", "work");
    await scene.git("checkout", "--quiet", "--detach", tip);
    await scene.git("checkout", "--quiet", "main");
    await expect(check(scene, { branch: tip })).rejects.toMatchObject({ code: "branch.unknown" });
  });
});

test("a branch against itself is told as that, by its short name or its full one", async () => {
  await using scene = await makeMergeScene();
  await conflicting(scene);
  for (const asked of [{ branch: "main" }, { branch: "refs/heads/main" }, { branch: "work", target: "work" }]) {
    await expect(check(scene, asked)).rejects.toMatchObject({
      code: "target.itself",
      message: expect.stringMatching(/^"(main|work)" would be its own target/),
    });
  }
  expect(await check(scene, { branch: "refs/heads/work" })).toMatchObject({ branch: "work", hasConflicts: true });
});

test("every kind of conflict has a sentence on what to do", () => {
  const words = { here: "work", there: "main" };
  for (const kind of CONFLICT_KINDS) {
    for (const stages of [{}, { ours: { mode: "100644", object: "0" } }]) {
      expect(adviceFor({ path: "f.txt", kind, stages }, words)).toMatch(/^.{20,}\.$/);
    }
  }
});

describe("what was renamed is told by both of its names", () => {
  const cases: Readonly<
    Record<string, { base: Files; work: Files; main: Files; told: Readonly<Record<string, string>> }>
  > = {
    "on one side, and changed on both": {
      base: { "f.txt": lines(30), "g.txt": lines(9, { 1: "g" }) },
      work: { "f.txt": null, "d/new.txt": lines(30, { 5: "five" }), "g.txt": lines(9, { 1: "g", 5: "five" }) },
      main: { "f.txt": lines(30, { 5: "funf" }), "g.txt": lines(9, { 1: "g", 5: "funf" }) },
      told: { "d/new.txt": "f.txt", "g.txt": "" },
    },
    "and deleted on the other": {
      base: { "f.txt": lines(30) },
      work: { "f.txt": null, "new.txt": lines(30) },
      main: { "f.txt": null },
      told: { "new.txt": "f.txt" },
    },
    "on both, to different names": {
      base: { "f.txt": lines(30) },
      work: { "f.txt": null, "w.txt": lines(30) },
      main: { "f.txt": null, "m.txt": lines(30) },
      told: { "f.txt": "", "w.txt": "f.txt", "m.txt": "f.txt" },
    },
    "with its directory": {
      base: { "d/a.txt": lines(30), "d/b.txt": lines(20) },
      work: { "d/a.txt": null, "d/b.txt": null, "e/a.txt": lines(30), "e/b.txt": lines(20) },
      main: { "d/c.txt": "c\n" },
      told: { "e/c.txt": "d/c.txt" },
    },
    "one of two with the same text": {
      base: { "f.txt": lines(30), "twin.txt": lines(30) },
      work: { "f.txt": null, "new.txt": lines(30, { 5: "five" }) },
      main: { "f.txt": lines(30, { 5: "funf" }) },
      told: { "new.txt": "f.txt" },
    },
  };
  for (const [name, { base, work, main, told }] of Object.entries(cases)) {
    test(name, async () => {
      await using scene = await makeMergeScene();
      await scene.commit("main", base);
      await scene.commit("work", work, "main");
      await scene.commit("main", main);
      const { targets } = await check(scene);
      const found = targets[0]?.files.map(({ path, renamedFrom }): [string, string] => [path, renamedFrom ?? ""]);
      expect(Object.fromEntries(found ?? [])).toEqual(told);
    });
  }

  test("in the words for people and for agents", async () => {
    await using scene = await makeMergeScene();
    await scene.commit("main", { "f.txt": lines(30) });
    await scene.commit("work", { "f.txt": null, "g.txt": lines(30, { 5: "five" }) }, "main");
    await scene.commit("main", { "f.txt": lines(30, { 5: "funf" }) });
    await using world = testWorld(scene.place, { cwd: scene.repo.path });
    const told = await agentOperations[0]?.run(world, { currentBranch: "work", targetBranch: "main" });
    expect(told.guidance[0]).toStartWith("f.txt -> g.txt (content): ");
    const { targets } = await check(scene);
    const [entry] = fileEntries(targets[0]?.files ?? []);
    expect(entry && fileLines(entry, { here: "work", there: "main" })[0]).toBe("f.txt -> g.txt  content");
  });
});

describe("the doors", () => {
  const [command] = operations;
  const [tool] = agentOperations;

  test("a script is told by the exit status, when it asks", async () => {
    await using scene = await makeMergeScene();
    await conflicting(scene);
    await using world = testWorld(scene.place, { cwd: scene.repo.path });
    const answer = await command?.run(world, { branch: "work" });
    expect(command?.exitCode?.(answer, {})).toBe(0);
    expect(command?.exitCode?.(answer, { exitCode: true })).toBe(1);
  });

  test("an agent is told files, and what to do with lines and commits", async () => {
    await using scene = await makeMergeScene();
    await conflicting(scene);
    await using world = testWorld(scene.place, { cwd: scene.repo.path });
    const answer = await tool?.run(world, { currentBranch: "work", targetBranch: "main" });
    const theirs = (await scene.git("rev-parse", "main")).slice(0, 12);
    expect(answer).toMatchObject({
      ...{ hasConflicts: true, conflictingFiles: ["f.txt"] },
      summary: `work conflicts with main (${theirs}) in 1 file.`,
      guidance: [expect.stringMatching(/^f\.txt \(content\): .* At line 5 here, line 5 there\. Brought to main by /)],
    });
    await scene.git("branch", "--quiet", "fine", "main");
    expect(await tool?.run(world, { currentBranch: "fine", targetBranch: "main" })).toEqual({
      ...{ hasConflicts: false, conflictingFiles: [] },
      summary: `fine merges with main (${theirs}) without a conflict.`,
    });
  });

  test("what others wrote in their commits cannot pass for ours", async () => {
    await using scene = await makeMergeScene();
    await conflicting(scene);
    await scene.git("commit", "--quiet", "--amend", "-m", "\u001b[31mred\u202e");
    await using world = testWorld(scene.place, { cwd: scene.repo.path });
    const answer = await tool?.run(world, { currentBranch: "work", targetBranch: "main" });
    expect(answer.guidance.join()).toContain('"\\u{1b}[31mred\\u{202e}"');
  });
});
