// The guard of commits, as a command: what another live session has claimed EXCLUSIVE and a commit changes.

import { Database } from "bun:sqlite";
import { describe, expect, test } from "bun:test";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { claimPaths } from "../../src/features/claims/ask.ts";
import { claimsHere } from "../../src/features/claims/list.ts";
import type { Mode } from "../../src/features/claims/modes.ts";
import { operations } from "../../src/features/claims/operations.ts";
import { checkStaged } from "../../src/features/claims/staged.ts";
import { takeDelivery } from "../../src/features/messages/messages.ts";
import type { World } from "../../src/world.ts";
import { deadPid } from "../support/processes.ts";
import { makeRepo, runGit } from "../support/repo.ts";
import { type AtWork, type TwoSessions, twoSessions } from "../support/two-sessions.ts";
import { testWorld } from "../support/world.ts";

async function claim(who: AtWork, paths: string | string[], mode: Mode = "EXCLUSIVE", reason?: string) {
  const asked = { paths: [paths].flat(), mode, ttlHours: 24, reason };
  expect((await claimPaths(who.world, await who.world.db(), who.known, asked)).isGranted).toBe(true);
}

/** Writes files of a checkout; null takes one away. */
function put(who: AtWork | string, files: Readonly<Record<string, string | null>>): void {
  const top = typeof who === "string" ? who : who.known.worktree_path;
  for (const [path, text] of Object.entries(files)) {
    const file = join(top, path);
    if (text === null) rmSync(file);
    else {
      mkdirSync(join(file, ".."), { recursive: true });
      writeFileSync(file, text);
    }
  }
}

const gitOf = (scene: TwoSessions, who: AtWork | string) => {
  const top = typeof who === "string" ? who : who.known.worktree_path;
  return (...args: string[]) => runGit(args, { cwd: top, env: scene.place.env() });
};

async function stage(scene: TwoSessions, who: AtWork, files: Readonly<Record<string, string | null>>): Promise<void> {
  put(who, files);
  await gitOf(scene, who)("add", "--all");
}

const heldBy = async (world: World): Promise<string[]> =>
  (await checkStaged(world)).conflicts.map(({ file, claimedBy }) => `${claimedBy}: ${file}`);

const bypassing = (world: World): World => ({ ...world, env: { ...world.env, isBypassed: true } });

