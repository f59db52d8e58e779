// The SQL of messages and of who got them. Which came first their rowid says: many are sent within one second.

import { NUMBER, TEXT, TEXT_OR_NULL, v } from "../../core/shape.ts";
import type { Db } from "../../db/db.ts";

const messageShape = () =>
  v.object({
    id: TEXT,
    kind: v.picklist(["message", "news"]),
    sender_id: TEXT_OR_NULL,
    sender_name: TEXT_OR_NULL,
    sender_branch: TEXT_OR_NULL,
    topic: TEXT_OR_NULL,
    body: TEXT,
    sent_at: TEXT,
  });

const receivedShape = () => v.object({ ...messageShape().entries, delivered_at: TEXT_OR_NULL });
export type Received = v.InferOutput<ReturnType<typeof receivedShape>>;
export type Kind = Received["kind"];
export type Deliverer = "hook" | "monitor" | "read";

/** Of news, whom it is about. */
export type Sender = Pick<Received, "sender_id" | "sender_name" | "sender_branch">;

/** Of news for the very session whose doing it is about. */
export const OWN_TOPIC = "own.told";

export interface NewMessage extends Sender {
  id: string;
  gitDirId: string;
  kind: Kind;
  topic: string | null;
  body: string;
}

export function insertMessage(db: Db, { gitDirId, ...made }: NewMessage, now: string): void {
  db.run(
    `INSERT INTO messages (id, git_dir_id, kind, topic, sender_id, sender_name, sender_branch, body, sent_at)
     VALUES ($id, $gitDirId, $kind, $topic, $sender_id, $sender_name, $sender_branch, $body, $now)`,
    { ...made, gitDirId, now },
  );
}

export function insertDelivery(db: Db, to: { sessionId: string; messageId: string }): void {
  db.run("INSERT INTO deliveries (session_id, message_id) VALUES ($sessionId, $messageId)", to);
}

/** Whether the very same was told of before. */
export function hasNews(db: Db, { gitDirId, topic, body }: Pick<NewMessage, "gitDirId" | "topic" | "body">): boolean {
  const sql = `SELECT EXISTS (SELECT 1 FROM messages
    WHERE git_dir_id = $gitDirId AND kind = 'news' AND topic = $topic AND body = $body) AS n`;
  return db.one(v.object({ n: NUMBER }), sql, { gitDirId, topic, body })?.n === 1;
}

/** Which of these have not ended. */
export function activeAmong(db: Db, ids: readonly string[]): string[] {
  const sql = "SELECT id FROM sessions WHERE state = 'active' AND id IN (SELECT value FROM json_each($ids))";
  return db.all(v.object({ id: TEXT }), sql, { ids: JSON.stringify(ids) }).map(({ id }) => id);
}

/** Those of a repository that have not ended and can be reached on this machine. */
export function activeBut(db: Db, gitDirId: string, id: string | null): string[] {
  const sql = `SELECT id FROM sessions WHERE git_dir_id = $gitDirId AND state = 'active' AND id IS NOT $id
    AND coalesce(execution_mode, 'local') = 'local' ORDER BY created_at, rowid`;
  return db.all(v.object({ id: TEXT }), sql, { gitDirId, id }).map((one) => one.id);
}

const RECEIVED = "FROM deliveries JOIN messages ON messages.id = deliveries.message_id WHERE session_id = $sessionId";
const PENDING = `${RECEIVED} AND delivered_at IS NULL AND kind IN (SELECT value FROM json_each($kinds))`;
const COLUMNS = "id, kind, sender_id, sender_name, sender_branch, topic, body, sent_at, delivered_at";

export interface Asked {
  sessionId: string;
  kinds: readonly Kind[];
}

export function isAnyPending(db: Db, { sessionId, kinds }: Asked): boolean {
  const sql = `SELECT EXISTS (SELECT 1 ${PENDING}) AS n`;
  return db.one(v.object({ n: NUMBER }), sql, { sessionId, kinds: JSON.stringify(kinds) })?.n === 1;
}

export function countPending(db: Db, { sessionId, kinds }: Asked): number {
  const sql = `SELECT count(*) AS n ${PENDING}`;
  return db.one(v.object({ n: NUMBER }), sql, { sessionId, kinds: JSON.stringify(kinds) })?.n ?? 0;
}

