// The room's door: removing a worktree so that nothing of it is lost, and bringing it back.

export { adoptRemovals } from "./adopt.ts";
export { healRemovals } from "./bring-back.ts";
export {
  BUSY,
  type Examined,
  isFirm,
  type Keep,
  type KeepReason,
  type Known,
  keptBy,
  type Owner,
  type Subject,
  whoStandsIn,
} from "./examine.ts";
export { type Left, whatIsLeft } from "./left.ts";
export { look } from "./look.ts";
export { duePrunes, isPruningDue, limitsOf, type Pruned, type PruneLimits, prune } from "./prune.ts";
export { type Outcome, removeWorktree } from "./remove.ts";
export { type RemovalKind, rescueRef } from "./rescue.ts";
export type { Standing } from "./standing.ts";
export { followRemovals, type Removal, type RemovalReason, removalsOf, removalsUnderWay } from "./store.ts";
export { type BroughtBack, bringBack } from "./undo.ts";
