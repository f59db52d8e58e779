// A native sandbox in the hands of whoever has its id. Short programs are children of the caller and end with it; what is
// to go on is started by the keeper.

import { Failure } from "../../../core/failure.ts";
import type { Piped } from "../../../proc/piped.ts";
import type { World } from "../../../world.ts";
import type { Exec, ExecEnd, Execution, Sandbox, Standing } from "../provider.ts";
import { destroyed } from "./destroy.ts";
import { type Ground, recordOf, standingOf } from "./ground.ts";
import { before, readStart, type Start, type Told, tellStart } from "./inside.ts";
import { ranOutOfMemory } from "./limits.ts";
import { checkMinutes, directHosts } from "./policy.ts";
import { ask, awake, type Callers, isKept } from "./talk.ts";
import { usageOf } from "./usage.ts";

export type Effects = Callers & Pick<World, "newId" | "runProgram" | "now">;

/** A tar need not be in memory to be unpacked. */
type StreamExec = Omit<Exec, "input"> & { input?: Exec["input"] | ReadableStream<Uint8Array> };

export function nativeSandbox(world: Effects, ground: Ground, weaknesses: readonly string[]): Sandbox {
  const exec = (command: StreamExec): Execution => {
    const held = holding(world);
    return executionOf(held, run(world, ground, { command, held }).finally(held.hasBegun));
  };
  return {
    id: ground.id,
    places: ground.places,
    weaknesses,
    exec,
    start: async (command) => {
      await awake(world, ground);
      const told = toldFor(world, ground, command, "apart");
      const { word, directory } = told;
      const bytes = Buffer.from(tellStart(told)).toString("base64");
      await ask(ground, { ask: "start", told: bytes, word, directory, argv: [...command.argv] });
    },
    upload: async ({ tar, compression, into, signal }) => {
      const unzip = compression === "gzip" ? ["-z"] : [];
      const argv: Exec["argv"] = ["tar", "-x", ...unzip, "-p", "-o", "-f", "-", "-C", into];
      const execution = exec({ argv, input: tar, ...(signal && { signal }) });
      await execution.stdout.cancel();
      const { exit, stderr } = await execution.ended;
      if (exit !== 0) throw failed("What was sent could not be unpacked in the sandbox.", stderr);
    },
    download: async (path, signal) => {
      const argv: Exec["argv"] = ["sh", "-c", DOWNLOAD, "download", path];
      const execution = exec({ argv, ...(signal && { signal }) });
      return bytesOf(execution, path);
    },
    inspect: () => inspected(world, ground),
    extend: async (minutes) => {
      checkMinutes(minutes);
      await awake(world, ground);
      await ask(ground, { ask: "extend", minutes });
    },
    destroy: () => destroyed(world, ground),
  };
}

/** One byte when there is such a file, so that its absence is told before the first of it. */
const DOWNLOAD = '[ -f "$1" ] && [ -r "$1" ] || exit 1; printf +; exec cat -- "$1"';

interface Running {
  child: Piped;
  /** undefined: stopped before. */
  start: Start | undefined;
}

/** What `stop` can reach, also before anything has come of it. */
interface Held {
  child: Piped | undefined;
  isStopped: boolean;
  /** Called when a program runs inside, or none will. */
  hasBegun(): void;
  /** Calls it then, or when that takes too long. */
  begun(then: () => void): void;
}

/** Starting takes a fraction of it. */
const MOST_START_MS = 1000;

/**
 * bubblewrap (0.4 to 0.11) that is ended before what it starts has asked to end with it leaves that behind, and it holds
 * the output open: what is just being started is stopped a moment later.
 */
function holding({ sleep }: Pick<World, "sleep">): Held {
  const begun = Promise.withResolvers<void>();
  return {
    ...{ child: undefined, isStopped: false, hasBegun: begun.resolve },
    begun: (then) => void Promise.race([begun.promise, sleep(MOST_START_MS)]).then(then),
  };
}

async function run(
  world: Effects,
  ground: Ground,
  { command, held }: { command: StreamExec; held: Held },
): Promise<Running> {
  const { input, timeoutMs, signal } = command;
  const standing = await awake(world, ground);
  const told = toldFor(world, ground, command, input === undefined ? "unfed" : "fed");
  const stopping = new AbortController();
  const stop = () => held.begun(() => stopping.abort(signal?.reason));
  if (signal?.aborted) stopping.abort(signal.reason);
  const child = world.startPiped({
    command: "/bin/sh",
    args: ["-c", standing.command],
    directory: ground.desk,
    input: fed(tellStart(told), input),
    only: standing.variables,
    ...(timeoutMs !== undefined && { timeoutMs }),
    signal: stopping.signal,
  });
  held.child = child;
  if (held.isStopped) held.begun(() => void child.stop());
  signal?.addEventListener("abort", stop, { once: true });
  void child.ended.catch(() => undefined).finally(() => signal?.removeEventListener("abort", stop));
  const start = await readStart(child.stdout, told);
  if (start !== undefined || held.isStopped) return { child, start };
  const { stderr } = await child.ended;
  recordOf(ground);
  throw failed("The sandbox could not be entered.", stderr);
}

