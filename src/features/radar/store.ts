// The SQL of the radar: the last snapshot of each session, what merging two of them gave, and what agents were told.

import { TEXT, TEXT_OR_NULL, v } from "../../core/shape.ts";
import type { Db } from "../../db/db.ts";
import type { Unresolved } from "./unresolved.ts";

const snapshotShape = () =>
  v.object({
    session_id: TEXT,
    path: TEXT,
    head: TEXT,
    commit_id: TEXT,
    tree: TEXT,
    seen: TEXT,
    taken_at: TEXT,
  });

const seenShape = () =>
  v.object({
    print: TEXT,
    skipped: v.array(TEXT),
    large: v.array(TEXT),
    /** Rows of before this was looked at have none. */
    unresolved: v.optional(v.nullable(v.object({ operation: TEXT_OR_NULL, paths: v.array(TEXT) })), null),
  });

export interface StoredSnapshot {
  sessionId: string;
  path: string;
  /** Null before the first commit. */
  head: string | null;
  commit: string;
  tree: string;
  print: string;
  skipped: string[];
  large: string[];
  /** Of such a file the snapshot has git's marks of conflict in it. */
  unresolved: Unresolved | null;
  takenAt: string;
}

/** By session. */
export function snapshotsOf(db: Db, gitDirId: string): Map<string, StoredSnapshot> {
  const sql = `SELECT session_id, path, head, commit_id, tree, seen, taken_at FROM snapshots
    WHERE git_dir_id = $gitDirId`;
  const found = new Map<string, StoredSnapshot>();
  for (const row of db.all(snapshotShape(), sql, { gitDirId })) {
    const seen = v.safeParse(v.pipe(TEXT, v.parseJson(), seenShape()), row.seen);
    if (!seen.success) continue;
    const { session_id: sessionId, path, head, commit_id: commit, tree, taken_at: takenAt } = row;
    found.set(sessionId, { ...{ sessionId, path, head: head || null, commit, tree, takenAt }, ...seen.output });
  }
  return found;
}

/** Of a session that is over by now nothing is kept. */
export function storeSnapshot(db: Db, made: Omit<StoredSnapshot, "takenAt"> & { gitDirId: string }, now: string): void {
  const { sessionId, gitDirId, path, head, commit, tree, print, skipped, large, unresolved } = made;
  db.run(
    `INSERT OR REPLACE INTO snapshots (session_id, git_dir_id, path, head, commit_id, tree, seen, taken_at)
     SELECT id, $gitDirId, $path, $head, $commit, $tree, $seen, $now FROM sessions WHERE id = $sessionId`,
    {
      ...{ sessionId, gitDirId, path, head: head ?? "", commit, tree, now },
      seen: JSON.stringify({ print, skipped, large, unresolved }),
    },
  );
}

/** Several may judge two commits, each in its own way. */
export interface VerdictKey {
  ours: string;
  theirs: string;
}

/** What was found by that judge before, as JSON. */
export function storedVerdict(db: Db, { ours, theirs }: VerdictKey, judge: number): string | undefined {
  const sql = "SELECT verdict FROM merge_verdicts WHERE ours = $ours AND theirs = $theirs AND judge = $judge";
  return db.one(v.object({ verdict: TEXT }), sql, { ours, theirs, judge })?.verdict;
}

const KEPT_DAYS = 14;

export function storeVerdict(
  db: Db,
  { ours, theirs, judge, verdict }: VerdictKey & { judge: number; verdict: unknown },
  now: string,
): void {
  db.run(
    `INSERT OR REPLACE INTO merge_verdicts (ours, theirs, judge, verdict, judged_at)
     VALUES ($ours, $theirs, $judge, $verdict, $now)`,
    { ours, theirs, judge, verdict: JSON.stringify(verdict), now },
  );
}

/** Work moves on: most of these commits nobody will ask for again. */
export function forgetOldVerdicts(db: Db, now: string): void {
  db.run("DELETE FROM merge_verdicts WHERE judged_at < datetime($now, $days)", { now, days: `-${KEPT_DAYS} days` });
}

export interface Telling {
  sessionId: string;
  peerId: string;
  path: string;
}

/** What the agent was last told of that file of that peer; undefined when nothing. */
export function toldOf(db: Db, { sessionId, peerId, path }: Telling): string | undefined {
  const sql = "SELECT regions FROM radar_tellings WHERE session_id = $sessionId AND peer_id = $peerId AND path = $path";
  return db.one(v.object({ regions: TEXT_OR_NULL }), sql, { sessionId, peerId, path })?.regions ?? undefined;
}

export function storeTold(
  db: Db,
  { sessionId, peerId, path, regions }: Telling & { regions: string },
  now: string,
): void {
  db.run(
    `INSERT OR REPLACE INTO radar_tellings (session_id, peer_id, path, regions, told_at)
     SELECT id, $peerId, $path, $regions, $now FROM sessions WHERE id = $sessionId`,
    { sessionId, peerId, path, regions, now },
  );
}
