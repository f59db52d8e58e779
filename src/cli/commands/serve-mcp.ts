// `mcp serve`: its standard output is the protocol's alone, so nothing is answered at its end. A signal is how a client
// ends it: it says nothing and gives the signal's exit code.

import { asFailure } from "../../core/failure.ts";
import { serve } from "../../mcp/serve.ts";
import { exitCodeOf } from "../exit.ts";
import type { Stream } from "./watch-status.ts";

export const serveMcp: Stream = async (world) => {
  try {
    await serve(world);
    return 0;
  } catch (thrown) {
    const failure = asFailure(thrown);
    if (failure.kind !== "cancelled") throw thrown;
    return exitCodeOf(failure);
  }
};
