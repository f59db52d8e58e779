// The SQL of where a branch begins, which a rebase moves.

import { TEXT_OR_NULL, v } from "../../core/shape.ts";
import type { Db } from "../../db/db.ts";

export interface BranchAt {
  gitDir: string;
  branch: string;
}

/** Null where the registry knows nothing of it. */
export function forkOf(db: Db, { gitDir, branch }: BranchAt): string | null {
  const row = db.one(
    v.object({ fork_commit: TEXT_OR_NULL }),
    `SELECT fork_commit FROM (
       SELECT 1 AS place, fork_commit FROM worktrees WHERE git_dir = $gitDir AND branch = $branch
       UNION ALL
       SELECT 2, fork_commit FROM sessions WHERE git_dir = $gitDir AND branch = $branch
     ) WHERE fork_commit IS NOT NULL ORDER BY place LIMIT 1`,
    { gitDir, branch },
  );
  return row?.fork_commit ?? null;
}

/** Only where one is recorded. */
export function moveFork(db: Db, { gitDir, branch, fork }: BranchAt & { fork: string }): void {
  for (const table of ["worktrees", "sessions"]) {
    db.run(
      `UPDATE ${table} SET fork_commit = $fork WHERE git_dir = $gitDir AND branch = $branch AND fork_commit IS NOT NULL`,
      { gitDir, branch, fork },
    );
  }
}
