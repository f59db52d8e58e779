// What came home becomes history on the real base: who, when, what words, in which order, and which files.

import { describe, expect, test } from "bun:test";
import { makeRun } from "./results-scene.ts";

const FILES = { "a.txt": "a\n", "b.txt": "b\n", "dir/c.txt": "c\n", ".gitignore": "ignored\n*.log\n" };

describe.each([true, false])("a sandbox that shares objects: %p", (sharesObjects) => {
  test("commits stand on the base with their authors, dates and words, the uncommitted on top", async () => {
    await using run = await makeRun({ files: FILES, sharesObjects });
    await run.claude(
      "echo one >>a.txt; git commit -qam 'one\n\nbody'; git mv b.txt moved.txt; chmod +x dir/c.txt; ln -s a.txt link; git add link; git commit -qam two; echo u >u.txt",
    );
    const replayed = await run.replay();
    const told = await run.repo.git(
      "log",
      "--reverse",
      "--date=raw",
      "--format=%an <%ae> %ad|%cn <%ce> %cd|%B",
      `${run.base}..${replayed.tip}`,
    );
    const who = "Claude <claude@example.com> 1900000000 +0200|Claude C <claude-c@example.com> 1900000100 -0500";
    expect(told).toStartWith(`${who}|one\n\nbody\n\n${who}|two\n\nSomebody <somebody@example.com> `);
    expect(told).toEndWith("|Native execution: do it");
    expect(await run.repo.git("ls-tree", "-r", "--format=%(objectmode) %(path)", replayed.tip)).toBe(
      ["100644 .gitignore", "100644 a.txt", "100755 dir/c.txt", "120000 link", "100644 moved.txt", "100644 u.txt"].join(
        "\n",
      ),
    );
    expect(await run.repo.git("rev-parse", "refs/parallel-cc/sandbox/run-1")).toBe(replayed.tip);
    expect(replayed.commits.map(({ subject }) => subject)).toEqual(["one", "two"]);
    expect(replayed.uncommitted).toBe(replayed.tip);
    expect(replayed.filesChanged).toBe(6);
    expect(replayed.lines).toEqual({ inserted: 4, deleted: 1 });
    expect(replayed.left).toEqual([]);
    expect(await run.repo.git("fsck", "--strict", "--no-dangling")).toBe("");
    expect(await run.replay()).toEqual(replayed);
  });
});
