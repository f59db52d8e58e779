// `status --watch`: the same answer again every two seconds, until a signal or a closed pipe ends it.

import { v } from "../../core/shape.ts";
import { status, statusForPeople, statusText } from "../../features/sessions/sessions.ts";
import type { World } from "../../world.ts";
import type { CommonFlags } from "../flags.ts";
import { answer } from "../output.ts";
import { isTerminal, pageFor } from "../terminal.ts";

/** A command that goes on answering; its exit code comes when it ends. */
export type Stream = (world: World, input: unknown, flags: CommonFlags) => Promise<number>;

const INTERVAL_MS = 2000;
const INPUT = v.object({ repo: v.optional(v.string()), sandboxOnly: v.optional(v.boolean()) });

export const watchStatus: Stream = async (world, given, flags) => {
  const input = v.parse(INPUT, given);
  const signal = world.signal();
  const clear = !flags.json && (await isTerminal(1)) ? "\x1b[H\x1b[2J" : "";
  while (!signal.aborted) {
    const text = flags.json
      ? `${JSON.stringify(await status(world, input))}\n`
      : `${clear}${statusText(await statusForPeople(world, input), await pageFor(world, 1, flags.colour))}`;
    if (answer(text) === "closed") return 0;
    await Promise.race([world.sleep(INTERVAL_MS), aborted(signal)]);
  }
  throw signal.reason;
};

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((done) => signal.addEventListener("abort", () => done(), { once: true }));
}
