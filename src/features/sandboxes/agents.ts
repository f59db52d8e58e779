// What agents may ask of sandboxes: to begin a task there. What comes of it they see by the command line.

import { agentOperation } from "../../core/operation.ts";
import { TEXT, TEXT_OR_NULL, v, word } from "../../core/shape.ts";
import type { World } from "../../world.ts";

export const executeOperation = agentOperation({
  name: "sandboxes.execute",
  summary: "Begin a task in a sandbox for an agent",
  input: () =>
    v.strictObject({
      prompt: word("The task, whole: nobody answers questions inside", "text"),
      provider: v.optional(word("Where it runs (default: the user's setting)", "provider")),
      branch: v.optional(word('A new branch for the result; "auto" makes a name (default: uncommitted)', "name")),
      base: v.optional(word("Where it starts (default: the current commit)", "ref")),
    }),
  output: () =>
    v.strictObject({ sessionId: TEXT, name: TEXT_OR_NULL, status: TEXT, message: TEXT, next: v.array(TEXT) }),
  mcp: {
    tool: "execute_in_sandbox",
    description:
      "Gives a task to another Claude Code in a sandbox, on a worktree of its own that starts at your commit (what is not " +
      "committed is not there). It costs money and takes long: ask your user first. Answers as soon as it has begun; next " +
      "has the commands that show how it goes and that wait for its end. The result comes home by itself, for review.",
    isAlwaysLoaded: false,
    annotations: { isReadOnly: false, isDestructive: false, isIdempotent: false },
  },
  run: async (world: World, { prompt, provider, branch, base }) => {
    const { runToEnd } = await import("./view.ts");
    const { sessionId, name, status } = await runToEnd(world, { prompt, provider, branch, base }, { isDetached: true });
    const id = sessionId.slice(0, 8);
    const next = [`parallel-cc sandbox status ${id}`, `parallel-cc sandbox attach ${id}`];
    return { sessionId, name, status, message: "The task has begun; attach waits for its end.", next };
  },
});
