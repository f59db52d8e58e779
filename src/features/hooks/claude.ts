// Which claude a hook is of. Clients since 2.1 say it (CLAUDE_PID); of others it is our parent, or the parent of the
// shell that stands between.

import type { World } from "../../world.ts";

export function claudeOf({ env, parentPid }: Pick<World, "env" | "parentPid">): number {
  return env.claudePid ?? parentPid;
}
