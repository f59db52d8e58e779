// What the doors may call of messages.

import { type AnyOperation, operation } from "../../core/operation.ts";
import { v, whole, word } from "../../core/shape.ts";
import type { World } from "../../world.ts";
import { listText, unreadText } from "./inbox-text.ts";
import { inboxShape, sentShape } from "./shapes.ts";

export { agentOperations } from "./agents.ts";

const DEFAULT_SHOWN = 20;

const listOperation = operation({
  name: "messages.list",
  summary: "Show what a session was sent",
  description:
    "The messages of other sessions and the news that a session has got or is still to get, the newest last. What is " +
    "unread stays so. Without a flag it is the session that works in the current checkout.",
  input: () =>
    v.strictObject({
      limit: v.optional(whole(`So many of the last (default: ${DEFAULT_SHOWN})`, 1)),
      sessionId: v.optional(word("The session, by its id", "session")),
    }),
  output: inboxShape,
  cli: { path: ["messages"], examples: ["parallel-cc messages", "parallel-cc messages --limit 5 --json"] },
  run: async (world: World, { limit = DEFAULT_SHOWN, sessionId }) => {
    const { sessionOfCaller } = await import("../sessions/sessions.ts");
    const { list } = await import("./inbox.ts");
    const db = await world.db();
    return list(db, (await sessionOfCaller(world, db, { sessionId })).id, limit);
  },
  text: listText,
});

const readOperation = operation({
  name: "messages.read",
  summary: "Show what a session has not read, which counts as read then",
  description:
    "For a session itself: in a shell that its agent or you have in it. What is shown here its agent is not told once " +
    "more, so at another terminal the session must be named; `parallel-cc messages` only looks.",
  input: () => v.strictObject({ sessionId: v.optional(word("The session, by its id", "session")) }),
  output: inboxShape,
  cli: {
    path: ["messages", "read"],
    examples: ["parallel-cc messages read", "parallel-cc messages read --session-id <id> --json"],
  },
  run: async (world: World, input) => {
    const { writerOfCaller } = await import("../sessions/sessions.ts");
    const { nobodysInbox, read } = await import("./inbox.ts");
    const db = await world.db();
    const reader = await writerOfCaller(world, db, input);
    if (reader === undefined) throw nobodysInbox();
    return read(db, reader.id);
  },
  text: unreadText,
});

const sendOperation = operation({
  name: "messages.send",
  summary: "Tell another session something, or all of them",
  description:
    "A living session of this repository gets it once, with its next prompt or tool use. In a shell of a session it is " +
    "from that session; elsewhere it is from somebody at the command line.",
  input: () =>
    v.strictObject({
      to: word('A session by its name, its id or the beginning of that, or "all" of this repository', "recipient"),
      message: v.pipe(
        v.array(word("What to tell")),
        v.metadata({ value: "text", expected: "a text that is not empty" }),
        v.minLength(1),
        v.description("What to tell"),
      ),
      sessionId: v.optional(word("The session that it is from, by its id", "session")),
    }),
  output: sentShape,
  cli: {
    path: ["messages", "send"],
    positionals: ["message"],
    examples: [
      'parallel-cc messages send --to all "main is red: do not merge"',
      'parallel-cc messages send --to "auth backend" "the login endpoint answers 401 now"',
    ],
  },
  run: async (world: World, { to, message, sessionId }) => {
    const { repositoryOf, writerOfCaller } = await import("../sessions/sessions.ts");
    const { send } = await import("./send.ts");
    const db = await world.db();
    const sender = await writerOfCaller(world, db, { sessionId });
    return send(world, db, { to, sender, repository: await repositoryOf(world, sender), body: message.join(" ") });
  },
  text: ({ message }) => `${message}\n`,
});

export const operations: readonly AnyOperation<World>[] = [listOperation, readOperation, sendOperation];
