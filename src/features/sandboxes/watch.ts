// While claude works: what it prints is kept here as it comes, what it has done so far comes home every few minutes, and
// it is stopped in time to come home itself.

import { appendFileSync, closeSync, fstatSync, ftruncateSync, openSync } from "node:fs";
import { asFailure, type Failure } from "../../core/failure.ts";
import { parseUtc, utcText } from "../../db/db.ts";
import {
  type ClaudeEnd,
  endingOf,
  follow,
  quietSince,
  stopClaude,
  type View,
  viewOf,
  wasKilled,
} from "../claude-runs/claude-runs.ts";
import type { Sandbox } from "../providers/providers.ts";
import { gatheredBefore } from "../results/results.ts";
import { type Driving, requireRepository } from "./driving.ts";
import { bringHome } from "./home.ts";
import { requireSandbox } from "./make.ts";
import { makeMask } from "./mask.ts";
import type { Facts, Run } from "./run.ts";

const TICK_MS = 200;
/** The row is for other processes to look at: written seldom. */
const VIEW_MS = 1_000;
const RETRY_MS = [500, 1_000, 2_000, 5_000, 10_000, 30_000] as const;

export async function watch(driving: Driving): Promise<void> {
  for (let tries = 0; ; tries++) {
    try {
      return await watchOnce(driving);
    } catch (thrown) {
      const failure = asFailure(thrown);
      // A connection that broke: claude goes on, and so does what it prints.
      if (failure.code !== "provider.unreachable") throw thrown;
      if (tries === 0) driving.note(`The sandbox cannot be reached just now: ${failure.message}`, "warning");
      await driving.world.sleep(RETRY_MS[Math.min(tries, RETRY_MS.length - 1)] ?? 30_000);
    }
  }
}

async function watchOnce(driving: Driving): Promise<void> {
  const { world, place } = driving;
  const sandbox = await requireSandbox(driving);
  const run = driving.run();
  const log = openSync(place.log, "a", 0o600);
  const followed = new AbortController();
  const view = await viewOf(place.log);
  try {
    const following = keepOutput(driving, sandbox, { log, view, signal: followed.signal }).then(
      () => undefined,
      forUnreadable,
    );
    const isOver = settled(following);
    const clock = clockOf(driving, run);
    const quiet = quietNotice(driving, run);
    const pulse = pulseOf(driving, sandbox);
    let endedBy: NonNullable<Facts["endedBy"]> = "itself";
    let end: End | undefined;
    let shownAt = 0;
    while (!(await isOver(TICK_MS))) {
      world.signal().throwIfAborted();
      const { wanted } = driving.run();
      // Claude ends with its sandbox, and nothing of it is to come home.
      if (wanted === "discard") return;
      requireRepository(run);
      const now = world.now().getTime();
      if (now - shownAt >= VIEW_MS) {
        driving.change({ view: view.snapshot() });
        shownAt = now;
      }
      for (const words of clock.warnings(now)) driving.note(words, "warning");
      quiet.look(view.snapshot());
      const why = wanted !== null ? "stop" : now >= clock.stopAt ? "limit" : undefined;
      if (why !== undefined || view.snapshot().failure === "login") {
        endedBy = why ?? "itself";
        tellStop(driving, endedBy);
        end = await endOf(driving, sandbox);
        await isOver(CATCH_UP_MS);
        break;
      }
      if (await pulse.hasStopped(view.snapshot())) break;
      if (clock.isCheckpointDue(now)) {
        await checkpoint(driving, sandbox);
        clock.checkpointed(world.now().getTime());
      }
    }
    followed.abort();
    const unread = await following.catch(forAbort(followed.signal));
    end ??= await endOf(driving, sandbox);
    const ranOutOfMemory = wasKilled(end) && (await sandbox.inspect()).ranOutOfMemory === true;
    over(driving, { endedBy, view: view.snapshot(), end, unread, ranOutOfMemory });
  } finally {
    followed.abort();
    closeSync(log);
  }
}

type End = Pick<ClaudeEnd, "exit" | "by" | "said">;

