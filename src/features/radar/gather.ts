// What each live session of a repository stands at now, each snapshot taken anew where something has changed.

import { Failure } from "../../core/failure.ts";
import { inParallel } from "../../core/limiter.ts";
import { printable } from "../../core/text.ts";
import type { Db } from "../../db/db.ts";
import type { Repository } from "../../git/repository.ts";
import type { World } from "../../world.ts";
import { isLocal, type KnownSession, livingOf, sessionsOf } from "../roster/roster.ts";
import type { ObjectDirectories } from "./objects.ts";
import { type Snapshot, type Effects as SnapshotEffects, snapshotOf } from "./snapshot.ts";
import { snapshotsOf, storeSnapshot } from "./store.ts";
import { writeIfFree } from "./write-if-free.ts";

export interface Gathered {
  session: KnownSession;
  /** Why there is none, in words. */
  snapshot: Snapshot | { error: string };
}

type Effects = SnapshotEffects & Pick<World, "processes" | "signal">;

/** A snapshot waits for the disk and for git, each with a processor of its own. */
const AT_ONCE = 4;

/** Live sessions on this machine, in the order in which they began. Errors: those of the database; `proc.cancelled`. */
export async function gather(
  world: Effects,
  db: Db,
  { repository, objects }: { repository: Pick<Repository, "gitDir" | "gitDirId" | "path">; objects: ObjectDirectories },
): Promise<Gathered[]> {
  const { gitDirId } = repository;
  const living = livingOf(world, sessionsOf(db, repository)).filter(isLocal);
  const before = snapshotsOf(db, gitDirId);
  // Those who share a checkout stand at the same.
  const tops = [...new Set(living.map(({ worktree_path }) => worktree_path))];
  const taken = await inParallel(tops, AT_ONCE, async (top) => {
    const known = living.flatMap(({ id, worktree_path }) => (worktree_path === top ? (before.get(id) ?? []) : []))[0];
    const asked = { top, objects, before: known?.path === top ? known : undefined, signal: world.signal() };
    return [top, await snapshotOf(world, db, asked).catch((thrown) => errorOf(world, top, thrown))] as const;
  });
  const byTop = new Map(taken);
  const all = living.flatMap((session): Gathered[] => {
    const snapshot = byTop.get(session.worktree_path);
    return snapshot === undefined ? [] : [{ session, snapshot }];
  });
  keep(world, db, all, gitDirId);
  return all;
}

function errorOf(world: Pick<World, "log" | "signal">, top: string, thrown: unknown): { error: string } {
  world.signal().throwIfAborted();
  world.log("info", "radar.no-snapshot", { top, error: String(thrown) });
  const isDisk = thrown instanceof Error && "code" in thrown;
  if (!(thrown instanceof Failure) && !isDisk) throw thrown;
  return { error: printable(thrown.message) };
}

/** Also that nothing has changed: who asks later knows how old it is. */
function keep(world: Pick<World, "log">, db: Db, all: readonly Gathered[], gitDirId: string): void {
  writeIfFree(world, db, (now) => {
    for (const { session, snapshot } of all) {
      if ("error" in snapshot) continue;
      storeSnapshot(db, { ...snapshot, gitDirId, sessionId: session.id, path: session.worktree_path }, now);
    }
  });
}
