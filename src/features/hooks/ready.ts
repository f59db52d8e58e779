// The registry for who is waited for.

import { existsSync } from "node:fs";
import { Failure } from "../../core/failure.ts";
import type { Db } from "../../db/db.ts";
import type { World } from "../../world.ts";

/** Undefined where it must be made or brought up to date first: that is begun, by a process that nobody waits for. */
export async function readyDb(
  world: Pick<World, "dbInHaste" | "paths" | "startInBackground">,
): Promise<Db | undefined> {
  try {
    return await world.dbInHaste();
  } catch (thrown) {
    if (!(thrown instanceof Failure) || thrown.code !== "db.outdated") throw thrown;
    if (existsSync(world.paths.database)) world.startInBackground(["update"]);
    return undefined;
  }
}
