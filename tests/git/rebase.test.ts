// Rebasing a session's own worktree: what it does, what it refuses, and that a conflict leaves no trace.

import { describe, expect, test } from "bun:test";
import { chmod, mkdir } from "node:fs/promises";
import { join } from "node:path";
import { agentOperations } from "../../src/features/rebase/operations.ts";
import { forgetOldRebases, rebase, undoRebase } from "../../src/features/rebase/rebase.ts";
import { record } from "../../src/features/rebase/records.ts";
import { saveWork } from "../../src/features/rebase/set-aside.ts";
import { session } from "../../src/features/roster/roster.ts";
import { register } from "../../src/features/sessions/register.ts";
import { sleeper, waitFor } from "../support/processes.ts";
import { runGit } from "../support/repo.ts";
import { lines } from "./merge-scene.ts";
import { everything, makeRebaseScene, type RebaseScene } from "./rebase-scene.ts";

/** Two commits of ours, one of main's; they do not conflict. */
async function apart(scene: RebaseScene): Promise<{ before: string; onto: string }> {
  await scene.commit("f.txt", lines(30, { 5: "five" }));
  const before = await scene.commit("own.txt", "own\n");
  return { before, onto: await scene.onMain("f.txt", lines(30, { 25: "main's" })) };
}

/** Of two commits of ours the second meets what two of main's have changed. */
async function against(scene: RebaseScene) {
  await scene.commit("own.txt", "own\n");
  const mine = await scene.commit("f.txt", lines(30, { 5: "five", 20: "twenty" }));
  const theirs = await scene.onMain("f.txt", lines(30, { 5: "funf" }));
  const more = await scene.onMain("f.txt", lines(30, { 5: "funf", 20: "zwanzig" }));
  await scene.onMain("other.txt", "other\n");
  return { mine, theirs, more };
}

describe("a rebase without a conflict", () => {
  test("puts the branch onto its target, as git does", async () => {
    await using scene = await makeRebaseScene();
    const { before, onto } = await apart(scene);
    const done = await scene.run();
    expect(done).toMatchObject({
      outcome: "rebased",
      after: await scene.head(),
      onto: { target: "main", commit: onto },
    });
    expect(await scene.git("symbolic-ref", "--short", "HEAD")).toBe(scene.branch);
    expect(await scene.git("rev-parse", "HEAD~2")).toBe(onto);
    expect(await scene.git("log", "--format=%s", "-2")).toBe("mine: own.txt\nmine: f.txt");
    expect(await scene.git("rev-parse", "HEAD^{tree}")).toBe(done.replayed.tree ?? "");
    expect(await scene.git("status", "--porcelain")).toBe("");
    expect(before).not.toBe(await scene.head());
  });

  test("is only foretold by a check, which touches nothing", async () => {
    await using scene = await makeRebaseScene();
    await apart(scene);
    await scene.write("f.txt", "in the middle of something\n");
    const before = everything(scene);
    expect(await scene.run({ isCheck: true })).toMatchObject({
      outcome: "would-be-clean",
      after: null,
      dirtyFiles: 1,
      replayed: { picks: [{ subject: "mine: f.txt" }, { subject: "mine: own.txt" }] },
    });
    expect(everything(scene)).toEqual(before);
  });

  test("has nothing to do where the target has nothing new", async () => {
    await using scene = await makeRebaseScene();
    await scene.commit("own.txt", "own\n");
    const before = everything(scene);
    expect(await scene.run()).toMatchObject({ outcome: "up-to-date", after: null, undoId: null });
    expect(everything(scene)).toEqual(before);
  });

  test("leaves out what the target has as the same change, and says what became empty", async () => {
    await using scene = await makeRebaseScene();
    const same = await scene.commit("f.txt", lines(30, { 5: "five" }));
    await scene.commit("f.txt", lines(30, { 5: "five", 15: "fifteen" }));
    await scene.scene.git("checkout", "--quiet", "main");
    await scene.onMain("other.txt", "other\n");
    await scene.scene.git("cherry-pick", same);
    await scene.onMain("f.txt", lines(30, { 5: "five", 15: "fifteen", 28: "main's" }));
    const done = await scene.run();
    expect(done.replayed).toMatchObject({ picks: [{ subject: "mine: f.txt" }], emptied: [{ subject: "mine: f.txt" }] });
    expect(await scene.head()).toBe(await scene.scene.git("rev-parse", "main"));
  });

  test("moves where the branch begins, in the registry too", async () => {
    await using scene = await makeRebaseScene();
    const { onto } = await apart(scene);
    const db = await scene.world.db();
    await scene.run();
    expect(session(db, scene.session.id)?.fork_commit).toBe(onto);
    await undoRebase(scene.world, { asker: { session: scene.session }, id: undefined });
    expect(session(db, scene.session.id)?.fork_commit).toBe(scene.session.fork_commit);
  });

  test("runs the repository's hooks, and moves no other branch", async () => {
    await using scene = await makeRebaseScene();
    await apart(scene);
    const trace = scene.scene.place.at("hooks");
    for (const hook of ["pre-rebase", "post-rewrite"]) {
      const file = join(scene.scene.gitDir, "hooks", hook);
      await mkdir(join(scene.scene.gitDir, "hooks"), { recursive: true });
      await Bun.write(file, `#!/bin/sh\necho ${hook} >>'${trace}'\n`);
      await chmod(file, 0o755);
    }
    await scene.git("branch", "stacked", "HEAD~1");
    await scene.git("config", "rebase.updateRefs", "true");
    const stacked = await scene.git("rev-parse", "stacked");
    await scene.run();
    expect(await Bun.file(trace).text()).toBe("pre-rebase\npost-rewrite\n");
    expect(await scene.git("rev-parse", "stacked")).toBe(stacked);
  });

  test("may be refused by a hook, and then everything is as before", async () => {
    await using scene = await makeRebaseScene();
    const { before } = await apart(scene);
    const file = join(scene.scene.gitDir, "hooks/pre-rebase");
    await mkdir(join(scene.scene.gitDir, "hooks"), { recursive: true });
    await Bun.write(file, "#!/bin/sh\nexit 1\n");
    await chmod(file, 0o755);
    await expect(scene.run()).rejects.toMatchObject({ code: "rebase.failed" });
    expect(await scene.head()).toBe(before);
    expect(await scene.git("for-each-ref", "refs/parallel-cc")).toBe("");
  });
});

