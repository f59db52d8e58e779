// Whoever drives a run, looks on at it or keeps its sandbox is killed, at any moment; somebody attaches, and it ends as
// one that nobody disturbed. KILL_POINTS=all takes every moment at which the driver starts a program.

import { Database } from "bun:sqlite";
import { expect, test } from "bun:test";
import { rename } from "node:fs/promises";
import { hostname } from "node:os";
import { STEPS } from "../../src/features/sandboxes/run.ts";
import { systemProcesses } from "../../src/proc/alive.ts";
import { PROGRAM } from "../support/cli.ts";
import { waitFor } from "../support/processes.ts";
import { ends, type RunScene, runScene, says } from "./run-scene.ts";

const DATES = "export GIT_AUTHOR_DATE='1893456100 +0000' GIT_COMMITTER_DATE='1893456100 +0000'\n";
const WORK = `${DATES}${says("At work.")}
echo one >one.txt && git add one.txt && git commit -qm "Phase 1"
echo two >>file-0.txt && git commit -qam "Phase 2"
rm folder-0/file-1.txt && echo three >three.txt
${ends("All done.")}`;

/** What came of a run: claude's commits by their ids, the files of the rest. */
async function cameOf(scene: RunScene, id: string) {
  const { facts, worktree_path: worktree, outcome, step } = scene.row(id);
  const ref = facts.result?.ref ?? "";
  const commits = (await scene.repo.git("log", "--format=%H %s", `main..${ref}`)).split("\n");
  const tree = await scene.repo.git("rev-parse", `${ref}^{tree}`);
  const status = await scene.repo.git("-C", `${worktree}`, "status", "--porcelain");
  return { step, outcome, commits: commits.slice(1), all: commits.length, tree, status };
}

const processes = systemProcesses({ platform: process.platform, host: hostname() });

/** One of everything, and nothing of it left. */
async function leftovers(scene: RunScene) {
  const worktrees = (await scene.repo.git("worktree", "list", "--porcelain"))
    .split("\n")
    .filter((line) => /^worktree /.test(line));
  const { stdout } = await scene.pcc(["status", "--json"]);
  return {
    sandboxes: await scene.sandboxes(),
    worktrees: worktrees.length - 1,
    sessions: JSON.parse(stdout).totalSessions,
  };
}

/** And gone: whoever looks next sees that nobody is there. */
async function killed(pid: number): Promise<void> {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // It has just ended by itself.
  }
  // Its first thread may be a zombie while others still end.
  await waitFor(() => processes.identify(pid) === undefined, `the end of ${pid}`);
}

test.concurrent("driver and viewer killed at every step, the run ends as one that nobody disturbed", async () => {
  await using scene = await runScene({ sh: WORK });
  const calm = await scene.begin("--prompt", "Do it calmly");
  const id = await scene.begin("--prompt", "Do it");
  const hit: string[] = [];
  for (const step of STEPS.slice(0, -1)) {
    const { driver } = await scene.rowAt(id, (run) => STEPS.indexOf(run.step) >= STEPS.indexOf(step));
    const viewer = scene.start(["sandbox", "attach", id, "--json"]);
    hit.push(scene.row(id).step);
    if (driver !== null) await killed(driver.pid);
    viewer.kill("SIGKILL");
    await viewer.exited;
    if (scene.row(id).step === "ended") break;
    await scene.pcc(["sandbox", "list"]);
  }
  expect(new Set(hit).size).toBeGreaterThan(4);
  expect(await scene.sandbox("attach", id)).toMatchObject({ success: true, status: "COMPLETED", filesChanged: 4 });
  await scene.sandbox("attach", calm);
  expect(await cameOf(scene, id)).toEqual(await cameOf(scene, calm));
  expect(await leftovers(scene)).toEqual({ sandboxes: [], worktrees: 2, sessions: 0 });
});

test.concurrent("a driver killed at whatever program it starts is taken over where it was", async () => {
  await using scene = await runScene({ sh: WORK });
  const id = await scene.begin("--prompt", "Do it");
  const { driver } = await scene.rowAt(id, () => true);
  if (driver !== null) await killed(driver.pid);
  const stride = process.env["KILL_POINTS"] === "all" ? 1 : 4;
  let lives = 0;
  for (let when = 1; scene.row(id).step !== "ended"; when += stride) {
    const inject = `inject=vfork:signal=SIGKILL:when=${when}`;
    const words = ["-qq", "-o", "/dev/null", "-e", "trace=vfork", "-e", inject, PROGRAM, "sandbox", "attach"];
    const child = Bun.spawn(["strace", ...words, "--unattended", id], {
      cwd: scene.repo.path,
      env: scene.place.env({ path: [scene.place.at("programs")], extra: scene.variables }),
      stdio: ["ignore", "ignore", "ignore"],
    });
    await child.exited;
    lives += 1;
    expect(lives).toBeLessThan(200);
  }
  const came = await cameOf(scene, id);
  expect(came).toMatchObject({ outcome: "COMPLETED", all: 3 });
  expect(await leftovers(scene)).toEqual({ sandboxes: [], worktrees: 1, sessions: 0 });
});

test.concurrent("a keeper that is killed takes claude along: what it had done comes home, and it is told", async () => {
  await using scene = await runScene({ sh: `echo half >half.txt\nat half\nexit 0\n` });
  const id = await scene.begin("--prompt", "Do it");
  await scene.reached("half");
  const [sandbox] = await scene.sandboxes();
  const standing = await Bun.file(`${scene.place.home}/.parallel-cc/native/${sandbox}/standing.json`).json();
  await killed(standing.keeper.pid);
  const answer = await scene.sandbox("attach", id);
  expect(answer).toMatchObject({ success: false, status: "FAILED", filesChanged: 1, error: { code: "claude.lost" } });
  expect(await scene.read(`${answer.worktreePath}/half.txt`)).toBe("half\n");
  expect(await leftovers(scene)).toEqual({ sandboxes: [], worktrees: 1, sessions: 0 });
});

