// Runs driven in this process, where what is around them can be made up.

import { expect, test } from "bun:test";
import { chmod } from "node:fs/promises";
import { insertProcess } from "../../src/features/roster/roster.ts";
import { attach, runToEnd } from "../../src/features/sandboxes/sandboxes.ts";
import { register } from "../../src/features/sessions/sessions.ts";
import { makePlace } from "../support/place.ts";
import { sleeper } from "../support/processes.ts";
import { makeRepo } from "../support/repo.ts";
import { testWorld } from "../support/world.ts";

const CLAUDE = `#!/bin/sh
[ "$1" = --version ] && exec echo '2.1.328 (Claude Code)'
echo more >>file-0.txt
echo '{"type":"result","subtype":"success","is_error":false,"result":"Done","total_cost_usd":0.1}'
`;

test("a session's claude may begin a run, whose session is then another one's", async () => {
  await using place = await makePlace();
  const repo = await makeRepo(place);
  await Bun.write(place.at("programs/claude"), CLAUDE);
  await chmod(place.at("programs/claude"), 0o755);
  await using around = sleeper();
  const env = { ANTHROPIC_API_KEY: "sk-ant-of-this-test" };
  const given = { cwd: repo.path, path: [place.at("programs")], env, parentPid: around.pid };
  await using world = testWorld(place, given);
  const db = await world.db();
  const { session } = await register(world, { pid: around.pid });
  const identity = world.processes.identify(around.pid);
  if (identity === undefined) throw new Error("the process around is not there");
  db.write(() => insertProcess(db, session.id, "claude", identity));
  const begun = await runToEnd(world, { prompt: "Do it" }, { isDetached: true });
  const ended = await attach(world, { run: begun.sessionId, isUnattended: true });
  expect(ended).toMatchObject({ status: "COMPLETED", error: null, filesChanged: 1 });
  expect((await attach(world, { run: begun.sessionId, isUnattended: false })).status).toBe("COMPLETED");
});
