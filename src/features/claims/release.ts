// `claims release`: by path, by id, or all of a session's.

import { Failure, usage } from "../../core/failure.ts";
import type { Db } from "../../db/db.ts";
import type { World } from "../../world.ts";
import { isBelowClaude, requireNoSession, sessionOfCaller } from "../sessions/sessions.ts";
import { heldAnswer } from "./answers.ts";
import { type Releasing, releaseAll, releaseNamed } from "./ask.ts";
import { ownIfAny } from "./own.ts";
import type { Claim } from "./store.ts";

interface Asked {
  paths?: readonly string[] | undefined;
  all?: boolean | undefined;
  force?: boolean | undefined;
  sessionId?: string | undefined;
}

/** Errors: `claim.not-yours`, `claim.outside`, `session.none`, `session.not-yours`. */
export async function releaseClaims(world: World, { paths = [], all = false, force = false, sessionId }: Asked) {
  const db = await world.db();
  if (all === paths.length > 0) {
    throw usage("flag-missing", "Say what to release: the claimed paths, or --all.");
  }
  if (force) requireNoSession(world, db, "--force");
  if (all) return released(releaseAll(world, db, await sessionOfCaller(world, db, { sessionId })));
  const own = await ownIfAny(world, db, sessionId);
  if (own === undefined && !force) throw noSession();
  const releasing = { named: paths, own, isForced: force };
  return released((isBelowClaude(world, db) ? releaseAsAgent : releaseNamed)(world, db, releasing));
}

/** As `releaseNamed`; what is only for people is not what it is told to do. */
export function releaseAsAgent(world: World, db: Db, releasing: Releasing): Claim[] {
  try {
    return releaseNamed(world, db, releasing);
  } catch (thrown) {
    if (!(thrown instanceof Failure) || thrown.code !== "claim.not-yours") throw thrown;
    const { code, message, details } = thrown;
    const hint =
      "Only its session releases it: tell it what you need, with send_message or `parallel-cc messages send`.";
    throw new Failure({ code, message, hint, details, cause: thrown });
  }
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
