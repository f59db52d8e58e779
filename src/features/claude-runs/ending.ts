// How a claude's run went, in words: from what it printed and from how its process ended. Pure.

import { cutEnd } from "../../core/text.ts";
import type { ClaudeEnd } from "./standing.ts";
import type { View } from "./view.ts";

/** Silent for longer than a slow test takes; a notice, never a reason to stop it. */
const QUIET_MS = 7 * 60_000;
const FIRST_SIGNAL = 128;
const KILLED = 137;
const MOST_SAID = 400;

export type Ending = { isDone: true } | { isDone: false; code: string; message: string; hint: string | undefined };

export interface EndingInput {
  view: View;
  end: Pick<ClaudeEnd, "exit" | "by"> & Partial<Pick<ClaudeEnd, "said">>;
  /** The kernel ended something in the sandbox since its memory was all used. */
  ranOutOfMemory?: boolean;
}

const FAILURES: Readonly<Record<NonNullable<View["failure"]>, { code: string; message: string; hint: string }>> = {
  login: {
    code: "claude.login",
    message: "The model did not let claude in: its key or login is not valid.",
    hint: "Set a key that is, or log in anew, and run it again.",
  },
  "rate-limit": {
    code: "claude.rate-limit",
    message: "The model's rate limit ended claude's work.",
    hint: "Run it again later; what it has done so far is kept.",
  },
  billing: {
    code: "claude.billing",
    message: "The model is not paid for: its account has no credit left.",
    hint: "Add credit to the account of the key, and run it again.",
  },
  "max-turns": {
    code: "claude.max-turns",
    message: "Claude took all the turns that it was given before it was done.",
    hint: "Look at what it has done, and run it again with a larger --max-turns for the rest.",
  },
  budget: {
    code: "claude.budget",
    message: "Claude used up its budget before it was done.",
    hint: "Look at what it has done, and give the rest a larger one.",
  },
  model: {
    code: "claude.model",
    message: "The model that was asked for is not there for this key or login.",
    hint: "Name another one with --model.",
  },
};

/** Killed, it or what looked after it, and not because it was told to end. */
export function wasKilled({ exit, by }: EndingInput["end"]): boolean {
  return by === "loss" || exit === null || (exit === KILLED && by === "itself");
}

export function endingOf({ view, end, ranOutOfMemory = false }: EndingInput): Ending {
  const { failure, result } = view;
  if (failure !== null && (result === null || result.isError)) return { isDone: false, ...FAILURES[failure] };
  if (end.exit === 0 && result !== null && !result.isError) return { isDone: true };
  const code = "claude.failed";
  if (ranOutOfMemory && wasKilled(end)) {
    return {
      ...{ isDone: false, code: "claude.killed" },
      message:
        "The memory of the sandbox, which files in /dev/shm take as well, was all used, and claude ended over it.",
      hint: "Give it more with the setting sandbox.memory, or the task to fewer programs at once.",
    };
  }
  if (end.by === "loss" || end.exit === null) {
    return {
      isDone: false,
      code: "claude.lost",
      message:
        "What looked after claude in the sandbox was killed or cut off, by claude or from outside; claude ended with it.",
      hint: "Look at what it has done by then, and run it again for the rest.",
    };
  }
  if (end.exit === KILLED && end.by === "itself") {
    return {
      ...{ isDone: false, code: "claude.killed" },
      message: "Claude was killed from outside (exit status 137), most likely since the sandbox had no memory left.",
      hint: "Give it more with the setting sandbox.memory, or the task to fewer programs at once.",
    };
  }
  const words = [result?.isError ? result.text : "", end.said ?? "", view.lastText ?? ""].find(
    (one) => one.trim() !== "",
  );
  const why = words === undefined ? "It did not say why." : `It said: ${cutEnd(words.trim(), MOST_SAID)}`;
  const how = end.exit === 0 ? "ended without a result" : `ended ${howEnded(end.exit)}`;
  return { isDone: false, code, message: `Claude ${how}. ${why}`, hint: undefined };
}

function howEnded(exit: number): string {
  return exit > FIRST_SIGNAL ? `by signal ${exit - FIRST_SIGNAL}` : `with exit status ${exit}`;
}

/** Since when it has printed nothing, when that is long; `startedAt` counts while it has printed nothing at all. */
export function quietSince(view: View, { startedAt, now }: { startedAt: Date; now: Date }): Date | undefined {
  const last = view.lastAt === null ? startedAt : new Date(view.lastAt);
  return view.result === null && now.getTime() - last.getTime() >= QUIET_MS ? last : undefined;
}
