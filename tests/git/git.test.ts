// The one place that runs git: what it hands on, and what it makes of every way in which git can end.

import { describe, expect, test } from "bun:test";
import { gitWords, makeGit } from "../../src/git/git.ts";
import { branchTip, commitOf, deleteBranchAt, requireVersion } from "../../src/git/repository.ts";
import { makePlace, type Place } from "../support/place.ts";
import { type Answer, makePrograms, type Programs } from "../support/programs.ts";
import { makeRepo } from "../support/repo.ts";
import { testWorld } from "../support/world.ts";

async function fakeGit(place: Place, answer: Answer, env: Record<string, string> = {}) {
  const programs: Programs = await makePrograms(place, { git: answer });
  return { programs, git: testWorld(place, { path: [programs.folder], env }).git(place.path) };
}

describe("git is started", () => {
  test("in its directory, with its arguments as they are", async () => {
    await using place = await makePlace();
    const { git, programs } = await fakeGit(place, { stdout: "said" });
    expect(await git.output(["log", "--format=%H %s", "a b\n$(x)"])).toBe("said");
    const [call] = await programs.expectCalled("git", 1);
    expect(call).toMatchObject({ cwd: place.path, argv: ["log", "--format=%H %s", "a b\n$(x)"] });
  });

  test("elsewhere when asked for the same git there", async () => {
    await using place = await makePlace();
    const { git, programs } = await fakeGit(place, {});
    await git.at(place.home).attempt(["status"]);
    expect((await programs.expectCalled("git"))[0]?.cwd).toBe(place.home);
  });

  test("without the variables that name another repository, and speaking plain English", async () => {
    await using place = await makePlace();
    const env = {
      GIT_DIR: "/x",
      GIT_INDEX_FILE: "/x",
      GIT_CONFIG_COUNT: "7",
      BUN_OPTIONS: "--x",
      LC_ALL: "de_DE",
      KEEP: "1",
    };
    const { git, programs } = await fakeGit(place, {}, env);
    await git.attempt(["status"]);
    const given = (await programs.expectCalled("git"))[0]?.env ?? {};
    expect(Object.keys(given)).not.toContainAnyValues(["GIT_DIR", "GIT_INDEX_FILE", "BUN_OPTIONS"]);
    // Only ours: no monitor is started, whatever is asked.
    expect(given).toMatchObject({
      GIT_CONFIG_COUNT: "1",
      GIT_CONFIG_KEY_0: "core.fsmonitor",
      GIT_CONFIG_VALUE_0: "false",
    });
    expect(given).toMatchObject({
      LC_ALL: "C",
      LANGUAGE: "C",
      GIT_TERMINAL_PROMPT: "0",
      GIT_OPTIONAL_LOCKS: "0",
      KEEP: "1",
    });
  });

  test("with what it shall read", async () => {
    await using place = await makePlace();
    const repo = await makeRepo(place);
    const git = testWorld(place).git(repo.path);
    const id = await git.output(["hash-object", "--stdin"], { input: "hello\n" });
    expect(id.trim()).toBe("ce013625030ba8dba906f756967f9e9ca394464a");
  });

  test("and every start is in the debug log", async () => {
    await using place = await makePlace();
    const { log, lines } = testWorld(place);
    await makeGit({ directory: place.path, env: place.env(), log }).attempt(["version"]);
    expect(lines.map((line) => JSON.parse(line))).toMatchObject([
      { level: "debug", event: "git", args: ["version"], directory: place.path, exit: 0 },
    ]);
  });
});

describe("git that ends", () => {
  test("with another exit than 0 is an answer, or a failure in git's last words", async () => {
    await using place = await makePlace();
    const { git } = await fakeGit(place, { stdout: "half", stderr: "hint: x\nfatal: it is so\n", exit: 128 });
    expect(await git.attempt(["x"])).toEqual({ exit: 128, stdout: "half", stderr: "hint: x\nfatal: it is so\n" });
    await expect(git.output(["x", "y"])).rejects.toMatchObject({
      kind: "user",
      code: "git.failed",
      message: "git x failed (exit 128): it is so",
      details: { args: ["x", "y"], exit: 128 },
    });
  });

  test("by a signal is unavailable", async () => {
    await using place = await makePlace();
    const { git } = await fakeGit(place, { sh: "kill -KILL $$" });
    await expect(git.attempt(["gc"])).rejects.toMatchObject({
      kind: "unavailable",
      code: "git.killed",
      message: "git gc was killed by SIGKILL.",
    });
  });

  test("too late is unavailable", async () => {
    await using place = await makePlace();
    const { git } = await fakeGit(place, { sh: "exec /bin/sleep 60" });
    await expect(git.attempt(["fetch"], { timeoutMs: 20 })).rejects.toMatchObject({
      kind: "unavailable",
      code: "git.timeout",
      message: "git fetch did not finish in time.",
    });
  });

  test("because it was cancelled says so", async () => {
    await using place = await makePlace();
    const { git } = await fakeGit(place, {});
    await expect(git.attempt(["fetch"], { signal: AbortSignal.abort() })).rejects.toMatchObject({ kind: "cancelled" });
  });
});

describe("git's words", () => {
  const said = (stderr: string) => gitWords({ exit: 1, stdout: "", stderr });
  test.each([
    ["", ""],
    ["fatal: not a repository\n", "not a repository"],
    ["error: one\nwarning: x\nfatal: two\n", "one; two"],
    ["a\nb\n\nc\nd\n", "b; c; d"],
  ])("of %j are %j", (stderr, words) => expect(said(stderr)).toBe(words));
});

describe("names", () => {
  test("of branches, tags and commits lead to a commit; anything else leads nowhere", async () => {
    await using place = await makePlace();
    const repo = await makeRepo(place);
    await repo.git("tag", "-a", "-m", "x", "v1");
    const git = testWorld(place).git(repo.path);
    const head = await repo.git("rev-parse", "HEAD");
    for (const name of ["main", "HEAD", "v1", head, "refs/heads/main"]) expect(await commitOf(git, name)).toBe(head);
    for (const name of ["gone", "", "-x", "--all", "HEAD:file-0.txt", "main main", "\0"]) {
      expect(await commitOf(git, name).catch(() => undefined)).toBeUndefined();
    }
    expect(await branchTip(git, "v1")).toBeUndefined();
  });

  test("a branch is deleted only while it stands where it was seen", async () => {
    await using place = await makePlace();
    const repo = await makeRepo(place, { commits: 2 });
    await repo.git("branch", "side");
    const git = testWorld(place).git(repo.path);
    const [head, before] = [await repo.git("rev-parse", "main"), await repo.git("rev-parse", "main~1")];
    await expect(deleteBranchAt(git, "side", before)).rejects.toMatchObject({ code: "git.failed" });
    expect(await branchTip(git, "side")).toBe(head);
    await deleteBranchAt(git, "side", head);
    expect(await branchTip(git, "side")).toBeUndefined();
  });
});

test.each(["git version 2.39.0", "git version 2.100.1", "git version 3.0"])("%s is new enough", (output) => {
  expect(requireVersion(output).text).toBe(output.slice("git version ".length));
});
