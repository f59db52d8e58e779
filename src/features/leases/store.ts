// The SQL of port leases. None is ever deleted here: the schema frees them with their session.

import { NUMBER, TEXT, v } from "../../core/shape.ts";
import type { Db } from "../../db/db.ts";

/** A session's ports, PARALLEL_CC_PORT first. */
export function portsOf(db: Db, sessionId: string): number[] {
  const sql = "SELECT port FROM port_leases WHERE session_id = $sessionId ORDER BY position";
  return db.all(v.object({ port: NUMBER }), sql, { sessionId }).map(({ port }) => port);
}

export function hasLeases(db: Db, sessionId: string): boolean {
  return portsOf(db, sessionId).length > 0;
}

/** Who holds which port. */
export function allLeases(db: Db): Map<number, string> {
  const rows = db.all(v.object({ port: NUMBER, session_id: TEXT }), "SELECT port, session_id FROM port_leases");
  return new Map(rows.map((row) => [row.port, row.session_id]));
}

/** Also takes the port over from another session. False when the session is not there any more. */
export function storeLease(db: Db, lease: { port: number; sessionId: string; position: number }): boolean {
  const { changes } = db.run(
    `INSERT INTO port_leases (port, session_id, position) SELECT $port, id, $position FROM sessions WHERE id = $sessionId
     ON CONFLICT (port) DO UPDATE SET session_id = excluded.session_id, position = excluded.position`,
    lease,
  );
  return changes === 1;
}
