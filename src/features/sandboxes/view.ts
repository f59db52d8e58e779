// Looking on at a run until it has ended. Who looks on drives nothing: killed, it leaves the run as it was.

import { asFailure, Failure } from "../../core/failure.ts";
import type { World } from "../../world.ts";
import { type RunAnswer, runAnswer } from "./answers.ts";
import { beginRun, goOn, healRuns } from "./begin.ts";
import { drive } from "./driver.ts";
import { isDriven, requireRun } from "./driving.ts";
import { runAsked } from "./find.ts";
import { sweep } from "./left.ts";
import { planRun, type RunInput } from "./request.ts";
import type { Run } from "./run.ts";
import { askOf } from "./store.ts";

export interface Lookers {
  /** Called again and again while it goes on. */
  look?: ((run: Run) => Promise<void> | void) | undefined;
}

/** Errors: those of `planRun`. */
export async function runToEnd(
  world: World,
  input: RunInput,
  { isDetached, look }: Lookers & { isDetached: boolean },
): Promise<RunAnswer> {
  const planned = await unhurried(world, async () => {
    await healRuns(world);
    await sweep(world);
    return planRun(world, input);
  });
  const id = await beginRun(world, planned);
  const db = await world.db();
  // That it has begun is what was asked for.
  if (isDetached) return { ...answered(world, requireRun(db, id)), success: true };
  return answered(world, await lookOn(world, id, { look }));
}

/** Somebody who stops it waits until what was made for a look is taken away; the second signal waits for nothing. */
async function unhurried<Found>(
  world: Pick<World, "signal" | "secondSignal">,
  work: () => Promise<Found>,
): Promise<Found> {
  const [signal, hurry] = [world.signal(), world.secondSignal()];
  const hurried = new Promise<never>((_, reject) => {
    hurry.addEventListener("abort", () => reject(hurry.reason), { once: true });
  });
  try {
    return await Promise.race([work(), hurried]);
  } finally {
    signal.throwIfAborted();
  }
}

/** Errors: `sandbox.unknown`, `usage.ambiguous`. */
export async function attach(
  world: World,
  { run: named, isUnattended, look }: Lookers & { run: string | undefined; isUnattended: boolean },
): Promise<RunAnswer> {
  const db = await world.db();
  const { id } = await runAsked(world, named);
  if (isUnattended) {
    await drive(world, id);
    return answered(world, requireRun(db, id));
  }
  const run = requireRun(db, id);
  goOn(world, run, variablesHere(world, run));
  return answered(world, await lookOn(world, id, { look, isStarted: true }));
}

/** What the run was asked for with (`--env`) and this shell has: another one may have asked for it. */
function variablesHere(world: Pick<World, "variable">, { request }: Run): Record<string, string> {
  const found = request.variables.map((name) => [name, world.variable(name)] as const);
  return Object.fromEntries(found.flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])));
}

/** Answers the run when it has ended. */
export async function kill(
  world: World,
  { run: named, discard, look }: Lookers & { run: string | undefined; discard: boolean },
): Promise<Run> {
  const db = await world.db();
  const { id } = await runAsked(world, named);
  db.write(() => askOf(db, id, discard ? "discard" : "stop"));
  goOn(world, requireRun(db, id));
  return lookOn(world, id, { look, isStarted: true });
}

/** Looks on only, and starts no driver, for as long as `isEnough` does not say so. Answers the run as it is then. */
export async function lookOnNamed(
  world: World,
  named: string | undefined,
  { look, isEnough }: Lookers & { isEnough: () => boolean },
): Promise<Run> {
  const db = await world.db();
  const { id } = await runAsked(world, named);
  for (;;) {
    const run = requireRun(db, id);
    await look?.(run);
    if (run.step === "ended" || run.facts.isParked || world.signal().aborted || isEnough()) return run;
    await world.sleep(LOOK_MS);
  }
}

function answered(world: Pick<World, "paths" | "now">, run: Run): RunAnswer {
  return runAnswer(run, { paths: world.paths, now: world.now() });
}

const LOOK_MS = 150;
/** A driver needs a moment to be there. */
const PATIENCE_MS = 3_000;
const LONG_PATIENCE_MS = 10_000;
/** Drivers that may die over one step. */
const MOST_STARTS = 4;

/**
 * Until it has ended or only its user can help. Ctrl-C asks for it to come home; the next one, and what ends the terminal
 * or this process alone, leaves it as it is. One whose driver died gets another.
 */
async function lookOn(
  world: World,
  id: string,
  { look, isStarted = true }: Lookers & { isStarted?: boolean },
): Promise<Run> {
  const db = await world.db();
  const signal = world.signal();
  let lonelyMs = isStarted ? 0 : PATIENCE_MS;
  let isAsked = false;
  const parkedBy = undrivenBy(world, requireRun(db, id));
  let parkedMs = 0;
  let starts = 0;
  let last: Run["step"] | undefined;
  for (;;) {
    const run = requireRun(db, id);
    await look?.(run);
    if (run.step === "ended") return run;
    const leftBy = run.facts.isParked ? undrivenBy(world, run) : undefined;
    parkedMs = leftBy === undefined ? 0 : parkedMs + LOOK_MS;
    // What was parked may be taken up again just now.
    if (leftBy !== undefined && (leftBy !== parkedBy || parkedMs > LONG_PATIENCE_MS)) return run;
    if (signal.aborted && !isAsked) {
      if (!isInterrupt(signal.reason) || run.wanted !== null) throw leaving(signal.reason, run);
      isAsked = true;
      db.write(() => askOf(db, id, "stop"));
    }
    if (world.secondSignal().aborted) throw leaving(world.secondSignal().reason, run);
    lonelyMs += LOOK_MS;
    if (lonelyMs > PATIENCE_MS && !run.facts.isParked) {
      lonelyMs = 0;
      if (run.step !== last) starts = 0;
      last = run.step;
      if (!isDriven(world, run)) starts += 1;
      if (starts > MOST_STARTS) throw notDriven(run);
      goOn(world, run);
    }
    await world.sleep(LOOK_MS);
  }
}

/** Who drove it last; undefined: somebody does. */
function undrivenBy(world: Pick<World, "processes">, run: Run): string | undefined {
  return isDriven(world, run) ? undefined : JSON.stringify(run.driver);
}

function notDriven({ id, step }: Run): Failure {
  return new Failure({
    kind: "unavailable",
    code: "sandbox.not-driven",
    message: `Each process that took the run ${id.slice(0, 8)} over ended without getting any further (${step}).`,
    hint: `Its sandbox is as it was. See why: parallel-cc sandbox attach --unattended ${id.slice(0, 8)}`,
  });
}

function isInterrupt(reason: unknown): boolean {
  return asFailure(reason).details["signal"] === "SIGINT";
}

function leaving(reason: unknown, { id, wanted }: Run): Failure {
  const { kind, code, message, details } = asFailure(reason);
  const how = wanted === null ? "The run goes on" : "The run is stopped and comes home";
  const hint = `${how} without this command. To look on again: parallel-cc sandbox attach ${id.slice(0, 8)}`;
  return new Failure({ kind, code, message, details, hint });
}
