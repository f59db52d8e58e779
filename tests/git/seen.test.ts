// A process that makes a worktree is seen from its first moment on, or its worktree could be taken back under its hands.

import { expect, test } from "bun:test";
import { makePlace } from "../support/place.ts";
import { testWorld } from "../support/world.ts";

test("a process is found by its arguments as soon as it was started", async () => {
  await using place = await makePlace();
  const { processes } = testWorld(place);
  for (let round = 0; round < 60; round++) {
    const path = place.at(`worktree-${round}`);
    const maker = Bun.spawn(["sh", "-c", "read line", "sh", path], { stdin: "pipe" });
    const found = processes.withArgument(path);
    maker.kill("SIGKILL");
    await maker.exited;
    expect(found).toEqual([maker.pid]);
  }
});
