// A landing is recorded, told and answered in one transaction: whoever else sees it finds it recorded, and tells nobody.

import type { World } from "../../world.ts";
import { postNews } from "../messages/messages.ts";
import { type Concerned, concernedBy, type Landing, subscriptionsTo } from "./concerned.ts";
import type { Ground } from "./ground.ts";
import type { Arrival } from "./landings.ts";
import { type EventRow, endSubscription, eventOf, insertEvent, markSent } from "./store.ts";
import { newsOf } from "./words.ts";

export interface Recorded {
  event: EventRow;
  /** Who was told. */
  told: readonly Concerned[];
}

export interface Telling {
  arrivals: readonly Arrival[];
  /** By ref, the commit that it was last seen at. */
  seen: Readonly<Record<string, string>>;
}

type Effects = Pick<World, "git" | "signal" | "newId">;

/** Those that nobody has recorded before. */
export async function record(world: Effects, ground: Ground, telling: Telling): Promise<Recorded[]> {
  const { arrivals, seen } = telling;
  const { db, repository } = ground;
  const unknown = arrivals.filter((one) => eventOf(db, repository.gitDir, keyOf(one)) === undefined);
  const groups = Map.groupBy(unknown, ({ target, commit }) => `${target.name} ${commit}`);
  const recorded: Recorded[] = [];
  for (const [first, ...others] of groups.values()) {
    if (first === undefined) continue;
    const before = first.target.refs.flatMap(({ name }) => seen[name] || []);
    const landing: Landing = { arrivals: [first, ...others], before };
    const concerned = await concernedBy(world, ground, landing);
    recorded.push(...commit(world, ground, { landing, concerned }));
  }
  return recorded;
}

function commit(
  world: Pick<World, "newId">,
  { db, repository, subscriptions }: Ground,
  { landing: { arrivals }, concerned }: { landing: Landing; concerned: readonly Concerned[] },
): Recorded[] {
  return db.write((now) => {
    const made = arrivals.filter((one) => {
      const { branch, tip, target, commit: target_commit, method, mergedAt, mergedBy } = one;
      const ids = { id: world.newId(), repo_path: repository.path, git_dir: repository.gitDir };
      const what = { branch_name: branch, source_commit: tip, target_branch: target.name, target_commit, method };
      return insertEvent(db, { ...ids, ...what, merged_at: mergedAt, merged_by: mergedBy }, now);
    });
    const [first] = made;
    // Another look has told it.
    if (first === undefined) return [];
    const told = { ...first, branches: made.map(({ branch }) => branch) };
    const topic = "branch.merged";
    for (const { session, part } of concerned) {
      const body = newsOf(told, part);
      postNews(world, db, { gitDirId: repository.gitDirId, topic, body, to: [session.id] }, now);
    }
    for (const { id } of subscriptionsTo(made, subscriptions)) endSubscription(db, id, now);
    return made.flatMap((one) => {
      const event = eventOf(db, repository.gitDir, keyOf(one));
      if (event === undefined) return [];
      if (concerned.length > 0) markSent(db, event.id);
      return [{ event: { ...event, notification_sent: concerned.length > 0 ? 1 : 0 }, told: concerned }];
    });
  });
}

function keyOf({ branch, tip, target }: Arrival) {
  return { branch, tip, target: target.name };
}
