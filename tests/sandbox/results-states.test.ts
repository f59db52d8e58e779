// Whatever state the repository inside is in, what stands in the workspace comes home, and what can be read of its history.

import { describe, expect, test } from "bun:test";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { makeRun, type Run, type RunInput } from "./results-scene.ts";

const FILES = { "a.txt": "a\n", "b.txt": "b\n", "dir/c.txt": "c\n", ".gitignore": "ignored\n*.log\n" };
const CHANGED = [".gitignore 7", "a.txt a1", "dir/c.txt c", "new.txt n"];

/** "path content" of what came home, as one reads it. */
async function filesOf(run: Run, commit: string): Promise<string[]> {
  const paths = (await run.kept("ls-tree", "-r", "--name-only", "-z", commit)).split("\0").filter(Boolean);
  const texts = paths.map(async (path) => {
    const text = await run.kept("cat-file", "blob", `${commit}:${path}`);
    return `${path} ${path === ".gitignore" ? 7 : text.replaceAll("\n", "")}`;
  });
  return Promise.all(texts);
}

const CHANGE = "echo 1 >>a.txt; rm b.txt; echo n >new.txt;";

interface State {
  /** After "one" was committed and the rest was changed. */
  script: string;
  /** What came home, besides the files. */
  told?: object;
  /** Subjects that came home on what was sent; default: "one" and the uncommitted. */
  commits?: string[];
  files?: string[];
  sharesObjects?: boolean;
}

const BOTH = ["Native execution: do it", "one"];
const FLAT = ["Native execution: do it"];

const STATES: Record<string, State> = {
  "a head on no branch": { script: "git checkout -q --detach", told: { branch: undefined } },
  "a branch without a commit": { script: "git checkout -q --orphan empty", told: { branch: "empty" } },
  "the branch of the head is deleted": { script: "git update-ref -d refs/heads/work" },
  "all names are deleted, and the log of the head": {
    script: "rm -rf .git/refs/heads/* .git/packed-refs .git/logs",
    commits: FLAT,
  },
  "a lock that was left": { script: "touch .git/index.lock .git/HEAD.lock .git/refs/heads/work.lock" },
  "an index that is broken": { script: "echo garbage >.git/index" },
  "no index": { script: "rm .git/index" },
  "an index in two parts": { script: "git update-index --split-index" },
  "everything was taken out of the index": { script: "git rm -rq --cached ." },
  "an index that promises nothing has changed": { script: "git update-index --assume-unchanged a.txt dir/c.txt" },
  "settings that git cannot read": { script: "echo '[broken' >>.git/config" },
  "settings that lead elsewhere": {
    script:
      "git config core.worktree /nowhere; git config core.bare true; git config core.fsmonitor 'touch ../run/ran'",
  },
  "filters that fail": {
    script:
      "git config filter.no.clean false; git config filter.no.required true; echo '* filter=no' >.git/info/attributes",
  },
  "a hash of its own for attributes": { script: "echo '* text eol=crlf ident' >.git/info/attributes" },
  "replaced objects": { script: "git replace HEAD $(git rev-list --max-parents=0 HEAD | tail -1) || :" },
  grafts: { script: "git rev-parse HEAD >.git/info/grafts" },
  "the repository was moved out": { script: "mv .git ../run/theirs; echo 'gitdir: ../run/theirs' >.git" },
  "a head that is nonsense": { script: "echo nonsense >.git/HEAD", told: { branch: undefined } },
  "the repository is destroyed": { script: "rm -rf .git", commits: FLAT, told: { form: "files" } },
  "the repository is destroyed, and nothing is shared": {
    script: "rm -rf .git",
    commits: FLAT,
    told: { form: "files" },
    sharesObjects: false,
  },
  "the repository is a new one": {
    script: "rm -rf .git; git init -q; git add .; git commit -qm fresh",
    commits: FLAT,
    told: { form: "files" },
    sharesObjects: false,
  },
  "an object of its history is broken": {
    script: "f=.git/objects/$(git rev-parse HEAD^{tree} | sed 's:^..:&/:'); chmod u+w $f; echo broken >$f",
    commits: FLAT,
    told: { form: "files" },
  },
  "an object of its history is gone": {
    script: "rm -f .git/objects/$(git rev-parse HEAD:a.txt | sed 's:^..:&/:')",
    commits: FLAT,
    told: { form: "files" },
  },
  "history that was cut": { script: "git rev-parse HEAD >.git/shallow" },
};

