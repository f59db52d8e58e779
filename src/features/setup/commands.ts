// Commands of settings, run one after the other in a worktree: each by a shell, as it was typed, with its output shown,
// nothing to read and a time limit. What a name holds reaches them as a variable, never as text of the command.

import { asFailure } from "../../core/failure.ts";
import { printable } from "../../core/text.ts";
import type { World } from "../../world.ts";

export interface Commands {
  directory: string;
  commands: readonly string[];
  timeoutSeconds: number;
  variables: Readonly<Record<string, string>>;
}

export interface FailedCommand {
  command: string;
  why: string;
}

/** The first that fails ends it. Throws only when the signal stops it. */
export async function runCommands(
  world: Pick<World, "runShown" | "say" | "signal">,
  { directory, commands, timeoutSeconds, variables }: Commands,
): Promise<FailedCommand | undefined> {
  const signal = world.signal();
  for (const command of commands) {
    world.say(`$ ${printable(command)}`);
    const program = { command: "sh", args: ["-c", command], directory, variables, signal };
    try {
      const { exit, signal: by } = await world.runShown({ ...program, timeoutMs: timeoutSeconds * 1000 });
      if (exit !== 0) return { command, why: exit === null ? `was ended by ${by}` : `failed (exit ${exit})` };
    } catch (thrown) {
      const failure = asFailure(thrown);
      if (signal.aborted || failure.kind === "internal") throw thrown;
      const isLate = failure.code === "proc.timeout";
      return { command, why: isLate ? `took longer than ${timeoutSeconds} s` : `was not started: ${failure.message}` };
    }
  }
  return undefined;
}