describe("a commit with what another session has EXCLUSIVE", () => {
  test("is refused in words that say who, where, why and what to do", async () => {
    await using scene = await twoSessions();
    await claim(scene.one, "src/a.ts", "EXCLUSIVE", "new schema");
    await stage(scene, scene.two, { "src/a.ts": "two\n", "b.txt": "two\n" });
    const { conflicts, message } = await checkStaged(scene.two.world);
    expect(conflicts).toMatchObject([{ file: "src/a.ts", claimedBy: "one", mode: "EXCLUSIVE", reason: "new schema" }]);
    expect(message).toContain(
      '- "src/a.ts": session "one" (on branch "main", in the main checkout) has claimed it EXCLUSIVE 0s ago, for: "new schema".',
    );
    expect(message).toContain("git restore --staged -- :/src/a.ts\n");
    expect(message).toContain("PARALLEL_CC_BYPASS=1 git commit");
  });

  test.each([
    ["a new file", { "claimed/new.txt": "x" }, ["one: claimed/new.txt"]],
    ["a deletion", { "file-0.txt": null }, ["one: file-0.txt"]],
    [
      "a rename to elsewhere",
      { "file-0.txt": null, "other.txt": "file 0, commit 1\nsecond line\nthird line\n" },
      ["one: file-0.txt"],
    ],
    ["odd names", { 'claimed/é ü\n"q".txt': "x" }, ['one: claimed/é ü\n"q".txt']],
    ["nothing of it", { "free.txt": "x" }, []],
  ] as const)("is known by %s", async (_what, files, expected) => {
    await using scene = await twoSessions();
    await claim(scene.one, ["claimed/", "file-0.txt"]);
    await stage(scene, scene.two, files);
    expect(await heldBy(scene.two.world)).toEqual([...expected]);
  });

  test("is refused for claims of directories and globs, once for each file", async () => {
    await using scene = await twoSessions();
    await claim(scene.one, ["src/", "src/**/*.ts", "docs/*.md"]);
    await stage(scene, scene.two, { "src/a.ts": "x", "docs/b.md": "x", "docs/c/d.md": "x" });
    expect(await heldBy(scene.two.world)).toEqual(["one: docs/b.md", "one: src/a.ts"]);
  });

  test("shows the first few of many", async () => {
    await using scene = await twoSessions();
    await claim(scene.one, "src/");
    await stage(scene, scene.two, Object.fromEntries(Array.from({ length: 20 }, (_, i) => [`src/${i}.ts`, "x"])));
    const { message } = await checkStaged(scene.two.world);
    expect(message).toContain("- and 12 more: parallel-cc claims check --staged\n");
    expect(message).toContain("git restore --staged -- <file…>\n");
  });

  test("is refused whoever makes it where no session works", async () => {
    await using scene = await twoSessions();
    const elsewhere = scene.place.at("of nobody");
    await scene.repo.git("worktree", "add", "--quiet", "--detach", elsewhere);
    await claim(scene.two, "a.txt");
    put(elsewhere, { "a.txt": "x" });
    await gitOf(scene, elsewhere)("add", "a.txt");
    const nobody = scene.world.as({ cwd: elsewhere, parentPid: await deadPid() });
    expect(await heldBy(nobody)).toEqual(["two: a.txt"]);
    expect(await heldBy(scene.two.world.as({ cwd: elsewhere }))).toEqual([]);
  });

  test("is refused to a session that commits in the checkout of the one that has it", async () => {
    await using scene = await twoSessions();
    await claim(scene.one, "a.txt");
    await stage(scene, scene.one, { "a.txt": "x" });
    expect(await heldBy(scene.two.world.as({ cwd: scene.repo.path }))).toEqual(["one: a.txt"]);
    expect(await heldBy(scene.one.world)).toEqual([]);
    const person = scene.one.world.as({ parentPid: await deadPid() });
    expect(await heldBy(person)).toEqual([]);
  });

  test("is refused in a submodule by the name that its file has in the repository around it", async () => {
    await using scene = await twoSessions();
    const { place, repo, one, two } = scene;
    await makeRepo(place, { name: "library" });
    for (const who of [one, two]) {
      const add = ["submodule", "--quiet", "add", place.at("library"), "lib"];
      await gitOf(scene, who)("-c", "protocol.file.allow=always", ...add);
    }
    await claim(one, join(repo.path, "lib/file-0.txt"));
    const lib = join(two.known.worktree_path, "lib");
    put(lib, { "file-0.txt": "x", "b.txt": "x" });
    await gitOf(scene, lib)("add", "--all");
    const { conflicts, message } = await checkStaged(two.world.as({ cwd: lib }));
    expect(conflicts).toMatchObject([{ file: "lib/file-0.txt", claimedBy: "one" }]);
    expect(message).toContain("git restore --staged -- :/file-0.txt");
    // The link to its commit is another thing than the files in it.
    await gitOf(scene, lib)("commit", "--quiet", "-m", "x");
    await gitOf(scene, two)("add", "lib");
    expect(await heldBy(two.world)).toEqual([]);
    await claim(one, join(repo.path, "lib/"));
    expect(await heldBy(two.world)).toEqual(["one: lib"]);
  });

  test("is refused in the first one of a repository, with a way that works there", async () => {
    await using scene = await twoSessions();
    await claim(scene.one, "a.txt");
    const top = scene.two.known.worktree_path;
    await gitOf(scene, top)("checkout", "--quiet", "--orphan", "fresh");
    await stage(scene, scene.two, { "a.txt": "x" });
    const { conflicts, message } = await checkStaged(scene.two.world);
    expect(conflicts.map(({ file }) => file)).toEqual(["a.txt"]);
    expect(message).toContain("git rm --cached -- :/a.txt");
  });
});

