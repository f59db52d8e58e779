// What of sandboxes nobody takes care of any more: runs that wait for their user, and sandboxes without a run.

import { rmSync } from "node:fs";
import { asFailure } from "../../core/failure.ts";
import { printable } from "../../core/text.ts";
import type { Db } from "../../db/db.ts";
import type { World } from "../../world.ts";
import { type Made, MOST_PROBE_MS, PROBE_RUN, type Provider, providerNamed } from "../providers/providers.ts";
import { healRuns } from "./begin.ts";
import { placeOf } from "./place.ts";
import type { Run } from "./run.ts";
import { allRuns, openRuns, runOf } from "./store.ts";

export interface LeftRun {
  /** Null: there is only a sandbox. */
  id: string | null;
  instance: string;
  why: string;
  hint: string;
}

/** Those whose driver died go on first. Asks the providers. */
export async function leftRuns(world: World): Promise<LeftRun[]> {
  const db = await world.db();
  await healRuns(world);
  const parked = openRuns(db).flatMap((run): LeftRun[] => {
    if (!run.facts.isParked) return [];
    const why = `it waits for you: ${run.trouble?.message ?? "it cannot go on"}`;
    const hint = run.trouble?.hint ?? `parallel-cc sandbox attach ${run.id.slice(0, 8)}`;
    return [{ id: run.id, instance: run.instance_id ?? "", why, hint }];
  });
  return [...parked, ...(await strays(world))];
}

/** Of runs that are over, or that this machine knows nothing of. */
async function strays(world: World): Promise<LeftRun[]> {
  const db = await world.db();
  const native = await providerNamed(world, "native");
  return (await native.all()).flatMap((made): LeftRun[] => {
    const { id, runId } = made;
    if (runId === PROBE_RUN) {
      const why = "it was made to see whether one can be, by a command that was killed";
      return isLeftProbe(world, made) ? [{ id: null, instance: id, why, hint: "The next run removes it." }] : [];
    }
    const run = runOf(db, runId);
    if (run !== undefined && run.step !== "ended") return [];
    const of = run === undefined ? "a run that is not known here" : `the run ${runId.slice(0, 8)}, which is over`;
    const hint = run === undefined ? "Another registry (PARALLEL_CC_HOME) may know it." : "The next run removes it.";
    return [{ id: null, instance: id, why: `it is left of ${printable(of)}`, hint }];
  });
}

/** What was sent and what came home, for who looks again; the commits stay under their ref, and the log stays. */
const KEPT_MS = 14 * 24 * 3_600_000;

/** Runs whose directory here is somebody's only copy of something, in words. */
export function runsOfWorth(db: Db): string[] {
  return allRuns(db).flatMap((run) => {
    const { id, step, worktree_path: path } = run;
    if (step !== "ended") return [`the sandbox run ${id.slice(0, 8)} is under way`];
    return isOfWorth(run)
      ? [`the result of the sandbox run ${id.slice(0, 8)} is not all in ${path ?? "a worktree"}`]
      : [];
  });
}

/** Its directory here has what is nowhere else. */
export function isOfWorth({ facts: { result, delivered } }: Run): boolean {
  const isApart = result !== undefined && (result.heldBack !== null || result.left.length > 0);
  return isApart || (delivered !== undefined && delivered.note !== null);
}

/** Failures are told to nobody: another command tries again. */
export async function sweep(world: World): Promise<void> {
  try {
    const db = await world.db();
    const native = await providerNamed(world, "native");
    const now = world.now().getTime();
    for (const made of await native.all()) {
      if (world.signal().aborted) return;
      if (!isLeftProbe(world, made) && runOf(db, made.runId)?.step !== "ended") continue;
      // One that cannot be removed keeps no other.
      await removed(native, made.id).catch((thrown: unknown) => notSwept(world, thrown));
    }
    for (const run of allRuns(db)) {
      const isOld = run.ended_at !== null && now - Date.parse(run.ended_at) > KEPT_MS;
      if (isOld && !isOfWorth(run)) rmSync(placeOf(world.paths, run.id).directory, { recursive: true, force: true });
    }
  } catch (thrown) {
    notSwept(world, thrown);
  }
}

function notSwept({ log }: Pick<World, "log">, thrown: unknown): void {
  log("info", "sandbox.not-swept", { error: asFailure(thrown).message });
}

async function removed(provider: Provider, id: string): Promise<void> {
  await (await provider.open(id))?.destroy();
}

/** Somebody may be looking just now, and its sandbox be half made. */
function isLeftProbe({ now }: Pick<World, "now">, { runId, createdAt }: Made): boolean {
  return runId === PROBE_RUN && createdAt !== undefined && now().getTime() - createdAt.getTime() > MOST_PROBE_MS;
}
