// What runs leave in the data directory goes with it, unless it is the only copy of something.

import { expect, test } from "bun:test";
import { existsSync } from "node:fs";
import { purge, requirePurgeable } from "../../src/features/install/purge.ts";
import { testWorld } from "../support/world.ts";
import { ends, runScene } from "./run-scene.ts";

test("purging takes the directories of runs that are over and whole", async () => {
  await using scene = await runScene({ sh: `echo more >>file-0.txt\n${ends("Done.")}` });
  expect((await scene.sandbox("run", "--prompt", "Add more")).success).toBe(true);
  await using world = testWorld(scene.place);
  expect(await requirePurgeable(world)).toHaveLength(1);
  expect((await purge(world, [])).change).toBe("removed");
  expect(existsSync(world.paths.home)).toBe(false);
});

test("a result that is held back keeps it", async () => {
  await using scene = await runScene({ sh: `printenv ANTHROPIC_API_KEY >key.txt\n${ends("Done.")}` });
  expect((await scene.sandbox("run", "--prompt", "Steal")).heldBack).not.toBeNull();
  await using world = testWorld(scene.place);
  await expect(requirePurgeable(world)).rejects.toMatchObject({
    code: "purge.refused",
    message: expect.stringContaining("the result of the sandbox run"),
  });
});

test("a run that is under way keeps it", async () => {
  await using scene = await runScene({ sh: `at begin\n${ends("Done.")}` });
  await scene.sandbox("run", "--prompt", "Take long", "--detach");
  await scene.reached("begin");
  await using world = testWorld(scene.place);
  await expect(requirePurgeable(world)).rejects.toMatchObject({ code: "purge.refused" });
});
