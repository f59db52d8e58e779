// What the doors may call of merges that were seen.

import { type AnyOperation, operation, published } from "../../core/operation.ts";
import { flag, v, whole, word } from "../../core/shape.ts";
import type { World } from "../../world.ts";
import { eventAnswer, eventsShape, subscriptionAnswer, subscriptionsShape } from "./answers.ts";
import { eventsText, subscriptionsText } from "./text.ts";

export { agentOperations } from "./agents.ts";

const DEFAULT_SHOWN = 20;
const DEFAULT_OF_AGENTS = 50;

const statusOperation = operation({
  name: "arrivals.list",
  summary: "Show the merges that were seen, and who waits for one",
  description:
    "Branches of sessions, of kept worktrees and those that a session asked about are looked at in the background while " +
    "sessions are at work, at most once a minute, or by `parallel-cc watch merges`. A branch is seen once for each of " +
    "its tips that lands. The last ones seen come first.",
  input: () =>
    v.strictObject({
      repo: v.optional(word("Any directory of the repository (default: the current one, else all)", "repository")),
      branch: v.optional(word("Only this branch", "branch")),
      limit: v.optional(whole(`So many of the last (default: ${DEFAULT_SHOWN})`, 1)),
      subscriptions: v.optional(flag("Show which sessions asked to be told of a merge instead")),
    }),
  output: () => v.union([eventsShape(), subscriptionsShape()]),
  cli: {
    path: ["merge", "status"],
    examples: ["parallel-cc merge status", "parallel-cc merge status --subscriptions --json"],
  },
  mcp: {
    tool: "get_merge_events",
    description:
      "The merges that were seen in a repository, the last ones first: which branch landed in which target, when, as which " +
      "commit and by whose hand. total counts all of them. To know of one branch call check_merge_status, which asks git.",
    annotations: { isReadOnly: true, isDestructive: false, isIdempotent: true },
    input: published(
      () =>
        v.strictObject({
          repo_path: v.optional(
            word("Any directory of the repository (default: the one you work in, else all)", "repository"),
          ),
          limit: v.optional(whole(`So many of the last (default: ${DEFAULT_OF_AGENTS})`, 1)),
        }),
      ({ repo_path, limit = DEFAULT_OF_AGENTS }) => ({ ...(repo_path !== undefined && { repo: repo_path }), limit }),
    ),
    output: { shape: eventsShape, write: (answer) => answer },
  },
  run: async (world: World, { repo, branch, limit = DEFAULT_SHOWN, subscriptions = false }) => {
    const { countEvents, countSubscriptions, eventsAsked, subscriptionsAsked } = await import("./store.ts");
    const { repositoryMeant } = await import("./place.ts");
    const repository = await repositoryMeant(world, repo);
    const db = await world.db();
    const asked = { repository, branch, limit };
    return subscriptions
      ? { subscriptions: subscriptionsAsked(db, asked).map(subscriptionAnswer), total: countSubscriptions(db, asked) }
      : { events: eventsAsked(db, asked).map(eventAnswer), total: countEvents(db, asked) };
  },
  text: (answer, page) => ("events" in answer ? eventsText(answer, page) : subscriptionsText(answer, page)),
});

export const operations: readonly AnyOperation<World>[] = [statusOperation];
