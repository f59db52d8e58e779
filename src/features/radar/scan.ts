// The radar: every live session of a repository with every other one and with where it is to land, uncommitted work
// included, and in which order they had better land.

import type { Db } from "../../db/db.ts";
import type { Repository } from "../../git/repository.ts";
import type { World } from "../../world.ts";
import { type Gathered, gather } from "./gather.ts";
import { type LandingPlace, landingPlaces } from "./landing-places.ts";
import { objectsOf } from "./objects.ts";
import { landingOrder } from "./order.ts";
import { judgePairs, type SidePair } from "./pairs.ts";
import type { Snapshot } from "./snapshot.ts";
import { type Judged, unknownFor } from "./verdict.ts";

export type Effects = Parameters<typeof gather>[0] & Pick<World, "db">;

export interface Scanned {
  sessions: readonly Gathered[];
  pairs: { a: string; b: string; judged: Judged }[];
  targets: { session: string; target: LandingPlace; judged: Judged }[];
  order: ReturnType<typeof landingOrder>;
  timing: { snapshotMs: number; mergeMs: number; merged: number };
}

type Place = Pick<Repository, "gitDir" | "gitDirId" | "path">;

/** Errors: those of git, the database and the disk. What cannot be told of one pair is unknown of that one. */
export async function scan(world: Effects, db: Db, repository: Place): Promise<Scanned> {
  const objects = objectsOf(world, repository.gitDir);
  const start = world.now().getTime();
  const sessions = await gather(world, db, { repository, objects });
  const gathered = world.now().getTime();
  const git = world.git(repository.gitDir).trusting();
  const places = await landingPlaces(
    git,
    sessions.map(({ session }) => session),
  );
  const between = pairsOf(sessions);
  const toTargets = sessions.flatMap((one) =>
    (places.get(one.session.id) ?? []).map((target) => ({ session: one.session.id, one, target })),
  );
  const asked = [
    ...between.map(({ first, second }) => sides(first.snapshot, second.snapshot)),
    ...toTargets.map(({ one, target }) => sides(one.snapshot, target)),
  ];
  const known = asked.filter((one): one is SidePair => !("error" in one));
  const { judged, fresh } = await judgePairs(world, db, known, {
    ...{ gitDir: repository.gitDir, objects, signal: world.signal() },
  });
  const byPair = new Map(known.map((pair, at) => [pair, judged[at]]));
  const verdicts = asked.map((one) =>
    "error" in one ? unknownFor(one.error) : (byPair.get(one) ?? unknownFor("it was not merged")),
  );
  const pairs = between.map(({ first, second }, at) => ({
    ...{ a: first.session.id, b: second.session.id, judged: verdicts[at] ?? unknownFor("it was not merged") },
  }));
  const targets = toTargets.map(({ session, target }, at) => ({
    ...{ session, target, judged: verdicts[between.length + at] ?? unknownFor("it was not merged") },
  }));
  const timing = { snapshotMs: gathered - start, mergeMs: world.now().getTime() - gathered, merged: fresh };
  return { sessions, pairs, targets, order: orderOf(sessions, pairs, targets), timing };
}

/** Each with each, but for those who share a checkout. */
function pairsOf(sessions: readonly Gathered[]): { first: Gathered; second: Gathered }[] {
  return sessions.flatMap((first, at) =>
    sessions
      .slice(at + 1)
      .filter((second) => second.session.worktree_path !== first.session.worktree_path)
      .map((second) => ({ first, second })),
  );
}

function sides(a: Snapshot | { error: string }, b: Snapshot | LandingPlace | { error: string }) {
  if ("error" in a) return a;
  if ("error" in b) return b;
  return { a: { commit: a.commit, tree: a.tree }, b: { commit: b.commit, tree: b.tree } };
}

/** What could not be told counts as a conflict. */
function orderOf(
  sessions: readonly Gathered[],
  pairs: Scanned["pairs"],
  targets: Scanned["targets"],
): Scanned["order"] {
  const isMet = ({ verdict }: Judged) => verdict === "conflict" || verdict === "unknown";
  // Who shares a checkout lands with it.
  const landing = sessions.filter(
    ({ session }, at) => sessions.findIndex((one) => one.session.worktree_path === session.worktree_path) === at,
  );
  return landingOrder(
    landing.map(({ session: { id } }) => {
      const own = targets.filter(({ session }) => session === id);
      const met = pairs.filter(({ a, b, judged }) => (a === id || b === id) && isMet(judged));
      return {
        id,
        size: own[0]?.judged.brings.a ?? 0,
        isMeetingTarget: own.some(({ judged }) => isMet(judged)),
        conflicts: new Set(met.map(({ a, b }) => (a === id ? b : a))),
      };
    }),
  );
}
