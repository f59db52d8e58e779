// Sending: one transaction writes the message down for each who shall get it. It is theirs to be told at their next
// prompt or tool use; nobody is waited for, and who comes later gets none of it.

import { usage } from "../../core/failure.ts";
import type { Db } from "../../db/db.ts";
import type { World } from "../../world.ts";
import { activityOf, type KnownSession, whoIs } from "../roster/roster.ts";
import { type Meant, recipientsMeant } from "./recipients.ts";
import { activeAmong, insertDelivery, insertMessage } from "./store.ts";

export interface Sent {
  sent: boolean;
  messageId: string | null;
  recipients: { sessionId: string; name: string | null }[];
  message: string;
}

const MOST_CHARACTERS = 4000;

/** To `all` of none is an answer. Errors: `usage.empty`, `usage.too-long`, and those of `recipientsMeant`. */
export function send(world: Pick<World, "processes" | "newId">, db: Db, sending: Meant & { body: string }): Sent {
  const { sender, repository } = sending;
  const body = checked(sending.body);
  const meant = recipientsMeant(world, db, sending);
  const messageId = world.newId();
  const reached = db.write((now) => {
    // Who has ended since gets none.
    const active = new Set(
      activeAmong(
        db,
        meant.map(({ id }) => id),
      ),
    );
    const recipients = meant.filter(({ id }) => active.has(id));
    if (recipients.length === 0) return [];
    const by = {
      sender_id: sender?.id ?? null,
      sender_name: sender?.name ?? null,
      sender_branch: sender?.branch ?? null,
    };
    const { gitDirId } = repository;
    insertMessage(db, { id: messageId, gitDirId, kind: "message", topic: null, body, ...by }, now);
    for (const { id: sessionId } of recipients) insertDelivery(db, { sessionId, messageId });
    return recipients;
  });
  if (reached.length === 0) return { sent: false, messageId: null, recipients: [], message: NOBODY };
  const recipients = reached.map(({ id: sessionId, name }) => ({ sessionId, name }));
  return { sent: true, messageId, recipients, message: outcome(reached) };
}

const NOBODY = "Nobody else is at work in this repository: nothing was sent.";

function outcome(reached: readonly KnownSession[]): string {
  const mute = reached.filter((one) => activityOf(one) === null);
  const sent = `Sent to ${reached.map(whoIs).join(", ")}.`;
  if (mute.length === 0) return sent;
  return `${sent} No hook of ours was heard from ${mute.map(whoIs).join(", ")}: without one a session has to ask for it.`;
}

/** SQLite's texts end at a NUL. */
function checked(given: string): string {
  const body = given.replaceAll("\0", "");
  if (body.trim() === "") throw usage("empty", "The message is empty.");
  if (body.length <= MOST_CHARACTERS) return body;
  throw usage(
    "too-long",
    `The message has ${body.length} characters; ${MOST_CHARACTERS} are the most.`,
    "Write it to a file that the other can read, and send where that is.",
  );
}
