// `status --watch`: the same answer again every few seconds (status.watchSeconds), until a signal or a closed pipe ends it. A signal is how a
// watch is meant to end: it says nothing and gives the signal's exit code.

import { asFailure } from "../../core/failure.ts";
import { v } from "../../core/shape.ts";
import { loadConfig } from "../../features/config/config.ts";
import { status, statusForPeople, statusText } from "../../features/sessions/sessions.ts";
import type { World } from "../../world.ts";
import { exitCodeOf } from "../exit.ts";
import type { CommonFlags } from "../flags.ts";
import { answer } from "../output.ts";
import { pageFor, rowsOf } from "../terminal.ts";

/** A command that goes on answering; its exit code comes when it ends. */
export type Stream = (world: World, input: unknown, flags: CommonFlags) => Promise<number>;

const INPUT = v.object({ repo: v.optional(v.string()), sandboxOnly: v.optional(v.boolean()) });
type Input = v.InferOutput<typeof INPUT>;

export const watchStatus: Stream = async (world, given, flags) => {
  const input = v.parse(INPUT, given);
  const signal = world.signal();
  const { settings } = await loadConfig(world, undefined);
  const intervalMs = 1000 * settings["status.watchSeconds"];
  const frame = flags.json ? jsonFrame : textFrame;
  try {
    while (!signal.aborted) {
      if (answer(await frame(world, input, flags)) === "closed") return 0;
      await Promise.race([world.sleep(intervalMs), aborted(signal)]);
    }
  } catch (thrown) {
    // The signal may also come in the middle of an answer.
    if (!signal.aborted || asFailure(thrown).kind !== "cancelled") throw thrown;
  }
  return exitCodeOf(asFailure(signal.reason));
};

async function jsonFrame(world: World, input: Input): Promise<string> {
  return `${JSON.stringify(await status(world, input))}\n`;
}

async function textFrame(world: World, input: Input, flags: CommonFlags): Promise<string> {
  const answered = await statusForPeople(world, input);
  const page = await pageFor(world, 1, flags.colour);
  const rows = await rowsOf(1);
  const text = statusText(answered, page, { rows });
  return page.columns === undefined ? text : repaint(text, page.columns);
}

/**
 * Writes over the last frame and erases what is left of it: a screen that is cleared first flickers. Nothing wraps
 * meanwhile: a terminal that takes a cluster (a skin tone in tmux 3.3) for wider than Bun does would scroll.
 */
export function repaint(text: string, columns: number): string {
  // After a full line the cursor still stands on its last character, which an erasing would take.
  const lines = text.replace(/.+$/gm, (line) => (Bun.stringWidth(line) < columns ? `${line}\x1b[K` : line));
  return `\x1b[?7l\x1b[H${lines}\x1b[J\x1b[?7h`;
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((done) => signal.addEventListener("abort", () => done(), { once: true }));
}