describe("a commit goes on", () => {
  test.each(["SHARED", "INTENT"] as const)("over a claim that is %s", async (mode) => {
    await using scene = await twoSessions();
    await claim(scene.one, "a.txt", mode);
    await stage(scene, scene.two, { "a.txt": "x" });
    expect(await heldBy(scene.two.world)).toEqual([]);
  });

  test("of what the session itself has claimed", async () => {
    await using scene = await twoSessions();
    await claim(scene.two, "a.txt");
    await stage(scene, scene.two, { "a.txt": "x" });
    expect(await checkStaged(scene.two.world)).toEqual({ conflicts: [], isBypassed: false, message: null });
  });

  test("when the session that had it has died, or was not seen for as long as it lasts", async () => {
    await using scene = await twoSessions();
    const three = await scene.start("three");
    await claim(scene.one, "a.txt");
    await claim(three, "b.txt");
    await stage(scene, scene.two, { "a.txt": "x", "b.txt": "x" });
    await scene.one.process.kill();
    expect(await heldBy(scene.two.world)).toEqual(["three: b.txt"]);
    scene.world.pass(25 * 3_600_000);
    expect(await heldBy(scene.two.world)).toEqual([]);
  });

  test("of what was committed before it was claimed, as in an amended one", async () => {
    await using scene = await twoSessions();
    await stage(scene, scene.two, { "a.txt": "x" });
    await gitOf(scene, scene.two)("commit", "--quiet", "-m", "a");
    await claim(scene.one, "a.txt");
    await stage(scene, scene.two, { "b.txt": "x" });
    expect(await heldBy(scene.two.world)).toEqual([]);
  });

  test("where nobody has ever registered, without making a registry", async () => {
    await using scene = await twoSessions();
    await using world = testWorld(scene.place, {
      cwd: scene.repo.path,
      env: { PARALLEL_CC_HOME: scene.place.at("new") },
    });
    expect(await checkStaged(world)).toEqual({ conflicts: [], isBypassed: false, message: null });
    expect(await Bun.file(world.paths.database).exists()).toBe(false);
  });

  test("outside of repositories, and when it is another repository's than the directory's", async () => {
    await using scene = await twoSessions();
    await claim(scene.one, "a.txt");
    await stage(scene, scene.two, { "a.txt": "x" });
    expect(await heldBy(scene.two.world.as({ cwd: scene.place.path }))).toEqual([]);
    const { world } = scene.two;
    const { admin_name: name } = await scene.now(scene.two);
    const own = join(scene.repo.path, ".git/worktrees", name ?? "");
    const seen = (gitDir: string) => ({ ...world, env: { ...world.env, commit: { gitDir, indexFile: undefined } } });
    expect(await heldBy(seen(own))).toEqual(["one: a.txt"]);
    const other = await makeRepo(scene.place, { name: "other", bare: true });
    expect(await heldBy(seen(other.path))).toEqual([]);
  });
});

describe("a merge", () => {
  /** One has committed its file and goes on with it; two's branch has changed another one of the same place. */
  async function diverged() {
    const scene = await twoSessions();
    await stage(scene, scene.one, { "a.txt": "one\n", "file-0.txt": "one\n" });
    await gitOf(scene, scene.one)("commit", "--quiet", "-m", "one");
    await stage(scene, scene.two, { "file-0.txt": "two\n" });
    await gitOf(scene, scene.two)("commit", "--quiet", "-m", "two");
    await claim(scene.one, ["a.txt", "file-0.txt"]);
    return scene;
  }

  const tried = (git: (...args: string[]) => Promise<string>, ...args: string[]) =>
    git(...args).catch(() => "conflict");

  test("may bring what others have committed; what is decided by hand counts", async () => {
    await using scene = await diverged();
    const git = gitOf(scene, scene.two);
    expect(await tried(git, "merge", "main")).toBe("conflict");
    put(scene.two, { "file-0.txt": "one\n" });
    await git("add", "file-0.txt");
    expect(await heldBy(scene.two.world)).toEqual([]);
    put(scene.two, { "file-0.txt": "both\n" });
    await git("add", "file-0.txt");
    expect(await heldBy(scene.two.world)).toEqual(["one: file-0.txt"]);
    await stage(scene, scene.two, { "a.txt": "mine\n", "file-0.txt": "two\n" });
    expect(await heldBy(scene.two.world)).toEqual(["one: a.txt"]);
  });

  test("may bring what git made of both sides", async () => {
    await using scene = await twoSessions();
    const lines = (first: string, last: string) => `${first}\n${"same\n".repeat(20)}${last}\n`;
    await stage(scene, scene.one, { "a.txt": lines("a", "z"), "c.txt": "c\n" });
    await gitOf(scene, scene.one)("commit", "--quiet", "-m", "base");
    const git = gitOf(scene, scene.two);
    await git("merge", "--quiet", "main");
    await stage(scene, scene.one, { "a.txt": lines("one", "z"), "c.txt": "one\n" });
    await gitOf(scene, scene.one)("commit", "--quiet", "-m", "one");
    await stage(scene, scene.two, { "a.txt": lines("a", "two"), "c.txt": "two\n" });
    await git("commit", "--quiet", "-m", "two");
    await claim(scene.one, "a.txt");
    expect(await tried(git, "merge", "main")).toBe("conflict");
    put(scene.two, { "c.txt": "both\n" });
    await git("add", "c.txt");
    expect(await heldBy(scene.two.world)).toEqual([]);
    await stage(scene, scene.two, { "a.txt": lines("mine", "two") });
    expect(await heldBy(scene.two.world)).toEqual(["one: a.txt"]);
  });

  test("of somebody's work into another branch is its work, squashed or picked too", async () => {
    await using scene = await diverged();
    const landing = scene.place.at("landing");
    await scene.repo.git("worktree", "add", "--quiet", "-b", "landing", landing, "main~1");
    const nobody = scene.world.as({ cwd: landing, parentPid: await deadPid() });
    const git = gitOf(scene, landing);
    for (const how of [
      ["merge", "--squash", "main"],
      ["cherry-pick", "--no-commit", "main"],
      ["checkout", "main", "--", "a.txt"],
    ]) {
      await git(...how);
      expect(await heldBy(nobody)).toEqual([]);
      await git("reset", "--quiet", "--hard");
    }
    put(landing, { "a.txt": "other\n" });
    await git("add", "a.txt");
    expect(await heldBy(nobody)).toEqual(["one: a.txt"]);
  });

  test("that a cherry-pick of one's own cannot finish counts by what is decided in it", async () => {
    await using scene = await diverged();
    const git = gitOf(scene, scene.two);
    await git("checkout", "--quiet", "-B", "again", "main");
    expect(await tried(git, "cherry-pick", scene.two.known.branch ?? "")).toBe("conflict");
    put(scene.two, { "file-0.txt": "both\n" });
    await git("add", "file-0.txt");
    expect(await heldBy(scene.two.world)).toEqual(["one: file-0.txt"]);
  });
});

