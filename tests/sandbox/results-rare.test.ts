// Repositories that are not the usual ones, and ways home that end early.

import { expect, test } from "bun:test";
import { chmod, mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { makeRun, standing } from "./results-scene.ts";
import { write } from "./uploads-scene.ts";

const FILES = { "a.txt": "a\n", "b.txt": "b\n", "dir/c.txt": "c\n", ".gitignore": "ignored\n*.log\n" };

test("files of a submodule come back onto the disk, and the commit that it is recorded at stays", async () => {
  await using run = await makeRun({
    files: FILES,
    async before({ repo, gitAt, place, worktree }) {
      const inner = place.at("inner");
      await mkdir(inner);
      await gitAt(inner, "init", "-q");
      await write(inner, { "in.txt": "in\n" });
      await gitAt(inner, "add", ".");
      await gitAt(inner, "commit", "-qm", "inner");
      await repo.git("-c", "protocol.file.allow=always", "submodule", "--quiet", "add", inner, "sub");
      await repo.git("commit", "-qm", "with sub");
      await gitAt(worktree, "checkout", "-q", "--detach", "main");
      await gitAt(worktree, "-c", "protocol.file.allow=always", "submodule", "--quiet", "update", "--init");
    },
  });
  const base = await run.repo.git("rev-parse", "main");
  expect(run.sent.submodules).toEqual([{ path: "sub", isSent: true }]);
  await run.claude("echo more >>sub/in.txt; echo new >sub/new.txt; echo 1 >>a.txt; git add .; git commit -qm all");
  const replayed = await run.replay({ base });
  expect(await run.repo.git("diff-tree", "-r", "--name-only", base, replayed.tip)).toBe("a.txt");
  expect(replayed.left).toEqual([
    { path: "sub/in.txt", why: "it belongs to a submodule" },
    { path: "sub/new.txt", why: "it belongs to a submodule" },
  ]);
  expect(await run.deliver({ replayed, branch: "with-sub" })).toMatchObject({ form: "branch", left: [] });
  expect(await readFile(join(run.worktree, "sub/in.txt"), "utf8")).toBe("in\nmore\n");
  expect(await run.gitAt(join(run.worktree, "sub"), "status", "--porcelain")).toBe(" M in.txt\n?? new.txt");
});

test("a repository of the other hash", async () => {
  await using run = await makeRun({ files: FILES, format: "sha256" });
  await run.claude("echo 1 >>a.txt; git commit -qam one; rm b.txt");
  const replayed = await run.replay();
  expect(replayed.tip).toHaveLength(64);
  expect(await run.deliver({ replayed, branch: "long" })).toMatchObject({ form: "branch", left: [] });
  expect(await standing(run.worktree)).toEqual(await standing(run.sandbox.places.workspace));
});

test("a bundle that crosses a network is smaller", async () => {
  await using run = await makeRun({ files: FILES });
  await run.claude("i=0; while [ $i -lt 5000 ]; do echo the same line; i=$((i+1)); done >many.txt");
  const { bundleBytes } = await run.gather({ compression: "gzip" });
  expect(bundleBytes).toBeLessThan(5000);
});

test("a way home that is stopped takes nothing away", async () => {
  await using run = await makeRun({ files: FILES });
  await run.claude("echo 1 >>a.txt; git commit -qam one");
  const first = await run.gather();
  await run.claude("echo 2 >>a.txt; git commit -qam two");
  const stopping = new AbortController();
  const going = run.gather({ signal: stopping.signal });
  stopping.abort();
  await expect(going).rejects.toThrow();
  expect((await run.replay({ gathered: first })).commits).toHaveLength(1);
  expect((await run.replay()).commits).toHaveLength(2);
});

test("a sandbox that is gone is told as such", async () => {
  await using run = await makeRun({ files: FILES });
  await run.sandbox.destroy();
  await expect(run.gather()).rejects.toMatchObject({ code: "sandbox.gone" });
});

test("a place in the sandbox that cannot be written to is told, and history that cannot be read is no reason for less", async () => {
  await using run = await makeRun({ files: FILES });
  await run.claude("echo 1 >>a.txt");
  await writeFile(join(run.sandbox.places.run, "results"), "in the way");
  await expect(run.gather()).rejects.toMatchObject({ code: "results.unreadable" });
});

test("a branch that is there, and a name that is none, are refused before anything is touched", async () => {
  await using run = await makeRun({ files: FILES });
  await run.claude("echo 1 >>a.txt");
  const before = await standing(run.worktree);
  await expect(run.deliver({ branch: "main" })).rejects.toMatchObject({ code: "results.branch-exists" });
  for (const branch of ["-x", "a..b", "x.lock", ""]) {
    await expect(run.deliver({ branch })).rejects.toMatchObject({ code: "usage.branch" });
  }
  expect(await standing(run.worktree)).toEqual(before);
});

test("a worktree that has moved on, or has something staged, or is gone, is not touched", async () => {
  await using run = await makeRun({ files: FILES });
  await run.claude("echo 1 >>a.txt; git commit -qam one");
  const git = (...args: string[]) => run.gitAt(run.worktree, ...args);
  await writeFile(join(run.worktree, "mine.txt"), "mine\n");
  await git("add", "mine.txt");
  expect(await run.deliver({ branch: "x" })).toMatchObject({ form: "ref", why: "something is staged in the worktree" });
  await git("commit", "-qm", "mine");
  expect(await run.deliver()).toMatchObject({
    form: "ref",
    why: "the worktree stands at another commit than it was made from",
  });
  expect(await run.repo.git("log", "-1", "--format=%s", "x")).toBe("one");
  expect(await git("log", "-1", "--format=%s")).toBe("mine");
  expect(await run.deliver({ worktree: run.place.at("nowhere") })).toMatchObject({ form: "ref" });
});

test("files of one's own beside the result stay as they are", async () => {
  await using run = await makeRun({ files: FILES });
  await run.claude("echo n >n.txt; rm -r dir; echo f >dir");
  await writeFile(join(run.worktree, "mine.txt"), "mine\n");
  expect(await run.deliver()).toMatchObject({ form: "uncommitted" });
  expect(await readFile(join(run.worktree, "mine.txt"), "utf8")).toBe("mine\n");
  await run.claude("rm dir; mkdir dir; echo c >dir/c.txt; echo i >i.txt");
  await writeFile(join(run.worktree, "i.txt"), "ignored or not, mine\n");
  expect(await run.deliver()).toMatchObject({
    form: "ref",
    left: [{ path: "i.txt", why: "something else stands there" }],
  });
});

test("a file that may not be read is told", async () => {
  await using run = await makeRun({ files: FILES });
  await run.claude("echo x >x.txt; echo 1 >>a.txt");
  await chmod(join(run.sandbox.places.workspace, "x.txt"), 0);
  const { unread } = await run.gather();
  // Who may read everything reads it.
  expect(unread.length).toBe(process.getuid?.() === 0 ? 0 : 1);
});
