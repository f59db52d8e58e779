// `status --watch` in process; what it prints, and a closed pipe, are looked at on the real program.

import { expect, test } from "bun:test";
import { watchStatus } from "../../src/cli/commands/watch-status.ts";
import { makePlace } from "../support/place.ts";
import { testWorld } from "../support/world.ts";

test("a signal that came before the first answer ends it without one", async () => {
  await using place = await makePlace();
  await using world = testWorld(place);
  world.interrupt("SIGTERM");
  await expect(watchStatus(world, {}, { json: true, help: false, colour: false })).rejects.toMatchObject({
    kind: "cancelled",
    details: { signal: "SIGTERM" },
  });
});
