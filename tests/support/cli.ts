// Runs the compiled program, dist/parallel-cc, as a user would. It is built before (`bun run build`), never here.

import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Place } from "./place.ts";

export const PROGRAM = join(import.meta.dir, "../../dist/parallel-cc");

export interface PccInput {
  /** The place itself when absent. */
  cwd?: string;
  /** Added to the hermetic environment; undefined takes a variable out. */
  env?: Readonly<Record<string, string | undefined>>;
  /** Folders searched first for programs. */
  path?: readonly string[];
  /** stdin; empty and closed when absent. */
  input?: string;
  /** SIGKILL after this long, and the test fails (30 s). */
  timeoutMs?: number;
}

export interface Ran {
  stdout: string;
  stderr: string;
  exit: number | null;
  /** Its name ("SIGTERM"), or null when it exited by itself. */
  signal: string | null;
}

export interface Running extends AsyncDisposable {
  pid: number;
  exited: Promise<Ran>;
  kill(signal?: NodeJS.Signals): void;
}

export async function pcc(place: Place, args: readonly string[], input: PccInput = {}): Promise<Ran> {
  const timeoutMs = input.timeoutMs ?? 30_000;
  await using running = startPcc(place, args, input);
  let late = false;
  const timer = setTimeout(() => {
    late = true;
    running.kill("SIGKILL");
  }, timeoutMs);
  const ran = await running.exited;
  clearTimeout(timer);
  if (late) throw new Error(`parallel-cc ${args.join(" ")} still ran after ${timeoutMs} ms; stderr: ${ran.stderr}`);
  return ran;
}

/** The one JSON document on stdout, whatever the exit status; anything beside it fails the test. */
export async function pccJson(place: Place, args: readonly string[], input: PccInput = {}): Promise<unknown> {
  const ran = await pcc(place, [...args, "--json"], input);
  return parseAnswer(ran);
}

export function parseAnswer(ran: Ran): unknown {
  try {
    return JSON.parse(ran.stdout);
  } catch (cause) {
    const told = JSON.stringify({ ...ran, stdout: ran.stdout.slice(0, 2000) });
    throw new Error(`stdout should be exactly one JSON document: ${told}`, { cause });
  }
}

/** Killed at the end of the test if it still runs then. */
export function startPcc(place: Place, args: readonly string[], input: PccInput = {}): Running {
  if (!existsSync(PROGRAM)) throw new Error(`${PROGRAM} is not there: run \`bun run build\` first.`);
  const child = Bun.spawn([PROGRAM, ...args], {
    cwd: input.cwd ?? place.path,
    env: place.env({ path: input.path ?? [], extra: input.env ?? {} }),
    stdin: input.input === undefined ? "ignore" : new Blob([input.input]),
    stdout: "pipe",
    stderr: "pipe",
  });
  const exited = (async (): Promise<Ran> => {
    const [stdout, stderr] = await Promise.all([child.stdout.text(), child.stderr.text(), child.exited]);
    return {
      stdout,
      stderr,
      exit: child.exitCode,
      signal: child.signalCode === null ? null : String(child.signalCode),
    };
  })();
  return {
    pid: child.pid,
    exited,
    kill: (signal = "SIGTERM") => child.kill(signal),
    async [Symbol.asyncDispose]() {
      if (child.exitCode === null && child.signalCode === null) child.kill("SIGKILL");
      await exited;
    },
  };
}
