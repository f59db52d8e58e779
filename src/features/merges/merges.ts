// The room's door: has a branch landed, and by what evidence.

export { type Checked, type CheckInput, checkMerge } from "./check.ts";
export { type JudgeOptions, judgeLanding, type LandingQuestion } from "./landed.ts";
export { recordTip } from "./store.ts";
export type { Evidence, Method, Verdict, VerdictName } from "./verdict.ts";
