// Whether it can be seen here who is alive and who works where: what cannot be seen counts as alive, and keeps.

import type { Check } from "./check.ts";
import type { Scene } from "./scene.ts";

export async function checkProcesses({ world: { processes, pid } }: Scene): Promise<Check[]> {
  const isSeen = (processes.identify(pid)?.startTime ?? null) !== null && processes.workingDirectories() !== undefined;
  if (isSeen) return [{ name: "processes", status: "ok", detail: "who is alive, and who works where, can be seen" }];
  const detail = "It cannot be seen here who is alive or works where, so sessions count as alive and no worktree goes.";
  return [{ name: "processes", status: "warn", detail, hint: "See: parallel-cc help platforms" }];
}
