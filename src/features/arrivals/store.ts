// The SQL of merges that were seen, of who asked to be told of one, and of when a repository was last looked at for them.

import { NUMBER, TEXT, TEXT_OR_NULL, v } from "../../core/shape.ts";
import { type Db, parseUtc, utcText } from "../../db/db.ts";
import type { RepositoryKey } from "../roster/roster.ts";

const eventShape = () =>
  v.object({
    id: TEXT,
    repo_path: TEXT,
    branch_name: TEXT,
    source_commit: TEXT,
    target_branch: TEXT,
    target_commit: TEXT,
    merged_at: TEXT,
    detected_at: TEXT,
    notification_sent: NUMBER,
    method: TEXT_OR_NULL,
    merged_by: TEXT_OR_NULL,
  });
export type EventRow = v.InferOutput<ReturnType<typeof eventShape>>;

const EVENT_COLUMNS = `id, repo_path, branch_name, source_commit, target_branch, target_commit, merged_at, detected_at,
  notification_sent, method, merged_by`;

export type NewEvent = Omit<EventRow, "detected_at" | "notification_sent"> & { git_dir: string };

/** False when it is known already: once for each tip of the branch. */
export function insertEvent(db: Db, made: NewEvent, now: string): boolean {
  const { changes } = db.run(
    `INSERT INTO merge_events (id, repo_path, git_dir, branch_name, source_commit, target_branch, target_commit,
       merged_at, detected_at, method, merged_by)
     VALUES ($id, $repo_path, $git_dir, $branch_name, $source_commit, $target_branch, $target_commit,
       $merged_at, $now, $method, $merged_by)
     ON CONFLICT DO NOTHING`,
    { ...made, now },
  );
  return changes === 1;
}

export function markSent(db: Db, id: string): void {
  db.run("UPDATE merge_events SET notification_sent = 1 WHERE id = $id", { id });
}

export interface Tip {
  branch: string;
  tip: string;
  target: string;
}

export function eventOf(db: Db, gitDir: string, { branch, tip, target }: Tip): EventRow | undefined {
  return db.one(
    eventShape(),
    `SELECT ${EVENT_COLUMNS} FROM merge_events WHERE git_dir = $gitDir AND branch_name = $branch
       AND source_commit = $tip AND target_branch = $target`,
    { gitDir, branch, tip, target },
  );
}

/** What has landed before so many others is not looked after any more. */
const MOST_TOLD = 200;

/** The last ones that sessions were told of, and that one commit of the target shows. */
export function eventsTold(db: Db, gitDir: string): EventRow[] {
  const sql = `SELECT ${EVENT_COLUMNS} FROM merge_events WHERE git_dir = $gitDir AND notification_sent = 1
    AND method IN ('merged', 'squashed', 'rebased') ORDER BY detected_at DESC, rowid DESC LIMIT ${MOST_TOLD}`;
  return db.all(eventShape(), sql, { gitDir });
}

/** Whose news of merges have this in their words: which merge they tell of is written nowhere else. */
export function sessionsTold(db: Db, gitDirId: string, mark: string): string[] {
  const sql = `SELECT DISTINCT session_id FROM deliveries JOIN messages ON messages.id = deliveries.message_id
    WHERE git_dir_id = $gitDirId AND kind = 'news' AND topic = 'branch.merged' AND instr(body, $mark) > 0`;
  return db.all(v.object({ session_id: TEXT }), sql, { gitDirId, mark }).map(({ session_id }) => session_id);
}

export interface Asked {
  /** Undefined: of all. */
  repository: RepositoryKey | undefined;
  branch: string | undefined;
  limit: number;
}

const HERE = "($path IS NULL OR git_dir = $gitDir OR (git_dir IS NULL AND repo_path = $path))";
const OF_BRANCH = "($branch IS NULL OR branch_name = $branch)";

function paramsOf({ repository, branch }: Asked) {
  return { path: repository?.path ?? null, gitDir: repository?.gitDir ?? null, branch: branch ?? null };
}

/** The last ones seen come first. */
export function eventsAsked(db: Db, asked: Asked): EventRow[] {
  const sql = `SELECT ${EVENT_COLUMNS} FROM merge_events WHERE ${HERE} AND ${OF_BRANCH}
    ORDER BY detected_at DESC, rowid DESC LIMIT $limit`;
  return db.all(eventShape(), sql, { ...paramsOf(asked), limit: asked.limit });
}

export function countEvents(db: Db, asked: Asked): number {
  const sql = `SELECT count(*) AS n FROM merge_events WHERE ${HERE} AND ${OF_BRANCH}`;
  return db.one(v.object({ n: NUMBER }), sql, paramsOf(asked))?.n ?? 0;
}

const subscriptionShape = () =>
  v.object({
    id: TEXT,
    session_id: TEXT,
    repo_path: TEXT,
    branch_name: TEXT,
    target_branch: TEXT,
    created_at: TEXT,
    notified_at: TEXT_OR_NULL,
    is_active: NUMBER,
    answered_tip: TEXT_OR_NULL,
    apart_tip: TEXT_OR_NULL,
  });
export type SubscriptionRow = v.InferOutput<ReturnType<typeof subscriptionShape>>;

const SUBSCRIPTION_COLUMNS =
  "id, session_id, repo_path, branch_name, target_branch, created_at, notified_at, is_active, answered_tip, apart_tip";

export interface NewSubscription {
  id: string;
  sessionId: string;
  repository: RepositoryKey;
  branch: string;
  target: string;
  /** The tip that has landed already; null when none has. */
  answeredTip: string | null;
  /** The tip that has not landed yet; null when it cannot be told from one that has. */
  apartTip: string | null;
}

