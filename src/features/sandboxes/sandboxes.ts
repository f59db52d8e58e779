// The room's door: tasks run in sandboxes, and what becomes of them.

export { runAnswer } from "./answers.ts";
export { healRuns } from "./begin.ts";
export { type LeftRun, leftRuns, runsOfWorth } from "./left.ts";
export { makeTeller } from "./logs.ts";
export { type Looker, lookerOf, type Step } from "./looker.ts";
export { applyRunPrunes, planRunPrunes, type RunPrune } from "./prune.ts";
export type { Run } from "./run.ts";
export type { Seen } from "./seen.ts";
export { dryRunText, endText } from "./text.ts";
export { attach, kill, lookOnNamed, runToEnd } from "./view.ts";
