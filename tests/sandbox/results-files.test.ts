// Files out of a sandbox are in history what the repository makes of them, and on the disk what they were inside.

import { describe, expect, test } from "bun:test";
import { chmod, readFile } from "node:fs/promises";
import { join } from "node:path";
import { makeRun, type Run, type RunInput, standing } from "./results-scene.ts";
import { write } from "./uploads-scene.ts";

const FILES = { "a.txt": "a\n", "b.txt": "b\n", "dir/c.txt": "c\n", ".gitignore": "ignored\n*.log\n" };

/** What differs between the base and what came home, as git's raw lines without ids. */
async function changed(run: Run, tip: string): Promise<string[]> {
  const raw = await run.repo.git("-c", "core.quotePath=false", "diff-tree", "-r", "-M", "--raw", run.base, tip);
  return raw
    .split("\n")
    .filter(Boolean)
    .map((line) => line.replace(/^:(\d+) (\d+) \S+ \S+ (\w)\d*/, "$1 $2 $3"));
}

// What an earlier program lost: each is a download that came home with nothing, with too little, or not at all.
const LOSSES: Record<string, { script: string; changed: string[] }> = {
  "one changed file": { script: "echo 1 >>a.txt", changed: ["100644 100644 M\ta.txt"] },
  "two changed files": {
    script: "echo 1 >>a.txt; echo 1 >>b.txt",
    changed: ["100644 100644 M\ta.txt", "100644 100644 M\tb.txt"],
  },
  "two commits": {
    script: "echo 1 >>a.txt; git commit -qam 1; echo 1 >>b.txt; git commit -qam 2",
    changed: ["100644 100644 M\ta.txt", "100644 100644 M\tb.txt"],
  },
  "a commit and what is uncommitted": {
    script: "echo 1 >>a.txt; git commit -qam 1; echo 1 >>b.txt",
    changed: ["100644 100644 M\ta.txt", "100644 100644 M\tb.txt"],
  },
  "a deleted file": {
    script: "rm a.txt; git rm -q dir/c.txt; git commit -qm d",
    changed: ["100644 000000 D\ta.txt", "100644 000000 D\tdir/c.txt"],
  },
  "names with spaces, quotes, line breaks, and of any script": {
    script: `for n in 'a b' "it's" '"q"' 'back\\slash' 'gr\u00fcn' 'gru\u0308n' '\u65e5\u672c' '-dash' '$x' 'tab\tbed'; do echo 1 >"$n"; done; printf 1 >"$(printf 'l\\nf')"; printf 1 >"$(printf 'raw\\377')"`,
    changed: expect.any(Array),
  },
};

describe.each(Object.entries(LOSSES))("%s", (_, { script, changed: expected }) => {
  test("comes home whole, into history and onto the disk", async () => {
    await using run = await makeRun({ files: FILES, sharesObjects: false });
    await run.claude(script);
    const replayed = await run.replay();
    expect(await changed(run, replayed.tip)).toEqual(expected);
    expect(await run.deliver({ replayed })).toMatchObject({ form: "uncommitted", left: [] });
    expect(await standing(run.worktree)).toEqual(await standing(run.sandbox.places.workspace));
    const { deleted, left } = await run.takeTo(run.place.at("out"));
    expect({ deleted: deleted.length, left }).toEqual({ deleted: script.includes("rm a.txt") ? 2 : 0, left: [] });
  });
});

test("modes, renames, links, a directory for a file and a file for a directory", async () => {
  await using run = await makeRun({
    files: { ...FILES, "long.txt": "1\n2\n3\n4\n5\n6\n", "d/e/f.txt": "f\n", link: { link: "a.txt" } },
  });
  await run.claude(`
    chmod +x a.txt; git mv long.txt moved.txt; git commit -qm moved -a
    rm b.txt; mkdir b.txt; echo in >b.txt/in.txt; rm -r d; echo file >d; rm link; ln -s dir link; ln -s missing dangling; git add -A; git commit -qm swap
    rm -r dir; ln -s b.txt dir
  `);
  const replayed = await run.replay();
  expect(await changed(run, replayed.tip)).toEqual([
    ...["100644 100755 M\ta.txt", "100644 000000 D\tb.txt", "000000 100644 A\tb.txt/in.txt", "000000 100644 A\td"],
    ...[
      "100644 000000 D\td/e/f.txt",
      "000000 120000 A\tdangling",
      "000000 120000 A\tdir",
      "100644 000000 D\tdir/c.txt",
    ],
    ...["120000 120000 M\tlink", "100644 100644 R\tlong.txt\tmoved.txt"],
  ]);
  expect(await run.deliver({ replayed, branch: "swapped" })).toMatchObject({ form: "branch", left: [] });
  expect(await standing(run.worktree)).toEqual(await standing(run.sandbox.places.workspace));
  expect(await run.gitAt(run.worktree, "status", "--porcelain")).toBe("");
});

