// A result that could not be put into the run's worktree: where it is and why is told, and what is said to do next holds.

import { expect, test } from "bun:test";
import { rm, writeFile } from "node:fs/promises";
import { type Answer, ends, type RunScene, runScene } from "./run-scene.ts";

const WORK = `at begin\necho one >one.txt && git add one.txt && git commit -qm One\necho two >two.txt\n${ends("Done.")}`;

/** What the user is shown, without colours. */
async function shown(scene: RunScene, { sessionId }: Answer): Promise<string> {
  return (await scene.pcc(["sandbox", "status", sessionId])).stdout;
}

async function expectHolds(scene: RunScene, { next }: Answer): Promise<void> {
  expect(next.length).toBeGreaterThan(0);
  for (const command of next.filter((one) => !one.includes(" push "))) {
    const words = ["sh", "-euc", command.replace("<branch>", "chosen")];
    const ran = Bun.spawnSync(words, { cwd: scene.place.path, env: scene.place.env() });
    expect({ command, exit: ran.exitCode }).toEqual({ command, exit: 0 });
  }
}

test.concurrent("a branch that another run took meanwhile: the result is under its ref, and that and why is told", async () => {
  await using scene = await runScene({ sh: WORK });
  const id = await scene.begin("--prompt", "Do it", "--branch", "same");
  await scene.reached("begin");
  await scene.repo.git("branch", "same");
  await scene.open("begin");
  const ran = await scene.pcc(["sandbox", "attach", id, "--json"]);
  const answer: Answer = JSON.parse(ran.stdout);
  expect([ran.exit, answer.success, answer.status, answer.branch]).toEqual([1, false, "COMPLETED", null]);
  expect(answer.error?.code).toBe("sandbox.undelivered");
  expect(answer.error?.message).toBe(
    `The result is under ${answer.resultRef}, and not in the worktree: There is a branch same already.`,
  );
  const text = await shown(scene, answer);
  expect(text).toContain(
    `  2 files changed, 1 commit of claude's; not in the worktree, but under\n  ${answer.resultRef}\n`,
  );
  expect(text).not.toMatch(/uncommitted in|null/);
  await expectHolds(scene, answer);
  expect(await scene.repo.git("show", "chosen:two.txt")).toBe("two");
});

test.concurrent("a worktree that its user committed in, or removed: the branch that was asked for is made", async () => {
  await using scene = await runScene({ sh: WORK });
  const id = await scene.begin("--prompt", "Do it", "--branch", "mine");
  await scene.reached("begin");
  const worktree = `${scene.row(id).worktree_path}`;
  await writeFile(`${worktree}/mine.txt`, "mine\n");
  await scene.repo.git("-C", worktree, "add", "mine.txt");
  await scene.repo.git("-C", worktree, "commit", "-qm", "Mine");
  await scene.open("begin");
  const answer = await scene.sandbox("attach", id);
  expect(answer).toMatchObject({ success: false, status: "COMPLETED", branch: "mine" });
  expect(answer.error?.message).toBe(
    "The result is on mine, and not in the worktree: the worktree stands at another commit than it was made from.",
  );
  expect(await shown(scene, answer)).toContain("; not in the worktree, but on the branch\n  mine\n");
  expect(await scene.repo.git("show", "mine:two.txt")).toBe("two");
  expect(await scene.repo.git("-C", worktree, "log", "-1", "--format=%s")).toBe("Mine");
  await expectHolds(scene, answer);
});

test.concurrent("a worktree that was removed: the result is on its branch", async () => {
  await using scene = await runScene({ sh: WORK });
  const id = await scene.begin("--prompt", "Do it", "--branch", "gone");
  await scene.reached("begin");
  await rm(`${scene.row(id).worktree_path}`, { recursive: true });
  await scene.open("begin");
  const answer = await scene.sandbox("attach", id);
  expect(answer).toMatchObject({ success: false, branch: "gone", error: { code: "sandbox.undelivered" } });
  expect(await shown(scene, answer)).toContain("; not in the worktree, but on the branch\n  gone\n");
  expect(await scene.repo.git("show", "gone:two.txt")).toBe("two");
  await expectHolds(scene, answer);
});

test.concurrent("a lock of the worktree: nothing is changed there, it waits, and without the lock all of it comes", async () => {
  await using scene = await runScene({ sh: WORK });
  const id = await scene.begin("--prompt", "Do it", "--branch", "later");
  await scene.reached("begin");
  const worktree = `${scene.row(id).worktree_path}`;
  const git = (...words: string[]) => scene.repo.git("-C", worktree, ...words);
  const head = await git("symbolic-ref", "HEAD");
  const lock = await git("rev-parse", "--path-format=absolute", "--git-path", "index.lock");
  await writeFile(lock, "");
  await scene.open("begin");
  const answer = await scene.sandbox("attach", id);
  const attach = `parallel-cc sandbox attach ${id.slice(0, 8)}`;
  expect(answer.error).toEqual({
    code: "results.locked",
    message: `Another git is at work, or was killed: ${lock} stands there.`,
    hint: `When no git is at work there, remove that file, and go on: ${attach}`,
  });
  expect(answer.next).toEqual([attach]);
  expect(await git("symbolic-ref", "HEAD")).toBe(head);
  expect(await scene.repo.git("branch", "--list", "later")).toBe("");
  await rm(lock);
  expect(await git("status", "--porcelain")).toBe("");
  expect(await scene.sandbox("attach", id)).toMatchObject({ success: true, branch: "later", error: null });
  expect(await git("status", "--porcelain", "--branch")).toBe("## later");
});
