// The room's door: gtr (git-worktree-runner) 1.x and 2.x as the one that makes worktrees, copies files into them and
// runs its hooks around them. It never removes anything: gtr's own branch deletion and `--force` have no caller here.

export { copyByHand } from "./copying.ts";
export { type CreateInput, type CreateLimits, createWithGtr } from "./create.ts";
export { type Detected, detectGtr, type Gtr, requireGtr } from "./detect.ts";
export { type GtrHooksInput, gtrHooks, type HookPhase, type RanHooks } from "./hooks.ts";
export { type GtrPlace, gtrPlace } from "./place.ts";
