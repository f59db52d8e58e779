// The hooks for a user's own settings. A committed file gets none that blocks: it would refuse every edit of those who do
// not have parallel-cc.

import type { Addition } from "../../files/json-put.ts";
import type { World } from "../../world.ts";
import { blockingEvents, eventsKnownTo, isBlocking } from "../hooks/hooks.ts";
import { hooksOf } from "./marks.ts";

interface Called {
  program: string;
  client: string | undefined;
}

export async function userHooks(world: Pick<World, "paths" | "db">, { program, client }: Called): Promise<Addition[]> {
  const events = eventsKnownTo(client);
  return hooksOf(program, (await isBlocking(world)) ? blockingEvents(events) : events);
}
