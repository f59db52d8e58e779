// The SQL of verdicts once found, and of where branches stood.

import { NUMBER, orNull, TEXT, TEXT_OR_NULL, v } from "../../core/shape.ts";
import type { Db } from "../../db/db.ts";
import type { LandingQuestion } from "./landed.ts";
import { METHODS, VERDICTS, type Verdict } from "./verdict.ts";

/** Raise it when the same commits may be judged otherwise than before. */
const JUDGE = 1;
const KEPT_DAYS = 90;

const rowShape = () =>
  v.object({
    verdict: v.picklist(VERDICTS),
    method: v.picklist(METHODS),
    evidence_commit: TEXT_OR_NULL,
    reverted_by: TEXT_OR_NULL,
    landed: orNull(NUMBER),
    total: orNull(NUMBER),
    is_safe_to_delete: NUMBER,
    is_forge_asked: NUMBER,
  });

export interface Stored {
  verdict: Verdict;
  isForgeAsked: boolean;
}

/** What was found for these very commits before. */
export function storedVerdict(db: Db, { tip, target, fork = "" }: LandingQuestion): Stored | undefined {
  const row = db.one(
    rowShape(),
    `SELECT verdict, method, evidence_commit, reverted_by, landed, total, is_safe_to_delete, is_forge_asked
     FROM landing_verdicts
     WHERE target_commit = $target AND tip = $tip AND fork = $fork AND judge = $judge`,
    { target, tip, fork, judge: JUDGE },
  );
  if (row === undefined) return undefined;
  const verdict: Verdict = {
    verdict: row.verdict,
    method: row.method,
    evidence: { commit: row.evidence_commit, revertedBy: row.reverted_by },
    landed: row.landed,
    total: row.total,
    isSafeToDelete: row.is_safe_to_delete === 1,
    isComplete: true,
  };
  return { verdict, isForgeAsked: row.is_forge_asked === 1 };
}

/** Only of a complete verdict. Forgets the old ones: their targets have long moved on. */
export function storeVerdict(
  db: Db,
  { tip, target, fork = "" }: LandingQuestion,
  { verdict: found, isForgeAsked }: Stored,
  now: string,
): void {
  db.run(
    `INSERT OR REPLACE INTO landing_verdicts (target_commit, tip, fork, judge, verdict, method, evidence_commit,
       reverted_by, landed, total, is_safe_to_delete, is_forge_asked, judged_at)
     VALUES ($target, $tip, $fork, $judge, $verdict, $method, $commit,
       $revertedBy, $landed, $total, $isSafe, $isAsked, $now)`,
    {
      ...{ tip, target, fork, judge: JUDGE, now },
      ...{ verdict: found.verdict, method: found.method, landed: found.landed, total: found.total },
      commit: found.evidence.commit,
      revertedBy: found.evidence.revertedBy,
      isSafe: found.isSafeToDelete ? 1 : 0,
      isAsked: isForgeAsked ? 1 : 0,
    },
  );
  db.run("DELETE FROM landing_verdicts WHERE judged_at < datetime($now, $age)", { now, age: `-${KEPT_DAYS} days` });
}

const recordShape = () => v.object({ fork_commit: TEXT_OR_NULL, target_branch: TEXT_OR_NULL });
export type BranchRecord = v.InferOutput<ReturnType<typeof recordShape>>;

/** Where a branch began and where it is meant to land, as its worktree, or else its last session, has it. */
export function branchRecord(db: Db, gitDir: string, branch: string): BranchRecord | undefined {
  return db.one(
    recordShape(),
    `SELECT fork_commit, target_branch FROM (
       SELECT 1 AS place, created_at AS at, fork_commit, target_branch FROM worktrees
       WHERE git_dir = $gitDir AND branch = $branch
       UNION ALL
       SELECT 2, created_at, fork_commit, target_branch FROM sessions WHERE git_dir = $gitDir AND branch = $branch
       UNION ALL
       SELECT 3, ended_at, fork_commit, target_branch FROM session_history WHERE git_dir = $gitDir AND branch = $branch
     ) ORDER BY place, at DESC LIMIT 1`,
    { gitDir, branch },
  );
}

const standShape = () => v.object({ tip: TEXT, seen_at: TEXT });
export type Stand = v.InferOutput<ReturnType<typeof standShape>>;

/** Where it was last seen, and when it was first seen there. */
export function recordedStand(db: Db, gitDir: string, branch: string): Stand | undefined {
  const asked = "SELECT tip, seen_at FROM branch_tips WHERE git_dir = $gitDir AND branch = $branch";
  return db.one(standShape(), asked, { gitDir, branch });
}

export function recordedTip(db: Db, gitDir: string, branch: string): string | undefined {
  return recordedStand(db, gitDir, branch)?.tip;
}

/** Remembers where a branch stands, for when it is gone. */
export function recordTip(db: Db, seen: { gitDir: string; branch: string; tip: string }, now: string): void {
  db.run(
    `INSERT INTO branch_tips (git_dir, branch, tip, seen_at) VALUES ($gitDir, $branch, $tip, $now)
     ON CONFLICT (git_dir, branch) DO UPDATE SET tip = excluded.tip, seen_at = excluded.seen_at
     WHERE tip <> excluded.tip`,
    { ...seen, now },
  );
}

/** What was recorded when the repository had another path is its own still. */
export function followTips(db: Db, { gitDir, gitDirId }: { gitDir: string; gitDirId: string }): void {
  for (const table of ["branch_tips", "merge_events", "subscriptions", "merge_polls"]) {
    db.run(
      `UPDATE OR IGNORE ${table} SET git_dir = $gitDir WHERE git_dir <> $gitDir AND git_dir IN (
         SELECT git_dir FROM worktrees WHERE git_dir_id = $gitDirId
         UNION SELECT git_dir FROM session_history WHERE git_dir_id = $gitDirId
         UNION SELECT git_dir FROM sessions WHERE git_dir_id = $gitDirId)`,
      { gitDir, gitDirId },
    );
  }
}
