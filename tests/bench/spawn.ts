// Running a command for its cost alone: the time of one synchronous spawn, and the peak of its memory.

import { openSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { build } from "../../build.ts";
import manifest from "../../package.json" with { type: "json" };
import { PROGRAM } from "../support/cli.ts";
import type { Env } from "../support/env.ts";
import type { Place } from "../support/place.ts";

const ROOT = join(import.meta.dir, "../..");
const EMPTY = join(ROOT, `dist/empty-${Bun.version}`);

export interface Spawned {
  command: readonly string[];
  cwd: string;
  env: Env;
  /** What stands on its standard input; nothing when absent. */
  input?: string;
}

/** parallel-cc with these words, at the top of the place unless told otherwise. */
export function pccCommand(place: Place, words: readonly string[], cwd = place.path): Spawned {
  return { command: [PROGRAM, ...words], cwd, env: place.env() };
}

/** The empty program, started as `like` is. */
export function emptyCommand(like: Spawned): Spawned {
  return { ...like, command: [EMPTY] };
}

/** Milliseconds of a command. One that fails is an error: its time would say nothing. */
export type Clock = (spawned: Spawned) => number;

/** From the start to the end. */
export const timeOf: Clock = (spawned) => cost(spawned).ms;

/** Of the processors, with the children that were waited for: what it takes where others take the time between. */
export const processorTimeOf: Clock = (spawned) => cost(spawned).processorMs;

function cost({ command, cwd, env, input }: Spawned) {
  const words = join(cwd, `.stderr-${process.pid}`);
  const stderr = openSync(words, "w");
  const stdin = input === undefined ? "ignore" : Buffer.from(input);
  const started = Bun.nanoseconds();
  const child = Bun.spawnSync([...command], { cwd, env, stdio: [stdin, "ignore", stderr] });
  const ms = (Bun.nanoseconds() - started) / 1e6;
  if (child.exitCode !== 0) throw failed(command, child.signalCode ?? child.exitCode, readFileSync(words, "utf8"));
  rmSync(words);
  return { ms, processorMs: Number(child.resourceUsage.cpuTime.total) / 1000 };
}

/** The most memory the command had at once, in units of 1024 × 1024 bytes. */
export function peakOf({ command, cwd, env }: Spawned): number {
  const child = Bun.spawnSync([EMPTY, "--peak", ...command], { cwd, env, stdin: "ignore" });
  if (child.exitCode !== 0) throw failed(command, child.signalCode ?? child.exitCode, child.stderr.toString());
  return Number(child.stdout.toString()) / 1024 ** 2;
}

function failed(command: readonly string[], ended: string | number, stderr: string): Error {
  return new Error(`${command.join(" ")} gave ${ended}: ${stderr}`);
}

/** Builds the empty program when there is none that is newer than what it is made of. */
export async function provideEmpty(): Promise<void> {
  const entry = join(ROOT, "tests/bench/empty.ts");
  const made = Bun.file(EMPTY);
  const sources = [entry, join(ROOT, "build.ts")].map((path) => Bun.file(path).lastModified);
  if ((await made.exists()) && made.lastModified > Math.max(...sources)) return;
  await build({ entry, outfile: EMPTY, version: manifest.version });
}
