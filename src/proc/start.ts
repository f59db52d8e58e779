// Children that go their own way: with our terminal, told line by line what to do, or for themselves after we have ended.

import { killGently } from "./kill.ts";
import { type Command, type Ended, endOf, spawn } from "./spawn.ts";

/** Runs a program with our own terminal and streams, until it ends by itself. */
export async function handOver(input: Command): Promise<Ended> {
  const child = spawn(input, { stdin: "inherit", stdout: "inherit", stderr: "inherit" });
  await child.exited;
  return endOf(child);
}

/** A child that is told what to do, and says what came of it. */
export interface Scripted {
  pid: number;
  stdout: ReadableStream<Uint8Array<ArrayBuffer>>;
  stderr: ReadableStream<Uint8Array<ArrayBuffer>>;
  /** Writes to its standard input; nothing when it has ended. */
  tell(text: string): void;
  /** There is nothing more to tell. */
  close(): void;
  ended: Promise<Ended>;
  /** Ends it and what it runs, unless it has ended. */
  stop(): Promise<void>;
}

/**
 * Starts a program that does what it is told on its standard input, in a group of its own. It should end where its input
 * does: then it cannot outlive us, whatever ends us.
 */
export function startScripted(input: Command): Scripted {
  const child = spawn(input, { stdin: "pipe", stdout: "pipe", stderr: "pipe", detached: true });
  return {
    pid: child.pid,
    stdout: child.stdout,
    stderr: child.stderr,
    tell: (text) =>
      void unlessEnded(async () => {
        await child.stdin.write(text);
        await child.stdin.flush();
      }),
    close: () => void unlessEnded(() => child.stdin.end()),
    ended: child.exited.then(() => endOf(child)),
    stop: async () => {
      if (child.exitCode === null && child.signalCode === null) await killGently(child, { isGroup: true });
    },
  };
}

/** Who has ended listens no more, which its end tells better than a broken pipe. */
async function unlessEnded(send: () => unknown): Promise<void> {
  try {
    await send();
  } catch {
    // Told by `ended`.
  }
}

/** Goes on as another program in this very process: the same pid, streams and directory. False where no system call does. */
export function becomes({ command, args, env }: Omit<Command, "cwd">): boolean {
  if (process.platform === "win32" || typeof process.execve !== "function") return false;
  process.execve(command, [command, ...args], { ...env });
  return true;
}

/** Starts a program that outlives us: in a session of its own, with nothing to read and nobody listening. */
export function startDetached(input: Command & { cwd: string }): void {
  spawn(input, { stdin: "ignore", stdout: "ignore", stderr: "ignore", detached: true }).unref();
}
