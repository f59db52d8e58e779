// Where parallel-cc keeps its own files.

import { join } from "node:path";

export interface Paths {
  /** `PARALLEL_CC_HOME`, else `~/.parallel-cc`. */
  home: string;
  database: string;
  config: string;
  locks: string;
  logs: string;
  /** Indexes of our own, to see what was written in a checkout. */
  looks: string;
  /** Snapshots of what sessions stand at: an index for each checkout, an object directory for each repository. */
  radar: string;
  /** A directory for each run in a sandbox: its prompt, what was sent, what came home. */
  sandboxes: string;
}

export function pathsIn(home: string): Paths {
  return {
    home,
    database: join(home, "coordinator.db"),
    config: join(home, "config.json"),
    locks: join(home, "locks"),
    logs: join(home, "logs"),
    looks: join(home, "looks"),
    radar: join(home, "radar"),
    sandboxes: join(home, "sandboxes"),
  };
}
