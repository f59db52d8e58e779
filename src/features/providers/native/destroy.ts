// The end of a native sandbox: its keeper and all that runs inside, then its directory. Nothing that stands in it is
// followed out of it, and begun again after a kill it ends the same way.

import { existsSync } from "node:fs";
import { dirname } from "node:path";
import { Failure } from "../../../core/failure.ts";
import { killOutright } from "../../../proc/kill.ts";
import type { World } from "../../../world.ts";
import { type Ground, type KeeperStanding, standingOf } from "./ground.ts";
import { groupsMaybe } from "./limits.ts";
import { endInside, endRelays } from "./processes.ts";
import { ask, isKept } from "./talk.ts";

type Effects = Pick<World, "processes" | "runProgram" | "sleep">;

const PATIENCE_MS = 5000;
const PAUSE_MS = 10;

export async function destroyed(world: Effects, ground: Ground): Promise<void> {
  if (!existsSync(ground.directory)) return;
  const standing = standingOf(ground);
  if (standing !== undefined && isKept(world, standing)) await endKeeper(world, ground, standing);
  endRelays(world, ground);
  const isEmpty = await endInside(world, ground, standing?.groups ?? groupsMaybe(ground));
  if (!isEmpty) throw left(ground, "programs in it do not end");
  await removed(world, ground);
}

async function endKeeper(world: Effects, ground: Ground, standing: KeeperStanding): Promise<void> {
  await ask(ground, { ask: "end" }).catch(() => undefined);
  for (let waitedMs = 0; waitedMs < PATIENCE_MS; waitedMs += PAUSE_MS) {
    if (!isKept(world, standing)) return;
    await world.sleep(PAUSE_MS);
  }
  // In doubt it is another's.
  if (world.processes.probe(standing.keeper).state === "alive") killOutright([standing.keeper.pid]);
}

/** Its files. `rm` works from directory to directory, as deep as a hostile tree may be; its own paths end at 4 KiB. */
export async function removed(world: Pick<World, "runProgram">, ground: Ground): Promise<void> {
  const sockets = dirname(ground.socket);
  const all = [ground.directory, ...(sockets === ground.directory ? [] : [sockets])];
  const rm = { command: "rm", args: ["-rf", "--", ...all], directory: "/" };
  if ((await world.runProgram(rm)).exit === 0) return;
  // Directories that their owner may not change. Links are not followed.
  await world.runProgram({ command: "chmod", args: ["-R", "u+rwX", "--", ...all], directory: "/" });
  const { exit, stderr } = await world.runProgram(rm);
  if (exit !== 0) throw left(ground, stderr.trim().split("\n")[0] ?? "");
}

function left(ground: Ground, why: string): Failure {
  return new Failure({
    kind: "unavailable",
    code: "sandbox.left",
    message: `The sandbox ${ground.id} could not be removed: ${why}.`,
    hint: `What is left of it is in ${ground.directory}.`,
    details: { directory: ground.directory },
  });
}
