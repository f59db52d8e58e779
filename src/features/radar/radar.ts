// The room's door: what an agent is told before an edit. The radar itself is asked for by its commands alone.

import type { Db } from "../../db/db.ts";
import type { KnownSession } from "../roster/roster.ts";
import type { Edit, Effects } from "./before-edit.ts";

export type { Edit } from "./before-edit.ts";

/**
 * In words for the agent, with which live sessions' work what the file is to hold would conflict, and where; undefined
 * when with none, or it cannot be told, or it was told before. Errors: those of the database, `config.broken`.
 */
export async function wouldConflict(
  world: Effects,
  db: Db,
  own: KnownSession,
  edit: Edit,
): Promise<string | undefined> {
  const { wouldConflict: judge } = await import("./before-edit.ts");
  return judge(world, db, own, edit);
}