describe.each(Object.entries(STATES))(
  "%s",
  (_, { script, told = {}, commits = BOTH, files = CHANGED, sharesObjects = true }) => {
    test("what stands in the workspace comes home", async () => {
      await using run = await makeRun({ files: FILES, sharesObjects });
      await run.claude(`echo 1 >a.txt; git commit -qam one; printf a >a.txt; ${CHANGE} ${script}`);
      const gathered = await run.gather();
      expect(gathered).toMatchObject({ form: "commits", unread: [], ...told });
      expect(await filesOf(run, gathered.tip)).toEqual(files);
      expect((await run.kept("log", "--format=%s", gathered.tip, `^${run.sent.commit}`)).split("\n")).toEqual(commits);
      expect(await run.gather()).toEqual({ ...gathered, isUnchanged: true });
      const replayed = await run.replay();
      expect(await filesOf(run, replayed.tip)).toEqual(files);
      expect(replayed.commits.map(({ subject }) => subject)).toEqual(commits.slice(1));
    });
  },
);

test("a rebase in progress is told, and the branch that was being rebased comes home as well", async () => {
  await using run = await makeRun({ files: FILES });
  await run.claude(
    "echo x >a.txt; git commit -qam x; git checkout -qb other HEAD~1; echo y >a.txt; git commit -qam y; git rebase work >/dev/null 2>&1 || :",
  );
  const gathered = await run.gather();
  expect(gathered.operation).toBe("rebase");
  expect(gathered.branches.map(({ name }) => name)).toEqual(["other", "work"]);
  expect(await run.kept("cat-file", "blob", `${gathered.tip}:a.txt`)).toContain("<<<<<<<");
});

test("other branches and what was stashed come home", async () => {
  await using run = await makeRun({ files: FILES });
  await run.claude(
    "git checkout -qb feature/x; echo x >x.txt; git add .; git commit -qm x; git checkout -q work; echo s >>a.txt; echo u >u.txt; git stash -qu; echo t >>b.txt; git stash -q",
  );
  const replayed = await run.replay();
  expect(replayed.more.map(({ ref }) => ref)).toEqual([
    "refs/parallel-cc/sandbox-more/run-1/branch/feature/x",
    "refs/parallel-cc/sandbox-more/run-1/stash/0",
    "refs/parallel-cc/sandbox-more/run-1/stash/1",
  ]);
  const at = (name: string) => `refs/parallel-cc/sandbox-more/run-1/${name}`;
  expect(await run.repo.git("log", "--format=%s", `${run.base}..${at("branch/feature/x")}`)).toBe("x");
  await run.repo.git("stash", "apply", "--quiet", (replayed.more[2] ?? { id: "" }).id);
  expect(await run.repo.git("status", "--porcelain")).toBe(" M a.txt\n?? u.txt");
});

