// Carrying out a plan, and nothing but the plan: each item is looked at again right before it is touched.

import type { World } from "../../world.ts";
import { type Keep, type Outcome, type RemovalKind, removeWorktree, rescueRef } from "../removals/removals.ts";
import { endSession, livenessOfAll, sessionById } from "../sessions/sessions.ts";
import { forgetWorktree } from "../worktrees/worktrees.ts";
import { goes, type Item, type Plan } from "./plan.ts";

export interface Removed {
  /** What `undo` takes. */
  id: string;
  path: string | null;
  name: string;
  branch: string | null;
  rescue: string;
  proofs: string[];
}

export interface Applied {
  /** Ids of sessions whose processes had ended. */
  sessions: string[];
  removed: Removed[];
  kept: { item: Item; keeps: Keep[] }[];
}

export async function applyPlan(world: World, plan: Plan): Promise<Applied> {
  const applied: Applied = { sessions: [], removed: [], kept: [] };
  for (const item of plan.items) {
    world.signal().throwIfAborted();
    if (!goes(item)) applied.kept.push({ item, keeps: item.keeps });
    else if (item.session !== undefined) await endDead(world, item, applied);
    else await remove(world, item, { isForced: false }, applied);
  }
  const db = await world.db();
  db.write(() => {
    for (const path of plan.gone) forgetWorktree(db, path);
  });
  return applied;
}

async function endDead(world: World, { session }: Item, applied: Applied): Promise<void> {
  const db = await world.db();
  const ended = db.write((now) => {
    const current = session === undefined ? undefined : sessionById(db, session.id);
    if (current === undefined || livenessOfAll(world.processes, [current]).get(current.id)?.state !== "dead")
      return false;
    const fate = current.is_main_repo === 1 ? "none" : "kept";
    return endSession(db, { id: current.id, by: "death", fate }, now);
  });
  if (ended && session !== undefined) applied.sessions.push(session.id);
}

/** Removes one item, or says what keeps it. */
export async function remove(
  world: World,
  item: Item,
  { isForced }: { isForced: boolean },
  applied: Applied,
): Promise<Outcome | undefined> {
  if (item.subject === undefined || item.kind === "session") return undefined;
  const kind: RemovalKind = item.kind;
  const outcome = await removeWorktree(world, { subject: item.subject, kind, isForced });
  if (outcome.kind === "kept") {
    applied.kept.push({ item, keeps: outcome.keeps });
    return outcome;
  }
  const { id, path, branch, branch_tip: tip } = outcome.removal;
  const removed = { id, path, name: item.name, branch: tip === null ? null : branch, rescue: rescueRef(id) };
  applied.removed.push({ ...removed, proofs: outcome.proofs });
  return outcome;
}
