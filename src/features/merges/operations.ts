// What the doors may call of merges.

import { type AnyOperation, operation } from "../../core/operation.ts";
import { flag, NUMBER, orNull, TEXT, TEXT_OR_NULL, v, word, YES_OR_NO } from "../../core/shape.ts";
import { printable } from "../../core/text.ts";
import type { World } from "../../world.ts";
import { lastSeenShape } from "./last-seen.ts";
import { METHODS, VERDICTS } from "./verdict.ts";
import { verdictText } from "./verdict-text.ts";

const checked = () =>
  v.strictObject({
    verdict: v.picklist(VERDICTS),
    method: v.picklist(METHODS),
    evidence: v.strictObject({ commit: TEXT_OR_NULL, revertedBy: TEXT_OR_NULL }),
    landed: orNull(NUMBER),
    total: orNull(NUMBER),
    isSafeToDelete: YES_OR_NO,
    isComplete: YES_OR_NO,
    branch: TEXT,
    tip: TEXT,
    target: TEXT,
    targetCommit: TEXT,
    fork: TEXT_OR_NULL,
    /** Of a branch that is not there: by what its tip is known. */
    lastSeen: lastSeenShape(),
  });

const checkOperation = operation({
  name: "merges.check",
  summary: "Say whether a branch has landed, and by what evidence",
  description:
    "Without a target it is the branch recorded when the session started, or the default branch; what that follows on " +
    "a remote is looked at too. See `parallel-cc help landed`.",
  input: () =>
    v.strictObject({
      branch: word("The branch; a deleted one is judged by where it was last seen", "branch"),
      target: v.optional(word("Where it should have landed", "branch")),
      fork: v.optional(word("The commit the branch began at (default: the recorded one)", "commit")),
      fetch: v.optional(flag("First fetch the target from its remote; no local branch is touched, nothing prompts")),
    }),
  output: checked,
  cli: {
    path: ["merge", "check"],
    positionals: ["branch", "target"],
    examples: [
      "parallel-cc merge check parallel-auth-1a2b3c4d",
      "parallel-cc merge check feature/login main --fetch",
      "parallel-cc merge check feature/login --fork 1a2b3c4 --json",
    ],
  },
  run: async (world: World, input) => (await import("./check.ts")).checkMerge(world, input),
  text: (answer) => verdictText(answer),
  narration: (answer, page) =>
    answer.isComplete
      ? ""
      : `${page.paint.yellow("warning:")} ${printable(answer.branch)}: the search was cut short.\n`,
});

export const operations: readonly AnyOperation<World>[] = [checkOperation];
