// What became of each thing that an installation consists of. A step that fails says so and stops no other.

import { asFailure, Failure } from "../../core/failure.ts";

export const STEPS = [
  "program",
  "wrapper",
  "heartbeat",
  "hooks",
  "gitignore",
  "alias",
  "mcp",
  "plugin",
  "completions",
  "worktrees",
  "statusline",
  "guard",
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
  /** Of the failure. */
  code?: string | undefined;
  /** What to do, about the failure or about what was found. */
  hint?: string | undefined;
}

/** The step, or that it failed. What is cancelled ends everything. */
export async function attempt(step: StepName, file: string | null, work: () => Promise<Step> | Step): Promise<Step> {
  try {
    return await work();
  } catch (thrown) {
    const failure = refusal(thrown) ?? asFailure(thrown);
    if (failure.kind === "cancelled" || failure.kind === "internal") throw thrown;
    const { message, code, hint } = failure;
    return { step, file, change: "failed", detail: message, code, ...(hint === undefined ? {} : { hint }) };
  }
}

/** What the file system refused on the way to a file: a folder that may not be entered, or is none. */
function refusal(thrown: unknown): Failure | undefined {
  if (thrown instanceof Failure || !(thrown instanceof Error && "syscall" in thrown)) return undefined;
  return new Failure({
    kind: "unavailable",
    code: "install.refused",
    message: `${thrown.message}.`,
    hint: "Mend the cause (missing rights, a folder that is none) and run the command again.",
    cause: thrown,
  });
}
