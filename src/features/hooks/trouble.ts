// What went wrong in a hook: kept in a file, since nobody sees what a hook says beside its answer.

import { appendFileSync, mkdirSync, renameSync, statSync } from "node:fs";
import { join } from "node:path";
import type { Failure } from "../../core/failure.ts";
import { makeLog } from "../../log/log.ts";
import type { World } from "../../world.ts";

/** With as much again in the file before it. */
const MOST_BYTES = 256 * 1024;

/** Never throws. */
export function noteTrouble(world: Pick<World, "paths" | "now">, event: string, failure: Failure): void {
  try {
    mkdirSync(world.paths.logs, { recursive: true, mode: 0o700 });
    const file = join(world.paths.logs, "hooks.log");
    if ((statSync(file, { throwIfNoEntry: false })?.size ?? 0) > MOST_BYTES) renameSync(file, `${file}.1`);
    const write = (line: string) => appendFileSync(file, line, { mode: 0o600 });
    const log = makeLog({ level: "warn", now: world.now, write });
    const { code, message, cause } = failure;
    const trace = failure.kind === "internal" && cause instanceof Error ? { trace: cause.stack } : {};
    log("warn", "hook.failed", { hook: event.slice(0, 40), code, message, ...trace });
  } catch {
    // No room, or no right: what a hook could not say is lost, and the session goes on.
  }
}
