// The SQL of removals: what was removed, where it is now, and who is at it.

import { dirname } from "node:path";
import { NUMBER, orNull, TEXT, TEXT_OR_NULL, v } from "../../core/shape.ts";
import type { Db } from "../../db/db.ts";
import type { ProcessIdentity } from "../../proc/alive.ts";
import { setupShape } from "../setup/setup.ts";
import { WORKTREE } from "../worktrees/worktrees.ts";

export const REASONS = ["landed", "unused", "forced", "missing"] as const;
export type RemovalReason = (typeof REASONS)[number];

const restoringShape = () =>
  v.object({
    path: TEXT,
    adminName: TEXT,
    /** Branches to make, and which one each of them stands for. */
    make: v.array(v.object({ branch: TEXT, tip: TEXT, of: TEXT, isNew: v.boolean() })),
    /** The branch that HEAD is to stand on, when it is another than before. */
    head: TEXT_OR_NULL,
  });
export type Restoring = v.InferOutput<ReturnType<typeof restoringShape>>;

/** What is known of a removal beyond what is asked for in SQL; it stands beside the directory in the trash as well. */
const recordShape = () =>
  v.object({
    /** The worktree's row as it was. */
    worktree: orNull(WORKTREE),
    /** Why it could go, in words. */
    proofs: v.array(TEXT),
    /** Files and directories (these end in "/") that git ignored there, from its top. */
    ignored: v.array(TEXT),
    /** What is in the trash alone, from the worktree's top, and why. */
    unsaved: v.array(v.object({ path: TEXT, why: TEXT })),
    /** What a restoring has chosen, so that whoever ends it for another chooses the same. */
    restoring: v.optional(restoringShape()),
    /** What setting it up left there. */
    setup: v.optional(setupShape()),
    /** Directories that were pruned from the trash before all of it was. */
    pruned: v.optional(v.array(TEXT)),
  });
export type RemovalRecord = v.InferOutput<ReturnType<typeof recordShape>>;

const rowShape = () =>
  v.object({
    id: TEXT,
    state: v.picklist(["removing", "removed", "restoring", "restored"]),
    git_dir: TEXT,
    git_dir_id: TEXT_OR_NULL,
    repo_path: TEXT,
    name: TEXT,
    path: TEXT_OR_NULL,
    admin_name: TEXT_OR_NULL,
    trash: orNull(v.picklist(["repository", "beside"])),
    head: TEXT_OR_NULL,
    branch: TEXT_OR_NULL,
    branch_tip: TEXT_OR_NULL,
    rescue_commit: TEXT_OR_NULL,
    reason: v.picklist(REASONS),
    record: v.pipe(TEXT, v.parseJson(), recordShape()),
    size_bytes: orNull(NUMBER),
    removed_at: TEXT,
    restored_at: TEXT_OR_NULL,
    trash_pruned_at: TEXT_OR_NULL,
    ref_pruned_at: TEXT_OR_NULL,
    pid: orNull(NUMBER),
    start_time: TEXT_OR_NULL,
    boot_id: TEXT_OR_NULL,
    pid_namespace: TEXT_OR_NULL,
    host: TEXT_OR_NULL,
  });
export type Removal = v.InferOutput<ReturnType<typeof rowShape>>;

const select = (shape: ReturnType<typeof rowShape>) => `SELECT ${Object.keys(shape.entries).join(", ")} FROM removals`;

/** Newest first; of one repository, or all. */
export function removalsOf(db: Db, gitDir: string | undefined): Removal[] {
  const shape = rowShape();
  const order = "ORDER BY removed_at DESC, rowid DESC";
  if (gitDir === undefined) return db.all(shape, `${select(shape)} ${order}`);
  return db.all(shape, `${select(shape)} WHERE git_dir = $gitDir ${order}`, { gitDir });
}

export function removal(db: Db, id: string): Removal | undefined {
  const shape = rowShape();
  return db.one(shape, `${select(shape)} WHERE id = $id`, { id });
}

/** Those that somebody is at, or was when he died. */
export function removalsUnderWay(db: Db): Removal[] {
  const some = db.one(v.object({ n: NUMBER }), "SELECT count(*) AS n FROM removals WHERE state LIKE '%ing'");
  if (some?.n === 0) return [];
  const shape = rowShape();
  return db.all(shape, `${select(shape)} WHERE state IN ('removing', 'restoring')`);
}

interface Due {
  gitDir: string;
  /** UTC text, like the others. */
  trashBefore: string;
  /** Of those whose size nobody knows. */
  sizesBefore: string;
  refsBefore: string;
}

