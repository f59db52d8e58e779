// The SQL of sessions. Rows of earlier releases have no `git_dir` and no processes: they are found by their path.

import { NUMBER, TEXT, TEXT_OR_NULL, v } from "../../core/shape.ts";
import type { Db } from "../../db/db.ts";
import type { ProcessIdentity } from "../../proc/alive.ts";

const SESSION = v.object({
  id: TEXT,
  pid: NUMBER,
  repo_path: TEXT,
  worktree_path: TEXT,
  worktree_name: TEXT_OR_NULL,
  is_main_repo: NUMBER,
  created_at: TEXT,
  last_heartbeat: TEXT,
  execution_mode: TEXT_OR_NULL,
  status: TEXT_OR_NULL,
  sandbox_id: TEXT_OR_NULL,
  state: v.picklist(["creating", "active"]),
  git_dir: TEXT_OR_NULL,
  git_dir_id: TEXT_OR_NULL,
  admin_name: TEXT_OR_NULL,
  name: TEXT_OR_NULL,
  branch: TEXT_OR_NULL,
  fork_commit: TEXT_OR_NULL,
  target_branch: TEXT_OR_NULL,
  subdirectory: TEXT,
  /** What its claude does, as its hooks tell; null while none has. See `activityOf`. */
  activity: TEXT_OR_NULL,
  waiting_for: TEXT_OR_NULL,
  conversation_id: TEXT_OR_NULL,
  is_sharing: NUMBER,
});
export type SessionRow = v.InferOutput<typeof SESSION>;

const COLUMNS = Object.keys(SESSION.entries).join(", ");

const PROCESS = v.object({
  session_id: TEXT,
  role: v.picklist(["registrar", "owner", "claude"]),
  pid: NUMBER,
  start_time: TEXT_OR_NULL,
  boot_id: TEXT_OR_NULL,
  pid_namespace: TEXT_OR_NULL,
  host: TEXT_OR_NULL,
});
export type ProcessRow = v.InferOutput<typeof PROCESS>;
export type ProcessRole = ProcessRow["role"];

/** A session with the processes it lives by. */
export interface KnownSession extends SessionRow {
  processes: readonly ProcessRow[];
}

// In the same statement as the session: read by two, a session confirmed between them would seem to have none.
const PROCESS_FIELDS = Object.keys(PROCESS.entries).map((name) => `'${name}', ${name}`);
const PROCESSES = `(SELECT json_group_array(json_object(${PROCESS_FIELDS.join(", ")}) ORDER BY role, pid)
  FROM session_processes WHERE session_id = sessions.id) AS processes`;
const KNOWN = v.object({ ...SESSION.entries, processes: v.pipe(v.string(), v.parseJson(), v.array(PROCESS)) });
const SELECT = `SELECT ${COLUMNS}, ${PROCESSES} FROM sessions`;

export interface RepositoryKey {
  gitDir: string;
  gitDirId: string;
  path: string;
}

export function allSessions(db: Db): KnownSession[] {
  return db.all(KNOWN, `${SELECT} ORDER BY created_at, rowid`);
}

/** Sessions of a repository, those of earlier releases included. */
export function sessionsOf(db: Db, { gitDir, gitDirId, path }: RepositoryKey): KnownSession[] {
  const sql = `${SELECT} WHERE git_dir = $gitDir OR git_dir_id = $gitDirId OR (git_dir IS NULL AND repo_path = $path)
    ORDER BY created_at, rowid`;
  return db.all(KNOWN, sql, { gitDir, gitDirId, path });
}

/** Those that have a checkout, or one inside it. */
export function sessionsAt(db: Db, at: { path: string; gitDir: string; adminName: string | null }): KnownSession[] {
  const sql = `${SELECT} WHERE worktree_path = $path OR substr(worktree_path, 1, length($path) + 1) = $path || '/'
    OR (git_dir = $gitDir AND is_main_repo = 0 AND admin_name IS NOT NULL AND admin_name = $adminName)
    ORDER BY created_at, rowid`;
  return db.all(KNOWN, sql, { ...at });
}

