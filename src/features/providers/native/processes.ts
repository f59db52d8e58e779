// The processes of a native sandbox, as this machine sees them. On Linux each program inside hangs on a bubblewrap whose
// arguments name the sandbox's directory, and ends with it, whatever it has made of itself; and all are in its control
// group where it has one.

import { killOutright } from "../../../proc/kill.ts";
import type { World } from "../../../world.ts";
import type { Ground } from "./ground.ts";
import { dropGroups, membersOf } from "./limits.ts";

type Effects = Pick<World, "processes" | "sleep">;

const ROUNDS = 500;
const PAUSE_MS = 10;
/** How long what is empty may stay a group: whoever enters one for a moment, to see whether that can be, needs less. */
const DROP_ROUNDS = 20;

/** Ends everything that runs inside; true when nothing is left. */
export async function endInside(world: Effects, ground: Ground, groups: readonly string[]): Promise<boolean> {
  let emptyRounds = 0;
  for (let round = 0; round < ROUNDS; round += 1) {
    const left = [...membersOf(groups), ...rootsOf(world, ground)];
    if (left.length === 0) {
      emptyRounds += 1;
      if (dropGroups(groups).areGone || emptyRounds > DROP_ROUNDS) return true;
    }
    killOutright(left);
    await world.sleep(PAUSE_MS);
  }
  return false;
}

/** What a keeper that was killed has left: they relay to proxies that are gone. */
export function endRelays(world: Pick<World, "processes">, ground: Ground): void {
  const relays = named(world, `UNIX-LISTEN:${ground.net}/`, /^socat/);
  if (relays.length > 0) killOutright(relays);
}

export function rootsOf(world: Pick<World, "processes">, ground: Ground): number[] {
  return named(world, ground.places.workspace, /^bwrap$/);
}

function named({ processes }: Pick<World, "processes">, argument: string, name: RegExp): number[] {
  try {
    return processes.withArgument(argument).filter((pid) => name.test(processes.nameOf(pid) ?? ""));
  } catch {
    // Where arguments cannot be read there is no such sandbox either.
    return [];
  }
}
