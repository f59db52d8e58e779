// A merge that sessions were told of and that its target has taken back since: who was told of the one is told of the
// other, once. A look tells only of what came after the one before it, in the very write that says it has looked.

import { asFailure } from "../../core/failure.ts";
import type { Db } from "../../db/db.ts";
import type { World } from "../../world.ts";
import { shortRef, type TakenBack, takenBack } from "../merges/merges.ts";
import { postNews } from "../messages/messages.ts";
import { branchesOf, type Ground } from "./ground.ts";
import { type EventRow, eventsTold, sessionsTold } from "./store.ts";
import { targetCalled } from "./targets.ts";
import { markOf, revertedNews } from "./words.ts";

export interface Reversal {
  /** Of one commit that was taken back. */
  events: readonly [EventRow, ...EventRow[]];
  by: string;
  person: string;
  /** The ref where it was, as people write it. */
  place: string;
}

interface Known {
  tip: string;
  commit: string;
  isMerge: boolean;
  event: EventRow;
}

/** `seen`: by ref, the commit that it was last seen at. Errors: those of git that tell of no commit. */
export async function reversalsSince(
  world: Pick<World, "signal">,
  { db, git, refs, repository: { gitDir } }: Ground,
  seen: Readonly<Record<string, string>>,
): Promise<Reversal[]> {
  const byTarget = Map.groupBy(eventsTold(db, gitDir), ({ target_branch: name }) => name);
  const found = new Map<string, Reversal>();
  for (const [name, events] of byTarget) {
    const places = targetCalled(name, refs)?.refs ?? [];
    const without = places.flatMap((ref) => seen[ref.name] || []);
    const moved = places.filter((ref) => seen[ref.name] !== undefined && !without.includes(ref.commit));
    const known = events.map((event): Known => {
      const { source_commit: tip, target_commit: commit, method } = event;
      return { tip, commit, isMerge: method === "merged", event };
    });
    for (const { name: ref, commit: to } of without.length === 0 ? [] : moved) {
      const taken = await takenBack(git, { gitDir, signal: world.signal(), to, without, known }).catch(unlessGone);
      for (const [by, group] of Map.groupBy(taken, (one) => `${one.known.commit} ${one.by}`)) {
        const reversal = reversalOf(group, shortRef(ref));
        if (reversal !== undefined && !found.has(by)) found.set(by, reversal);
      }
    }
  }
  return [...found.values()];
}

/** Of a target that was set elsewhere, where it stood before may be there no more. */
function unlessGone(thrown: unknown): [] {
  if (asFailure(thrown).code === "git.failed") return [];
  throw thrown;
}

function reversalOf(group: readonly TakenBack<Known>[], place: string): Reversal | undefined {
  const [first, ...others] = group;
  if (first === undefined) return undefined;
  const { by, person } = first;
  return { events: [first.known.event, ...others.map(({ known }) => known.event)], by, person, place };
}

/** Called within `db.write`, with its `now`. How many were told. */
export function tellReversals(
  world: Pick<World, "newId">,
  db: Db,
  { ground, reversals, now }: { ground: Ground; reversals: readonly Reversal[]; now: string },
): number {
  const { gitDirId } = ground.repository;
  let told = 0;
  for (const { events, by, person, place } of reversals) {
    const [{ method, target_commit: commit }] = events;
    const hearers = new Set(sessionsTold(db, gitDirId, markOf({ method, commit })));
    const branches = events.map(({ branch_name: name }) => name);
    for (const session of ground.sessions.filter(({ id }) => hearers.has(id))) {
      const isOwn = branchesOf(ground, session).some((name) => branches.includes(name));
      const body = revertedNews({ branches, place, commit, by, person, isOwn });
      postNews(world, db, { gitDirId, topic: "branch.reverted", body, to: [session.id] }, now);
      told += 1;
    }
  }
  return told;
}
