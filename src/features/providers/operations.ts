// What parallel-cc starts of itself for sandboxes on this machine.

import { basename, dirname, resolve } from "node:path";
import { type AnyOperation, operation } from "../../core/operation.ts";
import { v, word } from "../../core/shape.ts";
import type { World } from "../../world.ts";

const MINUTE_MS = 60_000;
/** For who comes to fetch what a sandbox has left when its time is over. */
const FETCH_MINUTES = 15;

const keepOperation = operation({
  name: "providers.keep",
  summary: "Keep a native sandbox until it ends (started by parallel-cc itself)",
  description:
    "Holds the proxies of one sandbox of this machine and what runs in it, and ends both when its time is over. One that " +
    "has ended is kept once more, for a quarter of an hour, when somebody asks for its files.",
  input: () => v.strictObject({ directory: word("Directory of the sandbox", "path") }),
  output: () => v.strictObject({ endedBecause: v.picklist(["told", "time", "gone"]) }),
  cli: {
    path: ["sandbox", "keep"],
    isOwn: true,
    positionals: ["directory"],
    examples: ["parallel-cc sandbox keep ~/.parallel-cc/native/3f9c2a7d51b0"],
  },
  run: async (world: World, { directory }) => {
    const [{ keep }, { groundOf, recordOf, standingOf }] = await Promise.all([
      import("./native/keeper.ts"),
      import("./native/ground.ts"),
    ]);
    const path = resolve(world.cwd, directory);
    const ground = groundOf(dirname(path), basename(path));
    const record = recordOf(ground);
    const earlier = standingOf(ground);
    const now = world.now().getTime();
    if (earlier === undefined) {
      return keep(world, ground, { endsAt: new Date(now + record.minutes * MINUTE_MS), isRunning: true });
    }
    const left = Date.parse(earlier.endsAt) - now;
    const endsAt = new Date(now + Math.max(left, FETCH_MINUTES * MINUTE_MS));
    return keep(world, ground, { endsAt, isRunning: false });
  },
  text: ({ endedBecause }) => `The sandbox has ended: ${endedBecause}.\n`,
});

export const operations: readonly AnyOperation<World>[] = [keepOperation];
