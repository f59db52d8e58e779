// What is home stays home: a later result that has less takes nothing away of an earlier one.

import { describe, expect, test } from "bun:test";
import { makeRun, standing } from "./results-scene.ts";
import { write } from "./uploads-scene.ts";

const FILES = { "a.txt": "a\n", "dir/c.txt": "c\n" };
const NAME = "what was here at an earlier checkpoint";
const KEPT = "refs/parallel-cc/sandbox-more/run-1/checkpoint";

describe.each([true, false])("a sandbox that shares objects: %p", (sharesObjects) => {
  test.each(["git reset -q --hard HEAD~1; git clean -qfdx", "rm -rf .git *"])(
    "a commit that was home stays reachable and is told after %p inside",
    async (undo) => {
      await using run = await makeRun({ files: FILES, sharesObjects });
      await run.claude("echo 1 >>a.txt; git commit -qam c1");
      const first = await run.replay();
      await run.claude(undo);
      const second = await run.replay();
      expect(second.more).toEqual([{ ref: `${KEPT}/1`, id: first.tip, name: NAME }]);
      expect(await run.repo.git("rev-parse", `${KEPT}/1`)).toBe(first.tip);
      expect(await run.repo.git("rev-parse", second.ref)).toBe(second.tip);
      expect((await run.replay()).more).toEqual(second.more);
    },
  );
});

test("uncommitted work that is gone inside is kept, and what only went on is not told", async () => {
  await using run = await makeRun({ files: FILES });
  await run.claude("echo 1 >new.txt");
  await run.replay();
  await run.claude("echo 2 >>new.txt; echo a >>a.txt");
  const second = await run.replay();
  expect(second.more).toEqual([]);
  await run.claude("rm new.txt");
  const third = await run.replay();
  expect(third.more).toEqual([{ ref: `${KEPT}/1`, id: second.tip, name: NAME }]);
  await run.claude("git checkout -q a.txt");
  expect((await run.replay()).more.map(({ ref, id }) => [ref, id])).toEqual([
    [`${KEPT}/1`, second.tip],
    [`${KEPT}/2`, third.tip],
  ]);
});

test("what was only moved to another branch, or given other words, is not kept twice", async () => {
  await using run = await makeRun({ files: FILES });
  await run.claude("echo 1 >>a.txt; git commit -qam c1");
  await run.replay();
  await run.claude("git commit -q --amend -m other");
  expect((await run.replay()).more).toEqual([]);
  await run.claude("git branch aside; git reset -q --hard HEAD~1");
  expect((await run.replay()).more.map(({ name }) => name)).toEqual(["aside"]);
});

test("a branch that is named after a key comes under another name", async () => {
  await using run = await makeRun({ files: FILES });
  const value = "flat-key-0123456789";
  await run.claude(`git checkout -qb x/${value}; git commit -q --allow-empty -m x; git checkout -q work`);
  const { more } = await run.replay({ secrets: [{ name: "FLAT_KEY", value }] });
  expect(more.map(({ name }) => name)).toEqual(["a branch that is named after a key"]);
  expect(await run.repo.git("for-each-ref", "--format=%(refname)")).not.toContain(value);
  expect(await run.repo.git("log", "-1", "--format=%s", more[0]?.ref ?? "")).toBe("x");
});

test("commits that only a tag has come home, of an annotated one as well, and other references are said", async () => {
  await using run = await makeRun({ files: FILES });
  await run.claude(`git checkout -q --detach; git commit -q --allow-empty -m light; git tag light
    git commit -q --allow-empty -m full; git tag -a -m words v1/full; git checkout -q work; git notes add -m note`);
  const gathered = await run.gather();
  expect(gathered.refs).toEqual(["refs/notes/commits"]);
  const { more } = await run.replay({ gathered });
  expect(more.map(({ name }) => name)).toEqual(["tag light", "tag v1/full"]);
  expect(more.map(({ ref }) => ref)).toEqual(
    ["light", "v1/full"].map((tag) => `refs/parallel-cc/sandbox-more/run-1/tag/${tag}`),
  );
  const full = more[1]?.ref ?? "";
  expect(await run.repo.git("log", "--format=%s", `${run.base}..${full}`)).toBe("full\nlight");
});

test("what git ignores and was not sent is said, by its top-most names", async () => {
  await using run = await makeRun({ files: { ...FILES, ".gitignore": "build/\n*.log\nCLAUDE.md\n" } });
  await run.claude("mkdir -p build/deep dir/build; echo r >build/deep/report.html; echo l >dir/x.log; echo n >new.txt");
  const { ignored } = await run.gather();
  expect(ignored.toSorted()).toEqual(["build/", "dir/x.log"]);
  expect((await run.replay()).filesChanged).toBe(1);
});

test.each([".gitignore", ".git/info/exclude"])(
  "the memory of plans that %p ignores comes home as files alone",
  async (file) => {
    await using run = await makeRun({
      files: { ...FILES, ...(file === ".gitignore" ? { [file]: ".apm/\n" } : {}) },
      before: async ({ repo, worktree }) => {
        await write(repo.path, file === ".gitignore" ? {} : { [file]: ".apm/\n" });
        await write(worktree, { ".apm/Memory/old.md": "old\n" });
      },
    });
    await run.claude(
      "echo more >>.apm/Memory/old.md; echo new >.apm/Memory/new.md; git add -f .apm; git commit -qm memory",
    );
    await run.claude("echo 1 >>a.txt; echo later >.apm/Memory/later.md");
    const delivered = await run.deliver({ branch: "result" });
    expect(delivered.form).toBe("branch");
    expect(await run.repo.git("log", "--format=", "--name-only", `${run.base}..result`)).toBe("a.txt");
    expect(await standing(`${run.worktree}/.apm`)).toEqual([
      "file Memory/later.md later\n",
      "file Memory/new.md new\n",
      "file Memory/old.md old\nmore\n",
    ]);
  },
);
