// Whose sessions a caller may name. Their ids stand in every answer, so below a session's claude only that claude's own
// are anybody's; a person or a script that runs below none may name all. It is no wall: who leaves its process tree is
// taken for a person.

import { Failure } from "../../core/failure.ts";
import type { Db } from "../../db/db.ts";
import type { World } from "../../world.ts";
import { type KnownSession, mayLive, sessionsBelowClaude, sessionsMeant, whoIs } from "../roster/roster.ts";

type Effects = Pick<World, "processes" | "parentPid">;

/** Errors: `session.not-yours`. */
export function requireYours(world: Effects, db: Db, named: Pick<KnownSession, "id">): void {
  const yours = sessionsBelowClaude(world, db);
  const [first] = yours ?? [];
  if (first === undefined || yours?.some(({ id }) => id === named.id) === true) return;
  throw notYours(first, "only what is that one's is yours");
}

/** Such a one cannot go to a terminal. */
export function isBelowClaude(world: Effects, db: Db): boolean {
  return sessionsBelowClaude(world, db) !== undefined;
}

/** That nobody's agent asks, whatever terminal it has made itself. Errors: `session.not-yours`. */
export function requireNoSession(world: Effects, db: Db, what: string): void {
  const above = sessionsMeant(world, db, {}).find((one) => mayLive(world.processes, one));
  if (above !== undefined) throw notYours(above, `${what} is not for a session`);
}

function notYours(own: KnownSession, why: string): Failure {
  return new Failure({
    code: "session.not-yours",
    message: `You are ${whoIs(own)}: ${why}.`,
    hint: "For another's, run it at a terminal of yours that no session runs around.",
  });
}
