// The room's door: which files of a session's checkout a command wrote, found by what stands changed there now and did not
// before. The checkout's own index is never written nor locked. It is a hook that asks: whatever git says, it does not
// fail, and what a look needs is loaded by it alone.

import type { Db } from "../../db/db.ts";
import type { Effects, Own, Written } from "./notice.ts";
import { hasSeen } from "./store.ts";

export type { Written } from "./notice.ts";
export { cannotWrite } from "./read-only.ts";

/** Takes what stands changed as seen, if nobody has looked there for this session before. */
export async function rememberCheckout(world: Effects, db: Db, own: Own): Promise<void> {
  const isKnown = hasSeen(db, { sessionId: own.id, path: own.worktree_path });
  if (!isKnown) await writtenSince(world, db, own);
}

/**
 * What was written since the last look; nothing at the first one, which remembers. Undefined when it could not be seen: no
 * repository (any more), a git that fails or takes too long, too much that stands changed. Errors: those of the database.
 */
export async function writtenSince(world: Effects, db: Db, own: Own): Promise<Written | undefined> {
  return (await import("./notice.ts")).notice(world, db, own);
}
