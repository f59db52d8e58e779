// Which claude a hook is of. Clients of today say it (CLAUDE_PID); of others (2.0.77) it is our parent, or the parent of
// the shell that runs the command: dash stays in between, other shells give their process to the command.

import type { World } from "../../world.ts";

const SHELLS = new Set(["sh", "bash", "dash", "ash", "ksh", "zsh", "busybox"]);

export function claudeOf({ env, parentPid, processes }: Pick<World, "env" | "parentPid" | "processes">): number {
  if (env.claudePid !== undefined) return env.claudePid;
  const isShell = SHELLS.has(processes.nameOf(parentPid) ?? "");
  return isShell ? (processes.parent(parentPid) ?? parentPid) : parentPid;
}
