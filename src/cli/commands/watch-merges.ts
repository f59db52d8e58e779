// `watch merges`: what each look has found, until a signal or a closed pipe ends it. A look that is under way when a signal
// comes is ended first; then it says nothing more and gives the signal's exit code.

import { asFailure } from "../../core/failure.ts";
import { printable } from "../../core/text.ts";
import { looksForMerges, mergesText } from "../../features/watch/watch.ts";
import { exitCodeOf } from "../exit.ts";
import { answer, tell } from "../output.ts";
import type { Stream } from "./watch-status.ts";

export const watchMergeEvents: Stream = async (world, input, { json }) => {
  const signal = world.signal();
  for await (const told of looksForMerges(world, input)) {
    if (!json) for (const error of told.errors) tell(`warning: ${printable(error)}\n`);
    const text = json ? `${JSON.stringify(told)}\n` : mergesText(told);
    if (text !== "" && answer(text) === "closed") return 0;
  }
  return signal.aborted ? exitCodeOf(asFailure(signal.reason)) : 0;
};
