// Whose sessions a caller may name: below a claude that claude's own, at a terminal of a person all.

import { describe, expect, test } from "bun:test";
import { claimPaths } from "../../src/features/claims/ask.ts";
import { operations as claims } from "../../src/features/claims/operations.ts";
import { operations as leases } from "../../src/features/leases/operations.ts";
import { operations as messages } from "../../src/features/messages/operations.ts";
import { operations as notes } from "../../src/features/notes/operations.ts";
import { heartbeat } from "../../src/features/sessions/heartbeat.ts";
import { register } from "../../src/features/sessions/register.ts";
import { release } from "../../src/features/sessions/release.ts";
import { callTool } from "../../src/mcp/tools.ts";
import { sleeper } from "../support/processes.ts";
import { makeRepo } from "../support/repo.ts";
import { type AtWork, twoSessions } from "../support/two-sessions.ts";
import type { TestWorld } from "../support/world.ts";

const operations = [...claims, ...messages, ...notes, ...leases];

function run(world: TestWorld, name: string, input: Record<string, unknown>) {
  const found = operations.find((one) => one.name === name);
  if (found === undefined) throw new Error(`no operation ${name}`);
  return found.run(world, input);
}

/** Two sessions, each of a claude whose shell its commands run in, and a terminal that has none. */
async function agents() {
  const scene = await twoSessions();
  for (const { known, process } of [scene.one, scene.two]) {
    await heartbeat(scene.world, { sessionId: known.id, claudePid: process.pid });
  }
  const stranger = sleeper();
  return {
    ...scene,
    atTerminal: (cwd = scene.repo.path) => scene.world.as({ cwd, parentPid: stranger.pid }),
    async [Symbol.asyncDispose]() {
      await stranger[Symbol.asyncDispose]();
      await scene[Symbol.asyncDispose]();
    },
  };
}

function claimsOf(world: TestWorld, own: AtWork, path: string) {
  return world
    .db()
    .then((db) =>
      claimPaths(own.world, db, own.known, { paths: [path], mode: "EXCLUSIVE", ttlHours: 1, reason: undefined }),
    );
}

const NOT_YOURS = { code: "session.not-yours", hint: expect.stringContaining("at a terminal of yours") };

describe.each([
  ["claims.claim", { paths: ["b.txt"] }],
  ["claims.release", { paths: ["a.txt"] }],
  ["claims.release", { all: true }],
  ["claims.check", { paths: ["a.txt"] }],
  ["messages.list", {}],
  ["messages.read", {}],
  ["messages.send", { to: "all", message: ["x"] }],
])("%s %j", (name, input) => {
  test("may name no other session below a claude, and its own", async () => {
    await using scene = await agents();
    const { one, two, world } = scene;
    await claimsOf(world, one, "a.txt");
    await expect(run(two.world, name, { ...input, sessionId: one.known.id })).rejects.toMatchObject({
      ...NOT_YOURS,
      message: expect.stringContaining('You are session "two"'),
    });
    await run(one.world, name, { ...input, sessionId: one.known.id });
  });

  test("may name any at a terminal", async () => {
    await using scene = await agents();
    await claimsOf(scene.world, scene.one, "a.txt");
    await run(scene.atTerminal(), name, { ...input, sessionId: scene.one.known.id });
  });
});

test.each(["sessionId", "pid"])(
  "release by %s ends no other's session below a claude, and any at a terminal",
  async (by) => {
    await using scene = await agents();
    const { one, two } = scene;
    const named = by === "pid" ? { pid: one.process.pid } : { sessionId: one.known.id };
    await expect(release(two.world, named)).rejects.toMatchObject(NOT_YOURS);
    expect(await release(two.world, { pid: two.process.pid, keep: true })).toMatchObject({ released: true });
    expect(await release(scene.atTerminal(), named)).toMatchObject({ released: true });
    expect(await release(one.world, named)).toMatchObject({ released: false });
  },
);

test("what one claude lives in is its own: sessions of several repositories, and the wrapper's around it", async () => {
  await using scene = await agents();
  const other = await makeRepo(scene.place, { name: "other" });
  await using wrapper = sleeper();
  const { session: elsewhere } = await register(scene.world, { repo: other.path, pid: wrapper.pid, noWorktree: true });
  await expect(run(scene.two.world, "messages.read", { sessionId: elsewhere.id })).rejects.toMatchObject(NOT_YOURS);
  await heartbeat(scene.world, { sessionId: elsewhere.id, claudePid: scene.two.process.pid });
  expect(await run(scene.two.world, "messages.read", { sessionId: elsewhere.id })).toMatchObject({ total: 0 });
});

test("no claude makes itself one of another's session", async () => {
  await using scene = await agents();
  const { one, two } = scene;
  const joining = heartbeat(two.world, { sessionId: one.known.id, claudePid: two.process.pid });
  await expect(joining).rejects.toMatchObject(NOT_YOURS);
});

test("in another's checkout an agent is still itself", async () => {
  await using scene = await agents();
  const { one, two } = scene;
  await claimsOf(scene.world, one, "a.txt");
  const there = two.world.as({ cwd: one.known.worktree_path });
  expect(await run(there, "claims.check", { paths: ["a.txt"] })).toMatchObject({ isHeld: true });
  expect(await run(there, "claims.release", { all: true })).toMatchObject({ released: [] });
  expect(await run(scene.atTerminal(), "claims.check", { paths: ["a.txt"] })).toMatchObject({ isHeld: false });
});

test("notes are by who is above, whoever the environment names", async () => {
  await using scene = await agents();
  const { one, two } = scene;
  const env = { ...two.world.env, sessionId: one.known.id };
  await run({ ...two.world, env }, "notes.add", { note: ["x"] });
  expect(await run(two.world, "notes.read", {})).toMatchObject({ notes: [{ author: "two" }] });
});

test("variables of another are there to be read", async () => {
  await using scene = await agents();
  const asked = run(scene.two.world, "leases.env", { sessionId: scene.one.known.id });
  expect(await asked).toMatchObject({ sessionId: scene.one.known.id });
});

test("claims are forced by no session, at whatever terminal its shell says it is", async () => {
  await using scene = await agents();
  const { one, two, world } = scene;
  await claimsOf(world, one, "a.txt");
  const forced = { paths: ["a.txt"], force: true };
  await expect(run(two.world, "claims.release", forced)).rejects.toMatchObject(NOT_YOURS);
  expect(await run(scene.atTerminal(), "claims.release", forced)).toMatchObject({ success: true });
});

test("who cannot release another's claim is told to write to its session; --force is for people", async () => {
  await using scene = await agents();
  const { one, two, world } = scene;
  await claimsOf(world, one, "a.txt");
  const told = JSON.stringify(await callTool(two.world, { name: "release_files", given: { files: ["a.txt"] } }));
  expect(told).toContain("send_message");
  expect(told).not.toContain("--force");
  const refused = run(two.world, "claims.release", { paths: ["a.txt"] });
  await expect(refused).rejects.toMatchObject({
    code: "claim.not-yours",
    hint: expect.not.stringContaining("--force"),
  });
  const person = run(scene.atTerminal(two.known.worktree_path), "claims.release", { paths: ["a.txt"] });
  await expect(person).rejects.toMatchObject({ code: "claim.not-yours", hint: expect.stringContaining("--force") });
});
