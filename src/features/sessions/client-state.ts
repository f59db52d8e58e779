// What Claude Code itself writes down of each of its processes (2.1.328): it knows that a turn was stopped with Esc, and
// that its user has approved a tool that still runs, of which no event tells. Read only where an event has it at work or
// waiting; where it is not understood, the event counts.

import { dirname, join } from "node:path";
import { v } from "../../core/shape.ts";
import { parseUtc } from "../../db/db.ts";
import { readSmallFile } from "../../files/small.ts";
import type { World } from "../../world.ts";
import { activityOf, type KnownSession } from "../roster/roster.ts";

const STATE = v.object({ procStart: v.string(), status: v.string(), statusUpdatedAt: v.number() });

/** What its client says that it does since it was last heard of; undefined where it says nothing new. */
export function doneSince({ env }: Pick<World, "env">, one: KnownSession): "idle" | "working" | undefined {
  const activity = activityOf(one);
  if (activity !== "working" && activity !== "waiting") return undefined;
  const sinceMs = parseUtc(one.last_heartbeat).getTime();
  const folder = join(dirname(env.places.claudeSettings), "sessions");
  for (const { role, pid, start_time } of one.processes) {
    const state = role === "claude" ? readState(join(folder, `${pid}.json`)) : undefined;
    if (state === undefined || state.procStart !== start_time || state.statusUpdatedAt < sinceMs) continue;
    if (state.status === "idle") return "idle";
    if (state.status === "busy") return "working";
  }
  return undefined;
}

function readState(file: string): v.InferOutput<typeof STATE> | undefined {
  try {
    const parsed = v.safeParse(STATE, JSON.parse(readSmallFile(file)));
    return parsed.success ? parsed.output : undefined;
  } catch {
    return undefined;
  }
}
