// The room's door: a branch put on top of its target in its own worktree, and taken back.

export { type KnownRebase, knownRebases } from "./known.ts";
export { forgetOldRebases, leftWorks, rebasesHere } from "./records.ts";
export { type RebaseInput, type Rebasing, rebase } from "./run.ts";
export { type TakenBack, undoRebase } from "./undo.ts";
