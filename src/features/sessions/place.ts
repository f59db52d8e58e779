// Who gets what, decided without touching anything: the main checkout goes to a session only when no other one of the
// repository lives, a free linked worktree to whoever starts in it, and everyone else gets a worktree of their own.

import type { Repository } from "../../git/repository.ts";

/** A session that lives or may live, and where. */
export interface Holder {
  sessionId: string;
  name: string | null;
  worktreePath: string;
  /** Null while it is made, and in rows of earlier releases. */
  adminName: string | null;
}

export type Placement = { kind: "checkout"; path: string; sharedWith: Holder | undefined } | { kind: "worktree" };

/**
 * `isGoing`: the worktree that the session starts in is removed by another command just now. `isApart`: it is to be in a
 * worktree of its own in any case.
 */
export function decidePlacement(
  repository: Pick<Repository, "path" | "isBare" | "here">,
  holders: readonly Holder[],
  wants: { noWorktree: boolean; isApart?: boolean; continueAt: string | undefined; isGoing: boolean },
): Placement {
  if (wants.isApart) return { kind: "worktree" };
  const { here } = repository;
  // By its path, or by its name in the repository: it may have been moved under its session.
  const holder = holders.find((one) => one.worktreePath === here.top || one.adminName === here.adminName);
  if (wants.noWorktree && here.top !== undefined) {
    return { kind: "checkout", path: here.top, sharedWith: holder };
  }
  if (here.isLinked && here.top !== undefined && holder === undefined && !wants.isGoing) {
    return { kind: "checkout", path: here.top, sharedWith: undefined };
  }
  if (wants.continueAt !== undefined) return { kind: "checkout", path: wants.continueAt, sharedWith: undefined };
  const main = here.isLinked || here.top === undefined ? repository.path : here.top;
  if (!repository.isBare && !here.isLinked && holders.length === 0) {
    return { kind: "checkout", path: main, sharedWith: undefined };
  }
  return { kind: "worktree" };
}

/** Why the last session's place cannot be taken up, or undefined when it can. */
export function whyNotContinue(
  repository: Pick<Repository, "path" | "worktrees">,
  holders: readonly Holder[],
  last: { worktreePath: string; isMain: boolean },
): string | undefined {
  const holder = holders.find((one) => one.worktreePath === last.worktreePath);
  if (holder !== undefined) return "another live session works there";
  if (last.isMain) return holders.length === 0 ? undefined : "the main checkout is not handed out while others work";
  const known = repository.worktrees.some((entry) => entry.path === last.worktreePath && entry.prunable === undefined);
  return known ? undefined : "that worktree is gone";
}
