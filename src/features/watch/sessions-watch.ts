// Sessions of a repository as they come and go, by looking at the registry every few seconds. It stands by as long as a
// session does: it writes nothing, starts nothing once it stands, and outlives a database that is locked or gone.

import { isNobody } from "../../proc/platform.ts";
import type { World } from "../../world.ts";
import { claudeOf } from "../hooks/hooks.ts";
import { whereIs, whoIs } from "../roster/roster.ts";
import { Lookout, type SessionEvent } from "./lookout.ts";
import { placeMeant } from "./place.ts";

export interface WatchInput {
  /** Only those that begin to work in the checkout of who asks, and nothing else of them. */
  isHere: boolean;
  intervalMs: number;
  repo: string | undefined;
}

type Effects = ConstructorParameters<typeof Lookout>[0] & Pick<World, "git" | "signal" | "sleep">;

/**
 * Ends on a signal, and when the claude that started us is gone: nobody reads us then, and a pipe tells it only to who
 * writes. Errors: `directory.none`, `repository.none`.
 */
export async function* watchSessions(
  world: Effects,
  { isHere, intervalMs, repo }: WatchInput,
): AsyncGenerator<SessionEvent, void, void> {
  const signal = world.signal();
  const claude = claudeOf(world);
  const lookout = new Lookout(world, { ...(await placeMeant(world, { isHere, repo })), claude, isHere });
  try {
    while (!signal.aborted && !isNobody(claude)) {
      for (const one of await lookout.look()) {
        if (!isHere || one.event === "started") yield one;
      }
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

/** Facts alone, in one line: an agent is woken by it. */
export function eventText({ event, session, isHere }: SessionEvent): string {
  return `parallel-cc: ${whoIs(session)} ${WORDS[event]} ${whereIs(session, isHere)}.`;
}
