// `status --watch` in process; what it prints, and a closed pipe, are looked at on the real program.

import { expect, test } from "bun:test";
import { repaint, watchStatus } from "../../src/cli/commands/watch-status.ts";
import { makePlace } from "../support/place.ts";
import { testWorld } from "../support/world.ts";

test.each([
  ["SIGINT", 130],
  ["SIGTERM", 143],
  ["SIGHUP", 129],
] as const)("%s before the first answer ends it with %d and without one", async (signal, exit) => {
  await using place = await makePlace();
  await using world = testWorld(place);
  world.interrupt(signal);
  expect(await watchStatus(world, {}, { json: true, help: false, colour: false })).toBe(exit);
});

test("a frame is painted over the last one, and what that had more is erased", () => {
  expect(repaint("one\ntwo\n", 10)).toBe("\x1b[?7l\x1b[Hone\x1b[K\ntwo\x1b[K\n\x1b[J\x1b[?7h");
});

test("a line that fills the screen erases nothing: the cursor still stands on its last character", () => {
  expect(repaint("漢字x\nab\n", 5)).toBe("\x1b[?7l\x1b[H漢字x\nab\x1b[K\n\x1b[J\x1b[?7h");
});
