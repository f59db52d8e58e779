// The room's door: has a branch landed, and by what evidence.

export { type JudgeOptions, judgeLanding, type LandingQuestion } from "./landed.ts";
export type { Evidence, Method, Verdict, VerdictName } from "./verdict.ts";
