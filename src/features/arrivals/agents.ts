// What agents ask about a branch of another session, or of anybody.

import { type AnyAgentOperation, agentOperation } from "../../core/operation.ts";
import { TEXT, v, word, YES_OR_NO } from "../../core/shape.ts";
import type { World } from "../../world.ts";
import { mergeStatusShape } from "./answers.ts";

const question = () =>
  v.strictObject({
    branch: word("The branch, of here or as a remote has it (origin/feature)", "branch"),
    targetBranch: v.optional(
      word("Where it is to land (default: where it was meant to, or the default branch)", "branch"),
    ),
  });

const subscribeTool = agentOperation({
  name: "arrivals.subscribe",
  summary: "Ask to be told when a branch has landed",
  input: question,
  output: () => v.strictObject({ subscribed: YES_OR_NO, message: TEXT }),
  mcp: {
    tool: "notify_when_merged",
    description:
      "Has you told once when a branch lands in its target, merged, squashed or rebased, here or on its remote. You are " +
      "told with a prompt or tool use of yours, so do not wait for it. Sessions whose base comes to lack a merge are told " +
      "without asking. Where it has landed already the answer says so, and you are told when what comes after it lands.",
    annotations: { isReadOnly: false, isDestructive: false, isIdempotent: true },
  },
  run: async (world: World, { branch, targetBranch }) => {
    const { sessionOfAgent } = await import("../sessions/sessions.ts");
    const { notifyWhenMerged } = await import("./ask.ts");
    return notifyWhenMerged(world, sessionOfAgent(world, await world.db()), { branch, target: targetBranch });
  },
});

const checkTool = agentOperation({
  name: "arrivals.check",
  summary: "Say whether a branch has landed",
  input: question,
  output: mergeStatusShape,
  mcp: {
    tool: "check_merge_status",
    description:
      "Whether a branch has landed in its target by now, however: merged, fast-forwarded, squashed or rebased, as far as " +
      "the target was fetched. mergeEvent says as which commit, when and by whose hand; message says what was found. A " +
      "branch that nobody has committed to has not landed.",
    annotations: { isReadOnly: true, isDestructive: false, isIdempotent: true },
  },
  run: async (world: World, { branch, targetBranch }) => {
    const { locateHealed } = await import("../sessions/sessions.ts");
    const { mergeStatus } = await import("./ask.ts");
    const repository = await locateHealed(world, world.git(world.cwd));
    return mergeStatus(world, repository, { branch, target: targetBranch });
  },
});

export const agentOperations: readonly AnyAgentOperation<World>[] = [subscribeTool, checkTool];
