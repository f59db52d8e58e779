// Merges without a checkout: verdicts and kinds as git has them, and what must never be run or taken for clean.

import { describe, expect, test } from "bun:test";
import { existsSync } from "node:fs";
import type { PairResult } from "../../src/git/merge-tree.ts";
import { type Files, lines, makeMergeScene, mergeOf } from "./merge-scene.ts";

function filesOf(result: PairResult | undefined) {
  return result?.verdict === "conflict" ? result.files : [];
}

const NUL = "a\0b\n";

interface Case {
  base: Files;
  ours: Files;
  theirs: Files;
  kinds: Readonly<Record<string, string>>;
}

const CASES: Readonly<Record<string, Case>> = {
  "both change a line": {
    base: { "f.txt": lines(9) },
    ours: { "f.txt": lines(9, { 5: "five" }) },
    theirs: { "f.txt": lines(9, { 5: "funf" }) },
    kinds: { "f.txt": "content" },
  },
  "both add a file": {
    base: {},
    ours: { "new.txt": "one\n" },
    theirs: { "new.txt": "two\n" },
    kinds: { "new.txt": "add/add" },
  },
  "both change a binary file": {
    base: { "b.bin": NUL },
    ours: { "b.bin": `${NUL}o` },
    theirs: { "b.bin": `${NUL}t` },
    kinds: { "b.bin": "binary" },
  },
  "one deletes what the other changes": {
    base: { "f.txt": lines(9) },
    ours: { "f.txt": null },
    theirs: { "f.txt": lines(9, { 5: "five" }) },
    kinds: { "f.txt": "modify/delete" },
  },
  "both rename a file, to different names": {
    base: { "f.txt": lines(30) },
    ours: { "f.txt": null, "o.txt": lines(30) },
    theirs: { "f.txt": null, "t.txt": lines(30) },
    kinds: { "f.txt": "rename/rename", "o.txt": "rename/rename", "t.txt": "rename/rename" },
  },
  "one renames what the other deletes": {
    base: { "f.txt": lines(30) },
    ours: { "f.txt": null, "o.txt": lines(30) },
    theirs: { "f.txt": null },
    kinds: { "o.txt": "rename/delete" },
  },
  "one renames to where the other adds": {
    base: { "f.txt": lines(30) },
    ours: { "f.txt": null, "g.txt": lines(30, { 9: "neun" }) },
    theirs: { "f.txt": lines(30, { 9: "nine" }), "g.txt": "added\n" },
    kinds: { "g.txt": "rename/add" },
  },
  "one adds to a directory that the other renames": {
    base: { "d/a.txt": lines(30), "d/b.txt": lines(20) },
    ours: { "d/a.txt": null, "d/b.txt": null, "e/a.txt": lines(30), "e/b.txt": lines(20) },
    theirs: { "d/c.txt": "c\n" },
    kinds: { "e/c.txt": "directory-rename" },
  },
  "a file here, a directory there": {
    base: { "x.txt": "x\n" },
    ours: { name: "a file\n" },
    theirs: { "name/inside.txt": "inside\n" },
    kinds: { "name~OURS": "file/directory" },
  },
};

describe("kinds of conflicts", () => {
  for (const [name, { kinds, ...files }] of Object.entries(CASES)) {
    test(name, async () => {
      await using scene = await makeMergeScene();
      const result = await mergeOf(scene, files);
      const ours = await scene.git("rev-parse", "ours");
      const found = filesOf(result).map((file) => [file.path.replace(ours, "OURS"), file.kind] as const);
      expect(Object.fromEntries(found)).toEqual(kinds);
    });
  }
});

test("what does not conflict is clean, and is git's own tree", async () => {
  await using scene = await makeMergeScene();
  const result = await mergeOf(scene, {
    base: { "f.txt": lines(20) },
    ours: { "f.txt": lines(20, { 2: "two" }) },
    theirs: { "f.txt": lines(20, { 18: "eighteen" }) },
  });
  const tree = await scene.git("merge-tree", "--write-tree", "ours", "theirs");
  expect(result).toEqual({ verdict: "clean", tree });
  // Git's own merge has written it; ours had not.
  expect(existsSync(`${scene.gitDir}/objects`)).toBe(true);
});