describe("a conflict", () => {
  test("is told by commit and line on both sides, and nothing is touched", async () => {
    await using scene = await makeRebaseScene();
    const { mine, theirs, more } = await against(scene);
    const before = everything(scene);
    for (const isCheck of [true, false]) {
      const found = await scene.run({ isCheck });
      expect(found).toMatchObject({
        outcome: "conflicts",
        after: null,
        meeting: {
          commit: mine,
          subject: "mine: f.txt",
          files: [
            {
              path: "f.txt",
              kind: "content",
              regions: [
                { ours: { from: 5, to: 5 }, theirs: { from: 5, to: 5 } },
                { ours: { from: 20, to: 20 }, theirs: { from: 20, to: 20 } },
              ],
            },
          ],
        },
      });
      const brought = found.meeting?.files[0]?.commits.map(({ commit }) => commit) ?? [];
      expect(brought.toSorted()).toEqual([theirs, more].toSorted());
    }
    expect(everything(scene)).toEqual(before);
  });

  test("that only git itself meets is given up, and files and index are as before", async () => {
    await using scene = await makeRebaseScene();
    await scene.scene.git("config", "merge.mine.driver", "exit 1");
    await scene.onMain(".gitattributes", "*.txt merge=mine\n");
    await scene.git("merge", "--quiet", "--ff-only", "main");
    await scene.commit("own.txt", "own\n");
    const mine = await scene.commit("f.txt", lines(30, { 5: "five" }));
    await scene.onMain("f.txt", lines(30, { 25: "main's" }));
    await scene.write("untracked.txt", "untracked\n");
    const look = async () => [
      await scene.git("status", "--porcelain=v2", "--branch"),
      await scene.git("ls-files", "--stage"),
      await Bun.file(join(scene.top, "f.txt")).text(),
    ];
    const before = await look();
    await expect(scene.run({ isCheck: true })).rejects.toMatchObject({ code: "rebase.unknown" });
    expect(await scene.run()).toMatchObject({
      outcome: "conflicts",
      meeting: { commit: mine, files: [{ path: "f.txt", kind: "merge-driver" }] },
    });
    expect(await look()).toEqual(before);
    expect(await scene.git("for-each-ref", "refs/parallel-cc")).toBe("");
  });

  test("is stayed in when asked, for somebody to go on", async () => {
    await using scene = await makeRebaseScene();
    const { mine, theirs, more } = await against(scene);
    const before = await scene.head();
    const stopped = await scene.run({ stops: true });
    expect(stopped).toMatchObject({ outcome: "stopped", meeting: { commit: mine } });
    // As a check tells them: no commit of ours that was picked before it.
    const brought = stopped.meeting?.files[0]?.commits.map(({ commit }) => commit) ?? [];
    expect(brought.toSorted()).toEqual([theirs, more].toSorted());
    expect(await scene.git("ls-files", "--unmerged")).toContain("f.txt");
    await expect(scene.run()).rejects.toMatchObject({ code: "rebase.under-way" });
    await scene.git("rebase", "--abort");
    expect(await scene.head()).toBe(before);
  });
});