test.concurrent("driver, viewer and keeper killed at once, the same", async () => {
  await using scene = await runScene({ sh: `echo half >half.txt\nat half\nexit 0\n` });
  await using running = scene.start(["sandbox", "run", "--prompt", "Do it", "--json"]);
  await scene.reached("half");
  const [sandbox] = await scene.sandboxes();
  const standing = await Bun.file(`${scene.place.home}/.parallel-cc/native/${sandbox}/standing.json`).json();
  const [run] = scene.rows();
  running.kill("SIGKILL");
  const pids = [run?.driver?.pid, standing.keeper.pid].filter((pid) => pid !== undefined);
  await Promise.all(pids.map(killed));
  await running.exited;
  expect(await scene.sandbox("attach")).toMatchObject({ status: "FAILED", filesChanged: 1 });
});

test.concurrent("of many who attach at once one drives, and all see the same end", async () => {
  await using scene = await runScene({ sh: `at begin\n${WORK}` });
  const id = await scene.begin("--prompt", "Do it");
  await scene.reached("begin");
  const { driver } = scene.row(id);
  if (driver !== null) await killed(driver.pid);
  const viewers = Array.from({ length: 4 }, () => scene.sandbox("attach", id));
  const next = await scene.rowAt(id, (run) => run.driver?.pid !== driver?.pid);
  await scene.open("begin");
  const answers = await Promise.all(viewers);
  expect(answers.map(({ status, filesChanged }) => [status, filesChanged])).toEqual(
    answers.map(() => ["COMPLETED", 4]),
  );
  expect(scene.row(id).driver).toEqual(next.driver);
});

test.concurrent("who has no key cannot start claude: the run waits, and goes on for who has it", async () => {
  await using scene = await runScene({ sh: `printenv WORD | wc -c >word.txt\n${ends("Done.")}` });
  const id = await scene.begin("--prompt", "Do it", "--env", "WORD=of-the-day");
  const { driver } = await scene.rowAt(id, () => true);
  if (driver !== null) await killed(driver.pid);
  const without = await scene.pcc(["sandbox", "attach", id, "--json"], { env: { ANTHROPIC_API_KEY: undefined } });
  expect(JSON.parse(without.stdout)).toMatchObject({ status: "INITIALIZING", error: { code: "sandbox.keys-missing" } });
  expect(without.exit).toBe(1);
  const half = await scene.sandbox("attach", id);
  expect(half).toMatchObject({ status: "INITIALIZING", error: { code: "sandbox.keys-missing" } });
  const { stdout } = await scene.pcc(["sandbox", "attach", id, "--json"], { env: { WORD: "of-the-day" } });
  const answer = JSON.parse(stdout);
  expect(answer).toMatchObject({ status: "COMPLETED", success: true });
  expect(await scene.read(`${answer.worktreePath}/word.txt`)).toBe("11\n");
});

test.concurrent("a claude that was started needs no key any more from who takes the run over", async () => {
  await using scene = await runScene({ sh: `at begin\n${WORK}` });
  const id = await scene.begin("--prompt", "Do it");
  await scene.reached("begin");
  await killedBeforeItWroteThatDown(scene, id);
  await scene.open("begin");
  const { stdout } = await scene.pcc(["sandbox", "attach", id, "--json"], { env: { ANTHROPIC_API_KEY: undefined } });
  expect(JSON.parse(stdout)).toMatchObject({ status: "COMPLETED", success: true });
});

test.concurrent("a claude that was started is brought home by kill, whoever died over it", async () => {
  await using scene = await runScene({ sh: `echo half >half.txt\nat begin\nexit 0\n` });
  const id = await scene.begin("--prompt", "Do it");
  await scene.reached("begin");
  await killedBeforeItWroteThatDown(scene, id);
  expect(await scene.sandbox("kill", id)).toMatchObject({ status: "CANCELLED", filesChanged: 1 });
});

test.concurrent("one that nobody wrote down either is thrown away when that is asked, and waits where its repository is gone", async () => {
  await using scene = await runScene({ sh: `at begin\n${WORK}` });
  const id = await scene.begin("--prompt", "Do it");
  await scene.reached("begin");
  await killedBeforeItWroteThatDown(scene, id);
  const away = scene.place.at("elsewhere");
  await rename(scene.repo.path, away);
  const { stdout } = await scene.pcc(["sandbox", "attach", id, "--json"], { cwd: away });
  expect(JSON.parse(stdout)).toMatchObject({ status: "INITIALIZING", error: { code: "sandbox.repository-gone" } });
  expect(await scene.sandboxes()).toHaveLength(1);
  await scene.pcc(["sandbox", "kill", id, "--discard", "--json"], { cwd: away });
  await rename(away, scene.repo.path);
  expect(scene.row(id)).toMatchObject({ step: "ended", outcome: "CANCELLED" });
  expect(await scene.sandboxes()).toEqual([]);
});

/** The driver, between the start of claude and the row that says so. */
async function killedBeforeItWroteThatDown(scene: RunScene, id: string): Promise<void> {
  const { driver } = scene.row(id);
  if (driver !== null) await killed(driver.pid);
  using db = new Database(`${scene.place.home}/.parallel-cc/coordinator.db`);
  db.run("UPDATE sandbox_runs SET step = 'sent', started_at = NULL WHERE id = ?", [id]);
}
