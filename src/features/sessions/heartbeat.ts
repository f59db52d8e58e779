// A sign of life: a hint for people, never the proof that a session lives. With `claudePid` it also tells of a process
// the session lives by from now on, which is proof.

import { Failure } from "../../core/failure.ts";
import type { World } from "../../world.ts";
import { insertProcess, type Named, sessionsMeant, touch } from "../roster/roster.ts";
import { noteHeartbeat } from "../skew/skew.ts";
import { requireYours } from "./yours.ts";

export interface Heartbeat extends Named {
  claudePid?: number | undefined;
}

/** It is called at every tool use, and a missed one does no harm. */
const HOOK_PATIENCE_MS = 200;

/** Marks the sessions meant as seen now; false when there are none. Errors: `process.none`, `session.not-yours`. */
export async function heartbeat(
  world: Pick<World, "db" | "processes" | "parentPid" | "env" | "version" | "log">,
  input: Heartbeat,
): Promise<boolean> {
  const db = await world.db();
  db.waitAtMost(HOOK_PATIENCE_MS);
  const found = sessionsMeant(world, db, input);
  if (found.length === 0) return false;
  const claude = input.claudePid === undefined ? undefined : world.processes.identify(input.claudePid);
  if (input.claudePid !== undefined && claude === undefined) {
    throw new Failure({ code: "process.none", message: `No process has the pid ${input.claudePid}.` });
  }
  // What a session lives by may speak for it.
  if (claude !== undefined) for (const one of found) requireYours(world, db, one);
  const isSkewed = db.write((now) => {
    for (const { id } of found) {
      touch(db, id, now);
      if (claude !== undefined) insertProcess(db, id, "claude", claude);
    }
    return noteHeartbeat(db, world, now);
  });
  // Once: the script that called may be heard by nobody, so the next register tells people.
  if (isSkewed) world.log("warn", "hook.skew", { hook: world.env.hookVersion, program: world.version });
  return true;
}