describe("it is refused", () => {
  test("on uncommitted changes, staged or not", async () => {
    await using scene = await makeRebaseScene();
    await apart(scene);
    await scene.write("own.txt", "changed\n");
    const before = everything(scene);
    await expect(scene.run()).rejects.toMatchObject({ code: "rebase.dirty", details: { files: ["own.txt"] } });
    expect(everything(scene)).toEqual(before);
  });

  test("and says how many files it does not name", async () => {
    await using scene = await makeRebaseScene();
    for (const name of ["a", "b", "c", "d", "e", "g"]) await scene.write(`${name}.txt`, "x\n");
    await scene.git("add", "--all");
    await expect(scene.run()).rejects.toMatchObject({
      code: "rebase.dirty",
      message: expect.stringMatching(/^6 files .*: a\.txt, b\.txt, c\.txt, d\.txt, e\.txt and 1 more\.$/),
    });
  });

  test("in the main checkout, on no branch, and in another's worktree", async () => {
    await using scene = await makeRebaseScene();
    await apart(scene);
    const at = (cwd: string) => rebase(scene.world.as({ cwd, parentPid: 1 }), { asker: { cwd } });
    await expect(at(scene.scene.repo.path)).rejects.toMatchObject({ code: "rebase.main-checkout" });
    await using third = sleeper();
    const registered = await register(scene.world, { pid: third.pid });
    const other = scene.world.as({ cwd: registered.session.worktree_path, parentPid: third.pid });
    await expect(rebase(other, { asker: { cwd: scene.top } })).rejects.toMatchObject({ code: "rebase.not-yours" });
    await scene.git("checkout", "--quiet", "--detach");
    await expect(scene.run()).rejects.toMatchObject({ code: "rebase.detached" });
  });

  test("while something else is under way", async () => {
    await using scene = await makeRebaseScene();
    await apart(scene);
    const under = [
      { begin: ["bisect", "start"], end: ["bisect", "reset"] },
      { begin: ["revert", "--no-commit", "HEAD"], end: ["revert", "--abort"] },
    ];
    for (const { begin, end } of under) {
      await scene.git(...begin);
      await expect(scene.run()).rejects.toMatchObject({ code: "rebase.under-way" });
      await scene.git(...end);
    }
    expect(await scene.run()).toMatchObject({ outcome: "rebased" });
  });

  test("where a merge on the branch has work that a rebase would lose", async () => {
    await using scene = await makeRebaseScene();
    const { before } = await apart(scene);
    await scene.git("merge", "--quiet", "--no-commit", "main");
    await scene.write("only-in-the-merge.txt", "x\n");
    await scene.git("add", "--all");
    await scene.git("commit", "--quiet", "-m", "Merge main");
    const merged = await scene.head();
    await scene.onMain("other.txt", "other\n");
    for (const isCheck of [true, false]) {
      await expect(scene.run({ isCheck })).rejects.toMatchObject({ code: "rebase.merges" });
    }
    expect(await scene.head()).toBe(merged);
    expect(before).not.toBe(merged);
  });

  test("where the target has parted from what it follows", async () => {
    await using scene = await makeRebaseScene();
    await apart(scene);
    const { git, place, repo } = scene.scene;
    const far = place.at("far.git");
    await git("clone", "--quiet", "--bare", repo.path, far);
    await git("remote", "add", "origin", far);
    await git("fetch", "--quiet", "origin");
    await git("branch", "--quiet", "--set-upstream-to=origin/main", "main");
    await runGit(["update-ref", "refs/heads/main", "main~1"], { cwd: far, env: place.env() });
    await git("fetch", "--quiet", "origin");
    await git("checkout", "--quiet", "-b", "elsewhere", "origin/main");
    const elsewhere = await scene.scene.commit("elsewhere", { "there.txt": "there\n" });
    await git("push", "--quiet", far, "elsewhere:main");
    await expect(scene.run({ target: "main" })).rejects.toMatchObject({ code: "rebase.parted" });
    // It was fetched for that, and by its name it is meant.
    expect(await scene.run({ target: "origin/main" })).toMatchObject({ onto: { commit: elsewhere } });
  });

  test("while another one is at it", async () => {
    await using scene = await makeRebaseScene();
    await apart(scene);
    const results = await Promise.allSettled([scene.run(), scene.run(), scene.run()]);
    const codes = results.map((one) => (one.status === "fulfilled" ? one.value.outcome : one.reason.code));
    expect(codes.toSorted()).toEqual(["rebase.busy", "rebase.busy", "rebased"]);
  });
});

