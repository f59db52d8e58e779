// What was sent long ago goes for good. Never at a hook: cleaning up does it.

import { type Db, utcText } from "../../db/db.ts";
import type { World } from "../../world.ts";
import { deleteOld, isAnyOld, type Old } from "./store.ts";

const MESSAGE_DAYS = 30;
/** Of news that all have been told. */
const NEWS_DAYS = 7;
const DAY_MS = 86_400_000;

export function hasOldMessages(world: Pick<World, "now">, db: Db, gitDirId: string): boolean {
  return isAnyOld(db, oldIn(world, gitDirId));
}

export function pruneMessages(world: Pick<World, "now" | "log">, db: Db, gitDirId: string): void {
  if (!hasOldMessages(world, db, gitDirId)) return;
  const count = db.write(() => deleteOld(db, oldIn(world, gitDirId)));
  world.log("info", "messages.pruned", { gitDirId, count });
}

function oldIn({ now }: Pick<World, "now">, gitDirId: string): Old {
  const before = (days: number) => utcText(new Date(now().getTime() - days * DAY_MS));
  return { gitDirId, messagesBefore: before(MESSAGE_DAYS), newsBefore: before(NEWS_DAYS) };
}