/** Once, also where another driver goes on with it. */
function tellStop({ run, change, note }: Driving, by: NonNullable<Facts["endedBy"]>): void {
  if (run().facts.endedBy === by) return;
  change({ facts: { endedBy: by } });
  if (by === "stop") note("Stopping claude, to bring home what it has done.");
  if (by === "limit") note("The time is up: claude is stopped, and its work brought home.", "warning");
}

/**
 * From then on nothing that claude has started goes on changing files while they come home. One that cannot be stopped
 * ends with its sandbox; what it has done by now comes home.
 */
async function endOf({ note }: Driving, sandbox: Sandbox): Promise<End> {
  try {
    const stood = await stopClaude(sandbox);
    if (stood.state === "ended") return stood;
  } catch (thrown) {
    if (asFailure(thrown).code !== "claude.not-stopped") throw thrown;
    note("claude does not end when it is told to.", "warning");
  }
  return { exit: null, by: "loss", said: "" };
}

const CATCH_UP_MS = 1_000;
const FIRST_LOOK_MS = 4_000;

/** Whether the sandbox of a silent claude still runs: asked less and less while nothing comes, since asking costs. */
function pulseOf({ world }: Driving, sandbox: Sandbox) {
  let heardAt = "";
  let silentSince = world.now().getTime();
  let waitMs = FIRST_LOOK_MS;
  return {
    hasStopped: async ({ lastAt }: Pick<View, "lastAt">): Promise<boolean> => {
      const now = world.now().getTime();
      if ((lastAt ?? "") !== heardAt) {
        heardAt = lastAt ?? "";
        silentSince = now;
        waitMs = FIRST_LOOK_MS;
      }
      if (now - silentSince < waitMs) return false;
      waitMs *= 2;
      return (await sandbox.inspect()).state === "stopped";
    },
  };
}

interface Kept {
  /** Of the file. */
  log: number;
  view: Awaited<ReturnType<typeof viewOf>>;
  signal: AbortSignal;
}

/** Until claude has ended. What was kept before is a beginning of what there is, so its size says where to go on. */
async function keepOutput({ world, secrets }: Driving, sandbox: Sandbox, { log, view, signal }: Kept): Promise<void> {
  const mask = makeMask(secrets);
  const keep = (bytes: Uint8Array) => {
    if (bytes.length === 0) return;
    append(log, bytes);
    view.add(bytes, world.now());
  };
  for await (const chunk of follow(world, sandbox, { from: fstatSync(log).size, signal })) keep(mask.push(chunk));
  keep(mask.end());
}

/** All or nothing: a half could end within a key, whose other half would be no key any more. */
function append(log: number, bytes: Uint8Array): void {
  const { size } = fstatSync(log);
  try {
    appendFileSync(log, bytes);
  } catch (thrown) {
    ftruncateSync(log, size);
    throw thrown;
  }
}

/** Waits so long at most, and answers whether it is over. Throws what it threw. */
function settled(work: Promise<unknown>): (ms: number) => Promise<boolean> {
  let isOver = false;
  const done = work.then(() => {
    isOver = true;
  });
  done.catch(() => undefined);
  return async (ms) => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, ms);
    });
    await Promise.race([done, late]).finally(() => clearTimeout(timer));
    return isOver;
  };
}

function forAbort(signal: AbortSignal) {
  return (thrown: unknown): undefined => {
    if (!signal.aborted) throw thrown;
  };
}

/** Trying again would be of no use, and nobody could tell what a claude does that goes on unread. */
function forUnreadable(thrown: unknown): Failure {
  const failure = asFailure(thrown);
  if (["claude.no-output", "claude.too-much-output"].includes(failure.code)) return failure;
  throw thrown;
}

/** What coming home may take at least, and at most of the whole time. */
const LEAST_HOME_MS = 30_000;
const MOST_SHARE = 0.2;
/** What a claude that does not listen takes to end, and at most of the whole time. */
const STOP_MS = 6_000;
const MOST_STOP_SHARE = 0.1;

