// Handing a session what it was sent, once: whoever delivers marks it first, in one immediate transaction, so that hooks
// and the monitor at work together still deliver once. What is delivered may get lost on its way, but never comes twice.

import { type Db, parseUtc } from "../../db/db.ts";
import { deliveryText, MOST_ENTRIES } from "./delivery-text.ts";
import { countPending, type Deliverer, firstPending, isAnyPending, type Kind, markDelivered } from "./store.ts";

const ALL: readonly Kind[] = ["message", "news"];

/** The text for the model, of 2,000 characters at most; undefined when nothing waits, which costs one read. */
export function takeDelivery(
  db: Db,
  { id: sessionId }: { id: string },
  by: Exclude<Deliverer, "read">,
  { kinds = ALL }: { kinds?: readonly Kind[] } = {},
): string | undefined {
  if (!isAnyPending(db, { sessionId, kinds })) return undefined;
  return db.write((now) => {
    const pending = firstPending(db, { sessionId, kinds, most: MOST_ENTRIES });
    // Another deliverer was here in between.
    if (pending.length === 0) return undefined;
    const waiting = countPending(db, { sessionId, kinds });
    const { text, taken } = deliveryText(pending, { waiting, now: parseUtc(now) });
    markDelivered(db, { sessionId, ids: taken.map(({ id }) => id), by }, now);
    return text;
  });
}

export function hasPending(db: Db, sessionId: string, kind: Kind): boolean {
  return isAnyPending(db, { sessionId, kinds: [kind] });
}
