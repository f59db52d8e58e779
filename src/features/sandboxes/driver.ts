// Drives a run through its steps until it has ended, or until only its user can help. There is one driver at a time; when
// it is killed, the next one goes on with the step that was under way.

import { asFailure, type Failure } from "../../core/failure.ts";
import type { ProcessIdentity } from "../../proc/alive.ts";
import type { World } from "../../world.ts";
import { emptyWal } from "../roster/roster.ts";
import { causeOf } from "./cause.ts";
import { type Driving, drivingOf, isDriven, requireRepository, requireRun, Superseded } from "./driving.ts";
import { end } from "./end.ts";
import { comeHome, handOver } from "./hand-over.ts";
import { hasBegun, start } from "./launch.ts";
import { make, send } from "./make.ts";
import { prepare } from "./prepare.ts";
import { hasReached, type Run, type Step, type Trouble } from "./run.ts";
import { secretsKnownOf } from "./secrets.ts";
import { takeDriving } from "./store.ts";
import { lost, watch } from "./watch.ts";

const STEP: Readonly<Record<Exclude<Step, "ended">, (driving: Driving) => Promise<void>>> = {
  planned: prepare,
  placed: make,
  made: send,
  sent: start,
  started: watch,
  over: comeHome,
  home: handOver,
  delivered: end,
};

const TRIES = 4;
const PAUSE_MS = 2_000;

/** Answers at once when another process drives it. */
export async function drive(world: World, id: string): Promise<void> {
  const db = await world.db();
  const me = requireSelf(world);
  const found = requireRun(db, id);
  if (found.step === "ended" || isDriven(world, found)) return;
  if (!db.write(() => takeDriving(db, found, me))) return;
  const { secrets, unknown } = secretsKnownOf(world, found);
  const driving = drivingOf(world, { db, me, id, secrets });
  if (unknown.length > 0 && hasReached(found.step, "started")) driving.note(unseen(unknown), "warning");
  if (found.facts.isParked) driving.change({ facts: { isParked: false } });
  let tries = 0;
  for (;;) {
    const { step } = driving.run();
    if (step === "ended") return;
    try {
      if (!(await skipped(driving))) {
        if (step !== "delivered") requireRepository(driving.run());
        await STEP[step](driving);
        requireProgress(driving.run(), step);
      }
      driving.change({ trouble: keptTrouble(driving.run()) });
      tries = 0;
    } catch (thrown) {
      if (thrown instanceof Superseded) return;
      const failure = await causeOf(driving, thrown);
      if (failure.kind === "cancelled") return;
      world.log("info", "sandbox.step-failed", { id, step, code: failure.code, message: failure.message });
      tries += 1;
      const now = driving.run().step;
      const next = afterTrouble(failure, { step: now, isOfWorth: await isOfWorth(driving, now), tries });
      if (next === "again") await world.sleep(PAUSE_MS * tries);
      else if (next === "lost") await lost(driving, failure);
      else if (next === "come-home") comeHomeEarly(driving, failure);
      else if (next === "give-up") giveUp(driving, failure);
      else return park(driving, failure);
    }
  }
}

function unseen(names: readonly string[]): string {
  return `Its driver was replaced by one that does not know ${names.join(", ")}: its result is not looked through for that.`;
}

/** A step that leaves the run where it was would be taken for ever. Who is told to stop in the middle leaves it to `skipped`. */
function requireProgress({ id, step, wanted }: Run, before: Step): void {
  if (step === before && wanted === null) throw new Error(`the step ${step} of run ${id} has changed nothing`);
}

function requireSelf({ processes, pid }: Pick<World, "processes" | "pid">): ProcessIdentity {
  const me = processes.identify(pid);
  if (me === undefined) throw new Error(`process ${pid} cannot see itself`);
  return me;
}

/** What nobody wants any more is not begun. */
async function skipped(driving: Driving): Promise<boolean> {
  const { step, wanted, outcome } = driving.run();
  if (wanted === null || hasReached(step, "delivered")) return false;
  if (wanted === "stop" && (await isOfWorth(driving, step))) return false;
  const overAt = driving.world.now().toISOString();
  // What kept it from going on is of no interest any more.
  if (outcome === null) driving.change({ trouble: null });
  driving.change({ step: "delivered", outcome: "CANCELLED", ...(hasReached(step, "over") ? {} : { overAt }) });
  return true;
}

type Next = "again" | "lost" | "come-home" | "give-up" | "park";

interface Trying {
  step: Step;
  isOfWorth: boolean;
  tries: number;
}

/** Before claude has begun there is nothing to lose; afterwards what is there is kept until it is safe. */
function afterTrouble({ code }: Failure, { step, isOfWorth, tries }: Trying): Next {
  if (code === "sandbox.keys-missing") return "park";
  // What a driver that was killed has begun may still be under way.
  if (step === "planned" && UNDER_WAY.has(code) && tries < PATIENT_TRIES) return "again";
  // It may have begun, and done something, all the same.
  if (step === "sent" && code === "claude.not-started") return "come-home";
  if (!isOfWorth) return "give-up";
  if (code === "sandbox.repository-gone") return "park";
  if (step === "started" && code === "sandbox.gone") return "lost";
  return tries < TRIES ? "again" : "park";
}

const UNDER_WAY = new Set(["session.place-taken", "worktree.failed", "session.lost", "lock.held"]);
const PATIENT_TRIES = 8;

/** In doubt it is. */
async function isOfWorth(driving: Driving, step: Step): Promise<boolean> {
  if (step !== "sent") return hasReached(step, "started");
  try {
    return await hasBegun(driving);
  } catch {
    return true;
  }
}

function giveUp(driving: Driving, failure: Failure): void {
  driving.note(failure.message, "warning");
  const overAt = driving.world.now().toISOString();
  driving.change({ step: "delivered", outcome: "FAILED", overAt, trouble: troubleOf(failure) });
}

function comeHomeEarly(driving: Driving, failure: Failure): void {
  driving.note(failure.message, "warning");
  const overAt = driving.world.now().toISOString();
  driving.change({
    step: "over",
    outcome: "FAILED",
    overAt,
    trouble: troubleOf(failure),
    facts: { endedBy: "itself" },
  });
}

/** Until somebody attaches, or asks for it to be thrown away. */
function park(driving: Driving, failure: Failure): void {
  const parked = () => driving.change({ trouble: troubleOf(failure), facts: { isParked: true } });
  try {
    parked();
  } catch (thrown) {
    // A full disk often still has room for that, once the WAL is emptied into the database.
    if (asFailure(thrown).code !== "db.full") throw thrown;
    emptyWal(driving.db);
    parked();
  }
  driving.note(`It cannot go on: ${failure.message}`, "warning");
}

function troubleOf({ code, message, hint }: Failure): Trouble {
  return { code, message, hint: hint ?? null };
}

/** How a run failed stays with it; what a step met that went well in the end does not. */
function keptTrouble({ trouble, outcome }: Run): Trouble | null {
  return outcome === null || outcome === "COMPLETED" ? null : trouble;
}
