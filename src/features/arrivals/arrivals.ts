// The room's door: which branches have landed, seen in time and told to whom it concerns. Hooks come here to have a look
// started, so all else is loaded by who asks for it.

import type { RepositoryKey } from "../roster/roster.ts";
import type { Effects } from "./ground.ts";
import type { Polled, PollOptions } from "./poll.ts";

export { type EventAnswer, eventAnswer, eventAnswerShape } from "./answers.ts";
export { startPollIfDue } from "./due.ts";
export { repositoriesAtWork } from "./store.ts";
export { eventLine } from "./text.ts";
export type { Effects as PollWorld, Polled, PollOptions };

/** One look at a repository now. Errors: `lock.held`, `git.*`, those of the database; `proc.cancelled`. */
export async function pollMerges(world: Effects, repository: RepositoryKey, options?: PollOptions): Promise<Polled> {
  return (await import("./poll.ts")).pollMerges(world, repository, options);
}
