// What becomes of the worktrees of claude-parallel: the whole way from a session's first commit to its branch landing
// on a forge, with the real programs and a fake claude.

import { Database } from "bun:sqlite";
import { describe, expect, test } from "bun:test";
import { existsSync } from "node:fs";
import { basename, join } from "node:path";
import { pcc } from "../support/cli.ts";
import { makePlace, type Place } from "../support/place.ts";
import { sleeper, waitFor } from "../support/processes.ts";
import { makeRepo, type Repo, runGit } from "../support/repo.ts";
import { makeWrapper, SHELLS } from "../support/wrapper.ts";

/** A bare repository that `main` follows. */
async function makeForge(place: Place, { git, path }: Repo): Promise<string> {
  const far = place.at("forge.git");
  await git("clone", "--quiet", "--bare", path, far);
  await git("remote", "add", "origin", far);
  await git("fetch", "--quiet", "origin");
  await git("branch", "--quiet", "--set-upstream-to=origin/main", "main");
  return far;
}

/** A colleague squashes the branch into the forge's main, and deletes it there. */
async function landOnForge(place: Place, { far, branch }: { far: string; branch: string }): Promise<void> {
  const env = place.env();
  const cwd = place.at("colleague");
  await runGit(["clone", "--quiet", far, cwd], { cwd: place.path, env });
  for (const words of [
    ["merge", "--quiet", "--squash", `origin/${branch}`],
    ["commit", "--quiet", "-m", "Squash"],
    ["push", "--quiet", "origin", "main", `:${branch}`],
  ])
    await runGit(words, { cwd, env });
}

/** What the last cleanup in the background has left to tell. */
function lastReport(place: Place): string | undefined {
  using db = new Database(join(place.home, ".parallel-cc/coordinator.db"), { readonly: true });
  return db.query<{ told: string }, []>("SELECT removed || kept AS told FROM cleanup_reports").get()?.told;
}

const COMMIT = "git add --all && git commit --quiet -m Work";

test("a session's worktree goes once its branch has landed on the forge; what is not landed or not committed stays", async () => {
  await using place = await makePlace();
  const repo = await makeRepo(place, { files: 3 });
  const far = await makeForge(place, repo);
  await repo.git("branch", "mine");
  await using holder = sleeper();
  await pcc(place, ["register", "--pid", String(holder.pid)], { cwd: repo.path });
  const claude = {
    answers: [
      { sh: `echo one >a.txt && ${COMMIT} && echo two >>a.txt && ${COMMIT} && git push --quiet -u origin HEAD` },
      { sh: "echo draft >draft.txt" },
      { sh: `echo three >c.txt && ${COMMIT}` },
      {},
    ],
    last: "repeats" as const,
  };
  const { run, programs } = await makeWrapper(place, { shell: "dash", claude });
  const told: string[] = [];
  for (const name of ["landing", "dirty", "unlanded"]) {
    const ran = await run(["--name", name], { cwd: repo.path });
    expect(ran.exit).toBe(0);
    expect(ran.stderr).toContain("  cd ");
    told.push(...ran.stderr.split("\n"));
  }
  const [landing = "", dirty = "", unlanded = ""] = (await programs.calls("claude")).map(({ cwd }) => cwd);
  expect([landing, dirty, unlanded].map((path) => existsSync(join(path, ".git")))).toEqual([true, true, true]);
  const branches = [
    "refs/heads/main",
    "refs/heads/mine",
    ...[dirty, unlanded].map((path) => `refs/heads/${basename(path)}`),
  ];
  const before = await repo.git("for-each-ref", ...branches);

  await landOnForge(place, { far, branch: basename(landing) });
  told.push(...(await run([], { cwd: repo.path })).stderr.split("\n"));
  // The cleanup runs beside claude; a slow machine tells of it at the next start.
  await waitFor(() => lastReport(place)?.includes(basename(landing)), "the cleanup in the background");
  told.push(...(await run([], { cwd: repo.path })).stderr.split("\n"));

  const lines = told.filter((line) => line.startsWith("parallel-cc: ") && line.includes("undo"));
  expect(lines).toEqual([expect.stringMatching(/^parallel-cc: removed [^;]+; kept [^;]+\.$/)]);
  const [line = ""] = lines;
  expect(line).toMatch(new RegExp(`removed ${basename(landing)} \\(parallel-cc undo [0-9a-f]{8}\\)`));
  for (const path of [dirty, unlanded]) expect(line).toContain(basename(path));
  expect([landing, dirty, unlanded].map((path) => existsSync(path))).toEqual([false, true, true]);
  expect(await repo.git("branch", "--list", basename(landing))).toBe("");
  expect(await repo.git("for-each-ref", ...branches)).toBe(before);

  const [, id = ""] = /undo ([0-9a-f]{8})/.exec(line) ?? [];
  expect(await pcc(place, ["undo", id], { cwd: repo.path })).toMatchObject({ exit: 0 });
  expect(await Bun.file(join(landing, "a.txt")).text()).toBe("one\ntwo\n");
});

describe.each(SHELLS)("claude-parallel under %s", (shell) => {
  test("removes a worktree that nobody touched, says so, and names what brings it back", async () => {
    await using place = await makePlace();
    const repo = await makeRepo(place);
    await using holder = sleeper();
    await pcc(place, ["register", "--pid", String(holder.pid)], { cwd: repo.path });
    const { run, programs } = await makeWrapper(place, { shell });
    const ran = await run(["x"], { cwd: repo.path });
    const [call] = await programs.expectCalled("claude", 1);
    expect(existsSync(call?.cwd ?? "/")).toBe(false);
    expect(ran.stderr).toMatch(/removed: nobody committed to .*\n {2}Back with: parallel-cc undo [0-9a-f]{8}\n$/);
    expect(await repo.git("worktree", "list")).not.toContain("\n");
  });

  test("keeps a worktree in which claude has left a process", async () => {
    await using place = await makePlace();
    const repo = await makeRepo(place);
    await using holder = sleeper();
    await pcc(place, ["register", "--pid", String(holder.pid)], { cwd: repo.path });
    const pid = place.at("pid");
    const claude = { sh: `/bin/sleep 3600 >/dev/null 2>&1 </dev/null & echo $! >'${pid}'` };
    const { run, programs } = await makeWrapper(place, { shell, claude });
    const ran = await run(["x"], { cwd: repo.path });
    process.kill(Number(await Bun.file(pid).text()));
    const [call] = await programs.expectCalled("claude", 1);
    expect(existsSync(call?.cwd ?? "/nowhere")).toBe(true);
    expect(ran.stderr).toContain("a process works in it");
  });
});
