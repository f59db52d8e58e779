// What the doors know of watching. It is answered line by line in `cli/commands/watch-sessions.ts`; from here come the
// form of a line, the help and the place in the reference.

import { Failure } from "../../core/failure.ts";
import { type AnyOperation, operation } from "../../core/operation.ts";
import { flag, TEXT, TEXT_OR_NULL, v, whole, word, YES_OR_NO } from "../../core/shape.ts";
import type { World } from "../../world.ts";
import { mergesOperation } from "./merges.ts";
import type { WatchEvent } from "./sessions-watch.ts";

const inputShape = () =>
  v.strictObject({
    here: v.optional(
      flag(
        "Only who begins to work in the very checkout that you, or your session, are in, and what your session is sent",
      ),
    ),
    interval: v.optional(whole("Seconds from one look to the next (default: 2)", 1)),
    repo: v.optional(word("Any directory of the repository (default: the current one)", "repository")),
  });
type Input = v.InferOutput<ReturnType<typeof inputShape>>;

const outputShape = () =>
  v.strictObject({
    event: v.picklist(["present", "started", "ended", "delivered"]),
    sessionId: TEXT,
    name: TEXT_OR_NULL,
    worktreePath: TEXT,
    isMainRepo: YES_OR_NO,
    isHere: YES_OR_NO,
    branch: TEXT_OR_NULL,
    text: TEXT,
  });
export type Told = v.InferOutput<ReturnType<typeof outputShape>>;

const DEFAULT_SECONDS = 2;

/** Every event as it is told. */
export async function* toldEvents(world: World, given: unknown): AsyncGenerator<Told, void, void> {
  const { here = false, interval = DEFAULT_SECONDS, repo }: Input = v.parse(inputShape(), given);
  const { eventText, watchSessions } = await import("./sessions-watch.ts");
  for await (const one of watchSessions(world, { isHere: here, intervalMs: 1000 * interval, repo })) {
    yield toldOf(one, eventText(one));
  }
}

function toldOf({ event, session, isHere }: WatchEvent, text: string): Told {
  const { id, name, worktree_path: worktreePath, is_main_repo, branch } = session;
  return { event, sessionId: id, name, worktreePath, isMainRepo: is_main_repo === 1, isHere, branch, text };
}

const watchOperation = operation({
  name: "watch.sessions",
  summary: "Print a line when a session of the repository starts or ends",
  description:
    "First a line for each session that is there, then one whenever another starts or ends, until you stop it; with " +
    "--json one document a line. Your own session is none of them. With --here only a line when another session begins " +
    "to work in your very checkout, and the messages for your session while its agent is idle, which then count as " +
    "read: this is what the plugin has Claude Code watch, and what wakes an idle agent.",
  input: inputShape,
  output: outputShape,
  cli: {
    path: ["watch", "sessions"],
    examples: ["parallel-cc watch sessions", "parallel-cc watch sessions --here", "parallel-cc watch sessions --json"],
  },
  run: async (world: World, input: Input) => {
    for await (const told of toldEvents(world, input)) return told;
    throw new Failure({ kind: "cancelled", code: "watch.over", message: "Nothing happened while it was watched." });
  },
  text: ({ text }) => `${text}\n`,
});

export const operations: readonly AnyOperation<World>[] = [watchOperation, mergesOperation];
