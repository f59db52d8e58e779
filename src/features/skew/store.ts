// The SQL of skew: which release wrote to the registry last, and which of another release calls.

import { TEXT, v } from "../../core/shape.ts";
import type { Db } from "../../db/db.ts";

/** `program_version` is there once anything was registered; the others only while there is a skew. */
export type Noted = "program_version" | "wrapper_version" | "hook_version";

export function noted(db: Db, key: Noted): string | undefined {
  return db.one(v.object({ value: TEXT }), "SELECT value FROM schema_metadata WHERE key = $key", { key })?.value;
}

/** True when that is news. */
export function note(db: Db, { key, value }: { key: Noted; value: string }, now: string): boolean {
  const { changes } = db.run(
    `INSERT INTO schema_metadata (key, value, updated_at) VALUES ($key, $value, $now)
     ON CONFLICT (key) DO UPDATE SET value = excluded.value, updated_at = excluded.updated_at
     WHERE value <> excluded.value`,
    { key, value, now },
  );
  return changes === 1;
}

export function forget(db: Db, key: Noted): void {
  db.run("DELETE FROM schema_metadata WHERE key = $key", { key });
}