function fed(told: Uint8Array, input: StreamExec["input"]): Uint8Array | ReadableStream<Uint8Array> {
  if (input === undefined) return told;
  if (input instanceof ReadableStream) return before(told, input);
  return Buffer.concat([told, typeof input === "string" ? Buffer.from(input) : input]);
}

function toldFor(
  world: Pick<World, "newId">,
  ground: Ground,
  { argv, cwd, env = {} }: Pick<Exec, "argv" | "cwd" | "env">,
  kind: Told["kind"],
): Told {
  const direct = directHosts(recordOf(ground).hosts);
  const own = { TMPDIR: ground.places.temporary, NO_PROXY: direct, no_proxy: direct };
  return { word: world.newId(), argv, directory: cwd ?? ground.places.workspace, variables: { ...own, ...env }, kind };
}

function executionOf(held: Held, running: Promise<Running>): Execution {
  // Told to whoever reads or awaits; nobody need.
  running.catch(() => undefined);
  const drained = Promise.withResolvers<void>();
  const stdout = new ReadableStream<Uint8Array>(
    {
      pull: async (controller) => {
        try {
          const { start } = await running;
          const rest = start?.rest;
          if (start !== undefined && rest !== undefined) {
            start.rest = undefined;
            controller.enqueue(rest);
            return;
          }
          const value = (await start?.reader.read())?.value;
          if (value !== undefined) {
            controller.enqueue(value);
            return;
          }
        } catch {
          // `ended` tells why.
        }
        drained.resolve();
        controller.close();
      },
      cancel: async () => {
        drained.resolve();
        // What goes on printing is not to be held up by nobody's reading.
        void running.then(({ start }) => drain(start?.reader)).catch(() => undefined);
      },
    },
    { highWaterMark: 0 },
  );
  const ended = (async (): Promise<ExecEnd> => {
    const { child } = await running;
    const [{ exit, stderr }] = await Promise.all([child.ended, drained.promise]);
    return { exit, stderr };
  })();
  ended.catch(() => undefined);
  const stop = async () => {
    held.isStopped = true;
    await new Promise<void>((begun) => held.begun(begun));
    await held.child?.stop();
    await running.catch(() => undefined);
  };
  return { stdout, ended, stop };
}

async function drain(reader: Start["reader"] | undefined): Promise<void> {
  while ((await reader?.read())?.value !== undefined);
}

/** The file's bytes; the stream fails when they were not all there. */
async function bytesOf(execution: Execution, path: string): Promise<ReadableStream<Uint8Array>> {
  const reader = execution.stdout.getReader();
  const first = await reader.read();
  if (first.done || first.value[0] !== 43) {
    const { stderr } = await execution.ended;
    throw failed(`There is no file "${path}" in the sandbox that can be read.`, stderr);
  }
  let rest: Uint8Array | undefined = first.value.subarray(1);
  return new ReadableStream<Uint8Array>(
    {
      pull: async (controller) => {
        if (rest !== undefined && rest.length > 0) {
          controller.enqueue(rest);
          rest = undefined;
          return;
        }
        const { value, done } = await reader.read();
        if (!done) {
          controller.enqueue(value);
          return;
        }
        const { exit, stderr } = await execution.ended;
        if (exit === 0) controller.close();
        else controller.error(failed(`"${path}" could not be read to its end.`, stderr));
      },
      cancel: async () => {
        await execution.stop();
      },
    },
    { highWaterMark: 0 },
  );
}

async function inspected(world: Effects, ground: Ground): Promise<Standing> {
  const standing = standingOf(ground);
  try {
    recordOf(ground);
  } catch {
    const nothing = { cpuPercent: undefined, memoryBytes: undefined, diskBytes: undefined };
    return { state: "gone", endsAt: undefined, usage: nothing };
  }
  const isRunning = standing?.isRunning === true && isKept(world, standing);
  return {
    state: isRunning ? "running" : "stopped",
    endsAt: isRunning ? new Date(standing.endsAt) : undefined,
    usage: await usageOf(world, ground, standing?.groups ?? []),
    ranOutOfMemory: ranOutOfMemory(standing?.groups ?? []),
  };
}

function failed(message: string, stderr: string): Failure {
  return new Failure({ code: "sandbox.exec", message, details: { stderr: stderr.slice(-2000) } });
}
