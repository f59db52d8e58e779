// The SQL of worktrees and of the cache of what changed in a checkout.

import { v } from "../../core/shape.ts";
import type { Db } from "../../db/db.ts";

const WORKTREE = v.object({
  path: v.string(),
  git_dir: v.string(),
  repo_path: v.string(),
  name: v.string(),
  origin: v.picklist(["created", "adopted"]),
  branch: v.nullable(v.string()),
  session_name: v.nullable(v.string()),
  fork_commit: v.nullable(v.string()),
  target_branch: v.nullable(v.string()),
  created_at: v.string(),
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

/** Remembers a worktree. One that is known already keeps its row: it tells where the branch began. */
export function rememberWorktree(db: Db, made: Omit<KnownWorktree, "created_at">, now: string): void {
  db.run(
    `INSERT OR IGNORE INTO worktrees (${COLUMNS})
     VALUES ($path, $git_dir, $repo_path, $name, $origin, $branch, $session_name, $fork_commit, $target_branch, $now)`,
    { ...made, now },
  );
}

const CHANGES = v.object({
  path: v.string(),
  checked_at: v.string(),
  dirty_files: v.number(),
  ahead: v.number(),
  behind: v.number(),
});
export type ChangesRow = v.InferOutput<typeof CHANGES>;

export function changesRows(db: Db): ChangesRow[] {
  return db.all(CHANGES, "SELECT path, checked_at, dirty_files, ahead, behind FROM checkout_changes");
}

export function storeChanges(db: Db, row: Omit<ChangesRow, "checked_at">, now: string): void {
  db.run(
    `INSERT OR REPLACE INTO checkout_changes (path, checked_at, dirty_files, ahead, behind)
     VALUES ($path, $now, $dirty_files, $ahead, $behind)`,
    { ...row, now },
  );
}
