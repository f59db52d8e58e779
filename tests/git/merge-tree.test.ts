// Merges without a checkout: verdicts and kinds as git has them, and what must never be run or taken for clean.

import { describe, expect, test } from "bun:test";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { mergePairs, type PairResult } from "../../src/git/merge-tree.ts";
import { makePlace } from "../support/place.ts";
import { runGit } from "../support/repo.ts";
import { testWorld } from "../support/world.ts";
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
      const found = filesOf(result).map((file): [string, string] => [file.path.replace(ours, "OURS"), file.kind]);
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
});

describe("regions", () => {
  async function regionsOf(files: Record<"base" | "ours" | "theirs", Files>) {
    await using scene = await makeMergeScene();
    const result = await mergeOf(scene, files, { withRegions: true });
    return filesOf(result).map(({ regions }) => regions);
  }

  test("are lines of the merged text, of either side and of the base", async () => {
    const found = await regionsOf({
      base: { "f.txt": lines(30) },
      // Each side also has a change that does not conflict, so that lines differ between the texts.
      ours: { "f.txt": `${lines(30, { 10: "ten", 20: "twenty\nand more" })}mine\n` },
      theirs: { "f.txt": `yours\n${lines(30, { 10: "zehn", 20: "zwanzig" })}` },
    });
    expect(found).toEqual([
      [
        {
          merged: { from: 11, to: 15 },
          ours: { from: 10, to: 10 },
          theirs: { from: 11, to: 11 },
          base: { from: 10, to: 10 },
        },
        {
          merged: { from: 25, to: 30 },
          ours: { from: 20, to: 21 },
          theirs: { from: 21, to: 21 },
          base: { from: 20, to: 20 },
        },
      ],
    ]);
  });

  test("of a side that deleted have no lines there", async () => {
    const shorter = lines(20).replace("line 10\nline 11\n", "");
    const [found] = await regionsOf({
      base: { "f.txt": lines(20) },
      ours: { "f.txt": shorter },
      theirs: { "f.txt": lines(20, { 10: "ten" }) },
    });
    expect(found).toMatchObject([
      { ours: { from: 10, to: 9 }, theirs: { from: 10, to: 11 }, base: { from: 10, to: 11 } },
    ]);
  });

  test("are not confused by texts that hold markers themselves", async () => {
    const holding = (word: string) =>
      `Title\n=======\n<<<<<<< HEAD\na\n=======\nb\n>>>>>>> other\n${lines(12, { 6: word })}`;
    const [found] = await regionsOf({
      base: { "f.md": holding("base") },
      ours: { "f.md": holding("ours\n=======\nours") },
      theirs: { "f.md": holding("theirs") },
    });
    expect(found).toMatchObject([{ ours: { from: 13, to: 15 }, theirs: { from: 13, to: 13 } }]);
  });

  test("are told where markers have another size", async () => {
    const [, found] = await regionsOf({
      base: { ".gitattributes": "* conflict-marker-size=11\n", "f.txt": lines(9) },
      ours: { ".gitattributes": "* conflict-marker-size=12\n", "f.txt": lines(9, { 5: "five" }) },
      theirs: { ".gitattributes": "* conflict-marker-size=13\n", "f.txt": lines(9, { 5: "funf" }) },
    });
    expect(found).toMatchObject([{ ours: { from: 5, to: 5 }, base: { from: 5, to: 5 } }]);
  });

  test("are told of lines that end as on Windows, and of a last line without an end", async () => {
    const crlf = (word: string) => lines(9, { 9: word }).replaceAll("\n", "\r\n").replace(/\r\n$/, "");
    const [found] = await regionsOf({
      base: { "f.txt": crlf("nine") },
      ours: { "f.txt": crlf("ours") },
      theirs: { "f.txt": crlf("theirs") },
    });
    expect(found).toMatchObject([{ ours: { from: 9, to: 9 }, theirs: { from: 9, to: 9 } }]);
  });

  test("are told of two texts that have little in common", async () => {
    const rewritten = (word: string) => lines(4000).replaceAll("line", word);
    const [found] = await regionsOf({
      base: { "f.txt": `${lines(4000)}end\n${lines(9, { 5: "base" })}` },
      ours: { "f.txt": `${rewritten("mine")}end\n${lines(9, { 5: "five" })}` },
      theirs: { "f.txt": `${lines(4000)}end\n${lines(9, { 5: "funf" })}` },
    });
    expect(found).toMatchObject([{ ours: { from: 4006, to: 4006 }, theirs: { from: 4006, to: 4006 } }]);
  });

  test("are not told of binary files", async () => {
    const found = await regionsOf({
      base: { "b.bin": NUL },
      ours: { "b.bin": `${NUL}o` },
      theirs: { "b.bin": `${NUL}t` },
    });
    expect(found).toEqual([undefined]);
  });
});