/** Whether some command is, or was when it died, in the middle of making, removing or bringing back a worktree. */
export function isAnyUnderWay(db: Db): boolean {
  const found = db.one(
    v.object({ n: NUMBER }),
    `SELECT EXISTS (SELECT 1 FROM sessions WHERE state = 'creating')
       OR EXISTS (SELECT 1 FROM removals WHERE state IN ('removing', 'restoring')) AS n`,
  );
  return found?.n === 1;
}

// A path that another session's row still has is left to that row (OR IGNORE): ids and names tell them apart.

/** Rows written when the repository had another path get the one of now. */
export function followRepository(db: Db, { gitDir, gitDirId, path }: RepositoryKey): void {
  const params = { gitDir, gitDirId, path };
  const moved = "git_dir_id = $gitDirId AND git_dir <> $gitDir";
  db.run(
    `UPDATE OR IGNORE sessions SET git_dir = $gitDir, repo_path = $path,
       worktree_path = CASE is_main_repo WHEN 1 THEN $path ELSE worktree_path END WHERE ${moved}`,
    params,
  );
  db.run(
    `UPDATE session_history SET git_dir = $gitDir, repo_path = $path,
       worktree_path = CASE is_main_repo WHEN 1 THEN $path ELSE worktree_path END WHERE ${moved}`,
    params,
  );
  db.run(`UPDATE worktrees SET git_dir = $gitDir, repo_path = $path WHERE ${moved}`, params);
}

/** A worktree stands somewhere else by now. */
export function followWorktree(db: Db, moved: { from: string; to: string }): void {
  db.run("UPDATE OR IGNORE sessions SET worktree_path = $to WHERE worktree_path = $from", moved);
  db.run("UPDATE session_history SET worktree_path = $to WHERE worktree_path = $from", moved);
  db.run("UPDATE OR REPLACE worktrees SET path = $to WHERE path = $from", moved);
}

export function session(db: Db, id: string): KnownSession | undefined {
  return db.one(KNOWN, `${SELECT} WHERE id = $id`, { id });
}

/** Sessions one of whose processes, or (in old rows) whose only known pid, has this number. */
export function sessionsByPid(db: Db, pid: number): KnownSession[] {
  return db.all(
    KNOWN,
    `${SELECT} WHERE id IN (SELECT session_id FROM session_processes WHERE pid = $pid) OR (pid = $pid AND git_dir IS NULL)
     ORDER BY created_at DESC, rowid DESC`,
    { pid },
  );
}

export interface NewSession {
  id: string;
  pid: number;
  repository: RepositoryKey;
  worktreePath: string;
  /** Null until it is made. */
  adminName: string | null;
  worktreeName: string | null;
  isMainRepo: boolean;
  isSharing: boolean;
  state: SessionRow["state"];
  name: string | null;
  branch: string | null;
  forkCommit: string | null;
  targetBranch: string | null;
  subdirectory: string;
}

export function insertSession(db: Db, made: NewSession, now: string): void {
  db.run(
    `INSERT INTO sessions (id, pid, repo_path, git_dir, git_dir_id, admin_name, worktree_path, worktree_name, is_main_repo, is_sharing, state,
       name, branch, fork_commit, target_branch, subdirectory, created_at, last_heartbeat, execution_mode)
     VALUES ($id, $pid, $path, $gitDir, $gitDirId, $adminName, $worktreePath, $worktreeName, $isMainRepo, $isSharing, $state,
       $name, $branch, $forkCommit, $targetBranch, $subdirectory, $now, $now, 'local')`,
    {
      id: made.id,
      pid: made.pid,
      path: made.repository.path,
      gitDir: made.repository.gitDir,
      gitDirId: made.repository.gitDirId,
      adminName: made.adminName,
      worktreePath: made.worktreePath,
      worktreeName: made.worktreeName,
      isMainRepo: made.isMainRepo ? 1 : 0,
      isSharing: made.isSharing ? 1 : 0,
      state: made.state,
      name: made.name,
      branch: made.branch,
      forkCommit: made.forkCommit,
      targetBranch: made.targetBranch,
      subdirectory: made.subdirectory,
      now,
    },
  );
}

export function insertProcess(db: Db, sessionId: string, role: ProcessRole, identity: ProcessIdentity): void {
  db.run(
    `INSERT OR REPLACE INTO session_processes (session_id, role, pid, start_time, boot_id, pid_namespace, host)
     VALUES ($sessionId, $role, $pid, $startTime, $bootId, $pidNamespace, $host)`,
    { sessionId, role, ...identity },
  );
}

