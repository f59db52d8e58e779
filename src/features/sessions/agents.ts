// What only agents ask of sessions.

import { agentOperation } from "../../core/operation.ts";
import { NUMBER, orNull, TEXT_OR_NULL, v, YES_OR_NO } from "../../core/shape.ts";
import type { World } from "../../world.ts";

export const mySessionOperation = agentOperation({
  name: "sessions.mine",
  summary: "Tell an agent which session it is",
  input: () => v.strictObject({}),
  output: () =>
    v.strictObject({
      sessionId: TEXT_OR_NULL,
      worktreePath: TEXT_OR_NULL,
      worktreeName: TEXT_OR_NULL,
      isMainRepo: orNull(YES_OR_NO),
      startedAt: TEXT_OR_NULL,
      parallelSessions: NUMBER,
    }),
  mcp: {
    tool: "get_my_session",
    description:
      "Which session you are and which checkout is yours to work in. worktreePath is that checkout, unless you were put " +
      "into a worktree of your own since; parallelSessions counts the living sessions of the repository. Where you are " +
      "no registered session, all but that count is null.",
    isAlwaysLoaded: true,
    annotations: { isReadOnly: true, isDestructive: false, isIdempotent: true },
  },
  run: async (world: World) => (await import("./mine.ts")).mySession(world),
});
