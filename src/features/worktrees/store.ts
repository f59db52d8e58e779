// The SQL of worktrees and of the cache of what changed in a checkout.

import { NUMBER, TEXT, TEXT_OR_NULL, v } from "../../core/shape.ts";
import type { Db } from "../../db/db.ts";

/** A row of the table. */
export const WORKTREE = v.object({
  path: TEXT,
  git_dir: TEXT,
  git_dir_id: TEXT_OR_NULL,
  admin_name: TEXT_OR_NULL,
  repo_path: TEXT,
  name: TEXT,
  origin: v.picklist(["created", "adopted"]),
  branch: TEXT_OR_NULL,
  session_name: TEXT_OR_NULL,
  fork_commit: TEXT_OR_NULL,
  target_branch: TEXT_OR_NULL,
  created_at: TEXT,
  /** 1: its user asked to keep it. */
  is_kept: NUMBER,
});
export type KnownWorktree = v.InferOutput<typeof WORKTREE>;

const COLUMNS = Object.keys(WORKTREE.entries).join(", ");

export function worktreeRow(db: Db, path: string): KnownWorktree | undefined {
  return db.one(WORKTREE, `SELECT ${COLUMNS} FROM worktrees WHERE path = $path`, { path });
}

/** Those of one repository, or all. */
export function worktreesOf(db: Db, gitDir: string | undefined): KnownWorktree[] {
  if (gitDir === undefined) return db.all(WORKTREE, `SELECT ${COLUMNS} FROM worktrees ORDER BY created_at, rowid`);
  const sql = `SELECT ${COLUMNS} FROM worktrees WHERE git_dir = $gitDir ORDER BY created_at, rowid`;
  return db.all(WORKTREE, sql, { gitDir });
}

const KEPT = v.object({ path: TEXT, name: TEXT, branch: TEXT_OR_NULL, session_name: TEXT_OR_NULL });
export type KeptWorktreeRow = v.InferOutput<typeof KEPT>;

/** Those of ours that no session has, of one repository or of all. */
export function worktreesWithoutSession(db: Db, gitDir: string | undefined): KeptWorktreeRow[] {
  return db.all(
    KEPT,
    `SELECT ${Object.keys(KEPT.entries).join(", ")} FROM worktrees
     WHERE origin = 'created' AND ($gitDir IS NULL OR git_dir = $gitDir)
       AND path NOT IN (SELECT worktree_path FROM sessions)
     ORDER BY created_at, rowid`,
    { gitDir: gitDir ?? null },
  );
}

/** Remembers a worktree. One that is known already keeps its row: it tells where the branch began. */
export function rememberWorktree(db: Db, made: Omit<KnownWorktree, "created_at" | "is_kept">, now: string): void {
  putBackWorktree(db, { ...made, created_at: now, is_kept: 0 });
}

/** The row that one had before it was removed. */
export function putBackWorktree(db: Db, row: KnownWorktree): void {
  const values = Object.keys(WORKTREE.entries).map((name) => `$${name}`);
  db.run(`INSERT OR IGNORE INTO worktrees (${COLUMNS}) VALUES (${values.join(", ")})`, { ...row });
}

/** Keeps it whatever is in it, or not any longer. */
export function keepWorktree(db: Db, { path, isKept }: { path: string; isKept: boolean }): void {
  db.run("UPDATE worktrees SET is_kept = $isKept WHERE path = $path", { path, isKept: isKept ? 1 : 0 });
}

export function forgetWorktree(db: Db, path: string): void {
  db.run("DELETE FROM worktrees WHERE path = $path", { path });
  db.run("DELETE FROM checkout_changes WHERE path = $path", { path });
}

const CHANGES = v.object({
  path: TEXT,
  checked_at: TEXT,
  branch: TEXT_OR_NULL,
  dirty_files: NUMBER,
  ahead: NUMBER,
  behind: NUMBER,
});
export type ChangesRow = v.InferOutput<typeof CHANGES>;

export function changesRows(db: Db): ChangesRow[] {
  return db.all(CHANGES, "SELECT path, checked_at, branch, dirty_files, ahead, behind FROM checkout_changes");
}

export function storeChanges(db: Db, row: Omit<ChangesRow, "checked_at">, now: string): void {
  db.run(
    `INSERT OR REPLACE INTO checkout_changes (path, checked_at, branch, dirty_files, ahead, behind)
     VALUES ($path, $now, $branch, $dirty_files, $ahead, $behind)`,
    { ...row, now },
  );
}
