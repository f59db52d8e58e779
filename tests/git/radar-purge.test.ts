// What the radar keeps goes with the data directory, and nobody else's does.

import { expect, test } from "bun:test";
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { purge, requirePurgeable } from "../../src/features/install/purge.ts";
import { operations } from "../../src/features/radar/operations.ts";
import { wouldConflict } from "../../src/features/radar/radar.ts";
import { twoSessions } from "../support/two-sessions.ts";

test("purging takes all that the radar keeps, and refuses what somebody put beside it", async () => {
  await using scene = await twoSessions();
  const { world, repo, one, two } = scene;
  writeFileSync(join(repo.path, "file-0.txt"), "of one\n");
  const edit = {
    path: "file-0.txt",
    directory: two.known.worktree_path,
    tool: "Write",
    input: { content: "of two\n" },
  };
  // Asks for snapshots, and leaves a note of that.
  await wouldConflict(two.world, await world.db(), two.known, edit);
  await operations[0]?.run(world, {});
  const stray = join(world.paths.radar, "objects/somebody's.txt");
  writeFileSync(stray, "mine\n");
  for (const { process } of [one, two]) await process.kill();
  await expect(requirePurgeable(world)).rejects.toMatchObject({ code: "purge.refused" });
  await Bun.file(stray).delete();
  await purge(world, []);
  expect(existsSync(world.paths.radar)).toBe(false);
});
