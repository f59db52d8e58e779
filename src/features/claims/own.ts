// The session that asks, where there is one.

import { Failure } from "../../core/failure.ts";
import type { Db } from "../../db/db.ts";
import type { World } from "../../world.ts";
import type { KnownSession } from "../roster/roster.ts";
import { sessionOfCaller } from "../sessions/sessions.ts";

/** Undefined where no session works here; one that was named must be there. Errors: `session.none` then. */
export async function ownIfAny(
  world: World,
  db: Db,
  sessionId: string | undefined = undefined,
): Promise<KnownSession | undefined> {
  try {
    return await sessionOfCaller(world, db, { sessionId });
  } catch (thrown) {
    if (sessionId === undefined && thrown instanceof Failure && thrown.code === "session.none") return undefined;
    throw thrown;
  }
}
