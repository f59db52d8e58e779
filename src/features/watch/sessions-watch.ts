// Sessions of a repository as they come and go, by looking at the registry every few seconds, and for a session itself
// what others have sent it while it is idle. It stands by as long as a session does: it writes nothing but that something
// was told, starts nothing once it stands, and outlives a database that is locked or gone.

import { isNobody } from "../../proc/platform.ts";
import type { World } from "../../world.ts";
import { claudeOf } from "../hooks/hooks.ts";
import { whereIs, whoIs } from "../roster/roster.ts";
import { type Delivered, Lookout, type SessionEvent } from "./lookout.ts";
import { placeMeant } from "./place.ts";

export interface WatchInput {
  /** Only those that begin to work in the checkout of who asks, and nothing else of them; and what that one was sent. */
  isHere: boolean;
  intervalMs: number;
  repo: string | undefined;
}

export type WatchEvent = SessionEvent | Delivered;

type Effects = ConstructorParameters<typeof Lookout>[0] & Pick<World, "git" | "signal" | "sleep">;

/**
 * Ends on a signal, and when the claude that started us is gone: nobody reads us then, and a pipe tells it only to who
 * writes. Errors: `directory.none`, `repository.none`.
 */
export async function* watchSessions(
  world: Effects,
  { isHere, intervalMs, repo }: WatchInput,
): AsyncGenerator<WatchEvent, void, void> {
  const signal = world.signal();
  const claude = claudeOf(world);
  const lookout = new Lookout(world, { ...(await placeMeant(world, { isHere, repo })), claude, isHere });
  try {
    while (!signal.aborted && !isNobody(claude)) {
      for (const one of await lookout.look()) {
        if (!isHere || (one.event === "started" && (await lookout.isUntold(one.session)))) yield one;
      }
      const delivered = isHere ? await lookout.delivery() : undefined;
      if (delivered !== undefined) yield delivered;
      await pause(world, intervalMs, signal);
    }
  } finally {
    lookout.close();
  }
}

/** Leaves nothing behind in the signal, however often. */
function pause({ sleep }: Pick<World, "sleep">, ms: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((done) => {
    const over = (): void => {
      signal.removeEventListener("abort", over);
      done();
    };
    signal.addEventListener("abort", over);
    void sleep(ms).then(over);
  });
}

const WORDS = { present: "is at work", started: "has begun to work", ended: "has ended; it worked" } as const;

/**
 * Facts alone: an agent is woken by it. In one line, but for what was delivered: of the lines that a monitor prints at
 * once Claude Code makes one event (2.1.328), without empty lines and the spaces that a line begins with.
 */
export function eventText(told: WatchEvent): string {
  if (told.event === "delivered") return told.text;
  const { event, session, isHere } = told;
  return `parallel-cc: ${whoIs(session)} ${WORDS[event]} ${whereIs(session, isHere)}.`;
}
