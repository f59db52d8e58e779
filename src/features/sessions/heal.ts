// What a crash left, put right by the next command: reservations whose registrar died are taken back. No worktree that
// anybody was told of is touched here.

import { existsSync, realpathSync } from "node:fs";
import { Failure } from "../../core/failure.ts";
import type { Db } from "../../db/db.ts";
import type { Git } from "../../git/git.ts";
import { adminNameOf, locate, type Repository } from "../../git/repository.ts";
import type { World } from "../../world.ts";
import { healRemovals } from "../removals/removals.ts";
import {
  activate,
  allSessions,
  deleteReservation,
  emptyWal,
  endSession,
  type KnownSession,
  mayLive,
  session,
} from "../roster/roster.ts";
import { discardHalfMade, rememberWorktree, whileNobodyCreates } from "../worktrees/worktrees.ts";
import { worktreeOf } from "./reserve.ts";

/** Everything that dead commands left half-way, of whatever repository. */
export async function heal(world: Effects, sessions: readonly KnownSession[]): Promise<void> {
  await healReservations(world, sessions);
  await healRemovals(world);
}

type Effects = Pick<World, "db" | "git" | "processes" | "paths" | "sleep" | "signal" | "log" | "pid">;

/**
 * As `locate`. A `git worktree add` at work or killed (an empty commondir, git 2.39) makes git fail to list any worktree
 * for a moment, or until it is taken back: then that is waited for and done first.
 */
export async function locateHealed(world: Effects, git: Git): Promise<Repository> {
  try {
    return await locate(git);
  } catch (thrown) {
    if (!(thrown instanceof Failure) || thrown.code !== "git.failed") throw thrown;
    await healReservations(world, allSessions(await world.db()));
    const common = await git.output(["rev-parse", "--path-format=absolute", "--git-common-dir"]);
    return whileNobodyCreates(world, realpathSync(common.replace(/\n$/, "")), () => locate(git));
  }
}

/** Takes back every reservation among `sessions` that nobody will finish. */
export async function healReservations(world: Effects, sessions: readonly KnownSession[]): Promise<void> {
  const db = await world.db();
  for (const reserved of sessions) {
    if (reserved.state !== "creating" || mayLive(world.processes, reserved)) continue;
    // Its registrar may have confirmed it and ended since it was read; now that it is dead nobody can.
    if (session(db, reserved.id)?.state !== "creating") continue;
    await takeBack(world, reserved).catch((error: unknown) => {
      // It stays reserved, and the next command tries again: a cure must not stop what the user asked for.
      world.log("warn", "reservation.not-healed", { id: reserved.id, error: String(error) });
    });
  }
}

/**
 * Removes what a reservation had made and its row. A tree that holds work becomes a session's that ended. What a git at
 * work still makes is left to the next command, unless it ends within `patienceMs`.
 */
export async function takeBack(world: Effects, reserved: KnownSession, patienceMs = 0): Promise<void> {
  const { git_dir: gitDir, branch, fork_commit: commit } = reserved;
  if (gitDir === null || branch === null || commit === null) return;
  // On a disk that is not there now, or gone with its repository: nothing can be said of it.
  if (!existsSync(gitDir)) return;
  const db = await world.db();
  const result = await discardHalfMade(world, gitDir, { path: reserved.worktree_path, branch, commit }, patienceMs);
  if (result === "busy") return;
  withRoom(db, () =>
    db.write((now) => {
      if (result === "gone") deleteReservation(db, reserved.id);
      if (result !== "kept" || !activate(db, reserved.id, adminNameOf(reserved.worktree_path) ?? null)) return;
      rememberWorktree(db, worktreeOf(reserved, "created"), now);
      endSession(db, { id: reserved.id, by: "death", fate: "kept" }, now);
    }),
  );
}

/** A full disk often still has room for what takes something back, once the WAL is emptied into the database. */
function withRoom(db: Db, work: () => void): void {
  try {
    work();
  } catch (thrown) {
    if (!(thrown instanceof Failure) || thrown.code !== "db.full") throw thrown;
    emptyWal(db);
    work();
  }
}
