// What a hook writes down of its session: only what is new, so that most of them write nothing.

import { type Db, parseUtc } from "../../db/db.ts";
import type { World } from "../../world.ts";
import { activityOf, insertProcess, type KnownSession, type Pulse, storePulse } from "../roster/roster.ts";

/** A sign of life is news for this long. */
const FRESH_MS = 30_000;

interface Noted extends Pulse {
  claudePid: number;
}

/** Writes what has changed, and a sign of life when the last one is old. */
export function notePulse(
  { processes, now }: Pick<World, "processes" | "now">,
  db: Db,
  own: KnownSession,
  { claudePid, ...pulse }: Noted,
): void {
  const isKnown = own.processes.some(({ role, pid }) => role === "claude" && pid === claudePid);
  const isSame =
    activityOf(own) === pulse.activity &&
    own.waiting_for === pulse.waitingFor &&
    (pulse.conversationId === null || own.conversation_id === pulse.conversationId);
  const isFresh = now().getTime() - parseUtc(own.last_heartbeat).getTime() < FRESH_MS;
  if (isKnown && isSame && isFresh) return;
  // From now on the session lives by it too.
  const claude = isKnown ? undefined : processes.identify(claudePid);
  db.write((at) => {
    storePulse(db, own.id, pulse, at);
    if (claude !== undefined) insertProcess(db, own.id, "claude", claude);
  });
}