test("with a base of its own a change is put on top of another commit, as a cherry-pick", async () => {
  await using scene = await makeMergeScene();
  await scene.commit("work", { "f.txt": lines(9) }, "main");
  const first = await scene.commit("work", { "f.txt": lines(9, { 2: "two" }) });
  const second = await scene.commit("work", { "f.txt": lines(9, { 2: "two", 8: "eight" }) });
  const third = await scene.commit("work", { "f.txt": lines(9, { 2: "zwei", 8: "eight" }) });
  const onto = await scene.commit("onto", { "f.txt": lines(9) }, "main");
  const picked = await scene.commit("picked", { "f.txt": lines(9, { 8: "eight" }) }, "onto");
  const results = await scene.merge([
    { base: first, ours: onto, theirs: second },
    { base: second, ours: onto, theirs: third },
    { base: "4b825dc642cb6eb9a060e54bf8d69288fbee4904", ours: onto, theirs: onto },
    { base: "0".repeat(39), ours: onto, theirs: second },
  ]);
  expect(results[0]).toEqual({ verdict: "clean", tree: await scene.git("rev-parse", `${picked}^{tree}`) });
  expect(results[1]).toMatchObject({ verdict: "conflict", files: [{ path: "f.txt", kind: "content" }] });
  expect(results[2]).toMatchObject({ verdict: "clean" });
  expect(results[3]).toMatchObject({ verdict: "unknown", reason: "unreadable" });
});

test("commits that stand in another object directory are merged", async () => {
  await using scene = await makeMergeScene();
  const ours = await scene.commit("ours", { "f.txt": "ours\n" }, "main");
  const beside = scene.place.at('beside: "objects"');
  const env = {
    ...scene.place.env(),
    GIT_OBJECT_DIRECTORY: beside,
    GIT_ALTERNATE_OBJECT_DIRECTORIES: join(scene.gitDir, "objects"),
  };
  const git = (words: string[], input?: string) =>
    runGit(words, { cwd: scene.repo.path, env, ...(input !== undefined && { input }) });
  await mkdir(beside);
  const blob = await git(["hash-object", "-w", "--stdin"], "theirs\n");
  const tree = await git(["mktree"], `100644 blob ${blob}\tf.txt\n`);
  const theirs = await git(["commit-tree", "-p", "main", "-m", "theirs", tree]);
  const [unread] = await scene.merge([{ ours, theirs }]);
  expect(unread).toMatchObject({ verdict: "unknown" });
  const [result] = await scene.merge([{ ours, theirs }], {
    objects: { gitDir: scene.gitDir, beside: [beside] },
    withRegions: true,
  });
  expect(result).toMatchObject({ verdict: "conflict" });
  expect(filesOf(result).find(({ path }) => path === "f.txt")?.regions).toHaveLength(1);
});

test("a repository whose names are SHA-256", async () => {
  await using place = await makePlace();
  const cwd = place.at("repo");
  await mkdir(cwd);
  const git = (...words: string[]) => runGit(words, { cwd, env: place.env() });
  await git("init", "--quiet", "--object-format=sha256", "--initial-branch=main");
  const commit = async (branch: string, text: string, from?: string) => {
    if (from !== undefined) await git("checkout", "--quiet", "-b", branch, from);
    await Bun.write(join(cwd, "f.txt"), text);
    await git("add", "--all");
    await git("commit", "--quiet", "-m", branch);
    return git("rev-parse", "HEAD");
  };
  const base = await commit("main", lines(9));
  const ours = await commit("ours", lines(9, { 5: "five" }), "main");
  const theirs = await commit("theirs", lines(9, { 5: "funf" }), "main");
  await using world = testWorld(place, { cwd });
  const pairs = [
    { ours, theirs },
    { base, ours, theirs },
  ];
  const results = await mergePairs(world.git(cwd), pairs, { objects: { gitDir: join(cwd, ".git") } });
  expect(results.map(({ verdict }) => verdict)).toEqual(["conflict", "conflict"]);
});
