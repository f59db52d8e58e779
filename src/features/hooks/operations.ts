// What the doors know of the commands that Claude Code runs by itself. They are answered by `cli/commands/hook.ts`, where no
// failure becomes an exit code; from here come their help and their place in the reference.

import { type AnyOperation, operation } from "../../core/operation.ts";
import { TEXT, v, word } from "../../core/shape.ts";
import type { World } from "../../world.ts";

const hookOperation = operation({
  name: "hooks.answer",
  summary: "Answer a hook of Claude Code",
  description:
    "What `parallel-cc install --hooks` enters in Claude Code's settings. It reads the hook's JSON on standard input, " +
    "registers a session that was started without claude-parallel, tells its agent who else is at work, and keeps what " +
    "`status` shows of it up to date. Whatever happens, it exits 0: a hook of ours never stops a prompt or a tool.",
  input: () => v.strictObject({ event: word("The event, as Claude Code calls it", "event") }),
  output: () =>
    v.strictObject({
      hookSpecificOutput: v.optional(
        v.strictObject({
          hookEventName: TEXT,
          additionalContext: v.optional(TEXT),
          permissionDecision: v.optional(v.picklist(["deny"])),
          permissionDecisionReason: v.optional(TEXT),
        }),
      ),
      systemMessage: v.optional(TEXT),
      decision: v.optional(v.picklist(["block"])),
      reason: v.optional(TEXT),
      worktreePath: v.optional(TEXT),
    }),
  cli: { path: ["hook"], positionals: ["event"], examples: ["parallel-cc hook SessionStart", "parallel-cc hook Stop"] },
  run: async (world: World, { event }) => ({ ...(await (await import("./hook.ts")).answerHook(world, event)) }),
  text: (answer) => `${JSON.stringify(answer)}\n`,
});

const statusLineOperation = operation({
  name: "hooks.status-line",
  summary: "Print a line about the sessions, for Claude Code's status line",
  description:
    "How many sessions are at work in the repository, how many of the others wait for you, and where this one works. " +
    "Nothing is printed where no session is known.",
  input: () => v.strictObject({}),
  output: () => v.strictObject({ line: TEXT }),
  cli: { path: ["statusline"], examples: ["parallel-cc statusline"] },
  run: async (world: World) => ({ line: await (await import("./status-line.ts")).statusLine(world) }),
  text: ({ line }) => line,
});

export const operations: readonly AnyOperation<World>[] = [hookOperation, statusLineOperation];
