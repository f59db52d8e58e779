// The variables of a session, from its row and its leases.

import type { Db } from "../../db/db.ts";
import { worktreeRow } from "../worktrees/worktrees.ts";
import { portsOf } from "./store.ts";
import { leaseVariables } from "./variables.ts";

/** What of a session's row its names are made of. */
export interface Holder {
  id: string;
  /** 'creating' while its worktree is made, which is one of ours then. */
  state: "creating" | "active";
  repo_path: string;
  worktree_path: string;
  worktree_name: string | null;
  branch: string | null;
}

/** The environment variables of a session, in the order they are shown. */
export function variablesOf(db: Db, holder: Holder): Record<string, string> {
  const isInOwnWorktree = holder.state === "creating" || worktreeRow(db, holder.worktree_path)?.origin === "created";
  return leaseVariables({
    ports: portsOf(db, holder.id),
    worktreeName: holder.worktree_name,
    branch: holder.branch,
    repoPath: holder.repo_path,
    isInOwnWorktree,
  });
}