export function forgetProcess(db: Db, sessionId: string, { role, pid }: { role: ProcessRole; pid: number }): void {
  const sql = "DELETE FROM session_processes WHERE session_id = $sessionId AND role = $role AND pid = $pid";
  db.run(sql, { sessionId, role, pid });
}

/** Turns a reservation into a session; false when it is not there any more. */
export function activate(db: Db, id: string, adminName: string | null): boolean {
  const sql = "UPDATE sessions SET state = 'active', admin_name = $adminName WHERE id = $id AND state = 'creating'";
  const { changes } = db.run(sql, { id, adminName });
  db.run("DELETE FROM session_processes WHERE session_id = $id AND role = 'registrar'", { id });
  return changes === 1;
}

/** Writes what the WAL holds into the database and gives the WAL's room on the disk back, if nobody reads just now. */
export function emptyWal(db: Db): void {
  db.run("PRAGMA wal_checkpoint(TRUNCATE)");
}

/** Takes a reservation back. */
export function deleteReservation(db: Db, id: string): void {
  db.run("DELETE FROM sessions WHERE id = $id AND state = 'creating'", { id });
}

export function touch(db: Db, id: string, now: string): boolean {
  return db.run("UPDATE sessions SET last_heartbeat = $now WHERE id = $id", { id, now }).changes === 1;
}

const ACTIVITIES = ["working", "waiting", "idle", "ended"] as const;
export type Activity = (typeof ACTIVITIES)[number];

/** The column is older than its words: an earlier database may have had one of its own, with others in it. */
export function activityOf({ activity }: SessionRow): Activity | null {
  return ACTIVITIES.find((known) => known === activity) ?? null;
}

export interface Pulse {
  activity: Activity | null;
  waitingFor: string | null;
  /** Null: not told. */
  conversationId: string | null;
}

/** As `touch`, with what its claude does. */
export function storePulse(db: Db, id: string, { activity, waitingFor, conversationId }: Pulse, now: string): void {
  db.run(
    `UPDATE sessions SET last_heartbeat = $now, activity = $activity, waiting_for = $waitingFor,
       conversation_id = coalesce($conversationId, conversation_id) WHERE id = $id`,
    { id, activity, waitingFor, conversationId, now },
  );
}

/** Moves a session's row into the history; false when it had ended already. */
export function endSession(
  db: Db,
  ended: { id: string; by: "release" | "death"; fate: "none" | "kept" | "removed" },
  now: string,
): boolean {
  const { changes } = db.run(
    `INSERT OR IGNORE INTO session_history (id, repo_path, git_dir, git_dir_id, admin_name, name, branch, worktree_path, worktree_name,
       is_main_repo, subdirectory, fork_commit, target_branch, pid, started_at, ended_at, ended_by, worktree_fate)
     SELECT id, repo_path, git_dir, git_dir_id, admin_name, name, branch, worktree_path, worktree_name,
       is_main_repo, subdirectory, fork_commit, target_branch, pid, created_at, $now, $by, $fate
     FROM sessions WHERE id = $id`,
    { id: ended.id, by: ended.by, fate: ended.fate, now },
  );
  db.run("DELETE FROM sessions WHERE id = $id", { id: ended.id });
  return changes === 1;
}

const PAST = v.object({
  id: TEXT,
  name: TEXT_OR_NULL,
  branch: TEXT_OR_NULL,
  worktree_path: TEXT,
  worktree_name: TEXT_OR_NULL,
  is_main_repo: NUMBER,
  subdirectory: TEXT,
  ended_at: TEXT,
});
export type PastSession = v.InferOutput<typeof PAST>;

/** The session of the repository that ended last. */
export function lastEnded(db: Db, { gitDir, path }: Pick<RepositoryKey, "gitDir" | "path">): PastSession | undefined {
  return db.one(
    PAST,
    `SELECT ${Object.keys(PAST.entries).join(", ")} FROM session_history
     WHERE git_dir = $gitDir OR (git_dir IS NULL AND repo_path = $path) ORDER BY ended_at DESC, rowid DESC LIMIT 1`,
    { gitDir, path },
  );
}
