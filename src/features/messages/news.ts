// What parallel-cc itself tells sessions: rows of the same inbox, written in the transaction that makes it so. It is
// told with the next prompt or tool use, and never continues a turn.

import type { Db } from "../../db/db.ts";
import type { World } from "../../world.ts";
import type { KnownSession } from "../roster/roster.ts";
import {
  activeAmong,
  activeBut,
  hasNews,
  insertDelivery,
  insertMessage,
  markDelivered,
  newsAbout,
  OWN_TOPIC,
} from "./store.ts";

export interface News {
  gitDirId: string;
  /** `<noun>.<what happened>`, like `session.started`. */
  topic: string;
  /** One line. Words of others in it are quoted; it tells what is, and asks for nothing. */
  body: string;
  /** The session that it is about. */
  about?: Pick<KnownSession, "id" | "name" | "branch">;
  /** Those of these that have not ended; or all at work in the repository but this one. */
  to: readonly string[] | { allBut: string | null };
  /** The very same is not told twice, as long as it is kept. */
  isOnce?: boolean;
}

/** Called within `db.write`, with its `now`. Nothing is written where nobody is to be told. */
export function postNews({ newId }: Pick<World, "newId">, db: Db, news: News, now: string): void {
  const { gitDirId, topic, body, about, to, isOnce = false } = news;
  if (isOnce && hasNews(db, { gitDirId, topic, body })) return;
  const recipients = "allBut" in to ? activeBut(db, gitDirId, to.allBut) : activeAmong(db, to);
  if (recipients.length === 0) return;
  const sender = {
    sender_id: about?.id ?? null,
    sender_name: about?.name ?? null,
    sender_branch: about?.branch ?? null,
  };
  const messageId = newId();
  insertMessage(db, { id: messageId, gitDirId, kind: "news", topic, body, ...sender }, now);
  for (const sessionId of recipients) insertDelivery(db, { sessionId, messageId });
}

/** What a session is told of its own doing, and could not be told at once: words of ours, each part as it stands. */
export function tellOwn(
  { newId }: Pick<World, "newId">,
  db: Db,
  { own, words }: { own: Pick<KnownSession, "id" | "git_dir_id">; words: readonly string[] },
): void {
  const { id, git_dir_id: gitDirId } = own;
  if (gitDirId === null) return;
  db.write((now) => {
    for (const body of words) postNews({ newId }, db, { gitDirId, topic: OWN_TOPIC, body, to: [id] }, now);
  });
}

/**
 * For who tells the same in its own words: whether it is still to be told. From then on it counts as told. True also
 * where no such news was posted.
 */
export function takeNewsOf(db: Db, news: { sessionId: string; topic: string; about: string }): boolean {
  return db.write((now) => {
    const found = newsAbout(db, news);
    if (found === undefined) return true;
    if (found.delivered_at !== null) return false;
    markDelivered(db, { sessionId: news.sessionId, ids: [found.id], by: "monitor" }, now);
    return true;
  });
}
