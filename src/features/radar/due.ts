// Starts the process in the background that takes the snapshots anew, where they are older than what an edit should go by:
// once in a while, however many ask.

import { mkdirSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { World } from "../../world.ts";
import { nameOf } from "./objects.ts";

/** How old what an edit goes by may be. */
export const FRESH_MS = 30_000;

type Effects = Pick<World, "paths" | "now" | "startInBackground">;

export function startRefresh(world: Effects, { gitDir, path }: { gitDir: string; path: string }): void {
  const note = join(world.paths.radar, `${nameOf(gitDir)}.asked`);
  const now = world.now();
  const asked = statSync(note, { throwIfNoEntry: false });
  if (asked !== undefined && Math.abs(now.getTime() - asked.mtimeMs) < FRESH_MS) return;
  mkdirSync(world.paths.radar, { recursive: true, mode: 0o700 });
  writeFileSync(note, "", { mode: 0o600 });
  utimesSync(note, now, now);
  world.startInBackground(["conflicts", "radar", "--unattended", "--repo", path]);
}
