// What a session was sent reaches its agent: with its next prompt or tool use, and never a subagent. At the end of a turn
// a message may make it go on, once, where its user has said so.

import type { Db } from "../../db/db.ts";
import type { World } from "../../world.ts";
import { hasPending, takeDelivery } from "../messages/messages.ts";
import type { KnownSession } from "../roster/roster.ts";
import type { HookAnswer } from "./hook.ts";
import type { Told } from "./told.ts";

/** Undefined where nothing waits. */
export function inboxText(db: Db, own: KnownSession, told: Told): string | undefined {
  return told.agent_id === undefined ? takeDelivery(db, own, "hook") : undefined;
}

/** Errors: `config.broken`. */
export async function answerStop(
  world: Pick<World, "paths" | "db">,
  db: Db,
  { own, told }: { own: KnownSession; told: Told },
): Promise<HookAnswer | undefined> {
  // It goes on already because a hook said so: once is enough.
  if (told.stop_hook_active === true || told.agent_id !== undefined || !hasPending(db, own.id, "message")) {
    return undefined;
  }
  const { loadConfig } = await import("../config/config.ts");
  const { settings } = await loadConfig(world, own.repo_path);
  if (!settings["messages.continueAtStop"]) return undefined;
  const reason = takeDelivery(db, own, "hook", { kinds: ["message"] });
  return reason === undefined ? undefined : { decision: "block", reason };
}
