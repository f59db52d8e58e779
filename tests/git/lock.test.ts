// The creation lock: one at a time, in order of who gets it, and nobody waits for ever.

import { expect, test } from "bun:test";
import { withLock } from "../../src/db/lock.ts";
import { makePlace } from "../support/place.ts";
import { testWorld } from "../support/world.ts";

test("whoever comes second begins when the first is done", async () => {
  await using place = await makePlace();
  const world = testWorld(place);
  const file = place.at("locks/a.lock");
  const said: string[] = [];
  const held = Promise.withResolvers<void>();
  const first = withLock(world, file, async () => {
    said.push("first begins");
    await held.promise;
    said.push("first ends");
  });
  const second = withLock(world, file, async () => said.push("second begins"));
  said.push("waiting");
  held.resolve();
  await Promise.all([first, second]);
  expect(said).toEqual(["first begins", "waiting", "first ends", "second begins"]);
});

test("it is let go when the work fails", async () => {
  await using place = await makePlace();
  const world = testWorld(place);
  const file = place.at("locks/a.lock");
  await expect(withLock(world, file, () => Promise.reject(new Error("no")))).rejects.toThrow("no");
  expect(await withLock(world, file, async () => "done", { timeoutMs: 0 })).toBe("done");
});

test("two repositories do not wait for each other", async () => {
  await using place = await makePlace();
  const world = testWorld(place);
  const both = withLock(world, place.at("locks/a.lock"), () =>
    withLock(world, place.at("locks/b.lock"), async () => "both", { timeoutMs: 0 }),
  );
  expect(await both).toBe("both");
});

test("one that is held for too long is a failure that says so", async () => {
  await using place = await makePlace();
  const world = testWorld(place);
  const file = place.at("locks/a.lock");
  const late = withLock(world, file, () => withLock(world, file, async () => "never", { timeoutMs: 8 }));
  await expect(late).rejects.toMatchObject({ kind: "unavailable", code: "lock.held" });
});

test("a signal ends the waiting", async () => {
  await using place = await makePlace();
  const world = testWorld(place);
  const file = place.at("locks/a.lock");
  const waiting = withLock(world, file, () => {
    const inner = withLock(world, file, async () => "never");
    world.interrupt();
    return inner;
  });
  await expect(waiting).rejects.toMatchObject({ kind: "cancelled" });
});

test("a place that cannot be written is named", async () => {
  await using place = await makePlace();
  await Bun.write(place.at("locks/a.lock/file"), "");
  const locked = withLock(testWorld(place), place.at("locks/a.lock"), async () => "never");
  await expect(locked).rejects.toMatchObject({ kind: "unavailable" });
});
