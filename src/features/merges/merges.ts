// The room's door: has a branch landed, and by what evidence.

export { type Checked, type CheckInput, checkMerge, fetchTargets } from "./check.ts";
export type { Memory } from "./judging.ts";
export { type JudgeOptions, judgeLanding, type LandingQuestion } from "./landed.ts";
export { bestLanding, type Landing, targetsFor } from "./landing.ts";
export { followTips, recordTip } from "./store.ts";
export type { Ref } from "./targets.ts";
export type { Evidence, Method, Verdict, VerdictName } from "./verdict.ts";
