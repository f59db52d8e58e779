// The SQL of runs.

import { TEXT, v } from "../../core/shape.ts";
import type { Db } from "../../db/db.ts";
import type { ProcessIdentity } from "../../proc/alive.ts";
import { type Facts, type Outcome, RUN, type Run, type RunRequest, type Step, type Trouble } from "./run.ts";

const COLUMNS = Object.keys(RUN.entries).join(", ");

export interface NewRun {
  id: string;
  name: string | null;
  repository: { path: string; gitDir: string; gitDirId: string };
  callerPath: string;
  provider: string;
  title: string;
  request: RunRequest;
  warnings: readonly string[];
}

export function insertRun(db: Db, made: NewRun, now: string): void {
  db.run(
    `INSERT INTO sandbox_runs (id, name, repo_path, git_dir, git_dir_id, caller_path, provider, title, request, facts,
       created_at)
     VALUES ($id, $name, $path, $gitDir, $gitDirId, $callerPath, $provider, $title, $request, $facts, $now)`,
    {
      ...{ id: made.id, name: made.name, callerPath: made.callerPath, provider: made.provider, title: made.title, now },
      ...{ path: made.repository.path, gitDir: made.repository.gitDir, gitDirId: made.repository.gitDirId },
      request: JSON.stringify(made.request),
      facts: JSON.stringify({ warnings: made.warnings }),
    },
  );
}

export function runOf(db: Db, id: string): Run | undefined {
  return db.one(RUN, `SELECT ${COLUMNS} FROM sandbox_runs WHERE id = $id`, { id });
}

/** Newest first. */
export function allRuns(db: Db): Run[] {
  return db.all(RUN, `SELECT ${COLUMNS} FROM sandbox_runs ORDER BY created_at DESC, rowid DESC`);
}

/** Of the repository with that id of its git directory; the oldest first. */
export function runsIn(db: Db, gitDirId: string): Run[] {
  const sql = `SELECT ${COLUMNS} FROM sandbox_runs WHERE git_dir_id = $gitDirId ORDER BY created_at, rowid`;
  return db.all(RUN, sql, { gitDirId });
}

/** Its result is nowhere of its own any more. */
export function forgetResultRef(db: Db, id: string): void {
  db.run(
    `UPDATE sandbox_runs SET facts = json_set(facts, '$.result.ref', NULL)
     WHERE id = $id AND step = 'ended' AND json_type(facts, '$.result') = 'object'`,
    { id },
  );
}

/** False when there is none that has ended. */
export function deleteRun(db: Db, id: string): boolean {
  return db.run("DELETE FROM sandbox_runs WHERE id = $id AND step = 'ended'", { id }).changes === 1;
}

export function openRuns(db: Db): Run[] {
  return db.all(RUN, `SELECT ${COLUMNS} FROM sandbox_runs WHERE step <> 'ended' ORDER BY created_at, rowid`);
}

/** Somebody types an id, the beginning of one, or a name. Newest first. */
export function runsNamed(db: Db, text: string): Run[] {
  return db.all(
    RUN,
    `SELECT ${COLUMNS} FROM sandbox_runs
     WHERE id = $text OR name = $text OR instance_id = $text OR substr(id, 1, length($text)) = $text
     ORDER BY id = $text DESC, created_at DESC, rowid DESC`,
    { text },
  );
}

export interface Change {
  step?: Step;
  outcome?: Outcome;
  instanceId?: string;
  session?: { id: string; path: string; name: string | null };
  baseCommit?: string;
  startedAt?: string;
  limitAt?: string;
  overAt?: string;
  endedAt?: string;
  /** Added to those there are. */
  facts?: Partial<Facts>;
  view?: unknown;
  /** null takes it away. */
  trouble?: Trouble | null;
}

/** Inside `db.write`. Only while this process drives it: false when another one has taken it over. */
export function changeRun(db: Db, run: Pick<Run, "id">, driver: ProcessIdentity, change: Change): boolean {
  const { session } = change;
  const facts = { ...runOf(db, run.id)?.facts, ...change.facts };
  const sql = `UPDATE sandbox_runs SET
      step = coalesce($step, step),
      outcome = coalesce($outcome, outcome),
      instance_id = coalesce($instanceId, instance_id),
      session_id = coalesce($sessionId, session_id),
      worktree_path = coalesce($path, worktree_path),
      worktree_name = coalesce($name, worktree_name),
      base_commit = coalesce($baseCommit, base_commit),
      started_at = coalesce($startedAt, started_at),
      limit_at = coalesce($limitAt, limit_at),
      over_at = coalesce($overAt, over_at),
      ended_at = coalesce($endedAt, ended_at),
      facts = $facts,
      view = coalesce($view, view),
      trouble = CASE WHEN $isUntroubled THEN NULL ELSE coalesce($trouble, trouble) END
    WHERE id = $id AND driver = $driver`;
  const params = {
    ...{ id: run.id, driver: driverText(driver), step: change.step ?? null, outcome: change.outcome ?? null },
    ...{ instanceId: change.instanceId ?? null, sessionId: session?.id ?? null, path: session?.path ?? null },
    ...{ name: session?.name ?? null, baseCommit: change.baseCommit ?? null, startedAt: change.startedAt ?? null },
    ...{ limitAt: change.limitAt ?? null, overAt: change.overAt ?? null, endedAt: change.endedAt ?? null },
    facts: JSON.stringify(facts),
    view: change.view === undefined ? null : JSON.stringify(change.view),
    isUntroubled: change.trouble === null ? 1 : 0,
    trouble: change.trouble ? JSON.stringify(change.trouble) : null,
  };
  return db.run(sql, params).changes === 1;
}

/** From one that is dead, or from nobody; false when it has another one by now. */
export function takeDriving(db: Db, run: Pick<Run, "id" | "driver">, driver: ProcessIdentity): boolean {
  const sql = "UPDATE sandbox_runs SET driver = $driver WHERE id = $id AND driver IS $before AND step <> 'ended'";
  const before = run.driver === null ? null : driverText(run.driver);
  return db.run(sql, { id: run.id, driver: driverText(driver), before }).changes === 1;
}

/** "discard" is stronger than "stop". False when it has ended. */
export function askOf(db: Db, id: string, wanted: "stop" | "discard"): boolean {
  const sql = `UPDATE sandbox_runs SET wanted = CASE WHEN wanted = 'discard' THEN wanted ELSE $wanted END
    WHERE id = $id AND step <> 'ended'`;
  return db.run(sql, { id, wanted }).changes === 1;
}

function driverText({ pid, startTime, bootId, pidNamespace, host }: ProcessIdentity): string {
  return JSON.stringify({ pid, startTime, bootId, pidNamespace, host });
}

/** The session of a run: as long as the run is under way it lives, whatever becomes of processes on this machine. */
export function markSession(db: Db, id: string, made: { provider: string; title: string }): void {
  const sql = `UPDATE sessions SET execution_mode = $provider, status = 'INITIALIZING', prompt = $title WHERE id = $id`;
  db.run(sql, { id, ...made });
}

export function noteInSession(db: Db, id: string, noted: { status: string; instanceId: string | null }): void {
  db.run("UPDATE sessions SET status = $status, sandbox_id = coalesce($instanceId, sandbox_id) WHERE id = $id", {
    id,
    ...noted,
  });
}

/** Whether a session of that id is over: its id is taken for ever. */
export function hasEnded(db: Db, id: string): boolean {
  return db.one(v.object({ id: TEXT }), "SELECT id FROM session_history WHERE id = $id", { id }) !== undefined;
}
