// Children that are waited for, bounded in time and output.
// A child that is stopped early ends as a Failure (`proc.timeout`, `proc.cancelled`, `proc.too-much-output`); any exit
// code and any signal it got from elsewhere is an answer. It will not wait for what a child leaves behind.

import { Failure } from "../core/failure.ts";
import { killGently, settlesWithin } from "./kill.ts";
import { type Command, type Ended, endOf, signalName, spawn, spawnAndWait } from "./spawn.ts";

export interface RunInput extends Command {
  /** What the child reads; without it, nothing (/dev/null). */
  input?: string | Uint8Array | undefined;
  timeoutMs?: number | undefined;
  signal?: AbortSignal | undefined;
  /** For stdout and stderr together; default 64 MiB. */
  maxOutputBytes?: number | undefined;
  /** The child leads a session of its own: Ctrl-C does not reach it, and stopping it stops all it started. */
  group?: boolean | undefined;
}

export interface RunResult extends Ended {
  stdout: Uint8Array;
  stderr: string;
}

const MAX_OUTPUT_BYTES = 64 * 1024 * 1024;
/** How often, and how many times, an ended child's pipes are looked at while somebody else still holds them open. */
const DRAIN_TICK_MS = 50;
const DRAIN_QUIET_TICKS = 5;
const DRAIN_TICKS = 40;
/** Ctrl-C reaches child and parent at once: how long our own handler may lag behind the child's death. */
const ABORT_LAG_MS = 50;
/** setTimeout takes 31 bits; more would be over at once. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/** Throws `proc.not-found`, `proc.not-executable`, `proc.no-directory`, `proc.not-started` when there is no child at all. */
export async function run(input: RunInput): Promise<RunResult> {
  if (input.signal?.aborted) throw cancelled(input);
  const streams = { stdin: stdinOf(input.input), stdout: "pipe", stderr: "pipe" } as const;
  const child = spawn(input, { ...streams, detached: input.group === true });
  const guard = guardOf(child, input);
  const maxBytes = input.maxOutputBytes ?? MAX_OUTPUT_BYTES;
  const output = collect([child.stdout, child.stderr], maxBytes, () => guard.stop(tooMuchOutput(input, maxBytes)));
  try {
    await guard.ended();
    if (guard.failure() === undefined) await drain(output);
    if (guard.failure() === undefined && isInterrupt(child.signalCode) && input.signal) await abortWithin(input.signal);
    if (guard.failure() !== undefined) await Promise.all([output.abandon(), guard.stopped]);
  } finally {
    guard.leave();
  }
  const failure = guard.failure();
  if (failure !== undefined) throw failure;
  return { ...endOf(child), stdout: output.bytes(0), stderr: new TextDecoder().decode(output.bytes(1)) };
}

/**
 * As `run`, but people see what the child says as it comes, all of it on our standard error; in a group of its own, with
 * nothing to read. Whoever it leaves behind goes on.
 */
export async function runShown(input: Omit<RunInput, "input" | "maxOutputBytes" | "group">): Promise<Ended> {
  if (input.signal?.aborted) throw cancelled(input);
  const child = spawn(input, { stdin: "ignore", stdout: 2, stderr: 2, detached: true });
  const guard = guardOf(child, { ...input, group: true });
  try {
    await guard.ended();
    if (guard.failure() !== undefined) await guard.stopped;
  } finally {
    guard.leave();
  }
  const failure = guard.failure();
  if (failure !== undefined) throw failure;
  return endOf(child);
}

/** Stops a child when its time is over or the signal says so. */
function guardOf(child: Bun.Subprocess, input: RunInput) {
  // Windows knows no groups.
  const isGroup = input.group === true && process.platform !== "win32";
  const stopped = Promise.withResolvers<void>();
  let failure: Failure | undefined;
  const stop = (why: Failure): void => {
    if (failure !== undefined) return;
    failure = why;
    killGently(child, { isGroup }).then(stopped.resolve, stopped.reject);
  };
  const timer = startTimer(input.timeoutMs, () => stop(timedOut(input, input.timeoutMs)));
  const onAbort = () => stop(cancelled(input));
  input.signal?.addEventListener("abort", onAbort);
  return {
    stop,
    stopped: stopped.promise,
    failure: () => failure,
    /** Its end, or that of stopping it. */
    ended: async (): Promise<void> => {
      await Promise.race([child.exited, stopped.promise]);
      clearTimeout(timer);
    },
    leave: (): void => {
      clearTimeout(timer);
      input.signal?.removeEventListener("abort", onAbort);
      child.unref();
    },
  };
}

