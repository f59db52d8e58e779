// The commands that look on, in this process: how each one ends. What they show is tried on real terminals.

import { expect, test } from "bun:test";
import { chmod } from "node:fs/promises";
import { attachToRun, followLogs, killRun, runInSandbox } from "../../src/cli/commands/sandbox.ts";
import { attach } from "../../src/features/sandboxes/sandboxes.ts";
import { makePlace } from "../support/place.ts";
import { makeRepo } from "../support/repo.ts";
import { testWorld } from "../support/world.ts";

const FLAGS = { json: false, help: false, colour: false };

/** Its exit code is in the task. */
const CLAUDE = `#!/bin/sh
[ "$1" = --version ] && exec echo '2.1.328 (Claude Code)'
code=$(cat)
echo "$code" >>file-0.txt
echo '{"type":"result","subtype":"success","is_error":false,"result":"Done","total_cost_usd":0.1}'
exit "$code"
`;

test("who looks on ends as the run does", async () => {
  await using place = await makePlace();
  const repo = await makeRepo(place);
  await Bun.write(place.at("programs/claude"), CLAUDE);
  await chmod(place.at("programs/claude"), 0o755);
  const env = { ANTHROPIC_API_KEY: "sk-ant-of-this-test" };
  await using made = testWorld(place, { cwd: repo.path, path: [place.at("programs")], env });
  // Its driver is here, too.
  const world = {
    ...made,
    startInBackground: (words: readonly string[]) => {
      void attach(made, { run: words.at(-1), isUnattended: true });
    },
  };
  expect(await runInSandbox(world, { prompt: "0", name: "good" }, FLAGS)).toBe(0);
  expect(await runInSandbox(world, { prompt: "3", name: "bad" }, FLAGS)).toBe(1);
  expect(await attachToRun(world, { run: "good" }, FLAGS)).toBe(0);
  expect(await attachToRun(world, { sessionId: "bad" }, FLAGS)).toBe(1);
  expect(await killRun(world, { run: "bad", discard: true }, FLAGS)).toBe(0);
  expect(await followLogs(world, { run: "good" }, FLAGS)).toBe(0);
  expect(await followLogs(world, { run: "bad" }, { ...FLAGS, json: true })).toBe(0);
});
