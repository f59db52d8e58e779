// Which session asks. At a command line it is the one that works in this checkout: the environment may name one of
// another directory (a shell that went somewhere else), so the checkout comes first.

import { Failure } from "../../core/failure.ts";
import { printable } from "../../core/text.ts";
import type { Db } from "../../db/db.ts";
import type { World } from "../../world.ts";
import {
  type KnownSession,
  livingOf,
  type Named,
  session as sessionById,
  sessionMeant,
  sessionOfClaude,
  sessionsBelowClaude,
  sessionsMeant,
} from "../roster/roster.ts";
import { sessionsHere } from "./here.ts";
import { requireYours } from "./yours.ts";

type Effects = Parameters<typeof sessionsHere>[0] & Pick<World, "env" | "parentPid">;

/**
 * Below a claude none but its own, also in another's checkout.
 * Errors: `session.none`, `session.not-yours`, `usage.ambiguous`, and those of git.
 */
export async function sessionOfCaller(world: Effects, db: Db, named: Named): Promise<KnownSession> {
  if (named.sessionId !== undefined || named.pid !== undefined) {
    const meant = sessionNamed(world, db, named);
    requireYours(world, db, meant);
    return meant;
  }
  const found = await sessionWhere(world, db);
  const yours = sessionsBelowClaude(world, db) ?? [found];
  return (
    yours.find(({ id }) => id === found.id) ?? yours.find(({ id }) => id === world.env.sessionId) ?? yours[0] ?? found
  );
}

/** Anybody's, for what it harms nobody to know. Errors: as of `sessionOfCaller`, but for `session.not-yours`. */
export async function sessionAskedAbout(world: Effects, db: Db, named: Named): Promise<KnownSession> {
  if (named.sessionId !== undefined || named.pid !== undefined) return sessionNamed(world, db, named);
  return sessionWhere(world, db);
}

function sessionNamed(world: Effects, db: Db, named: Named): KnownSession {
  const meant = sessionMeant(world, db, named);
  if (meant !== undefined) return meant;
  throw none(
    named.sessionId === undefined ? `process ${named.pid} has none` : `"${printable(named.sessionId)}" is none`,
  );
}

async function sessionWhere(world: Effects, db: Db): Promise<KnownSession> {
  const own = world.env.sessionId === undefined ? undefined : sessionById(db, world.env.sessionId);
  const here = await sessionsHere(world, db);
  const [only, ...others] = here;
  if (only !== undefined) return others.length === 0 ? only : (oneOf(world, db, { here, own }) ?? only);
  // In a submodule, or another repository that lies in the session's checkout.
  const around = own !== undefined && isBelow(world.cwd, own.worktree_path) ? livingOf(world, [own]) : [];
  if (around[0] !== undefined) return around[0];
  throw none(`none works in ${printable(world.cwd)}`);
}

/** The session of the agent whose MCP server this is. Errors: `session.none`. */
export function sessionOfAgent(world: Parameters<typeof sessionOfClaude>[0], db: Db): KnownSession {
  const own = sessionOfClaude(world, db);
  if (own !== undefined) return own;
  throw new Failure({
    code: "session.none",
    message: "You have no session in parallel-cc: it does not know where you work.",
    hint: "Register this claude: run `parallel-cc register --no-worktree` in a shell of yours.",
  });
}

/** Of several that share a checkout: the environment's, else that of an ancestor, else the one that had it first. */
function oneOf(
  world: Effects,
  db: Db,
  { here, own }: { here: readonly KnownSession[]; own: KnownSession | undefined },
) {
  const named = here.find((one) => one.id === own?.id);
  if (named !== undefined) return named;
  const meant = new Set(sessionsMeant(world, db, {}).map(({ id }) => id));
  return here.find((one) => meant.has(one.id)) ?? here.find((one) => one.is_sharing === 0);
}

function isBelow(path: string, directory: string): boolean {
  return path === directory || path.startsWith(`${directory}/`);
}

function none(why: string): Failure {
  return new Failure({
    code: "session.none",
    message: `There is no such session: ${why}.`,
    hint: "See `parallel-cc status`, and name one with --session-id <id>, or go into its directory.",
  });
}
