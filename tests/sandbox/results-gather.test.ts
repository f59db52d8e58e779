// What stands in a sandbox comes home whole, whatever was done to the repository in it, and the sandbox is not changed.

import { describe, expect, test } from "bun:test";
import { makeRun, type Run } from "./results-scene.ts";

const FILES = { "a.txt": "a\n", "b.txt": "b\n", "dir/c.txt": "c\n", ".gitignore": "ignored\n*.log\n" };

/** Paths of a commit that came home. */
async function paths(run: Run, commit: string): Promise<string[]> {
  return (await run.kept("ls-tree", "-r", "--name-only", "-z", commit)).split("\0").filter(Boolean);
}

describe.each([true, false])("a sandbox that shares objects: %p", (sharesObjects) => {
  test("nothing was done: nothing is uncommitted, and what was sent is the head", async () => {
    await using run = await makeRun({ files: FILES, sharesObjects });
    const { sent } = run;
    expect(await run.gather()).toEqual({
      ...{ head: sent.commit, tip: sent.commit, branch: "work", branches: [{ name: "work", commit: sent.commit }] },
      ...{
        tags: [],
        messages: [],
        stashes: [],
        worktrees: [],
        abandoned: [],
        nested: [],
        unread: [],
        refs: [],
        ignored: [],
        operation: undefined,
      },
      ...{ form: "commits", isUnchanged: false, bundleBytes: 0 },
    });
    expect((await run.gather()).isUnchanged).toBe(true);
  });

  test("commits and what is uncommitted come home, the head and the index inside stay", async () => {
    await using run = await makeRun({ files: FILES, sharesObjects });
    await run.claude(
      "echo one >>a.txt; git commit -qam one; echo two >>a.txt; git add a.txt; echo new >new.txt; rm b.txt; echo x >ignored",
    );
    const before = await run.claude("git status --porcelain; git rev-parse HEAD; git for-each-ref; ls .git");
    const gathered = await run.gather();
    expect(gathered.tip).not.toBe(gathered.head);
    expect(await run.kept("log", "--format=%an %s", `${run.sent.commit}..${gathered.tip}`)).toBe(
      "Somebody Native execution: do it\nClaude one",
    );
    expect(await run.kept("cat-file", "blob", `${gathered.tip}:a.txt`)).toBe("a\none\ntwo");
    expect(await paths(run, gathered.tip)).toEqual([".gitignore", "a.txt", "dir/c.txt", "new.txt"]);
    expect(await run.claude("git status --porcelain; git rev-parse HEAD; git for-each-ref; ls .git")).toBe(before);
    expect(await run.gather()).toEqual({ ...gathered, isUnchanged: true });
  });
});
