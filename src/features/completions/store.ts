// The SQL of completions: the names of what is there, and the little that tells one from another.

import { TEXT, TEXT_OR_NULL, v } from "../../core/shape.ts";
import type { Db } from "../../db/db.ts";

/** Newest first. */
export function sessionNames(db: Db) {
  return db.all(
    v.object({ id: TEXT, name: TEXT_OR_NULL, branch: TEXT_OR_NULL, repo_path: TEXT, git_dir: TEXT_OR_NULL }),
    "SELECT id, name, branch, repo_path, git_dir FROM sessions WHERE state = 'active' ORDER BY created_at DESC, rowid DESC",
  );
}

/** Of one repository, newest first. */
export function worktreeNames(db: Db, gitDir: string) {
  return db.all(
    v.object({ path: TEXT, branch: TEXT_OR_NULL, session_name: TEXT_OR_NULL }),
    `SELECT path, branch, session_name FROM worktrees WHERE git_dir = $gitDir ORDER BY created_at DESC, rowid DESC`,
    { gitDir },
  );
}

/** Of one repository, newest first. */
export function noteTexts(db: Db, gitDir: string) {
  const sql = "SELECT id, body FROM notes WHERE git_dir = $gitDir ORDER BY rowid DESC";
  return db.all(v.object({ id: TEXT, body: TEXT }), sql, { gitDir });
}

/** What can be brought back, of one repository or of all, newest first. */
export function removalNames(db: Db, gitDir: string | undefined) {
  return db.all(
    v.object({ id: TEXT, name: TEXT, removed_at: TEXT }),
    `SELECT id, name, removed_at FROM removals
     WHERE state = 'removed' AND ($gitDir IS NULL OR git_dir = $gitDir)
       AND (trash_pruned_at IS NULL OR ref_pruned_at IS NULL)
     ORDER BY removed_at DESC, rowid DESC`,
    { gitDir: gitDir ?? null },
  );
}

/** Runs in sandboxes, of one repository or of all, newest first. */
export function runNames(db: Db, gitDir: string | undefined) {
  return db.all(
    v.object({ id: TEXT, name: TEXT_OR_NULL, title: TEXT }),
    `SELECT id, name, title FROM sandbox_runs WHERE $gitDir IS NULL OR git_dir = $gitDir
     ORDER BY created_at DESC, rowid DESC`,
    { gitDir: gitDir ?? null },
  );
}
