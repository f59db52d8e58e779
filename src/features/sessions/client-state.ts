// What Claude Code itself writes down of each of its processes (2.1.328): it knows that a turn was stopped with Esc, of
// which no event tells. Read only where an event would have it at work; where it is not understood, the event counts.

import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { v } from "../../core/shape.ts";
import { parseUtc } from "../../db/db.ts";
import type { World } from "../../world.ts";
import { activityOf, type KnownSession } from "../roster/roster.ts";

const STATE = v.object({ procStart: v.string(), status: v.string(), statusUpdatedAt: v.number() });

/** Whether its client says that it has stopped since it was last heard of. */
export function isStopped({ env }: Pick<World, "env">, one: KnownSession): boolean {
  const activity = activityOf(one);
  if (activity !== "working" && activity !== "waiting") return false;
  const sinceMs = parseUtc(one.last_heartbeat).getTime();
  const folder = join(dirname(env.places.claudeSettings), "sessions");
  return one.processes.some(({ role, pid, start_time }) => {
    if (role !== "claude") return false;
    const state = readState(join(folder, `${pid}.json`));
    return state?.procStart === start_time && state?.status === "idle" && state.statusUpdatedAt >= sinceMs;
  });
}

function readState(file: string): v.InferOutput<typeof STATE> | undefined {
  try {
    const parsed = v.safeParse(STATE, JSON.parse(readFileSync(file, "utf8")));
    return parsed.success ? parsed.output : undefined;
  } catch {
    return undefined;
  }
}
