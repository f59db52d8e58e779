// `claims release`: by path, by id, or all of a session's.

import { Failure, usage } from "../../core/failure.ts";
import type { World } from "../../world.ts";
import { sessionOfCaller } from "../sessions/sessions.ts";
import { heldAnswer } from "./answers.ts";
import { releaseAll, releaseNamed } from "./ask.ts";
import { ownIfAny } from "./own.ts";
import type { Claim } from "./store.ts";

interface Asked {
  paths?: readonly string[] | undefined;
  all?: boolean | undefined;
  force?: boolean | undefined;
  sessionId?: string | undefined;
}

/** Errors: `claim.not-yours`, `claim.outside`, `session.none`. */
export async function releaseClaims(world: World, { paths = [], all = false, force = false, sessionId }: Asked) {
  const db = await world.db();
  if (all === paths.length > 0) {
    throw usage("flag-missing", "Say what to release: the claimed paths, or --all.");
  }
  if (all) return released(releaseAll(world, db, await sessionOfCaller(world, db, { sessionId })));
  const own = await ownIfAny(world, db, sessionId);
  if (own === undefined && !force) throw noSession();
  return released(releaseNamed(world, db, { named: paths, own, isForced: force }));
}

export function released(ended: readonly Claim[]) {
  const message = ended.length === 0 ? "Nobody has claimed that." : `Released: ${ended.length}.`;
  return { success: ended.length > 0, released: ended.map(heldAnswer), message };
}

function noSession(): Failure {
  return new Failure({
    code: "session.none",
    message: "No session works here, so none of its claims can be released.",
    hint: "Go into its directory, name it with --session-id <id>, or pass --force at a terminal.",
  });
}