interface Conversion {
  files: RunInput["files"];
  settings?: Record<string, string>;
  script: string;
  /** Path and content in history; the disk has what stands in the sandbox. */
  history: Record<string, string>;
  changed: string[];
}

const FILTER = "tr a-z A-Z";
const CONVERSIONS: Record<string, Conversion> = {
  "core.autocrlf": {
    files: FILES,
    settings: { "core.autocrlf": "true" },
    script: "printf 'one\\r\\ntwo\\r\\n' >a.txt; git commit -qam 1; printf 'new\\r\\n' >new.txt",
    history: { "a.txt": "one\ntwo\n", "new.txt": "new\n" },
    changed: ["100644 100644 M\ta.txt", "000000 100644 A\tnew.txt"],
  },
  "eol=crlf": {
    files: { ...FILES, ".gitattributes": "*.txt text eol=crlf\n", "dir/.gitattributes": "*.txt -text\n" },
    script: "printf 'one\\r\\n' >a.txt; printf 'kept\\r\\n' >dir/c.txt",
    history: { "a.txt": "one\n", "dir/c.txt": "kept\r\n" },
    changed: ["100644 100644 M\ta.txt", "100644 100644 M\tdir/c.txt"],
  },
  "text=auto where history has carriage returns": {
    files: { ...FILES, "old.txt": "x\r\ny\r\n" },
    settings: { "core.autocrlf": "input" },
    script: "printf 'x\\r\\nz\\r\\n' >old.txt",
    history: { "old.txt": "x\r\nz\r\n" },
    changed: ["100644 100644 M\told.txt"],
  },
  ident: {
    files: { ...FILES, ".gitattributes": "id.txt ident\n", "id.txt": "$Id$\n" },
    script: "echo more >>id.txt",
    history: { "id.txt": "$Id$\nmore\n" },
    changed: ["100644 100644 M\tid.txt"],
  },
  "an encoding of the checkout": {
    files: { ...FILES, ".gitattributes": "*.u16 working-tree-encoding=UTF-16LE\n" },
    script: "printf 'h\\0i\\0' >x.u16",
    history: { "x.u16": "hi" },
    changed: ["000000 100644 A\tx.u16"],
  },
  "a clean filter": {
    files: { ...FILES, ".gitattributes": "*.big filter=big\n", "old.big": "OLD\n", "same.big": "SAME\n" },
    settings: { "filter.big.clean": FILTER, "filter.big.smudge": "tr A-Z a-z" },
    script:
      "echo new >n.big; echo first >old.big; git add .; git commit -qm 1; echo second >old.big; git mv same.big moved.big",
    history: { "n.big": "NEW\n", "old.big": "SECOND\n", "moved.big": "SAME\n" },
    changed: ["100644 100644 R\tsame.big\tmoved.big", "000000 100644 A\tn.big", "100644 100644 M\told.big"],
  },
};

describe.each(Object.entries(CONVERSIONS))("%s", (_, { files, settings = {}, script, history, changed: expected }) => {
  test.each([true, false])(
    "history has what the repository makes of files, the disk what stood inside (%p)",
    async (sharesObjects) => {
      await using run = await makeRun({
        ...{ files: files ?? {}, sharesObjects },
        async before({ repo, gitAt, worktree }) {
          for (const [key, value] of Object.entries(settings)) await repo.git("config", key, value);
          await gitAt(worktree, "rm", "-rq", "--cached", ".");
          await gitAt(worktree, "reset", "-q", "--hard");
        },
      });
      await run.claude(script);
      const replayed = await run.replay();
      expect(await changed(run, replayed.tip)).toEqual(expected);
      for (const [path, content] of Object.entries(history)) {
        expect(await run.repo.git("show", `${replayed.tip}:${path}`)).toBe(content.replace(/\n$/, ""));
      }
      expect(await run.deliver({ replayed, branch: "converted" })).toMatchObject({ form: "branch", left: [] });
      expect(await standing(run.worktree)).toEqual(await standing(run.sandbox.places.workspace));
      expect(await run.gitAt(run.worktree, "status", "--porcelain")).toBe("");
    },
  );
});

