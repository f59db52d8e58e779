// The sandbox of a run goes away, at whatever step: the run ends soon, says so, and hands over what had come home.

import { expect, test } from "bun:test";
import { rm } from "node:fs/promises";
import { STEPS, type Step } from "../../src/features/sandboxes/run.ts";
import { ends, type RunScene, runScene } from "./run-scene.ts";

const WORK = `echo one >one.txt && git add one.txt && git commit -qm "Phase 1"\necho two >two.txt\n`;

async function takeAway(scene: RunScene): Promise<void> {
  for (const id of await scene.sandboxes()) {
    const directory = `${scene.place.home}/.parallel-cc/native/${id}`;
    const standing = await Bun.file(`${directory}/standing.json`)
      .json()
      .catch(() => undefined);
    await rm(directory, { recursive: true, force: true, maxRetries: 5 });
    if (standing !== undefined) {
      try {
        process.kill(standing.keeper.pid, "SIGKILL");
      } catch {
        // It has seen that its sandbox is gone.
      }
    }
  }
}

/** With its driver out of the way, so that it is taken away just there. */
async function heldAt(scene: RunScene, id: string, step: Step): Promise<Step> {
  const { driver } = await scene.rowAt(id, (run) => STEPS.indexOf(run.step) >= STEPS.indexOf(step));
  if (driver !== null) process.kill(driver.pid, "SIGKILL");
  return scene.row(id).step;
}

for (const step of ["made", "sent", "started", "over", "home", "delivered"] as const) {
  test.concurrent(`a sandbox that goes when the run is ${step} ends it, and is told of unless all had come home`, async () => {
    await using scene = await runScene({ sh: `${WORK}${ends("Done.")}` });
    const id = await scene.begin("--prompt", "Do it");
    const at = await heldAt(scene, id, step);
    await takeAway(scene);
    const answer = await scene.sandbox("attach", id);
    const isSafe = STEPS.indexOf(at) >= STEPS.indexOf("home");
    expect(answer.success).toBe(isSafe);
    expect(answer.status).toBe(isSafe ? "COMPLETED" : "FAILED");
    expect(answer.error?.code).toBe(isSafe ? undefined : "sandbox.gone");
    expect(scene.row(id).step).toBe("ended");
    expect(await scene.sandboxes()).toEqual([]);
  });
}

test.concurrent("a sandbox that goes under a driver that watches it hands over what a checkpoint had brought", async () => {
  await using scene = await runScene({ sh: `${WORK}at begin\n${ends("Done.")}` });
  await using running = scene.start(["sandbox", "run", "--prompt", "Do it", "--json"]);
  await scene.reached("begin");
  const taken = await scene.pcc(["sandbox", "download", "--json"]);
  expect(taken.exit).toBe(0);
  await takeAway(scene);
  const { stdout, exit } = await running.exited;
  expect(exit).toBe(1);
  const answer = JSON.parse(stdout);
  expect(answer).toMatchObject({ status: "FAILED", filesChanged: 2, error: { code: "sandbox.gone" } });
  expect(await scene.read(`${answer.worktreePath}/two.txt`)).toBe("two\n");
});

test.concurrent("a sandbox that goes with nothing brought home says so, and leaves no worktree", async () => {
  await using scene = await runScene({ sh: `${WORK}at begin\n${ends("Done.")}` });
  await using running = scene.start(["sandbox", "run", "--prompt", "Do it", "--json"]);
  await scene.step("started");
  await takeAway(scene);
  const { stdout } = await running.exited;
  expect(JSON.parse(stdout)).toMatchObject({ status: "FAILED", resultRef: null, error: { code: "sandbox.gone" } });
  expect((await scene.repo.git("worktree", "list")).split("\n")).toHaveLength(1);
});
