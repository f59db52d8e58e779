// Who waits for a branch that is gone: no look will tell more of it than the one that found it gone, so the waiting ends,
// and who waited is told. While a remote has the branch it may land there, and is waited for.

import type { World } from "../../world.ts";
import { recordedTip } from "../merges/merges.ts";
import { postNews } from "../messages/messages.ts";
import { type Ground, isThere } from "./ground.ts";
import { activeSubscriptions, endSubscription, type SubscriptionRow } from "./store.ts";
import { goneNews } from "./words.ts";

const REMOTE = /^refs\/remotes\/[^/]+\//;

/** Those of living sessions: nobody else can be told. `goneFar`: remote-tracking refs whose branches are gone there. */
export function waitingInVain(ground: Ground, goneFar: readonly string[]): SubscriptionRow[] {
  const { sessions, subscriptions } = ground;
  const living = new Set(sessions.map(({ id }) => id));
  const refs = ground.refs.filter(({ name }) => !goneFar.includes(name));
  const far = new Set(refs.flatMap(({ name }) => (REMOTE.test(name) ? [name.replace(REMOTE, "")] : [])));
  return subscriptions.filter(
    ({ session_id, branch_name: branch }) => living.has(session_id) && !isThere({ refs }, branch) && !far.has(branch),
  );
}

/** Of these, those that the look has not answered. How many were told. */
export function endWaiting(
  world: Pick<World, "newId">,
  { db, repository: { gitDir, gitDirId } }: Ground,
  vain: readonly SubscriptionRow[],
): number {
  if (vain.length === 0) return 0;
  return db.write((now) => {
    const active = new Set(activeSubscriptions(db, gitDir).map(({ id }) => id));
    const open = vain.filter(({ id }) => active.has(id));
    for (const { id, session_id, branch_name: branch, target_branch: target, answered_tip } of open) {
      const tip = recordedTip(db, gitDir, branch);
      const body = goneNews({ branch, target, tip, hasLanded: tip !== undefined && tip === answered_tip });
      postNews(world, db, { gitDirId, topic: "branch.merged", body, to: [session_id] }, now);
      endSubscription(db, id, now);
    }
    return open.length;
  });
}
