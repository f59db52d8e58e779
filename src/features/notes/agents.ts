// What agents alone call of notes: the author is the session of the claude that started their server, if it has one.

import { type AnyAgentOperation, agentOperation } from "../../core/operation.ts";
import { v, word } from "../../core/shape.ts";
import type { World } from "../../world.ts";
import { sharedShape } from "./shapes.ts";

const shareTool = agentOperation({
  name: "notes.agent-share",
  summary: "Write a note for all sessions of the repository",
  input: () =>
    v.strictObject({
      note: word("What others have to know, in 2000 characters at most"),
      replaces: v.optional(word("The id of a note that goes for it", "note")),
    }),
  output: sharedShape,
  mcp: {
    tool: "share_note",
    description:
      "Write down what other sessions of this repository, those to come included, need in order to fit in with you: who " +
      "does what, a decision and why, the signature of what others will call. Short, one thing a note; give replaces " +
      "when an earlier note no longer holds. Nobody is woken by it. What has to be known at once goes by send_message.",
    isAlwaysLoaded: true,
    annotations: { isReadOnly: false, isDestructive: true, isIdempotent: false },
  },
  run: async (world: World, { note: body, replaces }) => {
    const { sessionOfClaude } = await import("../roster/roster.ts");
    const { notesPlace } = await import("./place.ts");
    const { addNote } = await import("./notes.ts");
    const { sharedAnswer } = await import("./text.ts");
    const db = await world.db();
    const author = sessionOfClaude(world, db);
    const place = await notesPlace(world, author);
    return sharedAnswer(addNote(world, db, { place, author, body, replaces }));
  },
});

export const agentOperations: readonly AnyAgentOperation<World>[] = [shareTool];
