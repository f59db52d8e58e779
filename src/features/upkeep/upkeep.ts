// Work that registering makes due and does not wait for: a cleanup of the repository by a process of its own, whose one
// line is told by the command that started it when it is there in time, else by the next one.

import type { World } from "../../world.ts";
import { loadConfig } from "../config/config.ts";
import { hasOldMessages } from "../messages/messages.ts";
import { isPruningDue, limitsOf } from "../removals/removals.ts";
import { worktreesOf } from "../worktrees/worktrees.ts";
import { lastReport, takeReport } from "./store.ts";

export { storeReport, takeReport } from "./store.ts";

type Effects = Pick<World, "db" | "now" | "paths" | "startInBackground" | "log">;

interface Found {
  gitDir: string;
  gitDirId: string;
  /** Top of the main checkout. */
  path: string;
  /** Checkouts that a session has. */
  held: ReadonlySet<string>;
}

/**
 * Starts the cleanup when there may be something to do: answers how many were done before; undefined when there will be
 * nothing to tell.
 */
export async function startUpkeep(
  world: Effects,
  { gitDir, gitDirId, path, held }: Found,
): Promise<number | undefined> {
  const db = await world.db();
  const isLeft = worktreesOf(db, gitDir).some(({ origin, path: at }) => origin === "created" && !held.has(at));
  try {
    const { settings } = await loadConfig(world, path);
    if (!settings["cleanup.auto"]) return undefined;
    const isOld = isPruningDue(world, db, gitDir, limitsOf(settings)) || hasOldMessages(world, db, gitDirId);
    if (!(isLeft || isOld)) return undefined;
    const before = lastReport(db, gitDir)?.number ?? 0;
    world.startInBackground(["cleanup", "--unattended", "--repo", path]);
    // Of pruning alone there is nothing to tell, and nobody waits for it.
    return isLeft ? before : undefined;
  } catch (thrown) {
    // The session is there; that something old stays a little longer is no reason to fail.
    world.log("warn", "upkeep.not-started", { error: String(thrown) });
    return undefined;
  }
}

const WAIT_MS = 500;
const PAUSE_MS = 15;

/** The line of the cleanup that was just started, if it ends soon, or one that nobody has seen yet. */
export async function reportOf(
  world: Pick<World, "db" | "sleep">,
  { gitDir, before }: { gitDir: string; before: number | undefined },
): Promise<string | undefined> {
  const db = await world.db();
  for (let waitedMs = 0; before !== undefined && waitedMs < WAIT_MS; waitedMs += PAUSE_MS) {
    if ((lastReport(db, gitDir)?.number ?? 0) > before) break;
    await world.sleep(PAUSE_MS);
  }
  return takeReport(db, gitDir);
}
