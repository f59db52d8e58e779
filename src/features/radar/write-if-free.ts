// What the radar remembers is a cache: it is written where the database is free to be, and an answer never fails or waits
// long for it.

import { Failure } from "../../core/failure.ts";
import { NUMBER, v } from "../../core/shape.ts";
import type { Db } from "../../db/db.ts";
import type { World } from "../../world.ts";

/** In all: who was refused once does not wait again. */
const PATIENCE_MS = 200;
const refused = new WeakSet<Db>();

/** Whether it was written. Errors: those of `work`. */
export function writeIfFree(world: Pick<World, "log">, db: Db, work: (now: string) => void): boolean {
  const before = db.one(v.object({ timeout: NUMBER }), "PRAGMA busy_timeout")?.timeout ?? PATIENCE_MS;
  db.waitAtMost(refused.has(db) ? 0 : Math.min(before, PATIENCE_MS));
  try {
    db.write(work);
    refused.delete(db);
    return true;
  } catch (thrown) {
    if (!(thrown instanceof Failure) || !REFUSED.test(thrown.code)) throw thrown;
    refused.add(db);
    world.log("info", "radar.not-remembered", { error: thrown.message });
    return false;
  } finally {
    db.waitAtMost(before);
  }
}

const REFUSED = /^db\.(locked|readonly|unwritable|full)$/;
