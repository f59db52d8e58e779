// What a rebase tells: names as git gives them, and what happened in words that say it.

import { describe, expect, test } from "bun:test";
import { chmod, mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { rebasedAnswer, rebasedLines } from "../../src/features/rebase/answers.ts";
import { lines } from "./merge-scene.ts";
import { makeRebaseScene, type RebaseScene } from "./rebase-scene.ts";

describe("a file where the other has a directory", () => {
  /** The second pick adds a file where main has a directory now. */
  async function fileAndDirectory(scene: RebaseScene): Promise<string> {
    await scene.commit("own.txt", "own\n");
    await scene.write("name", "a file\n");
    await scene.git("add", "--all");
    await scene.git("commit", "--quiet", "-m", "a/b: adds it");
    await scene.onMain("name/inside.txt", "inside\n");
    return scene.git("rev-parse", "--short", "HEAD");
  }

  test("is foretold by the name that git gives it", async () => {
    await using scene = await makeRebaseScene();
    const pick = await fileAndDirectory(scene);
    const foretold = await scene.run({ isCheck: true });
    const files = foretold.meeting?.files ?? [];
    expect(files).toMatchObject([{ path: `name~${pick} (a_b: adds it)`, kind: "file/directory" }]);
    await scene.git("rebase", "main").catch(() => undefined);
    expect(await scene.git("ls-files", "--unmerged", "-z")).toBe(
      `100644 ${files[0]?.stages.theirs?.object} 3\t${files[0]?.path}\0`,
    );
  });

  test("is what it is where a rebase has stopped", async () => {
    await using scene = await makeRebaseScene();
    const pick = await fileAndDirectory(scene);
    expect(await scene.run({ stops: true })).toMatchObject({
      outcome: "stopped",
      meeting: { files: [{ path: `name~${pick} (a_b: adds it)`, kind: "file/directory" }] },
    });
  });

  test("on the target's side is HEAD's, as git has it", async () => {
    await using scene = await makeRebaseScene();
    await scene.commit("own.txt", "own\n");
    await rm(join(scene.top, "own.txt"));
    await scene.commit("name/inside.txt", "inside\n");
    await scene.onMain("name", "a file\n");
    expect(await scene.run({ stops: true })).toMatchObject({
      meeting: { files: [{ path: "name~HEAD", kind: "file/directory" }] },
    });
    expect(await scene.git("ls-files", "--unmerged")).toContain("\tname~HEAD");
  });
});

describe("what has happened", () => {
  test("is a fast-forward where the branch has no commit of its own", async () => {
    await using scene = await makeRebaseScene();
    const onto = await scene.onMain("f.txt", lines(30, { 25: "main's" }));
    const there = `main (${onto.slice(0, 12)})`;
    const foretold = rebasedAnswer(await scene.run({ isCheck: true }));
    expect(foretold.summary).toBe(`${scene.branch} can be fast-forwarded to ${there}: it has no commit of its own.`);
    const done = rebasedAnswer(await scene.run());
    expect(done).toMatchObject({ outcome: "rebased", after: onto });
    expect(done.summary).toBe(`${scene.branch} is fast-forwarded to ${there}: it had no commit of its own.`);
  });

  test("is that nothing was left of its commits, where the target has them all", async () => {
    await using scene = await makeRebaseScene();
    const mine = await scene.commit("own.txt", "own\n");
    await scene.onMain("other.txt", "other\n");
    await scene.scene.git("cherry-pick", mine);
    const onto = await scene.scene.git("rev-parse", "main");
    const done = rebasedAnswer(await scene.run());
    expect(done.summary).toBe(
      `${scene.branch} stands at main (${onto.slice(0, 12)}) now, which has all that its commits change.`,
    );
  });

  test("counts the commits that are there, without those that were left out", async () => {
    await using scene = await makeRebaseScene();
    await scene.commit("f.txt", lines(30, { 5: "five" }));
    await scene.commit("own.txt", "own\n");
    const onto = await scene.onMain("f.txt", lines(30, { 5: "five", 15: "fifteen" }));
    const done = rebasedAnswer(await scene.run());
    expect(done.summary).toBe(`${scene.branch} is rebased onto main (${onto.slice(0, 12)}): 1 commit.`);
    expect(rebasedLines(done).join()).toContain("Left out");
  });
});

describe("a target that is not there", () => {
  test("is told in the words of a rebase", async () => {
    await using scene = await makeRebaseScene();
    await expect(scene.run({ target: "nope" })).rejects.toMatchObject({
      code: "rebase.target-unknown",
      message: 'There is no other branch "nope" to rebase onto.',
      hint: expect.stringContaining("git branch --all"),
    });
    await expect(scene.run({ target: scene.branch })).rejects.toMatchObject({ code: "target.itself" });
  });
});

test("what git said ends in one full stop", async () => {
  await using scene = await makeRebaseScene();
  await scene.commit("own.txt", "own\n");
  await scene.onMain("f.txt", lines(30, { 25: "main's" }));
  const hooks = join(scene.scene.gitDir, "hooks");
  await mkdir(hooks, { recursive: true });
  await Bun.write(join(hooks, "pre-rebase"), "#!/bin/sh\necho 'Not today.' >&2\nexit 1\n");
  await chmod(join(hooks, "pre-rebase"), 0o755);
  await expect(scene.run()).rejects.toMatchObject({
    code: "rebase.failed",
    message: expect.not.stringContaining(".."),
  });
});
