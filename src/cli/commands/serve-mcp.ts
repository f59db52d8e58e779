// `mcp serve`: its standard output is the protocol's alone, so nothing is answered at its end. A signal is how a client
// ends it: it says nothing and gives the signal's exit code.

import { asFailure } from "../../core/failure.ts";
import { exitCodeOf } from "../exit.ts";
import type { Stream } from "./watch-status.ts";

/** What its optimising compiler keeps would be a sixth of the memory that stands by, and saves no time (Bun 1.4.4). */
const ENGINE = { BUN_JSC_useDFGJIT: "0" };

export const serveMcp: Stream = async (world) => {
  world.restartWith(ENGINE);
  try {
    const { serve } = await import("../../mcp/serve.ts");
    await serve(world);
    return 0;
  } catch (thrown) {
    const failure = asFailure(thrown);
    if (failure.kind !== "cancelled") throw thrown;
    return exitCodeOf(failure);
  }
};
