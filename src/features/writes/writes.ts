// The room's door: which files of a session's checkout a command wrote, found by what stands changed there now and did not
// before. The checkout's own index is never written nor locked. It is a hook that asks: whatever git says, it does not
// fail, and what a look needs is loaded by it alone.

import type { Db } from "../../db/db.ts";
import { type Begun, begin } from "./look.ts";
import type { Effects, Own, Written } from "./notice.ts";
import { hasSeen } from "./store.ts";

export { gitDirOf } from "./checkout.ts";
export { type IndexStat, isAsInIndex, statsOfIndex } from "./index-stats.ts";
export type { Begun } from "./look.ts";
export type { Written } from "./notice.ts";
export { dropPrivateIndex, isWhole, type PrivateIndex, providePrivateIndex } from "./private-index.ts";
export { cannotWrite } from "./read-only.ts";

/** Takes what stands changed as seen, if nobody has looked there for this session before. */
export async function rememberCheckout(world: Effects, db: Db, own: Own): Promise<void> {
  const isKnown = hasSeen(db, { sessionId: own.id, path: own.worktree_path });
  if (!isKnown) await writtenSince(world, db, own);
}

/**
 * Has git look at the checkout with that top, for who does not know yet whether it is a session's and is to be looked at,
 * and has some milliseconds to find out. Undefined where the last look was not wanted: then the next begins in its time.
 */
export function beginLook(world: Effects, top: string): Begun | undefined {
  return begin(world, top);
}

/**
 * What was written since the last look; nothing at the first one, which remembers. Undefined when it could not be seen: no
 * repository (any more), a git that fails or takes too long, too much that stands changed. Errors: those of the database.
 */
export async function writtenSince(world: Effects, db: Db, own: Own, begun?: Begun): Promise<Written | undefined> {
  return (await import("./notice.ts")).notice(world, db, own, begun);
}
