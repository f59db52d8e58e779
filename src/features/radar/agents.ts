// The radar as agents ask for it.

import { agentOperation } from "../../core/operation.ts";
import { v } from "../../core/shape.ts";
import type { World } from "../../world.ts";
import { radarAnswer, radarEntries } from "./answers.ts";

/** An agent reads all that it is given; `fileCount` says how many there are. */
const MOST_FILES = 50;

function cut<T extends { files: readonly unknown[] }>(one: T): T {
  return { ...one, files: one.files.slice(0, MOST_FILES) };
}

export const radarToolOperation = agentOperation({
  name: "radar.scan-for-agents",
  summary: "Tell an agent which live sessions will conflict",
  input: () => v.strictObject({}),
  output: () => v.strictObject(radarEntries()),
  mcp: {
    tool: "get_conflict_radar",
    description:
      "Which live sessions of this repository will conflict, uncommitted work included: each pair's verdict (clean, " +
      "same-files: both changed a file and it merges, conflict, unknown: could not be told) with files, kinds and " +
      "lines in a's and b's file (null: unchanged there); each against its target branch; and the order of landing that " +
      "leaves the fewest conflicts. warnings: it merges, but one side removed a name that the other newly uses " +
      "(breaks, in the order). isMine marks you. Sessions in one checkout are one work: it is listed once, with you.",
    isAlwaysLoaded: false,
    annotations: { isReadOnly: true, isDestructive: false, isIdempotent: true },
  },
  run: async (world: World) => {
    const { radarAt } = await import("./radar-at.ts");
    const { scanned, ...asked } = await radarAt(world, { repo: undefined, isAgents: true });
    const { timing: _, isHere: __, ...answer } = radarAnswer(scanned, asked);
    return { ...answer, pairs: answer.pairs.map(cut), targets: answer.targets.map(cut) };
  },
});
