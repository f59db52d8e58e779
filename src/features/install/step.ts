// What became of each thing that an installation consists of. A step that fails says so and stops no other.

import { asFailure } from "../../core/failure.ts";

export const STEPS = [
  "program",
  "wrapper",
  "heartbeat",
  "hooks",
  "gitignore",
  "alias",
  "mcp",
  "completions",
  "statusline",
  "database",
  "data",
] as const;
export type StepName = (typeof STEPS)[number];

/** `skipped`: something of the user's stands in its place, or it does not apply here. */
export const CHANGES = ["made", "written", "removed", "none", "skipped", "failed"] as const;

export interface Step {
  step: StepName;
  file: string | null;
  change: (typeof CHANGES)[number];
  detail?: string | undefined;
  /** Of the failure, with what to do. */
  code?: string | undefined;
  hint?: string | undefined;
}

/** The step, or that it failed. What is cancelled ends everything. */
export async function attempt(step: StepName, file: string | null, work: () => Promise<Step> | Step): Promise<Step> {
  try {
    return await work();
  } catch (thrown) {
    const failure = asFailure(thrown);
    if (failure.kind === "cancelled" || failure.kind === "internal") throw thrown;
    const { message, code, hint } = failure;
    return { step, file, change: "failed", detail: message, code, ...(hint === undefined ? {} : { hint }) };
  }
}
