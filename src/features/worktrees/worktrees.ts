// The room's door: linked worktrees of parallel-cc, made so that a crash at any point leaves nothing that cannot be
// told apart from somebody's work.

export {
  type CheckoutChanges,
  cacheChanges,
  cachedChanges,
  changedFiles,
  measureChanges,
  refreshChanges,
} from "./changes.ts";
export { createWorktree, discardHalfMade, type NewWorktree, whileNobodyCreates } from "./create.ts";
export {
  forgetWorktree,
  type KnownWorktree,
  keepWorktree,
  putBackWorktree,
  rememberWorktree,
  WORKTREE,
  worktreeRow,
  worktreesOf,
  worktreesWithoutSession,
} from "./store.ts";
