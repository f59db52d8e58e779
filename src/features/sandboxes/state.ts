// How one run stands just now.

import { asFailure } from "../../core/failure.ts";
import { NUMBER, orNull, TEXT, TEXT_OR_NULL, v, YES_OR_NO } from "../../core/shape.ts";
import { isoText } from "../../db/db.ts";
import type { World } from "../../world.ts";
import { keptView } from "../claude-runs/claude-runs.ts";
import { runAnswer, runShape } from "./answers.ts";
import { healRuns } from "./begin.ts";
import { drivingOf, isDriven } from "./driving.ts";
import { runAsked } from "./find.ts";
import { hasReached } from "./run.ts";

export const statusShape = () =>
  v.strictObject({
    ...runShape().entries,
    step: TEXT,
    title: TEXT,
    createdAt: TEXT,
    elapsedMinutes: NUMBER,
    limitAt: TEXT_OR_NULL,
    /** Whether a process of this machine takes care of it. */
    isDriven: YES_OR_NO,
    lastCheckpointAt: TEXT_OR_NULL,
    health: v.strictObject({ isHealthy: YES_OR_NO, message: TEXT }),
    usage: orNull(
      v.strictObject({ cpuPercent: orNull(NUMBER), memoryBytes: orNull(NUMBER), diskBytes: orNull(NUMBER) }),
    ),
    view: orNull(viewShape()),
  });

/** What its claude has told so far, as `View` has it. */
const viewShape = () => {
  const tokens = v.strictObject({ input: NUMBER, output: NUMBER, cacheRead: NUMBER, cacheWritten: NUMBER });
  return v.strictObject({
    ...{ model: TEXT_OR_NULL, directory: TEXT_OR_NULL, turns: NUMBER },
    login: v.picklist(["unknown", "in", "refused"]),
    doing: orNull(v.strictObject({ tool: TEXT, about: TEXT })),
    ...{ files: v.array(TEXT), filesTouched: NUMBER, tokens, modelCost: orNull(NUMBER) },
    ...{ retries: v.strictObject({ count: NUMBER, why: TEXT_OR_NULL }), isRetrying: YES_OR_NO },
    denials: v.strictObject({ count: NUMBER, tools: v.array(TEXT) }),
    ...{ todo: orNull(v.strictObject({ done: NUMBER, total: NUMBER })), ticks: NUMBER, lastText: TEXT_OR_NULL },
    result: orNull(v.strictObject({ subtype: TEXT, isError: YES_OR_NO, text: TEXT })),
    failure: orNull(v.picklist(["login", "rate-limit", "billing", "max-turns", "budget", "model"])),
    ...{ endsInQuestion: YES_OR_NO, lastAt: TEXT_OR_NULL, lines: NUMBER, skipped: NUMBER, hasAsked: YES_OR_NO },
    counted: orNull(v.strictObject({ id: TEXT, tokens })),
    tasks: v.array(v.strictObject({ id: TEXT, isDone: YES_OR_NO })),
  });
};

export type StateAnswer = v.InferOutput<ReturnType<typeof statusShape>>;

/** What is only of use for reading on is left out. */
function shownView(kept: unknown): NonNullable<StateAnswer["view"]> {
  return v.parse(v.object(viewShape().entries), keptView(kept));
}

/** Asks the provider. Errors: `sandbox.unknown`, `usage.ambiguous`. */
export async function stateOf(world: World, named: string | undefined): Promise<StateAnswer> {
  await healRuns(world);
  const run = await runAsked(world, named);
  const { usage, health } = await healthOf(world, run.id);
  const now = world.now();
  const created = isoText(run.created_at);
  const end = run.ended_at === null ? now.getTime() : Date.parse(run.ended_at);
  return {
    ...runAnswer(run, { paths: world.paths, now }),
    ...{ step: run.step, title: run.title, createdAt: created, limitAt: run.limit_at, isDriven: isDriven(world, run) },
    elapsedMinutes: Math.round((end - Date.parse(created)) / 6_000) / 10,
    ...{
      lastCheckpointAt: run.facts.checkpoint?.at ?? null,
      health,
      usage,
      view: run.view === null ? null : shownView(run.view),
    },
  };
}

async function healthOf(world: World, id: string): Promise<Pick<StateAnswer, "usage" | "health">> {
  const db = await world.db();
  const nobody = { pid: world.pid, startTime: null, bootId: null, pidNamespace: null, host: null };
  const driving = drivingOf(world, { db, me: nobody, id, secrets: [] });
  const { step } = driving.run();
  if (step === "ended") return { usage: null, health: { isHealthy: true, message: "It has ended." } };
  if (!hasReached(step, "made")) return { usage: null, health: { isHealthy: true, message: "It is being made." } };
  try {
    const standing = await (await driving.sandbox())?.inspect();
    if (standing === undefined || standing.state === "gone") return sick("The sandbox is gone.");
    if (standing.state === "stopped") return sick("The sandbox has stopped; what is in it can still come home.");
    const { cpuPercent = null, memoryBytes = null, diskBytes = null } = standing.usage;
    return { usage: { cpuPercent, memoryBytes, diskBytes }, health: { isHealthy: true, message: "It runs." } };
  } catch (thrown) {
    return sick(asFailure(thrown).message);
  }
}

function sick(message: string): Pick<StateAnswer, "usage" | "health"> {
  return { usage: null, health: { isHealthy: false, message } };
}
