// A sign of life: a hint for people, never the proof that a session lives.

import type { World } from "../../world.ts";
import { type Named, sessionsMeant } from "./find.ts";
import { touch } from "./store.ts";

/** Marks the sessions meant as seen now; false when there are none, which is not an error. */
export async function heartbeat(world: Pick<World, "db" | "processes" | "parentPid">, named: Named): Promise<boolean> {
  const db = await world.db();
  const found = sessionsMeant(world, db, named);
  if (found.length === 0) return false;
  return db.write((now) => found.map((one) => touch(db, one.id, now)).includes(true));
}
