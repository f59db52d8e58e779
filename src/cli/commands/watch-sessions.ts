// `watch sessions`: a line for each event, until a signal or a closed pipe ends it, or the claude that started it is
// gone. A signal is how a watch is meant to end: it says nothing and gives the signal's exit code.

import { asFailure } from "../../core/failure.ts";
import { toldEvents } from "../../features/watch/watch.ts";
import { exitCodeOf } from "../exit.ts";
import { answer } from "../output.ts";
import type { Stream } from "./watch-status.ts";

/** It stands by as long as a session: what the optimising compilers keep saves no time here (Bun 1.4.4). */
const ENGINE = { BUN_JSC_useDFGJIT: "0" };

export const watchSessionEvents: Stream = async (world, input, { json }) => {
  world.restartWith(ENGINE);
  const signal = world.signal();
  for await (const told of toldEvents(world, input)) {
    if (answer(json ? `${JSON.stringify(told)}\n` : `${told.text}\n`) === "closed") return 0;
  }
  return signal.aborted ? exitCodeOf(asFailure(signal.reason)) : 0;
};
