// What the doors may call of the radar.

import { type AnyAgentOperation, type AnyOperation, operation } from "../../core/operation.ts";
import { flag, v, word } from "../../core/shape.ts";
import type { World } from "../../world.ts";
import { radarToolOperation } from "./agents.ts";
import { type RadarAnswer, radarAnswer, radarShape } from "./answers.ts";
import { radarText } from "./text.ts";

const radarOperation = operation({
  name: "radar.scan",
  summary: "Show which live sessions will conflict, uncommitted work included",
  description:
    "Each live session of this machine with every other one, and with where it is to land: what merging their work of " +
    "now gives, tried out where nobody sees it. No checkout, index or branch is touched. See `parallel-cc help radar`.",
  input: () =>
    v.strictObject({
      repo: v.optional(word("Any directory of the repository (default: the current one)", "repository")),
      unattended: v.optional(flag("As started by hooks: only remember what each session stands at, for later edits")),
    }),
  output: radarShape,
  cli: {
    path: ["conflicts", "radar"],
    examples: ["parallel-cc conflicts radar", "parallel-cc conflicts radar --repo ~/shop --json"],
  },
  run: async (world: World, { repo, unattended }): Promise<RadarAnswer> => {
    const { radarAt, refreshUnattended } = await import("./radar-at.ts");
    if (unattended === true) return refreshUnattended(world, repo);
    const { scanned, ...asked } = await radarAt(world, { repo, isAgents: false });
    return radarAnswer(scanned, asked);
  },
  text: (answer, page, { unattended }) => (unattended === true ? "" : radarText(answer, page)),
});

export const operations: readonly AnyOperation<World>[] = [radarOperation];

export const agentOperations: readonly AnyAgentOperation<World>[] = [radarToolOperation];
