// What a crash left, put right by the next command: reservations whose registrar died are taken back. No worktree that
// anybody was told of is touched here.

import type { World } from "../../world.ts";
import { discardHalfMade } from "../worktrees/worktrees.ts";
import { mayLive } from "./liveness.ts";
import { activate, deleteReservation, endSession, type KnownSession } from "./store.ts";

type Effects = Pick<World, "db" | "git" | "processes" | "paths" | "sleep" | "signal" | "log">;

/** Takes back every reservation among `sessions` that nobody will finish. */
export async function healReservations(world: Effects, sessions: readonly KnownSession[]): Promise<void> {
  for (const reserved of sessions) {
    if (reserved.state !== "creating" || mayLive(world.processes, reserved)) continue;
    await takeBack(world, reserved).catch((error: unknown) => {
      // It stays reserved, and the next command tries again: a cure must not stop what the user asked for.
      world.log("warn", "reservation.not-healed", { id: reserved.id, error: String(error) });
    });
  }
}

/** Removes what a reservation had made and its row. A tree that holds work becomes a session's that ended. */
export async function takeBack(world: Effects, reserved: KnownSession): Promise<void> {
  const { git_dir: gitDir, branch, fork_commit: commit } = reserved;
  if (gitDir === null || branch === null || commit === null) return;
  const db = await world.db();
  const result = await discardHalfMade(world, gitDir, { path: reserved.worktree_path, branch, commit });
  if (result === "busy") return;
  db.write((now) => {
    if (result === "gone") deleteReservation(db, reserved.id);
    if (result === "kept" && activate(db, reserved.id))
      endSession(db, { id: reserved.id, by: "death", fate: "kept" }, now);
  });
}
