// A session's inbox, as it is asked for. Reading is a delivery of its own: what was read is not told once more.

import { Failure } from "../../core/failure.ts";
import { type Db, isoText } from "../../db/db.ts";
import {
  countPending,
  countReceived,
  firstPending,
  isAnyPending,
  lastReceived,
  markDelivered,
  type Received,
} from "./store.ts";

export interface ShownMessage {
  id: string;
  kind: Received["kind"];
  /** Null: somebody at the command line, or parallel-cc itself. */
  from: string | null;
  fromSessionId: string | null;
  branch: string | null;
  message: string;
  sentAt: string;
  isNew: boolean;
}

export interface Inbox {
  messages: ShownMessage[];
  /** Those that were not shown included. */
  total: number;
}

/** The last ones, from the oldest on; whether they are new stays as it is. */
export function list(db: Db, sessionId: string, most: number): Inbox {
  return { messages: lastReceived(db, { sessionId, most }).map(shown), total: countReceived(db, sessionId) };
}

/** What an agent takes in at once; more waits for the next time. */
const MOST_CHARACTERS = 20_000;
const MOST_MESSAGES = 100;

/** What was told by nobody yet: told from now on. Messages come before news. */
export function read(db: Db, sessionId: string): Inbox {
  const asked = { sessionId, kinds: ["message", "news"] as const };
  if (!isAnyPending(db, asked)) return { messages: [], total: 0 };
  return db.write((now) => {
    const total = countPending(db, asked);
    let left = MOST_CHARACTERS;
    const pending = firstPending(db, { ...asked, most: MOST_MESSAGES });
    const taken = pending.filter(({ body }, i) => {
      left -= body.length;
      return left >= 0 || i === 0;
    });
    markDelivered(db, { sessionId, ids: taken.map(({ id }) => id), by: "read" }, now);
    return { messages: taken.map(shown), total };
  });
}

function shown(one: Received): ShownMessage {
  return {
    id: one.id,
    kind: one.kind,
    from: one.kind === "news" ? null : nameOf(one),
    fromSessionId: one.sender_id,
    branch: one.sender_branch,
    message: one.body,
    sentAt: isoText(one.sent_at),
    isNew: one.delivered_at === null,
  };
}

/** Its name, or what it goes by without one. */
function nameOf({ sender_id: id, sender_name: name }: Received): string | null {
  return name ?? (id === null ? null : `session ${id.slice(0, 8)}`);
}

/** Where no session asks: what another reads is not told to that one any more. */
export function nobodysInbox(): Failure {
  return new Failure({
    code: "session.none",
    message: "You are no session here, so there is nothing of yours to read.",
    hint: "To look at what the session of this checkout was sent: parallel-cc messages. Else name one with --session-id <id>.",
  });
}
