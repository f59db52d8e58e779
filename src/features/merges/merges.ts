// The room's door: has a branch landed, and by what evidence.

export {
  type Checked,
  type CheckInput,
  checkMerge,
  fetchTargets,
  isGoneFar,
  type MergeMeant,
  mergeMeant,
} from "./check.ts";
export { type Departure, departuresFrom } from "./departures.ts";
export type { Memory } from "./judging.ts";
export { type JudgeOptions, judgeLanding, type LandingQuestion } from "./landed.ts";
export { bestLanding, type Landing, targetsFor } from "./landing.ts";
export { type LastSeen, lastSeenShape, lastSeenText } from "./last-seen.ts";
export { branchRecord, followTips, recordedTip, recordTip } from "./store.ts";
export { type TakenBack, takenBack } from "./taken-back.ts";
export {
  allBranches,
  type Branch,
  defaultTargets,
  type Ref,
  refsFor,
  requireBranchName,
  shortRef,
} from "./targets.ts";
export type { Evidence, Method, Verdict, VerdictName } from "./verdict.ts";
