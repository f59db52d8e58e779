// A run as its row tells it: what was asked for, what was found out step by step, and who drives it.

import { NUMBER, TEXT, TEXT_OR_NULL, v, YES_OR_NO } from "../../core/shape.ts";

/** What was done last, in order. */
export const STEPS = ["planned", "placed", "made", "sent", "started", "over", "home", "delivered", "ended"] as const;
export type Step = (typeof STEPS)[number];

const OUTCOMES = ["COMPLETED", "FAILED", "TIMEOUT", "CANCELLED"] as const;
export type Outcome = (typeof OUTCOMES)[number];

/** As people know it. */
export type Status = "INITIALIZING" | "RUNNING" | Outcome;

export const REQUEST = v.object({
  /** As it was typed; null: where the caller's checkout stood. */
  base: TEXT_OR_NULL,
  /** The commit that this was then. */
  baseCommit: TEXT,
  /** What the result is committed on; null: it stays uncommitted. */
  branch: TEXT_OR_NULL,
  /** Its name was left to us: where it is taken by then, another one is as good. */
  isBranchMade: v.optional(YES_OR_NO, false),
  withChanges: YES_OR_NO,
  isDryRun: YES_OR_NO,
  timeoutMinutes: NUMBER,
  checkpointMinutes: NUMBER,
  authMethod: v.picklist(["api-key", "oauth"]),
  model: TEXT_OR_NULL,
  maxTurns: v.nullable(NUMBER),
  include: v.array(TEXT),
  /** Names alone: the values are in the driver's environment, and nowhere else. */
  variables: v.array(TEXT),
  hosts: v.array(TEXT),
  memoryBytes: NUMBER,
  processes: NUMBER,
  isWeak: YES_OR_NO,
  promptSource: TEXT_OR_NULL,
});
export type RunRequest = v.InferOutput<typeof REQUEST>;

const COMMIT = v.object({ id: TEXT, subject: TEXT });

export const FACTS = v.object({
  /** It met what only its user can mend, and nobody drives it until told to. */
  isParked: v.optional(YES_OR_NO, false),
  warnings: v.optional(v.array(TEXT), []),
  weaknesses: v.optional(v.array(TEXT), []),
  /** It was removed at the end, since it held nothing. */
  isWorktreeGone: v.optional(YES_OR_NO, false),
  /** From when on it costs what. */
  madeAt: v.optional(TEXT),
  dollarsPerHour: v.optional(NUMBER, 0),
  /** With the caller's uncommitted work on it; without any, the base itself. */
  startCommit: v.optional(TEXT),
  sent: v.optional(v.object({ files: NUMBER, bytes: NUMBER, held: NUMBER, commit: TEXT, tookMs: NUMBER })),
  exit: v.optional(v.nullable(NUMBER)),
  endedBy: v.optional(v.picklist(["itself", "stop", "limit", "loss"])),
  checkpoint: v.optional(v.object({ at: TEXT, tip: TEXT })),
  result: v.optional(
    v.object({
      ref: TEXT_OR_NULL,
      commits: v.array(COMMIT),
      hasUncommitted: YES_OR_NO,
      filesChanged: NUMBER,
      /** What changes what runs on this machine. */
      runsOnHost: v.array(v.object({ path: TEXT, what: TEXT })),
      /** Symbolic links that lead out of the project. */
      escaping: v.array(v.object({ path: TEXT, target: TEXT })),
      /** What is not in the worktree, and why. */
      left: v.array(v.object({ path: TEXT, why: TEXT })),
      /** What of it is not as one would think from its commits. */
      remarks: v.array(TEXT),
      /** Why it is kept apart; null: it was delivered. */
      heldBack: TEXT_OR_NULL,
    }),
  ),
  delivered: v.optional(v.object({ path: TEXT, branch: TEXT_OR_NULL, note: TEXT_OR_NULL })),
});
export type Facts = v.InferOutput<typeof FACTS>;

export const TROUBLE = v.object({ code: TEXT, message: TEXT, hint: TEXT_OR_NULL });
export type Trouble = v.InferOutput<typeof TROUBLE>;

const DRIVER = v.object({
  pid: NUMBER,
  startTime: TEXT_OR_NULL,
  bootId: TEXT_OR_NULL,
  pidNamespace: TEXT_OR_NULL,
  host: TEXT_OR_NULL,
});

export const RUN = v.object({
  id: TEXT,
  name: TEXT_OR_NULL,
  repo_path: TEXT,
  git_dir: TEXT,
  git_dir_id: TEXT,
  caller_path: TEXT,
  provider: TEXT,
  title: TEXT,
  request: v.pipe(TEXT, v.parseJson(), REQUEST),
  step: v.picklist(STEPS),
  outcome: v.nullable(v.picklist(OUTCOMES)),
  wanted: v.nullable(v.picklist(["stop", "discard"])),
  instance_id: TEXT_OR_NULL,
  session_id: TEXT_OR_NULL,
  worktree_path: TEXT_OR_NULL,
  worktree_name: TEXT_OR_NULL,
  base_commit: TEXT_OR_NULL,
  created_at: TEXT,
  started_at: TEXT_OR_NULL,
  limit_at: TEXT_OR_NULL,
  over_at: TEXT_OR_NULL,
  ended_at: TEXT_OR_NULL,
  facts: v.pipe(TEXT, v.parseJson(), FACTS),
  view: v.nullable(v.pipe(TEXT, v.parseJson(), v.unknown())),
  trouble: v.nullable(v.pipe(TEXT, v.parseJson(), TROUBLE)),
  driver: v.nullable(v.pipe(TEXT, v.parseJson(), DRIVER)),
});
export type Run = v.InferOutput<typeof RUN>;

export function statusOf({ step, outcome }: Pick<Run, "step" | "outcome">): Status {
  if (step === "ended") return outcome ?? "FAILED";
  return hasReached(step, "started") ? "RUNNING" : "INITIALIZING";
}

export function hasReached(step: Step, other: Step): boolean {
  return STEPS.indexOf(step) >= STEPS.indexOf(other);
}
