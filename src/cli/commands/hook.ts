// `parallel-cc hook <Event>` and `parallel-cc statusline`, as Claude Code runs them: always exit 0 (2 would block a prompt),
// nothing on stdout but an answer, and what went wrong in a log, since nobody sees the standard error of a hook.

import { asFailure } from "../../core/failure.ts";
import { answerHook, noteTrouble, statusLine } from "../../features/hooks/hooks.ts";
import { makeWorld, type World } from "../../world.ts";
import { answer, failureText, tell } from "../output.ts";

/** Always 0. */
export async function hook(words: readonly string[], made: () => World = makeWorld): Promise<number> {
  const [command = "", event = ""] = words;
  try {
    const world = made();
    try {
      answer(command === "statusline" ? await statusLine(world) : await answerText(world, event));
    } catch (thrown) {
      const failure = asFailure(thrown);
      noteTrouble(world, event, failure);
      // The client shows it where it gets no worktree.
      if (event === "WorktreeCreate") tell(failureText(failure));
    }
  } catch {
    // Not even a home: there is no log to write to.
  }
  return 0;
}

async function answerText(world: World, event: string): Promise<string> {
  const said = await answerHook(world, event);
  return said === undefined ? "" : `${said.worktreePath ?? JSON.stringify(said)}\n`;
}
