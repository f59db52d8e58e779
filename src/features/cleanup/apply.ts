// Carrying out a plan, and nothing but the plan: each item is looked at again right before it is touched.

import { existsSync } from "node:fs";
import { inParallel } from "../../core/limiter.ts";
import type { World } from "../../world.ts";
import { type Keep, type Known, removalsUnderWay, removeWorktree, rescueRef } from "../removals/removals.ts";
import { isLocal, livenessOfAll, session as sessionById } from "../roster/roster.ts";
import { endAndAnnounce, livingBeside } from "../sessions/sessions.ts";
import { forgetWorktree } from "../worktrees/worktrees.ts";
import { goes, type Item, type Plan, targetsByName } from "./plan.ts";

export interface Removed {
  /** What `undo` takes. */
  id: string;
  path: string | null;
  name: string;
  branch: string | null;
  rescue: string;
  proofs: string[];
  /** What only the trash has, beside what git ignores. */
  trashOnly: { path: string; why: string }[];
}

export interface Applied {
  /** Ids of sessions whose processes had ended. */
  sessions: string[];
  removed: Removed[];
  kept: { item: Item; keeps: Keep[] }[];
}

/** git's locks on refs bear a few at once, and most of a removal is git's work in other processes. */
const AT_ONCE = 3;

export async function applyPlan(world: World, plan: Plan): Promise<Applied> {
  const targets = targetsByName(world, plan.repository);
  const parts = await inParallel(plan.items, AT_ONCE, async (item): Promise<Applied> => {
    world.signal().throwIfAborted();
    if (!goes(item)) return { ...NOTHING, kept: [{ item, keeps: item.keeps }] };
    if (item.session !== undefined) return endDead(world, item);
    const target = item.subject?.row.target_branch ?? null;
    const known = { memory: plan.memory, targets: await targets(target), index: item.standing?.index };
    return remove(world, item, { isForced: false, isAsked: false, known });
  });
  const db = await world.db();
  db.write(() => {
    const going = new Set(removalsUnderWay(db).map(({ path }) => path));
    // What another command has set aside just now is not gone.
    for (const path of plan.gone) if (!going.has(path) && !existsSync(path)) forgetWorktree(db, path);
  });
  return together(parts);
}

const NOTHING: Applied = { sessions: [], removed: [], kept: [] };

export function together(parts: readonly Applied[]): Applied {
  return {
    sessions: parts.flatMap(({ sessions }) => sessions),
    removed: parts.flatMap(({ removed }) => removed),
    kept: parts.flatMap(({ kept }) => kept),
  };
}

async function endDead(world: World, { session }: Item): Promise<Applied> {
  if (session === undefined) return NOTHING;
  const db = await world.db();
  const others = livingBeside(world, db, session);
  const ended = db.write((now) => {
    const current = sessionById(db, session.id);
    if (current === undefined || !isLocal(current)) return false;
    if (livenessOfAll(world.processes, [current]).get(current.id)?.state !== "dead") return false;
    const fate = current.is_main_repo === 1 ? "none" : "kept";
    return endAndAnnounce(world, db, { ended: current, by: "death", fate, others }, now);
  });
  return ended ? { ...NOTHING, sessions: [session.id] } : NOTHING;
}

/** Removes one item, or says what keeps it. */
export async function remove(
  world: World,
  item: Item,
  asked: { isForced: boolean; isAsked: boolean; known: Known },
): Promise<Applied> {
  const { subject, kind } = item;
  if (subject === undefined || kind === "session") return { ...NOTHING, kept: [{ item, keeps: item.keeps }] };
  const outcome = await removeWorktree(world, { subject, kind, ...asked });
  if (outcome.kind === "kept") return { ...NOTHING, kept: [{ item, keeps: outcome.keeps }] };
  const { id, path, branch, branch_tip: tip } = outcome.removal;
  const removed = { id, path, name: item.name, branch: tip === null ? null : branch, rescue: rescueRef(id) };
  return { ...NOTHING, removed: [{ ...removed, proofs: outcome.proofs, trashOnly: outcome.removal.record.unsaved }] };
}
