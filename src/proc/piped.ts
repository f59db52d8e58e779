// Children whose output is read as it comes and whose input may be a stream: what is moved is never held whole.

import { Failure } from "../core/failure.ts";
import { killGently } from "./kill.ts";
import { type Command, type Ended, endOf, spawn } from "./spawn.ts";

export interface PipedInput extends Command {
  /** What it reads; without it, nothing (/dev/null). A stream is cancelled when the child ends early. */
  input?: ReadableStream<Uint8Array> | Uint8Array | undefined;
  /** It and all it started are stopped then, and `ended` tells `proc.cancelled` or `proc.timeout`. */
  signal?: AbortSignal | undefined;
  timeoutMs?: number | undefined;
}

/** A child that runs in a session of its own. */
export interface Piped {
  pid: number;
  /** As it comes; a child whose output nobody reads waits. */
  stdout: ReadableStream<Uint8Array<ArrayBuffer>>;
  ended: Promise<PipedEnd>;
  /** Ends it and what it started, unless it has ended. */
  stop(): Promise<void>;
}

export interface PipedEnd extends Ended {
  /** The last 64 KiB of its standard error. */
  stderr: string;
}

const MOST_STDERR_BYTES = 64 * 1024;
const MAX_TIMER_MS = 2 ** 31 - 1;

/** Errors: `proc.not-found`, `proc.not-executable`, `proc.no-directory`, `proc.not-started`. */
export function startPiped(input: PipedInput): Piped {
  if (input.signal?.aborted) throw stopped(input, "proc.cancelled");
  const child = spawn(input, { stdin: input.input ?? "ignore", stdout: "pipe", stderr: "pipe", detached: true });
  let why: "proc.cancelled" | "proc.timeout" | undefined;
  let stopping: Promise<void> | undefined;
  const stop = async () => {
    if (child.exitCode !== null || child.signalCode !== null) return stopping;
    stopping ??= killGently(child, { isGroup: true });
    await stopping;
  };
  const halt = (code: "proc.cancelled" | "proc.timeout") => {
    why ??= code;
    void stop();
  };
  const onAbort = () => halt("proc.cancelled");
  input.signal?.addEventListener("abort", onAbort, { once: true });
  const { timeoutMs } = input;
  const timer =
    timeoutMs === undefined ? undefined : setTimeout(() => halt("proc.timeout"), Math.min(timeoutMs, MAX_TIMER_MS));
  const stderr = lastBytes(child.stderr);
  const end = async (): Promise<PipedEnd> => {
    await child.exited;
    await stopping;
    clearTimeout(timer);
    input.signal?.removeEventListener("abort", onAbort);
    // Who has left its standard error to somebody that goes on is not waited for.
    const said = await Promise.race([stderr.whole, after(DRAIN_MS).then(stderr.soFar)]);
    if (why !== undefined) throw stopped(input, why);
    return { ...endOf(child), stderr: said };
  };
  const ended = end();
  // Told to whoever awaits it; nobody need.
  ended.catch(() => undefined);
  return { pid: child.pid, stdout: child.stdout, ended, stop };
}

const DRAIN_MS = 500;

function after(ms: number): Promise<void> {
  return new Promise((done) => setTimeout(done, ms));
}

function lastBytes(stream: ReadableStream<Uint8Array>) {
  let kept: Uint8Array = new Uint8Array();
  const soFar = () => new TextDecoder().decode(kept);
  const read = async () => {
    for await (const chunk of stream) {
      const both = Buffer.concat([kept, chunk]);
      kept = both.subarray(Math.max(0, both.length - MOST_STDERR_BYTES));
    }
    return soFar();
  };
  return { soFar, whole: read() };
}

function stopped(input: PipedInput, code: "proc.cancelled" | "proc.timeout"): Failure {
  const reason: unknown = input.signal?.reason;
  const isLate = code === "proc.timeout";
  return new Failure({
    kind: isLate ? "unavailable" : "cancelled",
    code,
    message: isLate
      ? `${input.command} did not finish within ${input.timeoutMs} ms and was stopped.`
      : `${input.command} was stopped before it finished.`,
    details: { ...(reason instanceof Failure ? reason.details : {}), command: input.command },
    cause: reason,
  });
}
