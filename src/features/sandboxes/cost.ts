// What a run has cost, in US dollars: the sandbox by its time, the model by what claude tells.

import { NUMBER, v } from "../../core/shape.ts";
import type { Run } from "./run.ts";

export interface RunCost {
  sandbox: number;
  model: number;
  total: number;
}

export function costOf(
  run: Pick<Run, "facts" | "view" | "created_at" | "ended_at" | "instance_id">,
  now: Date,
): RunCost {
  const perHour = run.facts.dollarsPerHour;
  const from = run.facts.madeAt;
  const hours = from === undefined ? 0 : (endOf(run, now) - Date.parse(from)) / 3_600_000;
  const sandbox = cents(Math.max(0, hours) * perHour);
  const seen = v.safeParse(v.object({ modelCost: v.nullish(NUMBER) }), run.view);
  const model = cents(seen.success ? (seen.output.modelCost ?? 0) : 0);
  return { sandbox, model, total: cents(sandbox + model) };
}

function endOf({ ended_at: end }: Pick<Run, "ended_at">, now: Date): number {
  return end === null ? now.getTime() : Date.parse(end);
}

/** To a hundredth of a cent. */
function cents(dollars: number): number {
  return Math.round(dollars * 10_000) / 10_000;
}
