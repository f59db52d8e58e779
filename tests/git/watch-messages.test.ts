// A session that stands idle is told by its watch what others have sent it, and what its hooks have not told it already.

import { describe, expect, test } from "bun:test";
import { takeDelivery } from "../../src/features/messages/messages.ts";
import { send } from "../../src/features/messages/send.ts";
import { type Activity, storePulse } from "../../src/features/roster/roster.ts";
import { register } from "../../src/features/sessions/register.ts";
import { repositoryOf } from "../../src/features/sessions/sessions.ts";
import { Lookout } from "../../src/features/watch/lookout.ts";
import { placeMeant } from "../../src/features/watch/place.ts";
import { toldEvents } from "../../src/features/watch/watch.ts";
import { sleeper } from "../support/processes.ts";
import { type TwoSessions, twoSessions } from "../support/two-sessions.ts";

async function makeScene() {
  await using stack = new AsyncDisposableStack();
  const scene = stack.use(await twoSessions());
  const { one, two, world } = scene;
  const db = await world.db();
  const repository = await repositoryOf(world, two.known);
  const sends = (message: string) => send(world, db, { to: "one", sender: two.known, repository, body: message });
  const becomes = (activity: Activity) =>
    storePulse(db, one.known.id, { activity, waitingFor: null, conversationId: null }, "2030-01-01 12:00:00");
  const owned = stack.move();
  return { ...scene, db, sends, becomes, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}

async function lookoutOf({ one }: TwoSessions): Promise<Lookout & Disposable> {
  const placed = await placeMeant(one.world, { isHere: true, repo: undefined });
  const lookout = new Lookout(one.world, { ...placed, claude: one.process.pid, isHere: true });
  return Object.assign(lookout, { [Symbol.dispose]: () => lookout.close() });
}

test.each([
  ["idle", "> hello"],
  ["working", undefined],
  ["waiting", undefined],
  ["ended", undefined],
] as const)("a session that is %s gets by its watch %p", async (activity, line) => {
  await using scene = await makeScene();
  using lookout = await lookoutOf(scene);
  scene.becomes(activity);
  scene.sends("hello");
  await lookout.look();
  const text = (await lookout.delivery())?.text;
  expect(text?.split("\n").at(-1)?.trim()).toBe(line);
});

test("nothing is told before its session is known, and no news at all", async () => {
  await using scene = await makeScene();
  scene.becomes("idle");
  using lookout = await lookoutOf(scene);
  scene.sends("hello");
  expect(await lookout.delivery()).toBeUndefined();
  await lookout.look();
  expect((await lookout.delivery())?.text).not.toContain("has begun");
  expect(await lookout.delivery()).toBeUndefined();
});

test("what a hook has delivered, and what it is just delivering, the watch does not tell", async () => {
  await using scene = await makeScene();
  const { db, one } = scene;
  scene.becomes("idle");
  using lookout = await lookoutOf(scene);
  await lookout.look();
  scene.sends("hello");
  expect(takeDelivery(db, one.known, "hook")).toContain("  > hello");
  expect(await lookout.delivery()).toBeUndefined();
});

describe("who has begun to work in the same checkout", () => {
  test("is told by the watch where no hook has told it, and then by none", async () => {
    await using scene = await makeScene();
    await using guest = sleeper();
    using lookout = await lookoutOf(scene);
    const { session } = await register(scene.world, { pid: guest.pid, name: "guest", noWorktree: true });
    await lookout.look();
    expect([await lookout.isUntold(session), await lookout.isUntold(session)]).toEqual([true, false]);
    expect(takeDelivery(scene.db, scene.one.known, "hook")).not.toContain("guest");
  });

  test("is not told by the watch where a hook has", async () => {
    await using scene = await makeScene();
    await using guest = sleeper();
    using lookout = await lookoutOf(scene);
    const { session } = await register(scene.world, { pid: guest.pid, name: "guest", noWorktree: true });
    expect(takeDelivery(scene.db, scene.one.known, "hook")).toContain('session "guest" has begun');
    await lookout.look();
    expect(await lookout.isUntold(session)).toBe(false);
  });
});

test("all that is delivered at once is one event, of as many lines as it has", async () => {
  await using scene = await makeScene();
  scene.becomes("idle");
  scene.sends("first\nsecond");
  const events = toldEvents(scene.one.world, { here: true, interval: 1 });
  const { value } = await events.next();
  await events.return();
  expect(value).toMatchObject({ event: "delivered", sessionId: scene.one.known.id, isHere: true });
  expect(value?.text).toEndWith("\n  > first\n  > second");
});
