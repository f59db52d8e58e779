// What an agent is told of itself, with real processes: by the process that started its server and that one's ancestors.

import { expect, test } from "bun:test";
import { heartbeat } from "../../src/features/sessions/heartbeat.ts";
import { mySession } from "../../src/features/sessions/mine.ts";
import { register } from "../../src/features/sessions/register.ts";
import { callTool, listTools } from "../../src/mcp/tools.ts";
import { makePlace } from "../support/place.ts";
import { sleeper } from "../support/processes.ts";
import { makeRepo } from "../support/repo.ts";
import { testWorld } from "../support/world.ts";

test("the claude that lives by its own pid is told its session, without asking git", async () => {
  await using place = await makePlace();
  const repo = await makeRepo(place);
  await using claude = sleeper();
  await using world = testWorld(place, { cwd: repo.path, parentPid: claude.pid });
  const { session } = await register(world, { pid: claude.pid });
  world.lines.length = 0;
  expect(await mySession(world)).toMatchObject({ sessionId: session.id, isMainRepo: true, parallelSessions: 1 });
  expect(world.lines.filter((line) => line.includes('"event":"git"'))).toEqual([]);
});

test("of the sessions that one process has, it is the one where the claude stands", async () => {
  await using place = await makePlace();
  const [one, other] = [await makeRepo(place, { name: "one" }), await makeRepo(place, { name: "other" })];
  await using claude = sleeper();
  await using world = testWorld(place, { cwd: one.path, parentPid: claude.pid });
  await register(world, { pid: claude.pid });
  await register(world.as({ cwd: other.path }), { pid: claude.pid });
  for (const { path } of [one, other]) {
    expect(await mySession(world.as({ cwd: path, parentPid: claude.pid }))).toMatchObject({ worktreePath: path });
  }
});

test("a session whose own claude lives is not that of a claude further down; once that one is dead it is", async () => {
  await using place = await makePlace();
  const repo = await makeRepo(place);
  await using world = testWorld(place, { cwd: repo.path });
  // This test is the child of the shell that registered, and the parent of another claude's server.
  const { session } = await register(world, { pid: world.parentPid });
  await using outer = sleeper();
  const below = world.as({ parentPid: process.pid });
  expect(await mySession(below)).toMatchObject({ sessionId: session.id });
  await heartbeat(world, { sessionId: session.id, claudePid: outer.pid });
  expect(await mySession(below)).toMatchObject({ sessionId: null, parallelSessions: 1 });
  await outer.kill();
  expect(await mySession(below)).toMatchObject({ sessionId: session.id });
});

test("a tool that breaks is a failure to the client and a line in the log, with its stack", async () => {
  await using place = await makePlace();
  await using world = testWorld(place);
  const broken = { ...world, db: () => Promise.reject(new TypeError("broken")) };
  const called = await callTool(broken, { name: "get_my_session", given: {} });
  expect(called).toMatchObject({ isError: true, content: [{ text: expect.stringContaining('"internal.bug"') }] });
  expect(world.lines.join("")).toContain("TypeError: broken");
});

test("what is listed is described for agents, and what is known of flags is left out", async () => {
  const listed = await listTools();
  expect(listed.map(({ name }) => name)).toContain("get_my_session");
  expect(JSON.stringify(listed)).not.toContain('"expected"');
});
