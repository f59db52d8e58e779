// The ports of a session, and what its shell is told of them. Where the settings want none, nothing is loaded or asked.

import { Failure } from "../../core/failure.ts";
import type { Db } from "../../db/db.ts";
import type { World } from "../../world.ts";
import { loadConfig } from "../config/config.ts";
import type { PortRange } from "../leases/leases.ts";
import { isLocal, type KnownSession, livenessOfAll, session } from "../roster/roster.ts";

export interface PortsWanted {
  count: number;
  range: PortRange;
}

export interface SessionVariables {
  /** To be set in the session's environment. */
  variables: Record<string, string>;
  warnings: string[];
}

/** A broken settings file wants none: it keeps nobody out of the main checkout, and registering tells of it. */
export async function portsWanted(world: Pick<World, "paths" | "db">, repositoryPath: string): Promise<PortsWanted> {
  try {
    const { settings } = await loadConfig(world, repositoryPath);
    return { count: settings["worktree.ports"], range: settings["worktree.portRange"] };
  } catch (thrown) {
    if (thrown instanceof Failure) return { count: 0, range: { from: 0, to: 0 } };
    throw thrown;
  }
}

/**
 * Leases them, or finds what the session has; call it outside of a transaction, before what may need them runs. Where
 * that fails the session goes on without, and a warning says so.
 */
export async function leaseFor(
  world: Pick<World, "isPortFree" | "processes">,
  db: Db,
  found: KnownSession,
  { count, range }: PortsWanted,
): Promise<SessionVariables> {
  if (count === 0) return { variables: {}, warnings: [] };
  const { leasePorts, variablesOf } = await import("../leases/leases.ts");
  const checkout = {
    gitDir: found.git_dir ?? found.repo_path,
    isMain: found.is_main_repo === 1,
    branch: found.branch,
    adminName: found.admin_name,
  };
  const overAmong = (ids: readonly string[]) => certainlyOver(world, db, ids);
  try {
    const { warnings } = leasePorts(world, db, { sessionId: found.id, checkout, count, range, overAmong });
    return { variables: variablesOf(db, found), warnings };
  } catch (thrown) {
    if (!(thrown instanceof Failure) || thrown.kind !== "unavailable") throw thrown;
    return { variables: {}, warnings: [`No ports were leased: ${thrown.message}`] };
  }
}

/** Inside the transaction that takes what they hold, where none of them can be confirmed meanwhile. */
function certainlyOver({ processes }: Pick<World, "processes">, db: Db, ids: readonly string[]): Set<string> {
  const known = ids.flatMap((id) => session(db, id) ?? []).filter(isLocal);
  const liveness = livenessOfAll(processes, known);
  return new Set(ids.filter((id) => liveness.get(id)?.state === "dead"));
}