/** Whether anything was removed before these times. */
export function isAnyDue(db: Db, due: Due): boolean {
  const found = db.one(
    v.object({ n: NUMBER }),
    `SELECT EXISTS (SELECT 1 FROM removals WHERE git_dir = $gitDir AND state = 'removed' AND (
       (path IS NOT NULL AND trash_pruned_at IS NULL
          AND removed_at <= iif(size_bytes IS NULL, max($sizesBefore, $trashBefore), $trashBefore))
       OR (ref_pruned_at IS NULL AND removed_at <= $refsBefore))) AS n`,
    { ...due },
  );
  return found?.n === 1;
}

export type NewRemoval = Pick<
  Removal,
  "id" | "git_dir" | "git_dir_id" | "repo_path" | "name" | "path" | "admin_name" | "trash" | "head" | "reason"
> & { branch: string | null; branch_tip: string | null; record: RemovalRecord };

/** Throws what `isUniqueViolation` knows when another command is at the same worktree or branch. */
export function insertRemoval(db: Db, made: NewRemoval, by: ProcessIdentity, now: string): void {
  const { pid, startTime, bootId, pidNamespace, host } = by;
  db.run(
    `INSERT INTO removals (id, state, git_dir, git_dir_id, repo_path, name, path, admin_name, trash, head, branch,
       branch_tip, reason, record, removed_at, pid, start_time, boot_id, pid_namespace, host)
     VALUES ($id, 'removing', $git_dir, $git_dir_id, $repo_path, $name, $path, $admin_name, $trash, $head, $branch,
       $branch_tip, $reason, $record, $now, $pid, $startTime, $bootId, $pidNamespace, $host)`,
    { ...made, record: JSON.stringify(made.record), pid, startTime, bootId, pidNamespace, host, now },
  );
}

/** The row of a removal that this registry does not know. */
export function parseRemoval(text: string): Removal | undefined {
  // In the row the record is text; written down beside what was removed it is a part of it.
  const shape = v.pipe(TEXT, v.parseJson(), v.object({ ...rowShape().entries, record: recordShape() }));
  const parsed = v.safeParse(shape, text);
  return parsed.success ? parsed.output : undefined;
}

/** Takes in a removal that another registry, or this one before it was lost, has made. */
export function adoptRemoval(db: Db, row: Removal): void {
  const columns = Object.keys(rowShape().entries);
  db.run(
    `INSERT OR IGNORE INTO removals (${columns.join(", ")}) VALUES (${columns.map((name) => `$${name}`).join(", ")})`,
    { ...row, record: JSON.stringify(row.record) },
  );
}

export function recordRescue(db: Db, saved: { id: string; commit: string; record: RemovalRecord }): void {
  const { id, commit, record } = saved;
  db.run("UPDATE removals SET rescue_commit = $commit, record = $record WHERE id = $id", {
    id,
    commit,
    record: JSON.stringify(record),
  });
}

/** The end of a removal. `branchTip` is null when its branch stayed. */
export function finishRemoval(db: Db, done: { id: string; branchTip: string | null }, now: string): void {
  db.run(
    `UPDATE removals SET state = 'removed', branch_tip = $branchTip, removed_at = $now, ${NOBODY} WHERE id = $id`,
    { ...done, now },
  );
}

/** False when somebody else is at it, or it was brought back already. */
export function beginRestoring(db: Db, begun: { id: string; record: RemovalRecord; by: ProcessIdentity }): boolean {
  const { pid, startTime, bootId, pidNamespace, host } = begun.by;
  const { changes } = db.run(
    `UPDATE removals SET state = 'restoring', record = $record, pid = $pid, start_time = $startTime,
       boot_id = $bootId, pid_namespace = $pidNamespace, host = $host WHERE id = $id AND state = 'removed'`,
    { id: begun.id, record: JSON.stringify(begun.record), pid, startTime, bootId, pidNamespace, host },
  );
  return changes === 1;
}

/** Where it goes, once that is chosen. */
export function recordRestoring(db: Db, { id, record }: { id: string; record: RemovalRecord }): void {
  const sql = "UPDATE removals SET record = $record WHERE id = $id AND state = 'restoring'";
  db.run(sql, { id, record: JSON.stringify(record) });
}

/** What could not be brought back after all is where it was. */
export function abandonRestoring(db: Db, id: string): void {
  db.run(`UPDATE removals SET state = 'removed', ${NOBODY} WHERE id = $id AND state = 'restoring'`, { id });
}

export function finishRestoring(db: Db, id: string, now: string): void {
  db.run(`UPDATE removals SET state = 'restored', restored_at = $now, ${NOBODY} WHERE id = $id`, { id, now });
}