/** False when the session waits for the same already. */
export function subscribe(db: Db, { repository: { gitDir, path }, ...made }: NewSubscription, now: string): boolean {
  const { id, sessionId, branch, target, answeredTip, apartTip } = made;
  const key = { sessionId, gitDir, branch, target };
  const { changes } = db.run(
    `UPDATE subscriptions SET answered_tip = coalesce($answeredTip, answered_tip),
       apart_tip = coalesce($apartTip, apart_tip) WHERE session_id = $sessionId AND git_dir = $gitDir AND branch_name = $branch AND target_branch = $target AND is_active = 1`,
    { ...key, answeredTip, apartTip },
  );
  if (changes > 0) return false;
  db.run(
    `INSERT INTO subscriptions (id, session_id, repo_path, git_dir, branch_name, target_branch, created_at, answered_tip,
       apart_tip)
     VALUES ($id, $sessionId, $path, $gitDir, $branch, $target, $now, $answeredTip, $apartTip)`,
    { ...key, id, path, answeredTip, apartTip, now },
  );
  return true;
}

export function activeSubscriptions(db: Db, gitDir: string): SubscriptionRow[] {
  const sql = `SELECT ${SUBSCRIPTION_COLUMNS} FROM subscriptions WHERE git_dir = $gitDir AND is_active = 1
    ORDER BY created_at, rowid`;
  return db.all(subscriptionShape(), sql, { gitDir });
}

/** It has been answered; the session may ask again. */
export function endSubscription(db: Db, id: string, now: string): boolean {
  const sql = "UPDATE subscriptions SET is_active = 0, notified_at = $now WHERE id = $id AND is_active = 1";
  return db.run(sql, { id, now }).changes === 1;
}

export function subscriptionsAsked(db: Db, asked: Asked): SubscriptionRow[] {
  const sql = `SELECT ${SUBSCRIPTION_COLUMNS} FROM subscriptions WHERE ${HERE} AND ${OF_BRANCH}
    ORDER BY created_at DESC, rowid DESC LIMIT $limit`;
  return db.all(subscriptionShape(), sql, { ...paramsOf(asked), limit: asked.limit });
}

export function countSubscriptions(db: Db, asked: Asked): number {
  const sql = `SELECT count(*) AS n FROM subscriptions WHERE ${HERE} AND ${OF_BRANCH}`;
  return db.one(v.object({ n: NUMBER }), sql, paramsOf(asked))?.n ?? 0;
}

const pollShape = () =>
  v.object({
    seen: v.pipe(v.string(), v.parseJson(), v.record(v.string(), v.string())),
    asked: TEXT,
    trouble: TEXT_OR_NULL,
  });
export type Poll = v.InferOutput<ReturnType<typeof pollShape>>;

/** Undefined where nobody has looked yet. */
export function lastPoll(db: Db, gitDir: string): Poll | undefined {
  const sql = "SELECT seen, asked, trouble FROM merge_polls WHERE git_dir = $gitDir AND asked <> ''";
  return db.one(pollShape(), sql, { gitDir });
}

export function storePoll(db: Db, made: Omit<Poll, "seen"> & { gitDir: string; seen: object }, now: string): void {
  db.run(
    `INSERT INTO merge_polls (git_dir, polled_at, seen, asked, trouble) VALUES ($gitDir, $now, $seen, $asked, $trouble)
     ON CONFLICT (git_dir) DO UPDATE SET polled_at = excluded.polled_at, seen = excluded.seen, asked = excluded.asked,
       trouble = excluded.trouble`,
    { ...made, seen: JSON.stringify(made.seen), now },
  );
}

const POLL_MS = 60_000;

function dueBefore(now: string): string {
  return utcText(new Date(parseUtc(now).getTime() - POLL_MS));
}

/** One indexed read. */
export function isPollDue(db: Db, gitDir: string, now: string): boolean {
  const found = db.one(v.object({ polled_at: TEXT }), "SELECT polled_at FROM merge_polls WHERE git_dir = $gitDir", {
    gitDir,
  });
  return found === undefined || found.polled_at <= dueBefore(now);
}

/** True for one of those that ask while it is due; from then on it is not due for a minute. */
export function takePoll(db: Db, gitDir: string, now: string): boolean {
  const { changes } = db.run(
    `INSERT INTO merge_polls (git_dir, polled_at) VALUES ($gitDir, $now)
     ON CONFLICT (git_dir) DO UPDATE SET polled_at = excluded.polled_at WHERE polled_at <= $dueBefore`,
    { gitDir, now, dueBefore: dueBefore(now) },
  );
  return changes === 1;
}

/** Branches that were seen to move since then, the last ones first. */
export function recentTips(db: Db, { gitDir, since, most }: { gitDir: string; since: string; most: number }) {
  return db.all(
    v.object({ branch: TEXT }),
    `SELECT branch FROM branch_tips WHERE git_dir = $gitDir AND seen_at >= $since
     ORDER BY seen_at DESC LIMIT $most`,
    { gitDir, since, most },
  );
}

/** Git directories in which sessions are at work. */
export function repositoriesAtWork(db: Db): string[] {
  const sql = "SELECT DISTINCT git_dir FROM sessions WHERE git_dir IS NOT NULL AND state = 'active' ORDER BY git_dir";
  return db.all(v.object({ git_dir: TEXT }), sql).map(({ git_dir }) => git_dir);
}
