// The room's door: a branch put on top of its target in its own worktree, and taken back.

export { type TakenBack, takenBackShape, takenBackText } from "./answers.ts";
export { type KnownRebase, knownRebases, rebasesHere } from "./known.ts";
export { forgetOldRebases, leftWorks } from "./records.ts";
export { type RebaseInput, type Rebasing, rebase } from "./run.ts";
export { undoRebase } from "./undo.ts";