const NOBODY = "pid = NULL, start_time = NULL, boot_id = NULL, pid_namespace = NULL, host = NULL";

/** Forgets one of which nothing is left, or which never began. */
export function deleteRemoval(db: Db, id: string): void {
  db.run("DELETE FROM removals WHERE id = $id", { id });
}

/** Takes over what a dead process left; false when another command was faster. */
export function takeOver(db: Db, left: Removal, by: ProcessIdentity): boolean {
  const { pid, startTime, bootId, pidNamespace, host } = by;
  const { changes } = db.run(
    `UPDATE removals SET pid = $pid, start_time = $startTime, boot_id = $bootId, pid_namespace = $pidNamespace, host = $host
     WHERE id = $id AND state = $state AND pid IS $oldPid AND start_time IS $oldStart`,
    {
      id: left.id,
      state: left.state,
      ...{ pid, startTime, bootId, pidNamespace, host },
      oldPid: left.pid,
      oldStart: left.start_time,
    },
  );
  return changes === 1;
}

export function recordSize(db: Db, { id, sizeBytes }: { id: string; sizeBytes: number }): void {
  db.run("UPDATE removals SET size_bytes = $sizeBytes WHERE id = $id", { id, sizeBytes });
}

export function recordPruned(db: Db, pruned: { id: string; record: RemovalRecord; sizeBytes: number }): void {
  const { id, record, sizeBytes } = pruned;
  const sql = "UPDATE removals SET record = $record, size_bytes = $sizeBytes WHERE id = $id";
  db.run(sql, { id, record: JSON.stringify(record), sizeBytes });
}

/** Said before it is done: what is half deleted is not brought back. False when somebody brings it back just now. */
export function recordTrashPruned(db: Db, id: string, now: string): boolean {
  const sql = `UPDATE removals SET trash_pruned_at = coalesce(trash_pruned_at, $now), size_bytes = 0
     WHERE id = $id AND state IN ('removed', 'restored')`;
  return db.run(sql, { id, now }).changes === 1;
}

export function recordRefPruned(db: Db, id: string, now: string): boolean {
  const sql = "UPDATE removals SET ref_pruned_at = $now WHERE id = $id AND state IN ('removed', 'restored')";
  return db.run(sql, { id, now }).changes === 1;
}

/** Rows written when the repository had another path get the one of now; what stood beside it is beside it still. */
export function followRemovals(db: Db, now: { gitDir: string; gitDirId: string; path: string }): void {
  const { gitDir, gitDirId, path: repoPath } = now;
  const moved = db.all(
    v.object({ id: TEXT, repo_path: TEXT, path: TEXT_OR_NULL }),
    "SELECT id, repo_path, path FROM removals WHERE git_dir_id = $gitDirId AND git_dir <> $gitDir",
    { gitDirId, gitDir },
  );
  for (const { id, repo_path, path } of moved) {
    const [from, to] = [`${dirname(repo_path)}/`, `${dirname(repoPath)}/`];
    const followed = path?.startsWith(from) === true ? to + path.slice(from.length) : path;
    const sql = "UPDATE removals SET git_dir = $gitDir, repo_path = $repoPath, path = $path WHERE id = $id";
    db.run(sql, { id, gitDir, repoPath, path: followed });
  }
}

/** What became of the worktree, in the history of the sessions that worked there. */
export function recordFate(db: Db, { path, fate }: { path: string; fate: "kept" | "removed" }): void {
  db.run("UPDATE session_history SET worktree_fate = $fate WHERE worktree_path = $path AND is_main_repo = 0", {
    path,
    fate,
  });
}

/** Whether another command is at that worktree or that branch. */
export function isUnderWay(db: Db, what: { gitDir: string; path: string; branch: string | null }): boolean {
  const found = db.one(
    v.object({ n: NUMBER }),
    `SELECT EXISTS (SELECT 1 FROM removals WHERE state IN ('removing', 'restoring') AND git_dir = $gitDir
       AND (path = $path OR ($branch IS NOT NULL AND branch = $branch))) AS n`,
    what,
  );
  return found?.n === 1;
}

/** Whether a session has that place, or one inside it; one of an earlier release is known by its path alone. */
export function isHeld(db: Db, place: { path: string; gitDir: string; adminName: string | null }): boolean {
  const found = db.one(
    v.object({ n: NUMBER }),
    `SELECT count(*) AS n FROM sessions
     WHERE worktree_path = $path OR substr(worktree_path, 1, length($path) + 1) = $path || '/'
       OR (git_dir = $gitDir AND is_main_repo = 0 AND admin_name IS NOT NULL AND admin_name = $adminName)`,
    place,
  );
  return found !== undefined && found.n > 0;
}
