// `parallel-cc hook <Event>` and `parallel-cc statusline`, as Claude Code runs them: always exit 0 (2 would block a prompt), nothing on
// stdout but an answer, and what went wrong in a log, since nobody sees the standard error of a hook.

import { asFailure } from "../../core/failure.ts";
import { noteTrouble } from "../../features/hooks/hooks.ts";
import { makeWorld } from "../../world.ts";
import { answer } from "../output.ts";

/** Always 0. */
export async function hook(words: readonly string[]): Promise<number> {
  const [command = "", event = ""] = words;
  try {
    const world = makeWorld();
    try {
      if (command === "statusline") {
        answer(await (await import("../../features/hooks/hooks.ts")).statusLine(world));
      } else {
        const said = await (await import("../../features/hooks/hooks.ts")).answerHook(world, event);
        if (said !== undefined) answer(`${said.worktreePath ?? JSON.stringify(said)}\n`);
      }
    } catch (thrown) {
      noteTrouble(world, event, asFailure(thrown));
    }
  } catch {
    // Not even a home: there is no log to write to.
  }
  return 0;
}
