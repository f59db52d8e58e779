// The SQL of looks: what stood changed in a session's checkout when it was last looked at.

import { NUMBER, TEXT, TEXT_OR_NULL, v } from "../../core/shape.ts";
import type { Db } from "../../db/db.ts";

/** How far a reflog was read. */
const MARK = v.strictObject({ ino: TEXT, size: NUMBER });
export type Mark = v.InferOutput<typeof MARK>;

const stateShape = () =>
  v.strictObject({
    head: TEXT_OR_NULL,
    /** Name of the private index that was looked with. */
    index: TEXT,
    reflog: MARK,
    /** When git last prepared the message of a commit to come; "" when none is there. */
    message: TEXT,
    /** Paths, one character a byte, with what the file system said of each; in pairs, since any name may be a path. */
    changed: v.array(v.tuple([TEXT, TEXT])),
    /** When, in milliseconds. */
    at: NUMBER,
  });
export type State = v.InferOutput<ReturnType<typeof stateShape>>;

const seenShape = () =>
  v.strictObject({
    /** Undefined before the first look that came to its end. */
    state: v.optional(stateShape()),
    /** After one that took too long: not before this time, in milliseconds. */
    restsUntil: v.optional(NUMBER),
  });
export type Seen = v.InferOutput<ReturnType<typeof seenShape>>;

export interface LookKey {
  sessionId: string;
  path: string;
}

/** Whether there was a look, as far as can be told without reading what it saw. */
export function hasSeen(db: Db, key: LookKey): boolean {
  const sql = "SELECT 1 AS n FROM checkout_looks WHERE session_id = $sessionId AND path = $path";
  return db.one(v.object({ n: NUMBER }), sql, { ...key }) !== undefined;
}

/** Undefined when there was none, or one of another release. */
export function seenAt(db: Db, key: LookKey): Seen | undefined {
  const sql = "SELECT seen FROM checkout_looks WHERE session_id = $sessionId AND path = $path";
  const found = db.one(v.object({ seen: TEXT }), sql, { ...key });
  if (found === undefined) return undefined;
  const parsed = v.safeParse(v.pipe(TEXT, v.parseJson(), seenShape()), found.seen);
  return parsed.success ? parsed.output : undefined;
}

/** Of a session that is over by now nothing is kept. */
export function storeSeen(db: Db, { sessionId, path }: LookKey, seen: Seen, now: string): void {
  db.run(
    `INSERT OR REPLACE INTO checkout_looks (session_id, path, seen, looked_at)
     SELECT id, $path, $seen, $now FROM sessions WHERE id = $sessionId`,
    { sessionId, path, seen: JSON.stringify(seen), now },
  );
}

/** Names of the private indexes that looks were made with. */
export function usedIndexes(db: Db): Set<string> {
  const sql = "SELECT json_extract(seen, '$.state.index') AS name FROM checkout_looks WHERE json_valid(seen)";
  const rows = db.all(v.object({ name: TEXT_OR_NULL }), sql);
  return new Set(rows.flatMap(({ name }) => (name === null ? [] : [name])));
}
