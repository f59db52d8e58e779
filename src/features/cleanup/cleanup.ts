// `cleanup`: plans over every session, worktree, branch and registration, and applies that plan.

import { counted, printable } from "../../core/text.ts";
import type { Repository } from "../../git/repository.ts";
import type { World } from "../../world.ts";
import { loadConfig } from "../config/config.ts";
import { pruneMessages } from "../messages/messages.ts";
import { duePrunes, limitsOf, type Pruned, type PruneLimits, prune } from "../removals/removals.ts";
import { sessionsOf } from "../roster/roster.ts";
import { applyRunPrunes, planRunPrunes, type RunPrune } from "../sandboxes/sandboxes.ts";
import { heal } from "../sessions/sessions.ts";
import { type Applied, applyPlan, together } from "./apply.ts";
import { type Item, type Plan, planCleanup } from "./plan.ts";
import { repositoriesMeant } from "./scope.ts";

export { worktreeToResume } from "./worktrees.ts";

export interface CleanupInput {
  repo?: string | undefined;
  dryRun?: boolean | undefined;
  explain?: boolean | undefined;
  measureMs?: number | undefined;
}

export interface Cleaned {
  plans: Plan[];
  /** Undefined after a dry run. */
  applied: Applied | undefined;
  pruned: (Pruned | Omit<RunPrune, "refs">)[];
}

/** How long people wait for the sizes of what is in the trash; the rest is measured in the background. */
const MEASURE_MS = 200;

function isEnd({ kind }: Item): boolean {
  return kind === "session";
}

/** Errors: `repository.*` for a named one. */
export async function cleanup(world: World, input: CleanupInput): Promise<Cleaned> {
  const db = await world.db();
  const repositories = await repositoriesMeant(world, input.repo);
  const plans: Plan[] = [];
  for (const repository of repositories) {
    await heal(world, sessionsOf(db, repository));
    plans.push(await planCleanup(world, repository, { isExplained: input.explain === true }));
  }
  if (input.dryRun === true) {
    const due: Cleaned["pruned"] = [];
    for (const { repository } of plans) {
      const limits = await limitsFor(world, repository);
      due.push(...duePrunes(world, db, repository.gitDir, limits));
      due.push(...(await planRunPrunes(world, repository, limits)));
    }
    return { plans, applied: undefined, pruned: due };
  }
  const parts: Applied[] = [];
  const pruned: Cleaned["pruned"] = [];
  for (const plan of plans) {
    // Dead sessions end first: what they had is nobody's then.
    const [ends, others] = [plan.items.filter(isEnd), plan.items.filter((item) => !isEnd(item))];
    for (const items of [ends, others]) parts.push(await applyPlan(world, { ...plan, items }));
    const limits = await limitsFor(world, plan.repository);
    pruned.push(
      ...(await prune(world, plan.repository.gitDir, { ...limits, measureMs: input.measureMs ?? MEASURE_MS })),
    );
    const ofRuns = await planRunPrunes(world, plan.repository, limits);
    pruned.push(...(await applyRunPrunes(world, plan.repository, ofRuns)));
    pruneMessages(world, db, plan.repository.gitDirId);
  }
  const applied = together(parts);
  return { plans, applied, pruned };
}

async function limitsFor(world: World, { path }: Repository): Promise<PruneLimits> {
  return limitsOf((await loadConfig(world, path)).settings);
}

/** For one line to people: what went and what of ours stays, apart from what a session lives in; '' when nothing. */
export function summary({ removed, kept }: Pick<Applied, "removed" | "kept">): { removed: string; kept: string } {
  const ours = kept.filter(
    ({ item, keeps }) => item.origin === "ours" && keeps.every(({ reason }) => reason !== "live-session"),
  );
  return {
    removed: removed.length === 0 ? "" : removedWords(removed),
    kept: ours.length === 0 ? "" : keptWords(ours),
  };
}

const MOST_NAMED = 3;

function removedWords(removed: Applied["removed"]): string {
  const named = removed.slice(0, MOST_NAMED).map(({ name, id }) => `${printable(name)} (parallel-cc undo ${id})`);
  const more = removed.length > MOST_NAMED ? ` and ${removed.length - MOST_NAMED} more (parallel-cc undo --list)` : "";
  return `${named.join(", ")}${more}`;
}

function keptWords(kept: Applied["kept"]): string {
  const named = kept
    .slice(0, MOST_NAMED)
    .map(({ item, keeps }) => `${printable(item.name)} (${keeps[0]?.detail ?? "?"})`);
  const more = kept.length > MOST_NAMED ? ` and ${counted(kept.length - MOST_NAMED, "other")}` : "";
  return `${named.join(", ")}${more}`;
}
