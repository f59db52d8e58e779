// Runaways in a native sandbox: they come to their own limit, not to this machine's.

import { expect, test } from "bun:test";
import { join } from "node:path";
import { holdDown } from "../../src/features/providers/native/limits.ts";
import { capture } from "../../src/features/providers/provider.ts";
import { waitFor } from "../support/processes.ts";
import { downloaded } from "./conformance.ts";
import { nativeScene } from "./native-scene.ts";

const SMALL = { memoryBytes: 300 * 1024 * 1024, processes: 60 };

test("who takes more memory than the sandbox may have is ended, and the sandbox goes on", async () => {
  await using scene = await nativeScene();
  const sandbox = await scene.make({ limits: SMALL });
  expect((await sandbox.inspect()).ranOutOfMemory).toBe(false);
  const hog =
    'const all = []; for (;;) { all.push(new Uint8Array(16 << 20).fill(1)); if (all.length > 100) break }; console.log("had")';
  const ran = await capture(sandbox, { argv: ["bun", "-e", hog], timeoutMs: 30_000 });
  expect(ran.stdout).not.toContain("had");
  expect(ran.exit).not.toBe(0);
  expect((await sandbox.inspect()).ranOutOfMemory).toBe(true);
  expect(await capture(sandbox, { argv: ["echo", "on"] })).toMatchObject({ exit: 0, stdout: "on\n" });
});

test("a fork bomb fills the sandbox, not the machine, and does not keep out who comes to end it", async () => {
  await using scene = await nativeScene();
  const sandbox = await scene.make({ limits: SMALL });
  const bomb = "echo up >../run/up; b() { b | b & }; b; while :; do sleep 1; done";
  await sandbox.start({ argv: ["bash", "-c", bomb] });
  await waitFor(() => downloaded(sandbox, join(sandbox.places.run, "up")).catch(() => ""), "it has begun");
  const listed = Bun.spawn(["ps", "-A", "-o", "args="], { stdout: "pipe" });
  const ours = (await listed.stdout.text()).split("\n").filter((line) => line.includes(bomb));
  expect(ours.length).toBeLessThanOrEqual(SMALL.processes + 5);
  expect(await capture(sandbox, { argv: ["echo", "in"] })).toMatchObject({ exit: 0, stdout: "in\n" });
  await sandbox.destroy();
  const after = Bun.spawn(["ps", "-A", "-o", "args="], { stdout: "pipe" });
  expect((await after.stdout.text()).includes(bomb)).toBe(false);
});

test("what no group of all can hold is limited for each program, and said", async () => {
  await using scene = await nativeScene();
  // Nothing that would have to be entered can be.
  const runProgram = async () => ({ exit: 1, signal: null, stdout: new Uint8Array(), stderr: "" });
  const held = await holdDown({ ...scene.world, runProgram }, { name: "parallel-cc-of-tests", limits: SMALL });
  expect(held).toMatchObject({ before: "exec ", groups: [] });
  expect(held.weaknesses).toHaveLength(2);
  const shell = Bun.spawn(["bash", "-c", `${held.inside}ulimit -d; ulimit -u`], { stdout: "pipe" });
  expect(await shell.stdout.text()).toBe(`${SMALL.memoryBytes / 1024}\n${SMALL.processes}\n`);
});
