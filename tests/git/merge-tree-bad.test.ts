// What merges must survive: each is told for its own pair, and is never a crash nor a wrong "clean".

import { describe, expect, test } from "bun:test";
import { existsSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import type { PairResult } from "../../src/git/merge-tree.ts";
import { mergePairs } from "../../src/git/merge-tree.ts";
import { runGit } from "../support/repo.ts";
import { testWorld } from "../support/world.ts";
import { lines, type MergeScene, makeMergeScene, mergeOf } from "./merge-scene.ts";

const NOWHERE = "0123456789012345678901234567890123456789";

function pathsOf(result: PairResult | undefined) {
  return result?.verdict === "conflict" ? result.files.map(({ path }) => path) : [];
}

/** Two branches that conflict in `f.txt`, and `side`, which does not. */
async function threeBranches(scene: MergeScene) {
  const base = await scene.commit("base", { "f.txt": lines(9) }, "main");
  return {
    base,
    ours: await scene.commit("ours", { "f.txt": lines(9, { 5: "five" }) }, "base"),
    theirs: await scene.commit("theirs", { "f.txt": lines(9, { 5: "funf" }) }, "base"),
    side: await scene.commit("side", { "g.txt": "g\n" }, "base"),
  };
}

/** Everything below a directory, by path and content. */
function contentOf(directory: string): Record<string, string> {
  const files = readdirSync(directory, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return Object.fromEntries(
    files.map((entry) => {
      const path = join(entry.parentPath, entry.name);
      return [path, `${statSync(path).mtimeMs} ${Bun.hash(readFileSync(path))}`];
    }),
  );
}

describe("a pair that cannot be merged", () => {
  test("names nothing, and the others are told as ever", async () => {
    await using scene = await makeMergeScene();
    const { ours, theirs, side } = await threeBranches(scene);
    const results = await scene.merge([
      { ours, theirs },
      { ours, theirs: NOWHERE },
      { ours: "ours", theirs },
      { ours: NOWHERE, theirs: side },
      { ours, theirs: side },
    ]);
    expect(results.map(({ verdict }) => verdict)).toEqual(["conflict", "unknown", "unknown", "unknown", "clean"]);
    expect(results[1]).toMatchObject({ reason: "unreadable", why: expect.stringContaining(NOWHERE) });
  });

  test("has a file that is not there any more", async () => {
    await using scene = await makeMergeScene();
    const { ours, theirs, side } = await threeBranches(scene);
    const blob = await scene.git("rev-parse", "theirs:f.txt");
    rmSync(join(scene.gitDir, "objects", blob.slice(0, 2), blob.slice(2)));
    const results = await scene.merge([
      { ours: side, theirs: ours },
      { ours, theirs },
      { ours, theirs: side },
    ]);
    expect(results.map(({ verdict }) => verdict)).toEqual(["clean", "unknown", "clean"]);
  });

  test("comes of unrelated histories: what conflicts is told, and nothing is clean", async () => {
    await using scene = await makeMergeScene();
    const { ours } = await threeBranches(scene);
    await scene.git("checkout", "--quiet", "--orphan", "apart");
    await scene.git("rm", "-r", "--quiet", "--force", ".");
    await Bun.write(join(scene.repo.path, "f.txt"), "another\n");
    await scene.git("add", "--all");
    await scene.git("commit", "--quiet", "-m", "apart");
    const apart = await scene.git("rev-parse", "HEAD");
    const alone = await scene.git("commit-tree", "-m", "alone", await scene.git("mktree", "--missing"));
    const [conflict, disjoint] = await scene.merge([
      { ours, theirs: apart },
      { ours, theirs: alone },
    ]);
    expect(pathsOf(conflict)).toEqual(["f.txt"]);
    expect(disjoint).toMatchObject({ verdict: "unknown", reason: "unrelated" });
  });

  test("is of a shallow clone that does not know where they parted", async () => {
    await using scene = await makeMergeScene();
    await threeBranches(scene);
    const clone = scene.place.at("shallow");
    const env = scene.place.env();
    await runGit(["clone", "--quiet", "--depth=1", "--no-single-branch", `file://${scene.repo.path}`, clone], {
      cwd: scene.place.path,
      env,
    });
    const id = (name: string) => runGit(["rev-parse", `origin/${name}`], { cwd: clone, env });
    await using world = testWorld(scene.place, { cwd: clone });
    const results = await mergePairs(
      world.git(clone),
      [
        { ours: await id("ours"), theirs: await id("side") },
        { ours: await id("ours"), theirs: await id("theirs") },
      ],
      { objects: { gitDir: join(clone, ".git") } },
    );
    expect(results).toMatchObject([
      { verdict: "unknown", reason: "unreadable" },
      { verdict: "unknown", reason: "unreadable" },
    ]);
  });

  test("is of a partial clone: nothing is fetched for it", async () => {
    await using scene = await makeMergeScene();
    await threeBranches(scene);
    await scene.git("config", "uploadpack.allowFilter", "true");
    const clone = scene.place.at("partial");
    const env = scene.place.env();
    const far = `file://${scene.repo.path}`;
    await runGit(["clone", "--quiet", "--filter=blob:none", "--no-checkout", far, clone], {
      cwd: scene.place.path,
      env,
    });
    const id = (name: string) => runGit(["rev-parse", `origin/${name}`], { cwd: clone, env });
    const before = contentOf(join(clone, ".git/objects"));
    await using world = testWorld(scene.place, { cwd: clone });
    const pairs = [{ ours: await id("ours"), theirs: await id("theirs") }];
    const results = await mergePairs(world.git(clone), pairs, { objects: { gitDir: join(clone, ".git") } });
    expect(results).toMatchObject([{ verdict: "unknown", reason: "unreadable" }]);
    expect(contentOf(join(clone, ".git/objects"))).toEqual(before);
  });

  test("is not begun in time", async () => {
    await using scene = await makeMergeScene();
    const { ours, theirs } = await threeBranches(scene);
    const results = await scene.merge([{ ours, theirs }], { timeoutMs: 0 });
    expect(results).toMatchObject([{ verdict: "unknown", reason: "too-late" }]);
  });
});

test("a branch that was deleted in between is still what it was", async () => {
  await using scene = await makeMergeScene();
  const { ours, theirs } = await threeBranches(scene);
  await scene.git("checkout", "--quiet", "main");
  await scene.git("branch", "--quiet", "-D", "theirs");
  expect(pathsOf((await scene.merge([{ ours, theirs }]))[0])).toEqual(["f.txt"]);
});

test("criss-cross merges have the verdict and the tree of git", async () => {
  await using scene = await makeMergeScene();
  const { ours, theirs } = await threeBranches(scene);
  const env = scene.place.env();
  const merge = async (name: string, [one, other]: readonly [string, string], text: string) => {
    await scene.git("checkout", "--quiet", "-B", name, one);
    await scene.git("merge", "--quiet", "--strategy=ours", "--no-commit", other);
    return scene.commit(name, { "f.txt": text, [`${name}.txt`]: "x\n" });
  };
  const left = await merge("left", [ours, theirs], lines(9, { 5: "left" }));
  const right = await merge("right", [theirs, ours], lines(9, { 5: "right" }));
  const [result] = await scene.merge([{ ours: left, theirs: right }]);
  const git = Bun.spawn(["git", "merge-tree", "--write-tree", left, right], { cwd: scene.repo.path, env });
  expect(result).toMatchObject({ verdict: "conflict", tree: (await git.stdout.text()).split("\n")[0] ?? "" });
  expect(pathsOf(result)).toEqual(["f.txt"]);
});

test("a submodule that both sides moved is in conflict", async () => {
  await using scene = await makeMergeScene();
  const link = async (branch: string, object: string, from: string) => {
    await scene.git("checkout", "--quiet", "-B", branch, from);
    await scene.git("update-index", "--add", "--cacheinfo", `160000,${object},module`);
    await scene.git("commit", "--quiet", "-m", branch);
    return scene.git("rev-parse", "HEAD");
  };
  await link("base", "1".repeat(40), "main");
  const ours = await link("ours", "2".repeat(40), "base");
  const theirs = await link("theirs", "3".repeat(40), "base");
  const [result] = await scene.merge([{ ours, theirs }], { withRegions: true });
  expect(result).toMatchObject({ verdict: "conflict", files: [{ path: "module", kind: "submodule" }] });
});

test("names with line ends, quotes and bytes that are no UTF-8", async () => {
  await using scene = await makeMergeScene();
  const name = 'a\n"b"\t\\c';
  const odd = `caf\\351`;
  const both = async (branch: string, word: string, from: string) => {
    await scene.commit(branch, { [name]: lines(3, { 2: word }) }, from);
    const stream = `commit refs/heads/${branch}\ncommitter a <a@b> 1 +0000\ndata 1\nx\nfrom refs/heads/${branch}^0\nM 100644 inline "${odd}"\ndata ${word.length}\n${word}\n\ndone\n`;
    await scene.git("checkout", "--quiet", "main");
    await runGit(["fast-import", "--quiet", "--force"], {
      cwd: scene.repo.path,
      env: scene.place.env(),
      input: stream,
    });
    return scene.git("rev-parse", branch);
  };
  await both("base", "base", "main");
  const ours = await both("ours", "ours", "base");
  const theirs = await both("theirs", "theirs", "base");
  const [result] = await scene.merge([{ ours, theirs }], { withRegions: true });
  expect(pathsOf(result)).toEqual([name, "caf\ufffd"]);
  expect(result?.verdict === "conflict" && result.files.every(({ regions }) => regions?.length === 1)).toBe(true);
});

test("a file of 100 MB that both sides changed", async () => {
  await using scene = await makeMergeScene();
  const large = (word: string) => `${word}\n${"x".repeat(1023)}\n`.repeat(100 * 1024);
  const result = await mergeOf(
    scene,
    { base: { big: large("base") }, ours: { big: large("ours") }, theirs: { big: large("theirs") } },
    { withRegions: true },
  );
  expect(pathsOf(result)).toEqual(["big"]);
  expect(result).not.toHaveProperty("files.0.regions");
}, 120_000);

describe("what a repository configures", () => {
  /** A command that leaves a trace, for everything that git could be told to run. */
  async function hostile(scene: MergeScene): Promise<string> {
    const trace = scene.place.at("ran");
    const command = `touch '${trace}'; cat "$1" 2>/dev/null; exit 0`;
    for (const key of [
      "merge.evil.driver",
      "merge.text.driver",
      "filter.evil.clean",
      "filter.evil.smudge",
      "filter.evil.process",
      "diff.evil.textconv",
      "diff.evil.command",
      "diff.external",
      "core.fsmonitor",
      "core.editor",
      "core.pager",
      "core.sshCommand",
    ]) {
      await scene.git("config", key, command);
    }
    await scene.git("config", "merge.renormalize", "true");
    return trace;
  }

  test("runs nothing: where a driver would decide nobody can tell", async () => {
    await using scene = await makeMergeScene();
    const attributes = "*.txt merge=evil\n*.md filter=evil diff=evil\n";
    await scene.commit("base", { ".gitattributes": attributes, "f.txt": lines(30), "g.md": lines(30) }, "main");
    const change = (word: string) => ({ "f.txt": lines(30, { 2: word }), "g.md": lines(30, { 3: word }) });
    const ours = await scene.commit("ours", change("ours"), "base");
    const theirs = await scene.commit("theirs", change("theirs"), "base");
    const apart = await scene.commit("apart", { "f.txt": lines(30, { 25: "apart" }) }, "base");
    const side = await scene.commit("side", { "h.md": "h\n" }, "base");
    const trace = await hostile(scene);
    const results = await scene.merge(
      [
        { ours, theirs },
        { ours, theirs: apart },
        { ours, theirs: side },
      ],
      { withRegions: true },
    );
    expect(existsSync(trace)).toBe(false);
    expect(results).toMatchObject([
      {
        verdict: "conflict",
        files: [
          { path: "f.txt", kind: "merge-driver" },
          { path: "g.md", kind: "content" },
        ],
      },
      { verdict: "unknown", reason: "merge-driver", why: expect.stringContaining("f.txt") },
      { verdict: "clean" },
    ]);
  });

  test("a driver of the user's own for any file", async () => {
    await using scene = await makeMergeScene();
    const { ours, theirs } = await threeBranches(scene);
    const trace = await hostile(scene);
    await scene.git("config", "merge.default", "evil");
    expect((await scene.merge([{ ours, theirs }]))[0]).toMatchObject({ verdict: "unknown", reason: "merge-driver" });
    expect(existsSync(trace)).toBe(false);
  });

  test("attributes without a program count, as the side that merges has them", async () => {
    await using scene = await makeMergeScene();
    const files = { "list.txt": lines(5), "d/one.lock": lines(30) };
    await scene.commit("base", files, "main");
    const apart = { "list.txt": `${lines(5)}mine\n`, "d/one.lock": lines(30, { 2: "two" }) };
    const plain = await scene.commit("plain", apart, "base");
    const ruled = await scene.commit(
      "ruled",
      { ...apart, ".gitattributes": "list.txt merge=union\n", "d/.gitattributes": "*.lock -merge\n" },
      "base",
    );
    const theirs = await scene.commit(
      "theirs",
      { "list.txt": `${lines(5)}yours\n`, "d/one.lock": lines(30, { 25: "far" }) },
      "base",
    );
    const results = await scene.merge([
      { ours: plain, theirs },
      { ours: ruled, theirs },
    ]);
    expect(results.map(pathsOf)).toEqual([["list.txt"], ["d/one.lock"]]);
    expect(results[1]).toMatchObject({ files: [{ kind: "binary" }] });
  });

  test("of renames counts", async () => {
    await using scene = await makeMergeScene();
    await scene.git("config", "merge.directoryRenames", "true");
    const result = await mergeOf(scene, {
      base: { "d/a.txt": lines(30), "d/b.txt": lines(20) },
      ours: { "d/a.txt": null, "d/b.txt": null, "e/a.txt": lines(30), "e/b.txt": lines(20) },
      theirs: { "d/c.txt": "c\n" },
    });
    expect(result.verdict).toBe("clean");
  });
});

test("nothing is written into the repository", async () => {
  await using scene = await makeMergeScene();
  const { ours, theirs, side } = await threeBranches(scene);
  const before = contentOf(scene.repo.path);
  await scene.merge(
    [
      { ours, theirs },
      { ours, theirs: side },
    ],
    { withRegions: true },
  );
  expect(contentOf(scene.repo.path)).toEqual(before);
});
