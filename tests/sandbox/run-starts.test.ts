// A driver is killed again and again while it starts claude: the next one finds the claude that runs, and never makes a
// second one of it.

import { expect, test } from "bun:test";
import { PROGRAM } from "../support/cli.ts";
import { waitFor } from "../support/processes.ts";
import { ends, type RunScene, runScene, says } from "./run-scene.ts";

/** Long enough that it is at work through every death. */
const WORK = `echo start >>starts.txt\n${says("At work.")}at gate\necho end >end.txt\n${ends("Done.")}`;

/** A run that has been sent, and waits for somebody with a key. */
async function sentRun(scene: RunScene): Promise<string> {
  const id = await scene.begin("--prompt", "Do it");
  const { driver } = await scene.rowAt(id, () => true);
  if (driver !== null) process.kill(driver.pid, "SIGKILL");
  await scene.pcc(["sandbox", "attach", id, "--json"], { env: { ANTHROPIC_API_KEY: undefined } });
  expect(scene.row(id)).toMatchObject({ step: "sent", trouble: { code: "sandbox.keys-missing" } });
  return id;
}

/** Whether it was; one that was not goes on. */
async function killedAt(scene: RunScene, id: string, point: { call: string; when: number }): Promise<boolean> {
  const { call, when } = point;
  const inject = `inject=${call}:signal=SIGKILL:when=${when}`;
  const words = ["-qq", "-o", "/dev/null", "-e", `trace=${call}`, "-e", inject, PROGRAM, "sandbox", "attach"];
  const child = Bun.spawn(["strace", ...words, "--unattended", id], {
    cwd: scene.repo.path,
    env: scene.place.env({ path: [scene.place.at("programs")], extra: scene.variables }),
    stdio: ["ignore", "ignore", "ignore"],
  });
  const isThrough = async () => child.exitCode !== null || child.signalCode !== null || scene.row(id).step !== "sent";
  await waitFor(isThrough, `a driver that is killed at ${call} ${when}, or not at all`, 30_000);
  return scene.row(id).step === "sent";
}

/** What starts a program, and what writes into the registry. */
for (const call of ["vfork", "pwrite64"]) {
  test.concurrent(`drivers killed at every ${call} before a start was written down make one claude, whose work comes home whole`, async () => {
    await using scene = await runScene({ sh: WORK });
    const id = await sentRun(scene);
    let lives = 0;
    while (await killedAt(scene, id, { call, when: lives + 1 })) lives += 1;
    expect(lives).toBeGreaterThan(2);
    await scene.reached("gate");
    await scene.open("gate");
    const answer = await scene.sandbox("attach", id);
    expect(answer).toMatchObject({ status: "COMPLETED", filesChanged: 2, error: null });
    expect(await scene.read(`${answer.worktreePath}/starts.txt`)).toBe("start\n");
    expect(await scene.read(`${answer.worktreePath}/end.txt`)).toBe("end\n");
  });
}
