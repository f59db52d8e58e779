// A heartbeat is started by hooks, many times an hour for each session: its time and its memory.

import type { Place } from "../support/place.ts";
import { sleeper } from "../support/processes.ts";
import { makeRepo } from "../support/repo.ts";
import type { Figure } from "./figure.ts";
import { emptyCommand, pccCommand, peakOf, type Spawned, timeOf } from "./spawn.ts";

export const heartbeat: Figure = {
  name: "heartbeat",
  unit: "empty binary",
  measures: "ms",
  bound: { ratio: 4 },
  rounds: 60,
  async prepare(place, stack, clock) {
    const ours = await heartbeatOf(place, stack);
    return { ours: () => clock(ours), unit: () => clock(emptyCommand(ours)) };
  },
};

export const heartbeatMemory: Figure = {
  name: "heartbeat-memory",
  unit: "empty binary",
  measures: "MB",
  bound: { megabytes: 30 },
  rounds: 20,
  async prepare(place, stack) {
    const ours = await heartbeatOf(place, stack);
    return { ours: () => peakOf(ours), unit: () => peakOf(emptyCommand(ours)) };
  },
};

async function heartbeatOf(place: Place, stack: AsyncDisposableStack): Promise<Spawned> {
  const repo = await makeRepo(place);
  const pid = String(stack.use(sleeper()).pid);
  timeOf(pccCommand(place, ["register", "--pid", pid], repo.path));
  return pccCommand(place, ["heartbeat", "--pid", pid], repo.path);
}
