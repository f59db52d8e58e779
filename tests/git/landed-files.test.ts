// What counts as the same change, kind of file by kind of file, and that nobody's settings make it another answer.

import { describe, expect, test } from "bun:test";
import { chmod, mkdir, readdir, rm, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { makeScene, numbered, type Scene } from "./landed-scene.ts";

/** Bytes that are no UTF-8, of which only `middle` differs. */
function latin(middle: number): Uint8Array {
  return Buffer.concat([
    Buffer.from(numbered()),
    Buffer.from([0x63, 0x61, 0x66, middle, 0x0a]),
    Buffer.from(numbered()),
  ]);
}

/** Text for git (its first 8,000 bytes have no NUL), with a line that goes on behind a NUL. */
function behindNul(end: string): Uint8Array {
  return Buffer.from(`${numbered({}, 1200)}start\0${end}\n`);
}

type Content = string | Uint8Array | undefined;

interface Pair {
  file?: string;
  before: Content;
  /** What the branch makes of it. */
  ours: Content;
  /** What somebody else makes of it on the target. */
  theirs: Content;
}

const DIFFERENT: Readonly<Record<string, Pair>> = {
  "white space only": { before: "a\nb\nc\n", ours: "a\n  b\nc\n", theirs: "a\n\tb\nc\n" },
  "white space at an end": { before: "a\nb\nc\n", ours: "a\nb \nc\n", theirs: "a\nb  \nc\n" },
  "bytes that are no UTF-8": { before: latin(0x65), ours: latin(0xe9), theirs: latin(0xe8) },
  "what stands behind a NUL in a line": { before: behindNul("a"), ours: behindNul("b"), theirs: behindNul("c") },
  "a binary file": { before: "\0\x01", ours: "\0\x02", theirs: "\0\x03" },
  "line ends": { before: "a\nb\nc\n", ours: "a\r\nb\r\nc\r\n", theirs: "a\r\nb\r\nc\n" },
  "a new file that is empty there": { before: undefined, ours: "a\n", theirs: "" },
  "a newline at the end": { before: "a\nb\n", ours: "a\nc", theirs: "a\nc\n" },
  "a new file": { before: undefined, ours: "a\n", theirs: "b\n" },
  "a file that is gone, and one that is empty": { before: "a\n", ours: undefined, theirs: "" },
  "a line of dashes": { before: "a\nb\n", ours: "a\n-- \nb\n", theirs: "a\n-- c\nb\n" },
};

const SAME: Readonly<Record<string, Omit<Pair, "theirs">>> = {
  "bytes that are no UTF-8": { before: latin(0x65), ours: latin(0xe9) },
  "a line that goes on behind a NUL": { before: behindNul("a"), ours: behindNul("b") },
  "a binary file": { before: "\0\x01", ours: "\0\x02" },
  "line ends": { before: "a\nb\nc\n", ours: "a\r\nb\r\nc\r\n" },
  "a newline at the end": { before: "a\nb", ours: "a\nc\n" },
  "a new empty file": { before: undefined, ours: "" },
  "a file that is gone": { before: "a\n", ours: undefined },
  "a very large file": { before: "x\n".repeat(3_000_000), ours: "y\n".repeat(3_000_000) },
  "a name with a newline, quotes and an option's look": { file: '--a\n"b\\é\t*.txt', before: "a\n", ours: "b\n" },
  "a name that looks like a pathspec": { file: ":(glob)**/*", before: "a\n", ours: "b\n" },
  "an empty line as context": { before: "a\n\n\nb\n", ours: "a\n\n\nc\n" },
};

async function actOut(scene: Scene, file: string, { before, ours, theirs }: Pair): Promise<void> {
  if (before !== undefined) await scene.commit(file, before);
  await scene.branch("work");
  await scene.commit(file, ours);
  await scene.commit("of-the-branch.txt", "a\n");
  await scene.on("main");
  await scene.commit("other.txt", "meanwhile\n");
  await scene.commit(file, theirs);
  await scene.commit("of-the-branch.txt", "a\n");
}

describe("not the same change:", () => {
  test.each(Object.entries(DIFFERENT))("%s", async (_name, pair) => {
    await using scene = await makeScene();
    await actOut(scene, pair.file ?? "file.txt", pair);
    expect(await scene.judge()).toMatchObject({ verdict: "partial", landed: 1, total: 2, isSafeToDelete: false });
  });
});

describe("the same change:", () => {
  test.each(Object.entries(SAME))("%s", async (_name, { file = "file.txt", ...pair }) => {
    await using scene = await makeScene();
    await actOut(scene, file, { ...pair, theirs: pair.ours });
    expect(await scene.judge()).toMatchObject({ verdict: "rebased", isSafeToDelete: true });
  });

  test("with the context gone on in the same file", async () => {
    await using scene = await makeScene();
    await scene.branch("work");
    await scene.commit("f.txt", numbered({ 20: "twenty" }));
    await scene.on("main");
    await scene.commit("f.txt", numbered({ 1: "one", 40: "forty" }));
    await scene.commit("f.txt", numbered({ 1: "one", 20: "twenty", 40: "forty" }));
    expect(await scene.judge()).toMatchObject({ verdict: "rebased", isSafeToDelete: true });
  });
});

describe("modes, links and submodules", () => {
  const commitAll = async (scene: Scene, message: string) => {
    await scene.git("add", "--all");
    await scene.git("commit", "--quiet", "-m", message);
    return scene.head();
  };

  test("a change of mode alone is a change", async () => {
    await using scene = await makeScene();
    await scene.branch("work");
    await chmod(join(scene.repo.path, "f.txt"), 0o755);
    const own = await commitAll(scene, "Executable");
    await scene.on("main");
    await scene.commit("other.txt", "meanwhile\n");
    expect(await scene.judge()).toMatchObject({ verdict: "not-merged" });
    await scene.pick(own);
    expect(await scene.judge()).toMatchObject({ verdict: "rebased" });
  });

  test("the same text with another mode is not the same change", async () => {
    await using scene = await makeScene();
    await scene.branch("work");
    await writeFile(join(scene.repo.path, "run.sh"), "#!/bin/sh\n");
    await chmod(join(scene.repo.path, "run.sh"), 0o755);
    await commitAll(scene, "Executable");
    await scene.on("main");
    await scene.commit("run.sh", "#!/bin/sh\n");
    expect((await scene.judge()).isSafeToDelete).toBe(false);
  });

  test("a symbolic link to elsewhere is not the same change", async () => {
    await using scene = await makeScene();
    await symlink("f.txt", join(scene.repo.path, "link"));
    await commitAll(scene, "Link");
    await scene.branch("work");
    await scene.git("rm", "--quiet", "link");
    await symlink("there", join(scene.repo.path, "link"));
    const own = await commitAll(scene, "There");
    await scene.on("main");
    await scene.git("rm", "--quiet", "link");
    await symlink("elsewhere", join(scene.repo.path, "link"));
    await commitAll(scene, "Elsewhere");
    expect(await scene.judge()).toMatchObject({ verdict: "not-merged" });
    await scene.git("reset", "--quiet", "--hard", "HEAD^");
    await scene.commit("other.txt", "meanwhile\n");
    await scene.pick(own);
    expect(await scene.judge()).toMatchObject({ verdict: "rebased" });
  });

  test("a submodule's commit counts, whatever is ignored", async () => {
    await using scene = await makeScene();
    const point = async (commit: string) => {
      await scene.git("update-index", "--add", "--cacheinfo", `160000,${commit},module`);
      await scene.git("commit", "--quiet", "--allow-empty", "-m", "Module");
      return scene.head();
    };
    await scene.git("config", "diff.ignoreSubmodules", "all");
    await scene.git("config", "submodule.recurse", "false");
    await point("1".repeat(40));
    await scene.branch("work");
    const own = await point("2".repeat(40));
    await scene.on("main");
    const other = await point("3".repeat(40));
    expect(await scene.judge()).toMatchObject({ verdict: "not-merged" });
    await scene.git("reset", "--quiet", "--hard", `${other}^`);
    await scene.git("commit", "--quiet", "--allow-empty", "-m", "Meanwhile");
    await scene.git("cherry-pick", own);
    expect(await scene.judge()).toMatchObject({ verdict: "rebased" });
  });

  test("a file that moved on both sides", async () => {
    await using scene = await makeScene();
    await scene.branch("work");
    await scene.git("mv", "f.txt", "g.txt");
    await scene.commit("g.txt", numbered({ 5: "five" }));
    await scene.on("main");
    await scene.commit("other.txt", "meanwhile\n");
    await scene.squash("work");
    expect(await scene.judge()).toMatchObject({ verdict: "rebased", isSafeToDelete: true });
  });
});

test("the same edit in another place that reads the same is not the same change", async () => {
  await using scene = await makeScene();
  const block = (inner: string) => `{\na\nb\nc\n${inner}d\ne\nf\n}\n`;
  await scene.commit("blocks.txt", block("") + block("") + block(""));
  await scene.branch("work");
  await scene.commit("blocks.txt", block("new\n") + block("") + block(""));
  await scene.on("main");
  await scene.commit("blocks.txt", block("") + block("") + block("new\n"));
  expect(await scene.judge()).toMatchObject({ verdict: "not-merged", isSafeToDelete: false });
});

test("a change that is made twice has to land twice", async () => {
  await using scene = await makeScene();
  const block = (inner: string) => `{\na\nb\nc\n${inner}d\ne\nf\n}\n`;
  await scene.commit("blocks.txt", block("") + block(""));
  await scene.branch("work");
  const first = await scene.commit("blocks.txt", block("new\n") + block(""));
  await scene.commit("blocks.txt", block("new\n") + block("new\n"));
  await scene.on("main");
  await scene.commit("other.txt", "meanwhile\n");
  await scene.pick(first);
  expect(await scene.judge()).toMatchObject({ verdict: "partial", landed: 1, total: 2 });
});

describe("whatever is set up, the answer stays:", () => {
  const CONFIGS: Readonly<Record<string, readonly (readonly [string, string])[]>> = {
    "diffs without prefixes": [["diff.noprefix", "true"]],
    "mnemonic prefixes": [["diff.mnemonicPrefix", "true"]],
    "other algorithms": [["diff.algorithm", "patience"]],
    "no context": [["diff.context", "0"]],
    "joined hunks": [["diff.interHunkContext", "100"]],
    "renames as copies": [
      ["diff.renames", "copies"],
      ["merge.renames", "false"],
    ],
    "an external diff": [["diff.external", "/bin/false"]],
    "attributes of the user's": [["core.attributesFile", "attributes"]],
    "colours and moved lines": [
      ["color.ui", "always"],
      ["color.diff", "always"],
      ["diff.colorMoved", "zebra"],
    ],
    "blank lines cut": [["diff.suppressBlankEmpty", "true"]],
    "an order of files": [["diff.orderFile", "order"]],
    "signatures shown, dates odd": [
      ["log.showSignature", "true"],
      ["log.date", "relative"],
      ["format.pretty", "oneline"],
    ],
    "a merge driver by default": [["merge.default", "union"]],
  };

  test.each(Object.entries(CONFIGS))("%s", async (_name, settings) => {
    await using scene = await makeScene();
    const place = (name: string) => scene.place.at(name);
    await writeFile(place("attributes"), "* -diff merge=binary\n");
    await writeFile(place("order"), "z*\n");
    // By name: `git config --global` would write to what GIT_CONFIG_GLOBAL names.
    const user = place("user.gitconfig");
    for (const [key, value] of settings) {
      await scene.git("config", "--file", user, key, /^(attributes|order)$/.test(value) ? place(value) : value);
    }
    const attributes = join(scene.repo.path, ".gitattributes");
    await scene.git("config", "diff.odd.textconv", "tr a-z x");
    await scene.git("config", "diff.odd.command", "/bin/false");
    await scene.branch("work");
    await scene.commit("f.txt", numbered({ 10: "ten" }));
    await scene.commit("g/\n z.txt", "a\n\nb\n");
    await scene.on("main");
    await scene.commit("f.txt", numbered({ 30: "thirty" }));
    const odd = { GIT_EXTERNAL_DIFF: "/bin/false", GIT_DIFF_OPTS: "-u0", GIT_ICASE_PATHSPECS: "1" };
    const env = { ...odd, GIT_CONFIG_GLOBAL: user };
    await writeFile(attributes, "*.txt diff=odd -merge\n");
    expect((await scene.judge({}, env)).verdict).toBe("not-merged");
    await rm(attributes);
    await scene.squash("work");
    await writeFile(attributes, "*.txt diff=odd -merge\n");
    expect(await scene.judge({}, env)).toMatchObject({ verdict: "squashed", isSafeToDelete: true });
  });

  test("replaced commits and grafts are not followed", async () => {
    await using scene = await makeScene();
    await scene.branch("work");
    const tip = await scene.commit("f.txt", numbered({ 10: "ten" }));
    await scene.on("main");
    const target = await scene.commit("other.txt", "meanwhile\n");
    const fake = await scene.git("commit-tree", "-p", tip, "-m", "Fake", `${target}^{tree}`);
    await scene.git("replace", target, fake);
    await mkdir(join(scene.repo.path, ".git/info"), { recursive: true });
    await writeFile(join(scene.repo.path, ".git/info/grafts"), `${target} ${tip}\n`);
    expect(await scene.judge({ target })).toMatchObject({ verdict: "not-merged", isSafeToDelete: false });
  });

  test("and nothing is left behind, in the repository or beside it", async () => {
    await using scene = await makeScene();
    await scene.branch("work");
    await scene.commit("f.txt", numbered({ 10: "ten" }));
    await scene.on("main");
    await scene.commit("f.txt", numbered({ 14: "fourteen" }));
    const before = await scene.git("count-objects", "-v");
    // Others use the directory for temporary files as well.
    const { TMPDIR } = process.env;
    process.env["TMPDIR"] = scene.place.tmp;
    try {
      await scene.judge();
    } finally {
      if (TMPDIR === undefined) delete process.env["TMPDIR"];
      else process.env["TMPDIR"] = TMPDIR;
    }
    expect(await scene.git("count-objects", "-v")).toBe(before);
    expect(await readdir(scene.place.tmp)).toEqual([]);
  });
});

describe("without an answer in time", () => {
  test("nothing has landed", async () => {
    await using scene = await makeScene();
    await scene.branch("work");
    await scene.commit("f.txt", numbered({ 10: "ten" }));
    await scene.on("main");
    await scene.merge("work");
    expect(await scene.judge({ deadlineMs: 0 })).toMatchObject({
      verdict: "not-merged",
      method: "bound",
      isSafeToDelete: false,
      isComplete: false,
    });
  });

  test("nor has what has no common history", async () => {
    await using scene = await makeScene();
    await scene.git("checkout", "--quiet", "--orphan", "work");
    await scene.commit("f.txt", "else\n");
    expect(await scene.judge()).toMatchObject({ verdict: "not-merged", isSafeToDelete: false });
  });
});
