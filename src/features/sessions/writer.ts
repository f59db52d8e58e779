// Who writes for others to read. To be in a checkout is not enough: a person at another terminal there is not the session
// that works in it, and may have something to say to it.

import type { Db } from "../../db/db.ts";
import {
  type KnownSession,
  mayLive,
  type RepositoryKey,
  session as sessionById,
  sessionsMeant,
} from "../roster/roster.ts";
import { sessionOfCaller } from "./caller.ts";
import { locateHealed } from "./heal.ts";
import { keyOf } from "./moves.ts";

type Effects = Parameters<typeof sessionOfCaller>[0];

/**
 * The session that is named, or that of the nearest process above this one, or the living one that the environment names.
 * Undefined: somebody at the command line. Errors: `session.none` and
 * `session.not-yours` for a named one.
 */
export async function writerOfCaller(
  world: Effects,
  db: Db,
  { sessionId }: { sessionId?: string | undefined },
): Promise<KnownSession | undefined> {
  if (sessionId !== undefined) return sessionOfCaller(world, db, { sessionId });
  const { cwd, env } = world;
  const above = sessionsMeant(world, db, {});
  const isHere = ({ worktree_path: path }: KnownSession) => cwd === path || cwd.startsWith(`${path}/`);
  const found = above.find(({ id }) => id === env.sessionId) ?? above.find(isHere) ?? above[0];
  if (found !== undefined) return found;
  const named = env.sessionId === undefined ? undefined : sessionById(db, env.sessionId);
  return named !== undefined && named.state === "active" && mayLive(world.processes, named) ? named : undefined;
}

/** The repository of a session, or of the current directory. Errors: `repository.none`. */
export async function repositoryOf(world: Effects, session: KnownSession | undefined): Promise<RepositoryKey> {
  const { git_dir: gitDir, git_dir_id: gitDirId } = session ?? { git_dir: null, git_dir_id: null };
  if (session !== undefined && gitDir !== null && gitDirId !== null) {
    return { gitDir, gitDirId, path: session.repo_path };
  }
  // The rows of earlier releases know a path alone.
  return keyOf(await locateHealed(world, world.git(session?.worktree_path ?? world.cwd)));
}