test("an offline remote counts as it was last seen, and that is said", async () => {
  await using scene = await makeRebaseScene();
  await apart(scene);
  const { git, place, repo } = scene.scene;
  await git("clone", "--quiet", "--bare", repo.path, place.at("far.git"));
  await git("remote", "add", "origin", place.at("far.git"));
  await git("fetch", "--quiet", "origin");
  await git("remote", "set-url", "origin", place.at("gone.git"));
  const done = await scene.run({ target: "origin/main" });
  expect(done).toMatchObject({ outcome: "rebased", onto: { target: "origin/main", unfetched: expect.any(String) } });
});

describe("uncommitted work", () => {
  test("is set aside and put back, staged and changed, when asked; untracked files stay", async () => {
    await using scene = await makeRebaseScene();
    await apart(scene);
    await scene.write("own.txt", "own\nstaged\n");
    await scene.git("add", "own.txt");
    await scene.write("own.txt", "own\nstaged\nchanged\n");
    await scene.write("new.txt", "new\n");
    await scene.git("add", "new.txt");
    await scene.write("untracked.txt", "untracked\n");
    const before = await scene.git("status", "--porcelain");
    expect(await scene.run({ setsAside: true })).toMatchObject({ outcome: "rebased", dirtyFiles: 2 });
    expect(await scene.git("status", "--porcelain")).toBe(before);
    expect(await Bun.file(join(scene.top, "own.txt")).text()).toBe("own\nstaged\nchanged\n");
    expect(await scene.git("show", ":own.txt")).toBe("own\nstaged");
    expect(await scene.git("stash", "list")).toBe("");
  });

  test("that would conflict with the target is not touched", async () => {
    await using scene = await makeRebaseScene();
    await apart(scene);
    await scene.write("f.txt", lines(30, { 5: "five", 25: "mine" }));
    const before = everything(scene);
    await expect(scene.run({ setsAside: true })).rejects.toMatchObject({ code: "rebase.work-conflicts" });
    expect(everything(scene)).toEqual(before);
  });

  test("is judged by a check that is to set it aside, which writes nothing and says what the run would", async () => {
    await using scene = await makeRebaseScene();
    await apart(scene);
    const objects = () => scene.git("count-objects", "-v");
    const check = async () => {
      const before = [await objects(), everything(scene)];
      const found = await scene.run({ isCheck: true, setsAside: true }).catch((thrown: unknown) => thrown);
      expect([await objects(), everything(scene)]).toEqual(before);
      return found;
    };
    await scene.write("own.txt", "own\nmore\n");
    expect(await check()).toMatchObject({ outcome: "would-be-clean", dirtyFiles: 1, isWorkJudged: true });
    await scene.write("f.txt", lines(30, { 5: "five", 25: "mine" }));
    expect(await check()).toMatchObject({ code: "rebase.work-conflicts" });
    expect(await scene.run({ isCheck: true })).toMatchObject({ outcome: "would-be-clean", isWorkJudged: false });
    const both = { isCheck: true, setsAside: true, stops: true };
    await expect(scene.run(both)).rejects.toMatchObject({ code: "rebase.dirty" });
  });

  test("that is only marked to be added is refused in own words, by the check as well", async () => {
    await using scene = await makeRebaseScene();
    await apart(scene);
    await scene.write("later.txt", "later\n");
    await scene.git("add", "--intent-to-add", "later.txt");
    const before = everything(scene);
    for (const isCheck of [true, false]) {
      await expect(scene.run({ isCheck, setsAside: true })).rejects.toMatchObject({
        code: "rebase.intent-to-add",
        details: { files: ["later.txt"] },
        hint: expect.stringContaining("git restore --staged"),
      });
    }
    expect(everything(scene)).toEqual(before);
    await scene.git("restore", "--staged", "later.txt");
    expect(await scene.run({ setsAside: true })).toMatchObject({ outcome: "rebased" });
    expect(await scene.git("status", "--porcelain")).toBe("?? later.txt");
  });

  test("of a rebase that was killed is not forgotten", async () => {
    await using scene = await makeRebaseScene();
    const { before, onto } = await apart(scene);
    await scene.write("own.txt", "own\nmore\n");
    const place = {
      top: scene.top,
      git: scene.world.git(scene.top),
      gitDir: scene.scene.gitDir,
      adminDir: scene.adminDir,
    };
    await saveWork({ ...place, branch: scene.branch, head: before }, "killed");
    await record(place.git, "killed", { branch: scene.branch, before, target: "main", onto, at: 1 });
    await scene.git("reset", "--quiet", "--hard");
    const refused = await scene.run().catch((thrown: unknown) => thrown);
    expect(refused).toMatchObject({ code: "rebase.left-over", details: { ref: expect.any(String) } });
    await undoRebase(scene.world, { asker: { session: scene.session }, id: undefined });
    expect(await scene.git("status", "--porcelain")).toBe(" M own.txt");
    expect(await scene.run({ setsAside: true })).toMatchObject({ outcome: "rebased" });
  });

  test("is back where git gives up", async () => {
    await using scene = await makeRebaseScene();
    await apart(scene);
    await scene.write("own.txt", "own\nmore\n");
    await scene.git("add", "own.txt");
    const file = join(scene.scene.gitDir, "hooks/pre-rebase");
    await mkdir(join(scene.scene.gitDir, "hooks"), { recursive: true });
    await Bun.write(file, "#!/bin/sh\nexit 1\n");
    await chmod(file, 0o755);
    await expect(scene.run({ setsAside: true })).rejects.toMatchObject({ code: "rebase.failed" });
    expect(await scene.git("status", "--porcelain")).toBe("M  own.txt");
    expect(await scene.git("for-each-ref", "refs/parallel-cc")).toBe("");
  });
});