test("a filter that fails is told, and what came home is kept and taken when it is mended", async () => {
  await using run = await makeRun({ files: { ...FILES, ".gitattributes": "*.big filter=big\n" } });
  await run.repo.git("config", "filter.big.clean", "false");
  await run.claude("echo x >x.big; git add .; git commit -qm x");
  await expect(run.replay()).rejects.toMatchObject({ code: "results.filter" });
  expect(await run.repo.git("for-each-ref", "refs/parallel-cc")).toBe("");
  await run.repo.git("config", "filter.big.clean", FILTER);
  const { tip } = await run.replay();
  expect(await run.repo.git("show", `${tip}:x.big`)).toBe("X");
});

test("a filter that only the result names does not run", async () => {
  await using run = await makeRun({ files: FILES });
  const ran = run.place.at("ran");
  await run.repo.git("config", "filter.own.clean", `touch ${ran}; cat`);
  await run.repo.git("config", "filter.own.smudge", `touch ${ran}; cat`);
  await run.claude("echo '* filter=own' >.gitattributes; echo x >x.txt; git add .; git commit -qm x; echo y >>x.txt");
  expect(await run.deliver({ branch: "unfiltered" })).toMatchObject({ form: "branch" });
  expect(await Bun.file(ran).exists()).toBe(false);
});

test("what was not sent is neither deleted nor written over", async () => {
  await using run = await makeRun({
    files: {
      ...FILES,
      ".env": "TOKEN=abc\n",
      "held/secret.txt": "s\n",
      ".sandboxignore": "held/\n/covered\n",
      covered: "c\n",
    },
  });
  expect(run.sent.held.map(({ path }) => path)).toEqual(expect.arrayContaining([".env", "covered", "held/secret.txt"]));
  await run.claude(
    "echo OTHER=1 >.env; echo file >held; mkdir covered; echo in >covered/in; echo 1 >>a.txt; git add -A -f; git commit -qm all",
  );
  const replayed = await run.replay();
  expect(await changed(run, replayed.tip)).toEqual(["100644 100644 M\ta.txt"]);
  expect(replayed.left).toEqual([
    { path: ".env", why: "what stands there in the repository was not sent" },
    { path: "covered/in", why: "what stands there in the repository was not sent" },
    { path: "held", why: "what stands below it in the repository was not sent" },
  ]);
  const before = (await standing(run.worktree)).filter((line) => !line.includes(" a.txt "));
  const delivered = await run.deliver({ replayed, branch: "safe" });
  expect(delivered).toMatchObject({ form: "branch" });
  expect(delivered.left.map(({ path }) => path)).toEqual([".env", "covered/in", "held"]);
  expect((await standing(run.worktree)).filter((line) => !line.includes(" a.txt "))).toEqual(before);
});

test("what was sent though git ignores it comes back onto the disk and into no commit", async () => {
  await using run = await makeRun({
    files: { ...FILES, ".gitignore": "CLAUDE.md\n" },
    before: ({ repo }) => write(repo.path, { "CLAUDE.md": "told\n" }),
  });
  expect(run.sent.extras).toEqual(["CLAUDE.md"]);
  await run.claude("echo learnt >>CLAUDE.md; git commit -qam notes; echo 1 >>a.txt");
  const replayed = await run.replay();
  expect(await changed(run, replayed.tip)).toEqual(["100644 100644 M\ta.txt"]);
  expect(replayed.left).toEqual([{ path: "CLAUDE.md", why: "it was sent though git ignores it" }]);
  expect(replayed.commits.map(({ subject }) => subject)).toEqual(["notes"]);
  await run.deliver({ replayed });
  expect(await readFile(join(run.worktree, "CLAUDE.md"), "utf8")).toBe("told\nlearnt\n");
});

test("modes that the repository does not keep track of are the base's", async () => {
  await using run = await makeRun({
    files: { ...FILES, "run.sh": { run: "#!/bin/sh\n" } },
    async before({ repo, worktree }) {
      await repo.git("config", "core.fileMode", "false");
      await chmod(join(worktree, "run.sh"), 0o644);
    },
  });
  await run.claude("echo more >>run.sh");
  expect(await changed(run, (await run.replay()).tip)).toEqual(["100755 100755 M\trun.sh"]);
});
