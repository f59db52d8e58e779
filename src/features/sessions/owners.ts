// Whose a checkout is: the session that works there or may, as far as its processes can be seen.

import type { Db } from "../../db/db.ts";
import type { World } from "../../world.ts";
import type { Owner } from "../removals/removals.ts";
import { identityOf, isLocal, livenessOfAll } from "./liveness.ts";
import { type KnownSession, sessionsAt } from "./store.ts";

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
 * Whether a session that is released still works: its claude, or the process it was registered for, unless that one is
 * our own ancestor (the wrapper, a script) and so the one that says it is over.
 */
export function stillRunning(world: Effects, ended: KnownSession): Owner | undefined {
  const ancestors = new Set<number>();
  for (let pid = world.processes.parent(world.pid); pid !== undefined && !ancestors.has(pid); ) {
    ancestors.add(pid);
    pid = world.processes.parent(pid);
  }
  const rows = ended.processes.filter(({ role, pid }) => role === "claude" || !ancestors.has(pid));
  const seen = world.processes.probeAll(rows.map(identityOf));
  const living = seen.find(({ state }) => state !== "dead");
  if (living === undefined) return undefined;
  const unsure = living.state === "unknown" ? living.why : undefined;
  return { sessionId: ended.id, name: ended.name, unsure };
}
