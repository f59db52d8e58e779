// A platform we know no way to ask: it says so, and guesses nothing. Not even that a pid nobody has is dead: the sh of
// Git for Windows gives its processes numbers of its own.

import { Failure } from "../core/failure.ts";
import type { Platform, Sight } from "./platform.ts";

/** Takes the name that node gives it. */
export function unknownPlatform(platform: string): Platform {
  const name = platform === "win32" ? "Windows" : platform;
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
        hint: "See what this platform lacks: parallel-cc help platforms",
      });
    },
  };
}
