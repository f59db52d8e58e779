// Ending a session. Its worktree stays, and the answer says where it is and what is in it.

import { existsSync } from "node:fs";
import type { World } from "../../world.ts";
import { measureChanges } from "../worktrees/worktrees.ts";
import { type Named, sessionMeant } from "./find.ts";
import { healReservations } from "./heal.ts";
import { allSessions, endSession, type KnownSession } from "./store.ts";

export interface Kept {
  reason: "uncommitted-changes" | "unlanded-commits" | "nothing-removed-yet";
  path: string;
  branch: string | null;
  /** Since the session's fork commit. */
  commits: number;
  dirtyFiles: number;
}

export interface Released {
  released: boolean;
  worktreeRemoved: boolean;
  kept: Kept | null;
  rescue: string | null;
}

type Effects = Pick<World, "db" | "git" | "processes" | "parentPid" | "paths" | "sleep" | "signal" | "log">;

/** An unknown session is an answer (`released: false`), not a failure: releasing twice is harmless. */
export async function release(world: Effects, named: Named): Promise<Released> {
  const db = await world.db();
  const found = sessionMeant(world, db, named);
  await healReservations(world, allSessions(db));
  if (found === undefined) return { released: false, worktreeRemoved: false, kept: null, rescue: null };
  const kept = found.is_main_repo === 1 ? null : await whatIsKept(world, found);
  const released = db.write((now) =>
    endSession(db, { id: found.id, by: "release", fate: kept === null ? "none" : "kept" }, now),
  );
  return { released, worktreeRemoved: false, kept, rescue: null };
}

async function whatIsKept(world: Effects, found: KnownSession): Promise<Kept | null> {
  if (!existsSync(found.worktree_path)) return null;
  const checkout = { path: found.worktree_path, forkCommit: found.fork_commit, targetBranch: null };
  const changes = await measureChanges(world.git(found.worktree_path), checkout).catch(() => undefined);
  const dirtyFiles = changes?.dirtyFiles ?? 0;
  const commits = changes?.ahead ?? 0;
  const reason = dirtyFiles > 0 ? "uncommitted-changes" : commits > 0 ? "unlanded-commits" : "nothing-removed-yet";
  return { reason, path: found.worktree_path, branch: found.branch, commits, dirtyFiles };
}
