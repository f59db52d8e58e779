// A platform we know no way to ask: it says so, and guesses nothing.

import { Failure } from "../core/failure.ts";
import type { Platform, Sight } from "./platform.ts";

export function unknownPlatform(name: string): Platform {
  const why = `parallel-cc cannot read on ${name} when a process started`;
  return {
    here: () => ({ bootId: null, pidNamespace: null }),
    look: (pids) => new Map(pids.map((pid): [number, Sight] => [pid, { state: "hidden", why }])),
    workingDirectories: () => undefined,
    withArgument: () => {
      throw new Failure({
        kind: "unavailable",
        code: "proc.unsupported",
        message: `parallel-cc cannot read the arguments of processes on ${name}.`,
      });
    },
  };
}