describe("undo", () => {
  const undo = (scene: RebaseScene, id?: string) => undoRebase(scene.world, { asker: { session: scene.session }, id });

  test("takes the last rebase back, whatever garbage was collected since", async () => {
    await using scene = await makeRebaseScene();
    const { before } = await apart(scene);
    const { undoId } = await scene.run();
    await scene.git("reflog", "expire", "--expire=now", "--all");
    await scene.git("gc", "--quiet", "--prune=now");
    await scene.write("own.txt", "not committed\n");
    expect(await undo(scene)).toMatchObject({ id: undoId ?? "", to: before, branch: scene.branch });
    expect(await scene.head()).toBe(before);
    expect(await scene.git("status", "--porcelain")).toBe(" M own.txt");
    await expect(undo(scene)).rejects.toMatchObject({ code: "rebase.none" });
  });

  test("is possible for 90 days", async () => {
    await using scene = await makeRebaseScene();
    await apart(scene);
    await scene.write("own.txt", "changed\n");
    await scene.run({ setsAside: true });
    const refs = () => scene.git("for-each-ref", "--format=%(refname)", "refs/parallel-cc");
    scene.world.pass(89 * 86_400_000);
    await forgetOldRebases(scene.world, scene.scene.gitDir);
    expect((await refs()).split("\n")).toHaveLength(2);
    scene.world.pass(2 * 86_400_000);
    await forgetOldRebases(scene.world, scene.scene.gitDir);
    expect(await refs()).toBe("");
  });

  test("is refused once the branch has moved on, and where changes are in the way", async () => {
    await using scene = await makeRebaseScene();
    await apart(scene);
    await scene.run();
    await scene.write("f.txt", "in the way\n");
    await expect(undo(scene)).rejects.toMatchObject({ code: "rebase.dirty" });
    await scene.git("checkout", "--quiet", "f.txt");
    await scene.commit("later.txt", "later\n");
    await expect(undo(scene, "no such id")).rejects.toMatchObject({ code: "rebase.none" });
    await expect(undo(scene)).rejects.toMatchObject({
      code: "rebase.moved-on",
      hint: expect.stringContaining("git rebase --onto"),
    });
  });
});

