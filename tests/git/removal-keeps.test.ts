// What keeps a worktree, one thing at a time: each stands in one that would go without it.

import { describe, expect, test } from "bun:test";
import { createHash } from "node:crypto";
import { statSync } from "node:fs";
import { chmod, readFile, rm, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { makeScene, type Scene, type Tree } from "./removal-scene.ts";

type Setup = (tree: Tree, scene: Scene) => Promise<unknown>;

async function expectKept(setup: Setup, reasons: string[]): Promise<void> {
  await using scene = await makeScene();
  const tree = await scene.left();
  await setup(tree, scene);
  expect(await scene.keeps(tree)).toEqual(reasons);
}

test("nothing keeps a worktree that nobody touched", async () => {
  await expectKept(async () => undefined, []);
});

/** Two commits that change the same line: `other` on a branch of its own, and one on the worktree's. */
async function conflict({ git, commit, branch }: Tree): Promise<void> {
  await git("checkout", "--quiet", "-b", "other");
  await commit("file-0.txt", "theirs\n");
  await git("checkout", "--quiet", branch);
  await commit("file-0.txt", "ours\n");
}

describe("changes", () => {
  const CHANGES: [string, Setup][] = [
    [
      "a staged file",
      async ({ write, git }) => {
        await write("file-0.txt", "staged\n");
        await git("add", "file-0.txt");
      },
    ],
    [
      "a staged file whose content in the directory is the committed one",
      async ({ write, git }) => {
        await write("file-0.txt", "staged\n");
        await git("add", "file-0.txt");
        await git("restore", "--worktree", "--source=HEAD", "file-0.txt");
      },
    ],
    ["a changed file", ({ write }) => write("file-0.txt", "changed\n")],
    ["a deleted file", ({ path }) => rm(join(path, "file-0.txt"))],
    ["a mode", ({ path }) => chmod(join(path, "file-0.txt"), 0o755)],
    ["an untracked file", ({ write }) => write("new", "")],
    ["an untracked file in a new folder", ({ write }) => write("a/b/c", "")],
    [
      "a file that git was told to add",
      async ({ write, git }) => {
        await write("new", "");
        await git("add", "-N", "new");
      },
    ],
    [
      "a change behind assume-unchanged",
      async ({ write, git }) => {
        await git("update-index", "--assume-unchanged", "file-0.txt");
        await write("file-0.txt", "x");
      },
    ],
    [
      "a change behind assume-unchanged, made in the second in which git wrote its index",
      async ({ path, write, git, adminDir }) => {
        await git("update-index", "--assume-unchanged", "file-0.txt");
        const before = await readFile(join(path, "file-0.txt"));
        await write(
          "file-0.txt",
          before.map(() => 120),
        );
        await seemUnchanged({ index: join(adminDir, "index"), path, file: "file-0.txt" });
      },
    ],
    [
      "a change behind skip-worktree",
      async ({ write, git }) => {
        await git("update-index", "--skip-worktree", "file-0.txt");
        await write("file-0.txt", "x");
      },
    ],
    [
      "a change where git was told to ignore all stats",
      async ({ write, git }) => {
        await git("config", "core.ignoreStat", "true");
        await git("update-index", "--really-refresh");
        await git("reset", "--quiet", "--hard");
        await write("file-0.txt", "changed\n");
      },
    ],
    [
      "an untracked file that status was told not to show",
      async ({ write, git }) => {
        await git("config", "status.showUntrackedFiles", "no");
        await write("new", "");
      },
    ],
    [
      "a change that the user's fsmonitor denies",
      async ({ write, git }, { place }) => {
        const hook = place.at("fsmonitor");
        await Bun.write(hook, "#!/bin/sh\nprintf 'token\\0'\n");
        await chmod(hook, 0o755);
        await git("config", "core.fsmonitor", hook);
        await git("status");
        await write("file-0.txt", "changed\n");
      },
    ],
    ["a file with a name of its own kind", ({ write }) => write('-a\nb "c" é', "")],
  ];
  test.each(CHANGES)("%s keeps it", (_name, setup) => expectKept(setup, ["uncommitted-changes"]));
});

describe("what is under way", () => {
  const fails = (work: Promise<unknown>) =>
    work.then(
      () => expect.unreachable(),
      () => undefined,
    );
  const UNDER_WAY: [string, Setup][] = [
    [
      "a rebase",
      async (tree) => {
        await conflict(tree);
        await fails(tree.git("rebase", "other"));
      },
    ],
    [
      "a rebase that applies patches",
      async (tree) => {
        await conflict(tree);
        await fails(tree.git("rebase", "--apply", "other"));
      },
    ],
    [
      "a merge",
      async (tree) => {
        await conflict(tree);
        await fails(tree.git("merge", "other"));
      },
    ],
    [
      "a cherry-pick",
      async (tree) => {
        await conflict(tree);
        await fails(tree.git("cherry-pick", "other"));
      },
    ],
    [
      "a revert",
      async (tree) => {
        await conflict(tree);
        await tree.commit("file-0.txt", "again\n");
        await fails(tree.git("revert", "HEAD~1"));
      },
    ],
    ["a bisect", async ({ git }) => git("bisect", "start")],
  ];
  test.each(UNDER_WAY)("%s keeps it", async (_name, setup) => {
    await using scene = await makeScene();
    const tree = await scene.left();
    await setup(tree, scene);
    expect(await scene.keeps(tree)).toContain("operation-under-way");
  });

  test("a rebase that is stopped at a clean commit keeps it", async () => {
    await using scene = await makeScene();
    const tree = await scene.left();
    await tree.git("-c", "sequence.editor=echo break >", "rebase", "--interactive", "HEAD");
    expect(await scene.keeps(tree)).toEqual(["operation-under-way"]);
  });
});

/** As if the file had been written in the very second of the index, a minute ago: its entry tells what stat does. */
async function seemUnchanged({ index, path, file }: { index: string; path: string; file: string }): Promise<void> {
  const aMinuteAgo = Math.floor(statSync(index).mtimeMs / 1000) - 60;
  await utimes(join(path, file), aMinuteAgo, aMinuteAgo);
  const stat = statSync(join(path, file), { bigint: true });
  const bytes = await readFile(index);
  const entry = bytes.indexOf(`${file}\0`) - 62;
  const times = [stat.ctimeNs, stat.mtimeNs].flatMap((ns) => [ns / 1_000_000_000n, ns % 1_000_000_000n]);
  times.forEach((part, i) => {
    bytes.writeUInt32BE(Number(part), entry + 4 * i);
  });
  bytes.writeUInt32BE(Number(stat.size), entry + 36);
  const content = bytes.subarray(0, -20);
  await writeFile(index, Buffer.concat([content, createHash("sha1").update(content).digest()]));
  await utimes(index, aMinuteAgo, aMinuteAgo);
}
