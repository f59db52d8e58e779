// Whose tool it is that is about to be used. A claude that has no session of its own, and that an agent's tool has started,
// counts as that agent's; one that nothing is known of becomes known, for its next tool.

import type { Db } from "../../db/db.ts";
import { topOf } from "../../git/checkout.ts";
import type { World } from "../../world.ts";
import { type KnownSession, sessionOfClaude, sessionsMeant } from "../roster/roster.ts";
import { claudeOf } from "./claude.ts";
import { readyDb } from "./ready.ts";
import type { Told } from "./told.ts";

/** Undefined where the registry cannot be asked. */
export async function whoseIn(
  world: World,
  told: Told,
): Promise<{ db: Db; own: KnownSession | undefined } | undefined> {
  const db = await readyDb(world);
  if (db === undefined) return undefined;
  const claudePid = claudeOf(world);
  const own = sessionOfClaude(world, db, claudePid) ?? sessionsMeant(world, db, { pid: claudePid })[0];
  if (own === undefined) startLate(world, told, claudePid);
  return { db, own };
}

/** Its start could not be noted (a locked database, an update, hooks that came later than it). */
export function startLate(world: Pick<World, "cwd" | "startInBackground">, told: Told, claudePid: number): void {
  const directory = told.cwd ?? world.cwd;
  // Outside of repositories nothing is started.
  if (topOf(directory) === undefined) return;
  world.startInBackground(["register", "--repo", directory, "--pid", String(claudePid), "--no-worktree"]);
}