describe("an agent", () => {
  const tool = agentOperations.find(({ mcp }) => mcp.tool === "rebase_assist");
  const ask = (scene: RebaseScene, input: unknown) =>
    tool?.run(scene.world.as({ cwd: scene.scene.repo.path, parentPid: scene.session.pid }), input);

  test("rebases its own worktree, wherever it stands", async () => {
    await using scene = await makeRebaseScene();
    const { onto } = await apart(scene);
    expect(await ask(scene, { targetBranch: "main", checkOnly: true })).toMatchObject({
      ...{ success: true, hasConflicts: false, conflictingFiles: [], conflictSummary: "" },
      output: expect.stringContaining("rebases onto main"),
    });
    expect(await ask(scene, { targetBranch: "main" })).toMatchObject({
      success: true,
      output: expect.stringContaining("parallel-cc rebase undo"),
    });
    expect(await scene.git("rev-parse", "HEAD~2")).toBe(onto);
  });

  test("is told of conflicts, by file, line and commit", async () => {
    await using scene = await makeRebaseScene();
    const { mine, more } = await against(scene);
    const answer = await ask(scene, { targetBranch: "main" });
    expect(answer).toMatchObject({ success: false, hasConflicts: true, conflictingFiles: ["f.txt"] });
    expect(answer).not.toHaveProperty("error");
    expect(answer.conflictSummary).toContain(mine.slice(0, 12));
    expect(answer.conflictSummary).toContain(more.slice(0, 12));
    expect(answer.conflictSummary).toContain("line 20 in main");
  });

  test("is told why it was refused, and that is no conflict", async () => {
    await using scene = await makeRebaseScene();
    await apart(scene);
    await scene.write("own.txt", "changed\n");
    expect(await ask(scene, { targetBranch: "main" })).toMatchObject({
      ...{ success: false, hasConflicts: false, conflictingFiles: [] },
      error: expect.stringContaining("uncommitted changes"),
    });
    await scene.git("checkout", "--quiet", "own.txt");
    expect(await ask(scene, { targetBranch: "nowhere" })).toMatchObject({
      success: false,
      error: expect.stringContaining("nowhere"),
    });
  });
});

test("a person in the session's worktree asks for that session", async () => {
  await using scene = await makeRebaseScene();
  await apart(scene);
  const shell = scene.world.as({ cwd: join(scene.top, "."), parentPid: 1 });
  expect(await rebase(shell, { asker: { cwd: scene.top } })).toMatchObject({ outcome: "rebased" });
});

test("a rebase that is interrupted leaves everything as it was", async () => {
  await using scene = await makeRebaseScene();
  const { before } = await apart(scene);
  const hooks = join(scene.scene.gitDir, "hooks");
  const begun = scene.scene.place.at("begun");
  await mkdir(hooks, { recursive: true });
  // In the middle of the second commit.
  await Bun.write(join(hooks, "post-commit"), `#!/bin/sh\ntouch '${begun}'\nexec sleep 60\n`);
  await chmod(join(hooks, "post-commit"), 0o755);
  await scene.write("untracked.txt", "untracked\n");
  const running = scene.run().catch((thrown: unknown) => thrown);
  await waitFor(() => Bun.file(begun).exists(), "the first commit is made");
  scene.world.interrupt();
  expect(await running).toMatchObject({ code: "proc.cancelled" });
  expect(await scene.head()).toBe(before);
  expect(await scene.git("status", "--porcelain=v2", "--branch")).toContain(`# branch.head ${scene.branch}`);
  expect(await scene.git("status", "--porcelain")).toBe("?? untracked.txt");
});