describe("a commit that is let pass", () => {
  test("is recorded, and its holders are told", async () => {
    await using scene = await twoSessions();
    await claim(scene.one, "src/");
    await stage(scene, scene.two, { "src/a.ts": "x", "src/b.ts": "x" });
    const { isBypassed, conflicts, message } = await checkStaged(bypassing(scene.two.world));
    expect({ isBypassed, held: conflicts.length }).toEqual({ isBypassed: true, held: 2 });
    expect(message).toContain('lets 2 files pass over the claim of session "one"');
    const { bypasses } = await claimsHere(scene.world, {});
    expect(bypasses).toMatchObject([
      { filePath: "src/b.ts", holder: "one", sessionId: scene.two.known.id },
      { filePath: "src/a.ts", holder: "one", sessionId: scene.two.known.id },
    ]);
    const told = takeDelivery(await scene.world.db(), scene.one.known, "hook");
    expect(told).toContain('commits "src/a.ts", "src/b.ts", claimed EXCLUSIVE by you');
  });

  test("passes also when somebody else holds the registry's lock for longer than a hook may wait", async () => {
    await using scene = await twoSessions();
    await claim(scene.one, "a.txt");
    await stage(scene, scene.two, { "a.txt": "x" });
    const other = new Database(scene.world.paths.database);
    other.run("BEGIN IMMEDIATE");
    expect(await heldBy(scene.two.world)).toEqual(["one: a.txt"]);
    const { isBypassed, message } = await checkStaged(bypassing(scene.two.world));
    other.close();
    expect(isBypassed).toBe(true);
    expect(message).toContain("it could not be recorded: ");
    expect((await claimsHere(scene.world, {})).bypasses).toEqual([]);
  });

  test("is not recorded where it needs none", async () => {
    await using scene = await twoSessions();
    await claim(scene.one, "a.txt");
    await stage(scene, scene.two, { "b.txt": "x" });
    expect(await checkStaged(bypassing(scene.two.world))).toMatchObject({ isBypassed: false, message: null });
    expect((await claimsHere(scene.world, {})).bypasses).toEqual([]);
  });
});

describe("the command", () => {
  const check = operations.find(({ name }) => name === "claims.check");

  test("fails for what is refused, and for nothing else", async () => {
    await using scene = await twoSessions();
    await claim(scene.one, "a.txt");
    await stage(scene, scene.two, { "a.txt": "x" });
    const exit = async (world: World, input: unknown) => check?.exitCode?.(await check.run(world, input), input);
    expect(await exit(scene.two.world, { staged: true })).toBe(1);
    expect(await exit(bypassing(scene.two.world), { staged: true })).toBe(0);
    expect(await exit(scene.one.world, { staged: true })).toBe(0);
  });

  test.each([
    ["a git that fails", (world: World): World => ({ ...world, git: () => world.git("/nowhere") })],
    [
      "a registry that is locked",
      (world: World): World => ({ ...world, dbInHaste: () => Promise.reject(new Error("locked")) }),
    ],
  ])("lets a commit through at %s, and says so", async (_what, broken) => {
    await using scene = await twoSessions();
    await claim(scene.one, "a.txt");
    await stage(scene, scene.two, { "a.txt": "x" });
    const answer = await check?.run(broken(scene.two.world), { staged: true });
    expect(answer).toMatchObject({ conflicts: [], isHeld: false });
    expect(answer.staged.message).toMatch(/^parallel-cc: the commit goes on, but whether others have claimed/);
    expect(check?.exitCode?.(answer, { staged: true })).toBe(0);
  });

  test.each([{}, { staged: true, paths: ["a"] }])("wants paths or --staged: %j", async (input) => {
    await using scene = await twoSessions();
    await expect(check?.run(scene.two.world, input)).rejects.toMatchObject({ code: "usage.flag-missing" });
  });
});
