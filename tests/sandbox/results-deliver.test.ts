// The result reaches the run's worktree, whole or not at all, and nothing that stands there is written over.

import { describe, expect, test } from "bun:test";
import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { makeRun, standing } from "./results-scene.ts";

const FILES = { "a.txt": "a\n", "b.txt": "b\n", "dir/c.txt": "c\n", ".gitignore": "ignored\n*.log\n" };
const WORK =
  "echo one >>a.txt; git commit -qam one; git rm -q b.txt; chmod +x dir/c.txt; ln -s a.txt link; mkdir n; echo n >n/n.txt";

describe("delivery", () => {
  test("uncommitted: the worktree stands as the sandbox does, its head and index as they were", async () => {
    await using run = await makeRun({ files: FILES });
    await run.claude(WORK);
    const delivered = await run.deliver();
    expect(delivered).toEqual({ form: "uncommitted", why: null, branch: null, commit: null, left: [] });
    expect(await standing(run.worktree)).toEqual(await standing(run.sandbox.places.workspace));
    expect(await run.gitAt(run.worktree, "rev-parse", "HEAD")).toBe(run.base);
    expect(await run.gitAt(run.worktree, "status", "--porcelain")).toBe(
      " M a.txt\n D b.txt\n M dir/c.txt\n?? link\n?? n/",
    );
    expect(await run.deliver()).toEqual(delivered);
  });

  test("on a branch: claude's commits, then one of what was uncommitted, and a clean worktree", async () => {
    await using run = await makeRun({ files: FILES });
    await run.claude(WORK);
    const delivered = await run.deliver({ branch: "native/do-it" });
    expect(delivered).toMatchObject({ form: "branch", branch: "native/do-it", left: [] });
    expect(await run.gitAt(run.worktree, "status", "--porcelain", "--branch")).toBe("## native/do-it");
    expect(await run.gitAt(run.worktree, "log", "--format=%an %B", `${run.base}..`)).toBe(
      "Somebody Native execution: do it\n\nRun: 1\n\nClaude one\n",
    );
    expect(await standing(run.worktree)).toEqual(await standing(run.sandbox.places.workspace));
    expect(await run.deliver({ branch: "native/do-it" })).toEqual(delivered);
  });

  test("what was changed in the worktree since stays, and then nothing is written", async () => {
    await using run = await makeRun({ files: FILES });
    await run.claude(WORK);
    await writeFile(join(run.worktree, "a.txt"), "mine\n");
    const before = await standing(run.worktree);
    expect(await run.deliver()).toMatchObject({
      form: "ref",
      why: "files of the worktree are not as they were sent",
      left: [{ path: "a.txt", why: "it was changed here since" }],
    });
    expect(await standing(run.worktree)).toEqual(before);
    await rm(join(run.worktree, "a.txt"));
    expect(await run.deliver()).toMatchObject({ form: "uncommitted" });
  });

  test("download takes what changed as files, and writes over nothing", async () => {
    await using run = await makeRun({ files: FILES });
    await run.claude(WORK);
    const output = run.place.at("out");
    expect(await run.takeTo(output)).toEqual({ files: 4, deleted: ["b.txt"], left: [] });
    expect(await standing(output)).toEqual([
      "file a.txt a\none\n",
      "run dir/c.txt c\n",
      "link link a.txt",
      "file n/n.txt n\n",
    ]);
    await writeFile(join(output, "a.txt"), "mine");
    expect(await run.takeTo(output)).toEqual({
      files: 3,
      deleted: ["b.txt"],
      left: [{ path: "a.txt", why: "something else stands there" }],
    });
  });
});
