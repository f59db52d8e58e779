// The guard of commits with the compiled program, real hooks and real commits of every kind, between two sessions.

import { expect, test } from "bun:test";
import { mkdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { PROGRAM, pcc, pccJson } from "../support/cli.ts";
import { makePlace } from "../support/place.ts";
import { sleeper } from "../support/processes.ts";
import { makeRepo } from "../support/repo.ts";
import { registered } from "../support/sessions.ts";

/** One works in the main checkout and has `a.txt` and `claimed/`; two works in a worktree. */
async function scene() {
  await using stack = new AsyncDisposableStack();
  const place = stack.use(await makePlace());
  const repo = await makeRepo(place);
  // As if it were installed there.
  const program = join(place.home, ".local/bin/parallel-cc");
  mkdirSync(join(place.home, ".local/bin"), { recursive: true });
  symlinkSync(PROGRAM, program);
  const one = stack.use(sleeper());
  const two = stack.use(sleeper());
  const at = { cwd: repo.path };
  await registered(place, one, at, "--name", "one");
  const { worktreePath } = await registered(place, two, at, "--name", "two");
  const owned = stack.move();
  const run = async (top: string, words: readonly string[], env: Record<string, string> = {}) => {
    const child = Bun.spawn([...words], {
      cwd: top,
      env: place.env({ extra: { GIT_EDITOR: "true", ...env } }),
      stdio: ["ignore", "pipe", "pipe"],
    });
    const [exit, stderr] = await Promise.all([child.exited, child.stderr.text()]);
    return { exit, stderr };
  };
  const git = async (...words: string[]) => (await run(worktreePath, ["git", ...words])).exit;
  return {
    ...{ place, repo, one, two, worktreePath, program, run, git },
    write: (path: string, text: string) => {
      mkdirSync(join(worktreePath, path, ".."), { recursive: true });
      writeFileSync(join(worktreePath, path), text);
    },
    async claim() {
      const claimed = await pcc(place, ["claims", "claim", "a.txt", "claimed/", "--reason", "schema"], at);
      expect(claimed.exit).toBe(0);
    },
    async guard() {
      expect((await pcc(place, ["install", "--guard"], at)).exit).toBe(0);
    },
    commit: (words: readonly string[], env?: Record<string, string>, below = ".") =>
      run(join(worktreePath, below), ["git", "commit", "--quiet", "-m", "x", ...words], env),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

test("a commit of another's file is refused however it is made, and nothing else is", async () => {
  await using at = await scene();
  at.write("a.txt", "before\n");
  at.write("b.txt", "b\n");
  await at.git("add", ".");
  await at.git("commit", "--quiet", "-m", "before it was claimed");
  await at.claim();
  await at.guard();

  at.write("a.txt", "two\n");
  await at.git("add", "a.txt");
  const refused = await at.commit([]);
  expect(refused.exit).toBe(1);
  expect(refused.stderr).toStartWith(
    "parallel-cc: nothing was committed, another session has claimed what is in it:\n",
  );
  expect(refused.stderr).toContain('- "a.txt": session "one" (on branch "main", in the main checkout) has claimed');
  expect(refused.stderr).toContain("- leave it out: git restore --staged -- :/a.txt\n");
  await at.git("restore", "--staged", "--", ":/a.txt");

  at.write("b.txt", "b2\n");
  expect((await at.commit(["-a"])).stderr).toContain("and commit without -a or naming it\n");
  expect((await at.commit(["a.txt"])).exit).toBe(1);
  expect((await at.commit(["b.txt"])).exit).toBe(0);
  at.write("claimed/deep/new.txt", "new\n");
  await at.git("add", "claimed");
  expect((await at.commit([], {}, "claimed/deep")).exit).toBe(1);
  await at.git("restore", "--staged", ":/claimed");
  expect((await at.commit(["--amend"])).exit).toBe(0);
  await at.git("add", "a.txt");
  expect((await at.commit(["--amend"])).exit).toBe(1);
  await at.git("restore", "--staged", "a.txt");
  expect((await at.commit(["--allow-empty"])).exit).toBe(0);
});

test("a merge is refused for what is decided in it by hand, and neither a rebase nor a landing is", async () => {
  await using at = await scene();
  const main = (...words: string[]) => at.run(at.repo.path, ["git", ...words]);
  at.write("a.txt", "two\n");
  at.write("c.txt", "two\n");
  await at.git("add", ".");
  await at.git("commit", "--quiet", "-m", "two");
  writeFileSync(join(at.repo.path, "a.txt"), "one\n");
  writeFileSync(join(at.repo.path, "c.txt"), "one\n");
  writeFileSync(join(at.repo.path, "claimed.txt"), "one\n");
  await main("add", ".");
  await main("commit", "--quiet", "-m", "one");
  await at.claim();
  await at.guard();

  expect(await at.git("merge", "--quiet", "main")).toBe(1);
  at.write("c.txt", "both\n");
  at.write("a.txt", "both\n");
  await at.git("add", "a.txt", "c.txt");
  expect((await at.commit([])).exit).toBe(1);
  await at.git("checkout", "--theirs", "a.txt");
  await at.git("checkout", "main", "--", "a.txt");
  expect((await at.commit([])).exit).toBe(0);
  await at.git("reset", "--quiet", "--hard", "HEAD~1");

  await at.git("checkout", "--quiet", "-B", "rebased", "HEAD");
  expect(await at.git("rebase", "--quiet", "main")).toBe(1);
  await at.git("checkout", "--ours", "a.txt");
  at.write("c.txt", "both\n");
  await at.git("add", "a.txt", "c.txt");
  expect(await at.git("rebase", "--continue")).toBe(0);
  // Replayed without a conflict, its own commits pass as they are.
  at.write("d.txt", "two\n");
  await at.git("add", "d.txt");
  expect((await at.commit([])).exit).toBe(0);
  await main("commit", "--quiet", "--allow-empty", "-m", "more");
  expect(await at.git("rebase", "--quiet", "main")).toBe(0);

  const landed = await main("merge", "--quiet", "--squash", "rebased");
  expect(landed.exit).toBe(0);
  expect((await main("commit", "--quiet", "-m", "landed")).exit).toBe(0);
});

test("the first commit of a branch without any is looked at too", async () => {
  await using at = await scene();
  await at.claim();
  await at.guard();
  await at.git("checkout", "--quiet", "--orphan", "fresh");
  at.write("a.txt", "x\n");
  await at.git("add", "a.txt");
  const refused = await at.commit([]);
  expect(refused).toMatchObject({ exit: 1, stderr: expect.stringContaining("git rm --cached -- :/a.txt") });
  expect(await at.git("rm", "--quiet", "--cached", "--", ":/a.txt")).toBe(0);
  expect((await at.commit([])).exit).toBe(0);
});

test("it passes once by word of its user, which is recorded and told", async () => {
  await using at = await scene();
  await at.claim();
  await at.guard();
  at.write("a.txt", "x\n");
  await at.git("add", "a.txt");
  const passed = await at.commit([], { PARALLEL_CC_BYPASS: "1" });
  expect(passed).toMatchObject({ exit: 0, stderr: expect.stringContaining("lets 1 file pass over the claim of") });
  expect(await pccJson(at.place, ["claims"], { cwd: at.repo.path })).toMatchObject({
    bypasses: [{ filePath: "a.txt", holder: "one" }],
  });
  at.write("a.txt", "y\n");
  expect((await at.commit(["-a"])).exit).toBe(1);
});

test("it passes when its holder has died, when the program is gone, and when the guard is", async () => {
  await using at = await scene();
  await at.claim();
  await at.guard();
  at.write("a.txt", "x\n");
  await at.git("add", "a.txt");
  expect((await at.commit([])).exit).toBe(1);
  rmSync(at.program);
  expect(await at.commit([])).toEqual({ exit: 0, stderr: "" });
  symlinkSync(PROGRAM, at.program);
  at.write("a.txt", "y\n");
  expect((await at.commit(["-a"])).exit).toBe(1);
  await at.one.kill();
  expect(await at.commit(["-a"])).toEqual({ exit: 0, stderr: "" });
  await pcc(at.place, ["install", "--uninstall", "--guard"], { cwd: at.repo.path });
  at.write("a.txt", "z\n");
  expect((await at.commit(["-a"])).exit).toBe(0);
});

test("a registry that cannot be read lets it pass, and says so", async () => {
  await using at = await scene();
  await at.claim();
  await at.guard();
  at.write("a.txt", "x\n");
  await at.git("add", "a.txt");
  for (const name of ["coordinator.db", "coordinator.db-wal", "coordinator.db-shm"]) {
    rmSync(join(at.place.home, ".parallel-cc", name), { force: true });
  }
  writeFileSync(join(at.place.home, ".parallel-cc/coordinator.db"), "no database".repeat(1000));
  const passed = await at.commit([]);
  expect(passed).toMatchObject({ exit: 0, stderr: expect.stringContaining("parallel-cc: the commit goes on, but") });
});
