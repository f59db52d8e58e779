// What went wrong while nobody watched: kept in a file, once for as long as it lasts.

import { appendFileSync, mkdirSync, renameSync, statSync } from "node:fs";
import { join } from "node:path";
import { makeLog } from "../../log/log.ts";
import type { World } from "../../world.ts";

/** With as much again in the file before it. */
const MOST_BYTES = 256 * 1024;

/** Never throws. */
export function noteTrouble(
  world: Pick<World, "paths" | "now" | "log">,
  event: string,
  facts: Record<string, unknown>,
): void {
  world.log("info", event, facts);
  try {
    mkdirSync(world.paths.logs, { recursive: true, mode: 0o700 });
    const file = join(world.paths.logs, "merges.log");
    if ((statSync(file, { throwIfNoEntry: false })?.size ?? 0) > MOST_BYTES) renameSync(file, `${file}.1`);
    const write = (line: string) => appendFileSync(file, line, { mode: 0o600 });
    makeLog({ level: "warn", now: world.now, write })("warn", event, facts);
  } catch {
    // No room, or no right: nothing hangs on it.
  }
}