function clockOf({ world }: Driving, run: Run) {
  const limit = run.limit_at === null ? Number.POSITIVE_INFINITY : parseUtc(run.limit_at).getTime();
  const wholeMs = run.request.timeoutMinutes * 60_000;
  const begin = limit - wholeMs;
  const homeMs = Math.min(wholeMs * MOST_SHARE, Math.max(LEAST_HOME_MS, 3 * (run.facts.sent?.tookMs ?? 0)));
  const stopMs = Math.min(wholeMs * MOST_STOP_SHARE, STOP_MS);
  const everyMs = run.request.checkpointMinutes * 60_000;
  const at = run.facts.checkpoint?.at ?? run.started_at;
  let last = at === null ? world.now().getTime() : parseUtc(at).getTime();
  const shares = [0.5, 5 / 6].filter((share) => world.now().getTime() < begin + share * wholeMs);
  return {
    stopAt: limit - homeMs - stopMs,
    isCheckpointDue: (now: number) => everyMs > 0 && now - last >= everyMs,
    checkpointed: (now: number) => {
      last = now;
    },
    /** At half of the time, and at 50 of 60 minutes. */
    warnings: (now: number): string[] => {
      const due = shares.filter((share) => now >= begin + share * wholeMs);
      shares.splice(0, due.length);
      const left = Math.max(1, Math.round((limit - now) / 60_000));
      return due.slice(-1).map((share) => `${Math.round(share * 100)} % of the time is gone, ${left} min are left.`);
    },
  };
}

/** Told once for each silence: a slow test is one, and so is a model that does not answer. */
function quietNotice({ world, note }: Driving, { started_at: from }: Run) {
  const startedAt = new Date(from ?? world.now());
  let told: number | undefined;
  return {
    look: (view: View) => {
      const since = quietSince(view, { startedAt, now: world.now() })?.getTime();
      if (since !== undefined && since !== told) note("claude has printed nothing for 7 minutes.", "warning");
      told = since;
    },
  };
}

async function checkpoint(driving: Driving, sandbox: Sandbox): Promise<void> {
  const { world } = driving;
  try {
    const home = await bringHome(driving, sandbox);
    const at = utcText(world.now());
    if (home.tip === driving.run().facts.checkpoint?.tip) return;
    driving.change({ facts: { checkpoint: { at, tip: home.tip }, result: home.result } });
    driving.note("Checkpoint: what claude has done so far is here.");
  } catch (thrown) {
    const failure = asFailure(thrown);
    if (["sandbox.gone", "provider.unreachable"].includes(failure.code) || failure.kind === "cancelled") throw thrown;
    // The next one may do better, and the last one certainly tells.
    driving.note(`This checkpoint failed: ${failure.message}`, "warning");
  }
}

interface Over {
  endedBy: NonNullable<Facts["endedBy"]>;
  view: View;
  end: End;
  /** Why it was followed no further. */
  unread: Failure | undefined;
  ranOutOfMemory: boolean;
}

function over(driving: Driving, { endedBy, view, end, unread, ranOutOfMemory }: Over): void {
  const overAt = driving.world.now().toISOString();
  const change = { step: "over" as const, overAt, view, facts: { endedBy, exit: end.exit } };
  const ending = endingOf({ view, end, ranOutOfMemory });
  const trouble = unread ?? (ending.isDone ? undefined : ending);
  if (endedBy === "stop" || endedBy === "limit") {
    driving.change({ ...change, outcome: endedBy === "stop" ? "CANCELLED" : "TIMEOUT" });
  } else if (trouble === undefined) {
    driving.change({ ...change, outcome: "COMPLETED" });
  } else {
    const { code, message, hint } = trouble;
    driving.note(message, "warning");
    driving.change({ ...change, outcome: "FAILED", trouble: { code, message, hint: hint ?? null } });
  }
}

/** Where the sandbox went away while claude worked: what the last checkpoint has is all there is. */
export async function lost(driving: Driving, failure: Failure): Promise<void> {
  const { code, message } = failure;
  const at = driving.run().facts.checkpoint?.at;
  // Somebody may have taken what there was.
  const isHere = (await gatheredBefore(driving.world, driving.place)) !== undefined;
  const known = at === undefined ? "What had come home by then is here." : `What it had done by ${at} UTC is here.`;
  const hint = isHere ? known : "Nothing had come home yet.";
  const overAt = driving.world.now().toISOString();
  const trouble = { code, message, hint };
  driving.change({ step: "over", outcome: "FAILED", overAt, facts: { endedBy: "loss" }, trouble });
}
