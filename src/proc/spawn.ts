// The one place that starts children: argument arrays only, never a shell. Why one did not start is a Failure.

import { whyNotStarted } from "./not-started.ts";

export interface Command {
  command: string;
  args: readonly string[];
  /** Where the child starts; without it, where we are. */
  cwd?: string | undefined;
  /** The whole environment of the child; `command` is looked up on its PATH. */
  env: Record<string, string>;
}

export interface Ended {
  /** null when a signal ended the child. */
  exit: number | null;
  signal: string | null;
}

interface Streams<In, Out, Err> {
  stdin: In;
  stdout: Out;
  stderr: Err;
  /** It leads a session of its own. */
  detached?: boolean;
}

/** Errors: `proc.not-found`, `proc.not-executable`, `proc.no-directory`, `proc.not-started`. */
export function spawn<
  In extends Bun.SpawnOptions.Writable,
  Out extends Bun.SpawnOptions.Readable,
  Err extends Bun.SpawnOptions.Readable,
>(command: Command, streams: Streams<In, Out, Err>): Bun.Subprocess<In, Out, Err> {
  return started(command, () =>
    Bun.spawn<In, Out, Err>([command.command, ...command.args], { ...place(command), ...streams }),
  );
}

interface Bounds {
  stdin: "ignore" | Uint8Array;
  timeoutMs: number;
  maxBytes: number;
}

/** Waits for it, and kills it outright when a bound is passed. Errors: as `spawn`. */
export function spawnAndWait(
  command: Command,
  { stdin, timeoutMs, maxBytes }: Bounds,
): Bun.SyncSubprocess<"pipe", "pipe"> {
  return started(command, () =>
    Bun.spawnSync([command.command, ...command.args], {
      ...place(command),
      stdin,
      stdout: "pipe",
      stderr: "pipe",
      timeout: timeoutMs,
      killSignal: "SIGKILL",
      maxBuffer: maxBytes,
    }),
  );
}

/**
 * What `start` gives. Another command may set a worktree aside and put it back: where only that can be why a program did
 * not start in it, it is started once more.
 */
export function started<T>(command: Command, start: () => T): T {
  try {
    return start();
  } catch (cause) {
    const failure = whyNotStarted(command, cause);
    if (failure.code !== "proc.not-executable" || failure.details["errno"] !== "ENOENT" || command.cwd === undefined) {
      throw failure;
    }
  }
  try {
    return start();
  } catch (cause) {
    throw whyNotStarted(command, cause);
  }
}

/** A child that is a Bun program itself must not be turned into another one by what we were started with. */
function place(input: Pick<Command, "cwd" | "env">): { env: Record<string, string>; cwd?: string } {
  const { BUN_OPTIONS: _options, BUN_BE_BUN: _beBun, ...env } = input.env;
  return input.cwd === undefined ? { env } : { env, cwd: input.cwd };
}

/** Of one that has ended. */
export function endOf({ exitCode, signalCode }: Pick<Bun.Subprocess, "exitCode" | "signalCode">): Ended {
  return { exit: exitCode, signal: signalName(signalCode) };
}

export function signalName(code: string | number | null | undefined): string | null {
  return typeof code === "number" ? `SIG${code}` : (code ?? null);
}