test("repositories that claude made inside are stored with their files, however they were committed", async () => {
  await using run = await makeRun({ files: FILES });
  await run.claude(`
    git init -q one; echo 1 >one/1.txt; echo skip >one/skip.log; echo '*.log' >one/.gitignore
    git init -q two; echo 2 >two/2.txt; git -C two add .; git -C two commit -qm two
    git init -q two/deep; echo d >two/deep/d.txt
    git init -q three; echo 3 >three/3.txt; git -C three add .; git -C three commit -qm three; git add three 2>/dev/null; git commit -qm link
    git init -q empty
    n='odd
name'; git init -q "$n"; echo o >"$n/o.txt"
  `);
  const gathered = await run.gather();
  expect(gathered.nested.sort()).toEqual(["empty", "odd\\nname", "one", "three", "two", "two/deep"]);
  const listed = await run.kept("ls-tree", "-r", "-z", "--format=%(objectmode) %(path)", gathered.tip);
  expect(
    listed
      .split("\0")
      .filter((line) => !/ (a|b|dir\/c)\.txt$| \.gitignore$/.test(line))
      .filter(Boolean),
  ).toEqual([
    '100644 "odd\\nname/o.txt"',
    "100644 one/.gitignore",
    "100644 one/1.txt",
    "100644 three/3.txt",
    "100644 two/2.txt",
    "100644 two/deep/d.txt",
  ]);
  const delivered = await run.deliver({ branch: "with-nested" });
  expect(delivered).toMatchObject({ form: "branch", left: [] });
  expect(await run.repo.git("ls-tree", "-r", "--name-only", "with-nested")).toContain("three/3.txt");
});

test("what git ignores inside stays there, but for what was sent or committed although ignored", async () => {
  const input: RunInput = {
    files: { ...FILES, "kept.log": "k\n" },
    before: (scene) => Bun.write(join(scene.repo.path, "CLAUDE.md"), "told\n"),
  };
  await using run = await makeRun(input);
  await run.claude(
    "echo more >>kept.log; echo no >other.log; echo forced >forced.log; git add -f forced.log; git rm -q --cached kept.log; mkdir ignored; echo i >ignored/i",
  );
  const { tip } = await run.gather();
  expect(await filesOf(run, tip)).toEqual([
    ".gitignore 7",
    ...(run.sent.extras.includes("CLAUDE.md") ? ["CLAUDE.md told"] : []),
    "a.txt a",
    "b.txt b",
    "dir/c.txt c",
    "forced.log forced",
    "kept.log kmore",
  ]);
});

test("files that a narrowed checkout inside took off the disk are not deleted", async () => {
  await using run = await makeRun({ files: FILES });
  await run.claude("git sparse-checkout set --no-cone '/*' '!/dir'; test ! -e dir; echo 1 >>a.txt");
  const { tip } = await run.gather();
  expect(await filesOf(run, tip)).toContain("dir/c.txt c");
});

test("pipes and files that cannot be named are told, and the rest comes home", async () => {
  await using run = await makeRun({ files: FILES });
  await run.claude("mkfifo pipe; rm b.txt; mkfifo b.txt; mkdir -p 'git~1'; echo x >'git~1/x'; echo 1 >>a.txt");
  const gathered = await run.gather();
  expect(gathered.unread.join("\n")).toContain("git~1/x");
  expect(await filesOf(run, gathered.tip)).toContain("a.txt a1");
});

test("commits that were reset away stay in the run's directory once they came home", async () => {
  await using run = await makeRun({ files: FILES });
  await run.claude("echo 1 >>a.txt; git commit -qam gone");
  const first = await run.gather();
  await run.claude("git reset -q --hard HEAD~1");
  const second = await run.gather();
  expect(second.tip).toBe(run.sent.commit);
  await run.kept("-c", "gc.pruneExpire=now", "gc", "--quiet");
  expect(await run.kept("cat-file", "-t", first.tip)).toBe("commit");
});

test("a workspace that is gone takes nothing away", async () => {
  await using run = await makeRun({ files: FILES });
  await run.claude("echo 1 >>a.txt; git commit -qam one");
  const first = await run.gather();
  await rm(run.sandbox.places.workspace, { recursive: true });
  await expect(run.gather()).rejects.toMatchObject({
    code: expect.stringMatching(/results.no-workspace|sandbox.exec/),
  });
  expect((await run.replay({ gathered: first })).commits).toHaveLength(1);
});
