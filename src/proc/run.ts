// The one place that starts a child and waits for it: argument arrays only, never a shell, bounded in time and output.
// A child that is stopped early ends as a Failure (`proc.timeout`, `proc.cancelled`, `proc.too-much-output`); any exit
// code and any signal it got from elsewhere is an answer. It will not wait for what a child leaves behind.

import { Failure } from "../core/failure.ts";
import { killGently, settlesWithin } from "./kill.ts";
import { whyNotStarted } from "./not-started.ts";

export interface RunInput {
  command: string;
  args: readonly string[];
  /** Where the child starts; without it, where we are. */
  cwd?: string | undefined;
  /** The whole environment of the child; `command` is looked up on its PATH. */
  env: Record<string, string>;
  /** What the child reads; without it, nothing (/dev/null). */
  input?: string | Uint8Array | undefined;
  timeoutMs?: number | undefined;
  signal?: AbortSignal | undefined;
  /** For stdout and stderr together; default 64 MiB. */
  maxOutputBytes?: number | undefined;
  /** The child leads a session of its own: Ctrl-C does not reach it, and stopping it stops all it started. */
  group?: boolean | undefined;
}

export interface Ended {
  /** null when a signal ended the child. */
  exit: number | null;
  signal: string | null;
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
  const child = start(input, input.group === true);
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
  return {
    exit: child.exitCode,
    signal: signalName(child.signalCode),
    stdout: output.bytes(0),
    stderr: new TextDecoder().decode(output.bytes(1)),
  };
}

/**
 * As `run`, but people see what the child says as it comes, all of it on our standard error; in a group of its own, with
 * nothing to read. Whoever it leaves behind goes on.
 */
export async function runShown(input: Omit<RunInput, "input" | "maxOutputBytes" | "group">): Promise<Ended> {
  if (input.signal?.aborted) throw cancelled(input);
  const child = translating(input, () =>
    Bun.spawn([input.command, ...input.args], {
      ...place(input),
      stdin: "ignore",
      stdout: 2,
      stderr: 2,
      detached: true,
    }),
  );
  const guard = guardOf(child, { ...input, group: true });
  try {
    await guard.ended();
    if (guard.failure() !== undefined) await guard.stopped;
  } finally {
    guard.leave();
  }
  const failure = guard.failure();
  if (failure !== undefined) throw failure;
  return { exit: child.exitCode, signal: signalName(child.signalCode) };
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
  const child = translating(input, () =>
    Bun.spawnSync([input.command, ...input.args], {
      ...place(input),
      stdin: stdinOf(input.input),
      stdout: "pipe",
      stderr: "pipe",
      timeout: timeoutMs,
      killSignal: "SIGKILL",
      maxBuffer: maxBytes,
    }),
  );
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

function start(input: RunInput, detached: boolean) {
  return translating(input, () =>
    Bun.spawn([input.command, ...input.args], {
      ...place(input),
      stdin: stdinOf(input.input),
      stdout: "pipe",
      stderr: "pipe",
      detached,
    }),
  );
}

function translating<T>(input: RunInput, spawn: () => T): T {
  try {
    return spawn();
  } catch (cause) {
    throw whyNotStarted(input, cause);
  }
}

/** Runs a program with our own terminal and streams, until it ends by itself. */
export async function handOver(input: Pick<RunInput, "command" | "args" | "cwd" | "env">): Promise<Ended> {
  const child = translating(input, () =>
    Bun.spawn([input.command, ...input.args], {
      ...place(input),
      stdin: "inherit",
      stdout: "inherit",
      stderr: "inherit",
    }),
  );
  await child.exited;
  return { exit: child.exitCode, signal: signalName(child.signalCode) };
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
export function startScripted(input: Pick<RunInput, "command" | "args" | "env" | "cwd">): Scripted {
  const child = translating(input, () =>
    Bun.spawn([input.command, ...input.args], {
      ...place(input),
      stdin: "pipe",
      stdout: "pipe",
      stderr: "pipe",
      detached: true,
    }),
  );
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
    ended: child.exited.then(() => ({ exit: child.exitCode, signal: signalName(child.signalCode) })),
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

/** Starts a program that outlives us: in a session of its own, with nothing to read and nobody listening. */
export function startDetached(input: Pick<RunInput, "command" | "args" | "env"> & { cwd: string }): void {
  translating(input, () =>
    Bun.spawn([input.command, ...input.args], {
      ...place(input),
      stdin: "ignore",
      stdout: "ignore",
      stderr: "ignore",
      detached: true,
    }),
  ).unref();
}

/** A child that is a Bun program itself must not be turned into another one by what we were started with. */
function place(input: Pick<RunInput, "cwd" | "env">): { env: Record<string, string>; cwd?: string } {
  const { BUN_OPTIONS: _options, BUN_BE_BUN: _beBun, ...env } = input.env;
  return input.cwd === undefined ? { env } : { env, cwd: input.cwd };
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
function signalName(code: string | number | null | undefined): string | null {
  return typeof code === "number" ? `SIG${code}` : (code ?? null);
}

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
