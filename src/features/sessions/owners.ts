// Whose a checkout is: the session that works there or may, as far as its processes can be seen.

import type { Db } from "../../db/db.ts";
import type { World } from "../../world.ts";
import type { Owner } from "../removals/removals.ts";
import { identityOf, isLocal, type KnownSession, livenessOfAll, sessionsAt } from "../roster/roster.ts";

export interface Checkout {
  path: string;
  gitDir: string;
  adminName: string | null;
}

type Effects = Pick<World, "processes" | "pid">;

/** The session that has the checkout, or one inside it, and is not certainly over; `except` has just ended, or is about to. */
export function ownerOf(world: Effects, db: Db, checkout: Checkout, except?: string): Owner | undefined {
  const { path, gitDir, adminName } = checkout;
  const there = sessionsAt(db, { path, gitDir, adminName }).filter((one) => one.id !== except);
  const liveness = livenessOfAll(world.processes, there);
  for (const one of there) {
    const seen = liveness.get(one.id);
    // What runs in a sandbox is not judged by a process here.
    if (seen?.state === "dead" && isLocal(one)) continue;
    const unsure = seen?.state === "unknown" ? seen.why : undefined;
    return { sessionId: one.id, name: one.name, unsure };
  }
  return undefined;
}

/**
 * Whether the claude of a session that is released still runs. The process that it was registered for does not count:
 * whoever releases it says that it is over, be it the wrapper, a script for itself, or a person for another.
 */
export function stillRunning(world: Effects, ended: KnownSession): Owner | undefined {
  const seen = world.processes.probeAll(ended.processes.filter(({ role }) => role === "claude").map(identityOf));
  const living = seen.find(({ state }) => state === "alive") ?? seen.find(({ state }) => state === "unknown");
  if (living === undefined) return undefined;
  const unsure = living.state === "unknown" ? living.why : undefined;
  return { sessionId: ended.id, name: ended.name, unsure };
}
