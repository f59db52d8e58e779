// `conflicts check` of a branch that is checked out: its files of attributes count as they stand there, for git merges
// by those.

import { describe, expect, test } from "bun:test";
import { mkdir, rm, symlink } from "node:fs/promises";
import { dirname, join } from "node:path";
import { checkConflicts } from "../../src/features/conflicts/conflicts.ts";
import { runGit } from "../support/repo.ts";
import { testWorld } from "../support/world.ts";
import { type Files, lines, type MergeScene, makeMergeScene } from "./merge-scene.ts";

/** `work`, which is checked out, and `main` both change line 5 of two files. */
async function scene(committed: Files = {}): Promise<MergeScene> {
  const made = await makeMergeScene();
  const both = (word: string): Files => ({
    "f.txt": lines(12, { 5: word }),
    "deep/er/f.txt": lines(12, { 5: word }),
    "far.txt": `${lines(12, { 2: word === "five" ? "two" : "line 2", 11: word === "funf" ? "elf" : "line 11" })}`,
  });
  await made.commit("main", { ...both("line 5"), ...committed });
  await made.commit("work", both("five"), "main");
  await made.commit("main", both("funf"));
  await made.git("checkout", "--quiet", "work");
  return made;
}

async function verdictOf(made: MergeScene, { cwd = made.repo.path, branch = "work", target = "main" } = {}) {
  await using world = testWorld(made.place, { cwd });
  const found = await checkConflicts(world, { branch, target }).catch((thrown) => ({ code: thrown.code }));
  if ("code" in found) return found.code;
  return found.targets.flatMap(({ files }) => files.map(({ path, kind }) => `${path} ${kind}`));
}

/** The paths that git itself leaves in conflict when it merges there. */
async function gitsPaths(made: MergeScene, { cwd = made.repo.path, target = "main" } = {}): Promise<string[]> {
  const git = (...words: string[]) => runGit(words, { cwd, env: made.place.env() });
  await git("merge", "--no-commit", "--no-ff", target).catch(() => undefined);
  const said = await git("diff", "--name-only", "--diff-filter=U");
  await git("merge", "--abort");
  return said.split("\n").filter((path) => path !== "");
}

async function write(made: MergeScene, path: string, text: string): Promise<void> {
  const file = join(made.repo.path, path);
  await mkdir(dirname(file), { recursive: true });
  await Bun.write(file, text);
}

const DEEP = "deep/er/f.txt content";
const TOP = "f.txt content";

describe("attributes that are not committed", () => {
  const cases: Readonly<Record<string, { files: Readonly<Record<string, string>>; found: string[] }>> = {
    "union for all": { files: { ".gitattributes": "*.txt merge=union\n" }, found: [] },
    "union below a directory": { files: { "deep/.gitattributes": "*.txt merge=union\n" }, found: [TOP] },
    "what holds deeper within": {
      files: { ".gitattributes": "*.txt merge=union\n", "deep/er/.gitattributes": "f.txt merge\n" },
      found: [DEEP],
    },
    "no merge by lines": {
      files: { ".gitattributes": "far.txt -merge\n" },
      found: [DEEP, TOP, "far.txt binary"],
    },
    "the macro for binary files": {
      files: { ".gitattributes": "far.txt binary\n" },
      found: [DEEP, TOP, "far.txt binary"],
    },
    "-text, which says nothing of merges": { files: { ".gitattributes": "*.txt -text\n" }, found: [DEEP, TOP] },
    "a driver that nobody configured": { files: { ".gitattributes": "*.txt merge=nobody\n" }, found: [DEEP, TOP] },
  };
  for (const [name, { files, found }] of Object.entries(cases)) {
    test(`count as git has them: ${name}`, async () => {
      await using made = await scene();
      for (const [path, text] of Object.entries(files)) await write(made, path, text);
      const told = await verdictOf(made);
      expect(told.toSorted()).toEqual(found);
      expect(told.map((one: string) => one.slice(0, one.indexOf(" ")))).toEqual(await gitsPaths(made));
    });
  }

  test("count where committed ones were changed or deleted", async () => {
    await using made = await scene({ ".gitattributes": "*.txt merge=union\n" });
    expect(await verdictOf(made)).toEqual([]);
    await write(made, ".gitattributes", "/f.txt merge=union\n");
    expect(await verdictOf(made)).toEqual([DEEP]);
    await rm(join(made.repo.path, ".gitattributes"));
    expect(await verdictOf(made)).toEqual([DEEP, TOP]);
  });

  test("do not count when they are no file", async () => {
    await using made = await scene();
    await write(made, "elsewhere", "*.txt merge=union\n");
    await symlink("elsewhere", join(made.repo.path, ".gitattributes"));
    expect(await verdictOf(made)).toEqual([DEEP, TOP]);
  });

  test("may ask for a driver of the repository: that is not run, and nothing is told", async () => {
    await using made = await scene();
    const ran = made.place.at("ran");
    await made.git("config", "merge.ours.driver", `touch '${ran}'`);
    await write(made, ".gitattributes", "*.txt merge=ours\n");
    expect(await verdictOf(made)).toBe("conflicts.unknown");
    expect(await Bun.file(ran).exists()).toBe(false);
  });

  test("beside those of the repository's info/attributes, and a file that is set up for all", async () => {
    await using made = await scene();
    await write(made, ".git/info/attributes", "deep/er/f.txt merge=union\n");
    expect(await verdictOf(made)).toEqual([TOP]);
    await made.git("config", "core.attributesFile", "own-attributes");
    await write(made, "own-attributes", "f.txt merge=union\n");
    expect(await verdictOf(made)).toEqual([]);
    expect(await gitsPaths(made)).toEqual([]);
  });
});

describe("the checkout", () => {
  async function besides(made: MergeScene): Promise<string> {
    const path = made.place.at("beside");
    await made.git("worktree", "add", "--quiet", path, "main");
    return path;
  }

  test("is the branch's own, wherever the question is asked", async () => {
    await using made = await scene();
    await write(made, ".gitattributes", "*.txt merge=union\n");
    const other = made.place.at("other");
    await made.git("worktree", "add", "--quiet", "-b", "other", other, "main");
    expect(await verdictOf(made, { cwd: other })).toEqual([]);
    expect(await verdictOf(made, { cwd: join(made.repo.path, "deep") })).toEqual([]);
  });

  test("is the target's, when it is asked there", async () => {
    await using made = await scene();
    const main = await besides(made);
    await Bun.write(join(main, ".gitattributes"), "*.txt merge=union\n");
    expect(await verdictOf(made, { cwd: main })).toEqual([]);
    expect(await gitsPaths(made, { cwd: main, target: "work" })).toEqual([]);
    expect(await verdictOf(made)).toEqual([DEEP, TOP]);
  });

  test("of neither says nothing", async () => {
    await using made = await scene();
    await made.git("checkout", "--quiet", "-b", "third");
    await write(made, ".gitattributes", "*.txt merge=union\n");
    expect(await verdictOf(made)).toEqual([DEEP, TOP]);
  });

  test("whose directory is gone says nothing", async () => {
    await using made = await scene();
    const main = await besides(made);
    await made.git("checkout", "--quiet", "--detach");
    await rm(main, { recursive: true });
    expect(await verdictOf(made)).toEqual([DEEP, TOP]);
  });
});
