// `worktree resume`: claude again in a kept worktree, with this terminal. Signals of the terminal are claude's to take.

import { Failure } from "../../core/failure.ts";
import { v } from "../../core/shape.ts";
import { worktreeToResume } from "../../features/cleanup/cleanup.ts";
import type { World } from "../../world.ts";

const INPUT = v.looseObject({ worktree: v.string(), repo: v.optional(v.string()) });

/** Answers the exit code of `claude-parallel`. */
export async function resume(world: World, input: unknown): Promise<number> {
  const { path, command } = await worktreeToResume(world, v.parse(INPUT, input));
  const [program = "", ...args] = command;
  // From here on Ctrl-C is for claude: it must not end us, who hand its exit status on.
  world.signal();
  const { exit, signal } = await world.handOver({ command: program, args, directory: path });
  if (exit !== null) return exit;
  throw new Failure({
    kind: "cancelled",
    code: "cancelled.signal",
    message: `${program} was ended by ${signal ?? "a signal"}.`,
    details: { signal },
  });
}