/** Of its own doing first, then messages, each kind in the order in which it was sent. */
export function firstPending(db: Db, { sessionId, kinds, most }: Asked & { most: number }): Received[] {
  const sql = `SELECT ${COLUMNS} ${PENDING} ORDER BY topic IS NOT $own, kind, messages.rowid LIMIT $most`;
  return db.all(receivedShape(), sql, { sessionId, kinds: JSON.stringify(kinds), own: OWN_TOPIC, most });
}

/** The last ones that the session was sent, from the oldest on. */
export function lastReceived(db: Db, { sessionId, most }: { sessionId: string; most: number }): Received[] {
  const sql = `SELECT ${COLUMNS} ${RECEIVED} ORDER BY messages.rowid DESC LIMIT $most`;
  return db.all(receivedShape(), sql, { sessionId, most }).reverse();
}

export function countReceived(db: Db, sessionId: string): number {
  return db.one(v.object({ n: NUMBER }), `SELECT count(*) AS n ${RECEIVED}`, { sessionId })?.n ?? 0;
}

export function markDelivered(
  db: Db,
  { sessionId, ids, by }: { sessionId: string; ids: readonly string[]; by: Deliverer },
  now: string,
): void {
  db.run(
    `UPDATE deliveries SET delivered_at = $now, delivered_by = $by WHERE session_id = $sessionId
     AND delivered_at IS NULL AND message_id IN (SELECT value FROM json_each($ids))`,
    { sessionId, ids: JSON.stringify(ids), by, now },
  );
}

/** What a session was told of another under a topic, if anything. */
export function newsAbout(db: Db, { sessionId, topic, about }: { sessionId: string; topic: string; about: string }) {
  return db.one(
    v.object({ id: TEXT, delivered_at: TEXT_OR_NULL }),
    `SELECT id, delivered_at ${RECEIVED} AND kind = 'news' AND topic = $topic AND sender_id = $about`,
    { sessionId, topic, about },
  );
}

/** Whose messages a session has not read, and how many of each. */
export function unreadSenders(db: Db, sessionId: string): Map<string, number> {
  const rows = db.all(
    v.object({ sender_id: TEXT, n: NUMBER }),
    `SELECT sender_id, count(*) AS n ${RECEIVED} AND delivered_at IS NULL AND kind = 'message' AND sender_id IS NOT NULL
     GROUP BY sender_id`,
    { sessionId },
  );
  return new Map(rows.map((one) => [one.sender_id, one.n]));
}

const endedShape = () => v.object({ id: TEXT, name: TEXT_OR_NULL, ended_at: TEXT });
export type EndedSession = v.InferOutput<ReturnType<typeof endedShape>>;

/** Those of a repository that this id, beginning of an id, or name was of; the last one first. */
export function endedCalled(
  db: Db,
  { gitDir, gitDirId, called, prefix }: { gitDir: string; gitDirId: string; called: string; prefix: string | null },
): EndedSession[] {
  return db.all(
    endedShape(),
    `SELECT id, name, ended_at FROM session_history WHERE (git_dir = $gitDir OR git_dir_id = $gitDirId)
       AND (id = $called OR name = $called OR substr(id, 1, length($prefix)) = $prefix)
     ORDER BY ended_at DESC, rowid DESC LIMIT 1`,
    { gitDir, gitDirId, called, prefix },
  );
}

const OLD = `git_dir_id = $gitDirId AND (sent_at < $messagesBefore OR (kind = 'news' AND sent_at < $newsBefore AND NOT EXISTS
  (SELECT 1 FROM deliveries WHERE message_id = messages.id AND delivered_at IS NULL)))`;

export interface Old {
  gitDirId: string;
  messagesBefore: string;
  /** Of news that everybody has. */
  newsBefore: string;
}

export function isAnyOld(db: Db, old: Old): boolean {
  const sql = `SELECT EXISTS (SELECT 1 FROM messages WHERE ${OLD}) AS n`;
  return db.one(v.object({ n: NUMBER }), sql, { ...old })?.n === 1;
}

export function deleteOld(db: Db, old: Old): number {
  return db.run(`DELETE FROM messages WHERE ${OLD}`, { ...old }).changes;
}
