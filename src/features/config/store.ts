// The SQL of approvals.

import { NUMBER, v } from "../../core/shape.ts";
import type { Db } from "../../db/db.ts";

export interface Approval {
  repositoryPath: string;
  hash: string;
}

const FOUND = v.object({ found: NUMBER });

export function hasApproval(db: Db, { repositoryPath, hash }: Approval): boolean {
  const sql = "SELECT 1 AS found FROM approvals WHERE repo_path = $repositoryPath AND hash = $hash";
  return db.one(FOUND, sql, { repositoryPath, hash }) !== undefined;
}

/** The last one holds: an earlier text of the repository's is not approved any longer. */
export function storeApproval(db: Db, approval: Approval, now: string): void {
  removeApprovals(db, approval.repositoryPath);
  const sql = "INSERT INTO approvals (repo_path, hash, approved_at) VALUES ($repositoryPath, $hash, $now)";
  db.run(sql, { ...approval, now });
}

/** Answers whether there was one. */
export function removeApprovals(db: Db, repositoryPath: string): boolean {
  const sql = "DELETE FROM approvals WHERE repo_path = $repositoryPath RETURNING 1 AS found";
  return db.one(FOUND, sql, { repositoryPath }) !== undefined;
}
