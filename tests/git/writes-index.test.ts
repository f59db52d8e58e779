// The index that looks are made with: whatever form the checkout's own has, and whatever happens to ours.

import { describe, expect, test } from "bun:test";
import {
  existsSync,
  lstatSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { isAsInIndex, statsOfIndex } from "../../src/features/writes/index-stats.ts";
import { beginLook, writtenSince } from "../../src/features/writes/writes.ts";
import { countedGit, makeLooks, type Scene } from "../support/looks.ts";
import { fileName } from "../support/repo.ts";

const FILES = 8;
const OTHER =
  "git checkout -q -b other && echo theirs >> file-0.txt && git commit -q -a -m other && git checkout -q main";

/** By the name of the form: how the checkout comes to it, and how it is made where `before` cannot. */
const FORMS: Readonly<Record<string, { before: string; at?: string }>> = {
  "of version 2": { before: "git update-index --index-version 2" },
  "of version 4": { before: "git update-index --index-version 4" },
  "with intended files, which is of version 3": { before: "touch intended && git add -N intended" },
  "in two halves": { before: "git config core.splitIndex true && git update-index --split-index" },
  "with an untracked cache": { before: "git update-index --untracked-cache && git status -s" },
  "without one, as its user wants": { before: "git config core.untrackedCache false" },
  "with an untracked cache of another place": {
    before:
      "git update-index --untracked-cache && git status -s && git worktree add -q ../moved other && cp .git/index .git/worktrees/moved/index && cd ../moved && git reset -q",
    at: "moved",
  },
  sparse: { before: "git sparse-checkout set --cone folder-0" },
  "sparse itself": { before: "git sparse-checkout set --cone --sparse-index folder-0" },
  "of a program that watches the files": {
    before: "git config core.fsmonitor ../watching && git update-index --fsmonitor",
  },
  "of many files": { before: "git config feature.manyFiles true && git update-index --refresh" },
  "of a worktree on a commit": { before: "git worktree add -q --detach ../worktree main", at: "worktree" },
  "of a submodule": {
    before:
      'git clone -q --bare . ../source && git submodule --quiet add "$PWD/../source" sub && git -C sub branch -q other origin/other',
    at: "repo/sub",
  },
  "whose git directory is elsewhere": { before: "git init -q --separate-git-dir ../elsewhere" },
};

/** One of each: an edit, a new file, a commit, a file that only seems to be changed, and git's own. */
async function seesAll(scene: Scene): Promise<void> {
  const { wrote } = scene;
  expect(await wrote("true")).toEqual([]);
  expect(await wrote("echo more >> folder-0/file-1.txt && mkdir -p new && touch new/file")).toEqual([
    "folder-0/file-1.txt",
    "new/file",
  ]);
  expect(await wrote("git add --sparse -A")).toEqual([]);
  expect(await wrote("git commit -q -m more")).toEqual([]);
  expect(await wrote("git reset -q --soft HEAD~1")).toEqual([]);
  expect(await wrote("git commit -q -m again && git reset -q HEAD~1")).toEqual([]);
  expect(await wrote("git add --sparse -A && git commit -q -m again")).toEqual([]);
  expect(await wrote("git checkout -q -B main2 origin/other 2>/dev/null || git checkout -q --detach other")).toEqual(
    [],
  );
  expect(await wrote("rm folder-0/file-2.txt && echo more >> folder-0/file-3.txt")).toEqual([
    "folder-0/file-2.txt",
    "folder-0/file-3.txt",
  ]);
}

describe("where the checkout's index is", () => {
  test.each(Object.entries(FORMS))("%s", async (_, { before, at }) => {
    await using scene = await makeLooks({
      files: FILES,
      before: `${OTHER} && ${before}`,
      ...(at !== undefined && { at }),
    });
    await seesAll(scene);
  });

  test("sparse, what is written beyond what is checked out is seen", async () => {
    await using scene = await makeLooks({
      files: 300,
      before: "git sparse-checkout set --cone --sparse-index folder-0",
    });
    expect(
      await scene.wrote("mkdir folder-1 folder-9 && touch folder-9/new && echo mine > folder-1/file-100.txt"),
    ).toEqual(["folder-1/file-100.txt", "folder-9/new"]);
  });

  test("not there", async () => {
    await using scene = await makeLooks({ files: 2, before: "git config core.bare false" });
    expect(
      await scene.wrote("git checkout -q --orphan fresh && git rm -q -r --cached . && rm .git/index && touch new"),
    ).toEqual(["new"]);
    expect(await scene.wrote("touch newer")).toEqual(["newer"]);
  });

  test("one of SHA-256", async () => {
    const before =
      "rm -rf .git && git init -q --object-format=sha256 -b main && git add -A && git commit -q -m one && touch two && git add two && git commit -q -m two";
    await using scene = await makeLooks({ files: 4, before });
    expect(await scene.wrote("git reset -q --soft HEAD~1")).toEqual([]);
    expect(await scene.wrote("echo more >> file-0.txt && git commit -q -a -m more")).toEqual(["file-0.txt"]);
  });
});

test("of 5,000 files each change is seen, and nothing else", async () => {
  await using scene = await makeLooks({ files: 5000 });
  expect(await scene.wrote("true")).toEqual([]);
  for (const index of [0, 1, 2500, 4999]) {
    expect(await scene.wrote(`echo more >> ${fileName(index)}`)).toEqual([fileName(index)]);
  }
  await scene.run("for f in folder-*/*; do echo more >> $f; done");
  const found = await scene.look();
  // Three of these were written before.
  expect([found?.files.length, found?.more]).toEqual([200, 4999 - 200]);
});

test("git is asked once where nothing was committed, and once more where something was", async () => {
  await using scene = await makeLooks({ files: 20 });
  await using git = await countedGit(scene);
  const gits = async (command: string) => {
    await scene.run(command);
    git.count();
    (await scene.look({ git: git.git }))?.remember();
    return git.count();
  };
  expect(await gits("true")).toBe(1);
  expect(await gits("echo more >> file-0.txt && touch new")).toBe(1);
  expect(await gits("git add -A")).toBe(1);
  expect(await gits("echo more >> file-0.txt && git commit -q -a -m more")).toBe(2);
  expect(await gits("git checkout -q --detach HEAD~1")).toBe(1);
});

const ours = ({ world }: Scene) => readdirSync(world.paths.looks).filter((name) => name.endsWith(".index"));
const oursOf = (scene: Scene) => ours(scene).map((name) => join(scene.world.paths.looks, name));

describe("our index", () => {
  test.each([0, 10, 100, 300, 2000])("is made anew when only %i bytes of it are left", async (left) => {
    await using scene = await makeLooks({ files: 40 });
    await scene.wrote("true");
    for (const file of oursOf(scene)) truncateSync(file, left);
    expect(await scene.wrote("echo more >> file-0.txt")).toEqual(["file-0.txt"]);
    expect(await scene.wrote("true")).toEqual([]);
  });

  test("is made anew when it is no index at all", async () => {
    await using scene = await makeLooks({ files: 40 });
    for (const file of oursOf(scene)) writeFileSync(file, "x".repeat(4000));
    expect(await scene.wrote("echo more >> file-0.txt")).toEqual(["file-0.txt"]);
  });

  test("is of no harm when it is gone", async () => {
    await using scene = await makeLooks({ files: 4 });
    for (const file of oursOf(scene)) rmSync(file);
    expect(await scene.wrote("echo more >> file-0.txt && git add -A")).toEqual(["file-0.txt"]);
  });

  test("gets rid of the lock that a killed git left, and is used meanwhile", async () => {
    await using scene = await makeLooks();
    const [file = ""] = oursOf(scene);
    writeFileSync(`${file}.lock`, "");
    expect(await scene.wrote("echo more >> file-0.txt")).toEqual(["file-0.txt"]);
    expect(existsSync(`${file}.lock`)).toBe(true);
    const later = () => new Date(Date.now() + 10 * 60_000);
    await scene.look({ now: later });
    expect(existsSync(`${file}.lock`)).toBe(false);
  });

  test("is one, whatever the checkout's becomes", async () => {
    await using scene = await makeLooks({ lateMs: 10 * 60_000 });
    for (let round = 0; round < 4; round++) await scene.wrote(`echo ${round} >> file-0.txt && git add -A`);
    expect(ours(scene)).toHaveLength(1);
  });

  test("is its user's alone", async () => {
    await using scene = await makeLooks();
    expect(oursOf(scene)).toHaveLength(1);
    expect(statSync(scene.world.paths.looks).mode & 0o077).toBe(0);
  });

  test("tells no hook of the repository of itself", async () => {
    const hook =
      "mkdir -p .git/hooks && printf '#!/bin/sh\\ntouch ../told\\n' > .git/hooks/post-index-change && chmod +x .git/hooks/post-index-change";
    await using scene = await makeLooks({ before: hook });
    await scene.wrote("touch file-0.txt");
    await scene.wrote("touch new");
    expect(existsSync(scene.place.at("told"))).toBe(false);
    await scene.wrote("git add -A");
    expect(existsSync(scene.place.at("told"))).toBe(true);
  });

  test("starts no program that watches the files", async () => {
    const watcher = "printf '#!/bin/sh\\ntouch ../asked\\n' > ../watching && chmod +x ../watching";
    await using scene = await makeLooks({ before: `${watcher} && git config core.fsmonitor ../watching` });
    await scene.wrote("true");
    expect(existsSync(scene.place.at("asked"))).toBe(false);
  });

  test("knows files as git does, in each version", async () => {
    // Version 4 says how much of the last name it leaves out, in one byte or more.
    const name = "a".repeat(200);
    const long = `mkdir ${name} && touch ${name}/${name} ${name}/b && git add -A && git commit -q -m long`;
    for (const version of [2, 4]) {
      await using scene = await makeLooks({
        files: 250,
        before: `${long} && git update-index --index-version ${version}`,
      });
      // Of the same second as the index, git would rather read them again.
      const past = new Date(Date.now() - 3_600_000);
      for (let index = 0; index < 250; index++) utimesSync(join(scene.top, fileName(index)), past, past);
      await scene.git("update-index", "--refresh");
      const bytes = readFileSync(join(scene.top, ".git/index"));
      expect(bytes.readUInt32BE(4)).toBe(version);
      const stats = statsOfIndex(bytes, { hashBytes: 20, isWanted: () => true }) ?? new Map();
      expect([...stats.keys()]).toEqual((await scene.git("ls-files")).split("\n"));
      for (const [path, stat] of stats) {
        expect(isAsInIndex(stat, lstatSync(join(scene.top, path), { bigint: true }))).toBe(true);
      }
    }
  });
});

test("looks of several processes at once lose nothing, invent nothing, and leave an index that is whole", async () => {
  await using scene = await makeLooks({ files: 300 });
  const looker = join(import.meta.dir, "writes-looker.ts");
  const env = scene.place.env();
  for (let round = 0; round < 3; round++) {
    const started = Array.from({ length: 4 }, () =>
      Bun.spawn([process.execPath, looker, scene.own.id], { env, cwd: scene.top, stdio: ["pipe", "pipe", "inherit"] }),
    );
    const said = started.map(({ stdout }) => stdout.getReader());
    for (const one of said) await one.read();
    await scene.run(`echo ${round} >> file-0.txt && git add -A && touch new-${round}`);
    for (const { stdin } of started) stdin.write("x");
    for (const { stdin } of started) stdin.end();
    const told = await Promise.all(said.map(async (one) => new TextDecoder().decode((await one.read()).value)));
    const files = new Set(told.flatMap((line): string[] => JSON.parse(line)));
    expect([...files].sort()).toEqual(["file-0.txt", `new-${round}`]);
    expect(await scene.wrote("true")).toEqual([]);
  }
}, 30_000);

describe("a look that is begun before it is known to be wanted", () => {
  const begun = (scene: Scene, top = scene.top) => beginLook(scene.world, top);

  test("is the look, and no other git is asked", async () => {
    await using scene = await makeLooks();
    await using git = await countedGit(scene);
    await scene.run("echo more >> file-0.txt");
    const world = { ...scene.world, git: git.git };
    const look = beginLook(world, scene.top);
    expect((await writtenSince(world, scene.db, scene.own, look))?.files).toEqual(["file-0.txt"]);
    expect(git.count()).toBe(1);
  });

  test("is not begun again after one that was not wanted, until a look is", async () => {
    await using scene = await makeLooks();
    begun(scene)?.drop();
    expect(begun(scene)).toBeUndefined();
    await scene.wrote("true");
    const again = begun(scene);
    expect(again).toBeDefined();
    again?.drop();
  });

  test("of another checkout is dropped, and one's own is looked at", async () => {
    await using scene = await makeLooks();
    await scene.run("echo more >> file-0.txt");
    const look = begun(scene);
    const other = look && { ...look, top: "/elsewhere" };
    expect((await writtenSince(scene.world, scene.db, scene.own, other))?.files).toEqual(["file-0.txt"]);
  });

  test("begins nowhere where nobody has looked, or nothing is", async () => {
    await using scene = await makeLooks();
    expect(begun(scene, scene.place.path)).toBeUndefined();
    expect(begun(scene, "/nonexistent")).toBeUndefined();
  });
});