/**
 * For the few calls that cannot wait (a probe inside a transaction): no abort, no group, killed outright when its time
 * is over. Not faster than `run`; blocks everything else meanwhile, so its time is short by default (5 s).
 */
export function runSync(input: Omit<RunInput, "signal" | "group">): RunResult {
  const timeoutMs = input.timeoutMs ?? 5000;
  const maxBytes = input.maxOutputBytes ?? MAX_OUTPUT_BYTES;
  const child = spawnAndWait(input, { stdin: stdinOf(input.input), timeoutMs, maxBytes });
  if (child.exitedDueToMaxBuffer) throw tooMuchOutput(input, maxBytes);
  // A child that ended by itself may still count as timed out when something it left behind held the pipes.
  if (child.exitedDueToTimeout && child.signalCode !== undefined) throw timedOut(input, timeoutMs);
  return {
    exit: child.signalCode === undefined ? child.exitCode : null,
    signal: signalName(child.signalCode),
    stdout: child.stdout,
    stderr: new TextDecoder().decode(child.stderr),
  };
}

function stdinOf(input: string | Uint8Array | undefined): "ignore" | Uint8Array {
  if (input === undefined) return "ignore";
  return typeof input === "string" ? new TextEncoder().encode(input) : input;
}

interface Output {
  closed: Promise<unknown>;
  size(): number;
  bytes(stream: number): Uint8Array;
  abandon(): Promise<unknown>;
}

function collect(streams: readonly ReadableStream<Uint8Array>[], maxBytes: number, tooMuch: () => void): Output {
  let size = 0;
  const readers = streams.map((stream) => stream.getReader());
  const chunks = streams.map((): Uint8Array[] => []);
  const abandon = () => Promise.all(readers.map((reader) => reader.cancel()));
  const closed = Promise.all(
    readers.map(async (reader, index) => {
      for (let next = await reader.read(); !next.done; next = await reader.read()) {
        size += next.value.byteLength;
        if (size > maxBytes) {
          tooMuch();
          await abandon();
          return;
        }
        chunks[index]?.push(next.value);
      }
    }),
  );
  // Awaited only after the child has ended; until then a failed read must not count as unhandled.
  closed.catch(() => undefined);
  return { closed, size: () => size, bytes: (stream) => Buffer.concat(chunks[stream] ?? []), abandon };
}

/**
 * Reads what an ended child left in its pipes. Where a process it started still holds them, the end never comes: then
 * reading stops after a quiet while, counted in turns of the event loop so that a busy one does not lose what is there.
 */
async function drain(output: Output): Promise<void> {
  let quiet = 0;
  for (let tick = 0; tick < DRAIN_TICKS && quiet < DRAIN_QUIET_TICKS; tick += 1) {
    const before = output.size();
    if (await settlesWithin(output.closed, DRAIN_TICK_MS)) return;
    quiet = output.size() === before ? quiet + 1 : 0;
  }
  await output.abandon();
}

function startTimer(ms: number | undefined, onTime: () => void) {
  return ms === undefined ? undefined : setTimeout(onTime, Math.min(ms, MAX_TIMER_MS));
}

/** Signals without a name of their own (the real-time ones) come as numbers. */
function isInterrupt(signal: string | number | null): boolean {
  return signal === "SIGINT" || signal === "SIGTERM" || signal === "SIGHUP";
}

async function abortWithin(signal: AbortSignal): Promise<void> {
  const aborted = Promise.withResolvers<void>();
  signal.addEventListener("abort", () => aborted.resolve(), { once: true });
  await settlesWithin(aborted.promise, ABORT_LAG_MS);
}

function timedOut(input: RunInput, timeoutMs: number | undefined): Failure {
  return new Failure({
    kind: "unavailable",
    code: "proc.timeout",
    message: `${input.command} did not finish within ${timeoutMs} ms and was stopped.`,
    details: { command: input.command, args: input.args, timeoutMs },
  });
}

function cancelled(input: RunInput): Failure {
  const reason: unknown = input.signal?.reason;
  return new Failure({
    kind: "cancelled",
    code: "proc.cancelled",
    message: `${input.command} was stopped before it finished.`,
    details: { ...(reason instanceof Failure ? reason.details : {}), command: input.command, args: input.args },
    cause: reason,
  });
}

function tooMuchOutput(input: RunInput, maxBytes: number): Failure {
  return new Failure({
    code: "proc.too-much-output",
    message: `${input.command} printed more than ${maxBytes} bytes and was stopped.`,
    details: { command: input.command, args: input.args, maxBytes },
  });
}
