// What the doors may call of rebasing.

import { asFailure } from "../../core/failure.ts";
import { type AnyAgentOperation, type AnyOperation, agentOperation, operation } from "../../core/operation.ts";
import { flag, TEXT, v, word, YES_OR_NO } from "../../core/shape.ts";
import type { World } from "../../world.ts";
import { type Rebased, rebasedAnswer, rebasedLines, rebasedShape, takenBackShape, takenBackText } from "./answers.ts";

const rebaseOperation = operation({
  name: "rebase.run",
  summary: "Put the branch of this worktree on top of its target",
  description:
    "It is tried out first: where it would conflict, nothing is touched, and you are told which commit meets what. A " +
    "target that follows a remote is fetched, without a question. Refused on uncommitted changes, while something is " +
    "under way, in the main checkout, and in another session's worktree. See `parallel-cc help rebase`.",
  input: () =>
    v.strictObject({
      target: v.optional(word("The branch to stand on (default: the recorded one, or the default branch)", "branch")),
      check: v.optional(flag("Only say what would come of it; nothing is fetched or touched")),
      autostash: v.optional(flag("Set uncommitted changes aside, and put them back; untracked files stay")),
      stop: v.optional(flag("Where it conflicts, stay inside for somebody to resolve it")),
    }),
  output: rebasedShape,
  cli: {
    path: ["rebase"],
    positionals: ["target"],
    examples: ["parallel-cc rebase --check", "parallel-cc rebase origin/main --autostash", "parallel-cc rebase --stop"],
  },
  run: async (world: World, { target, check, autostash, stop }): Promise<Rebased> => {
    const { rebase } = await import("./run.ts");
    const asked = { asker: { cwd: world.cwd }, target, isCheck: check, setsAside: autostash, stops: stop };
    return rebasedAnswer(await rebase(world, asked));
  },
  text: (answer, { paint }) => {
    const title = answer.hasConflicts ? paint.yellow(answer.summary) : answer.summary;
    return [title, ...rebasedLines(answer)].map((line) => `${line}\n`).join("");
  },
  exitCode: ({ outcome }) => (outcome === "conflicts" || outcome === "stopped" ? 1 : 0),
});

const undoOperation = operation({
  name: "rebase.undo",
  summary: "Take a rebase back, as long as the branch has not moved on",
  description:
    "Without an id the last one of this branch. Uncommitted changes stay; where they are in the way it refuses. One that " +
    "has stopped (--stop) is given up; what was resolved is kept. What a killed rebase has set aside is brought back " +
    "first, and only that.",
  input: () => v.strictObject({ id: v.optional(word("The rebase, by its id or the beginning of it", "rebase")) }),
  output: takenBackShape,
  cli: {
    path: ["rebase", "undo"],
    positionals: ["id"],
    examples: ["parallel-cc rebase undo", "parallel-cc rebase undo 1a2b3c4d"],
  },
  run: async (world: World, { id }) => {
    const { undoRebase } = await import("./undo.ts");
    return undoRebase(world, { asker: { cwd: world.cwd }, id });
  },
  text: (answer) => `${takenBackText(answer)}\n`,
});

const rebaseTool = agentOperation({
  name: "rebase.assist",
  summary: "Rebase an agent's own worktree, or say what would come of it",
  input: () =>
    v.strictObject({
      targetBranch: word("The branch to stand on: main, or origin/main", "branch"),
      checkOnly: v.optional(flag("Only say what would come of it; nothing is fetched or touched")),
    }),
  output: () =>
    v.strictObject({
      success: YES_OR_NO,
      output: TEXT,
      hasConflicts: YES_OR_NO,
      conflictingFiles: v.array(TEXT),
      conflictSummary: TEXT,
      error: v.optional(TEXT),
    }),
  mcp: {
    tool: "rebase_assist",
    description:
      "Puts your branch on top of another, in your own worktree. Ask your user first, and commit before. It is tried out " +
      "first: where it would conflict nothing is touched, and conflictSummary says which of your commits meets which " +
      "lines and commits of theirs (to resolve it: `parallel-cc rebase <target> --stop` in a shell). success: it is " +
      "rebased, or with checkOnly it would be. error says why it was refused, and what to do. A rebase can be taken back.",
    isAlwaysLoaded: false,
    annotations: { isReadOnly: false, isDestructive: true, isIdempotent: true },
  },
  run: async (world: World, { targetBranch, checkOnly }) => {
    const { rebase } = await import("./run.ts");
    const { sessionOfAgent } = await import("../sessions/sessions.ts");
    try {
      const asker = { session: sessionOfAgent(world, await world.db()) };
      const answer = rebasedAnswer(await rebase(world, { asker, target: targetBranch, isCheck: checkOnly }));
      const { hasConflicts, summary, conflict } = answer;
      const output = [summary, ...rebasedLines(answer)].join("\n");
      return {
        ...{ success: !hasConflicts, output, hasConflicts },
        conflictingFiles: (conflict?.files ?? []).map(({ path }) => path),
        conflictSummary: hasConflicts ? output : "",
      };
    } catch (thrown) {
      const { kind, message, hint } = asFailure(thrown);
      // What is refused is an answer here: the tool has a place for it.
      if (kind === "internal" || kind === "cancelled" || kind === "usage") throw thrown;
      const error = hint === undefined ? message : `${message} ${hint}`;
      return {
        ...{ success: false, output: "", hasConflicts: false, conflictingFiles: [], conflictSummary: "" },
        error,
      };
    }
  },
});

export const operations: readonly AnyOperation<World>[] = [rebaseOperation, undoOperation];

export const agentOperations: readonly AnyAgentOperation<World>[] = [rebaseTool];
