// Runs a fresh program, also one for another machine where this one can run it: whether it can is told by that
// program's runtime, which is known to be whole. Where the runtime starts, the program has to.

import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import type { Target } from "./targets.ts";

/** `way` stands before the program: nothing, or the words of an emulator. */
export type Runnable = { can: true; way: readonly string[] } | { can: false; why: string };

interface Machine {
  platform: string;
  arch: string;
  which(program: string): string | null;
}

/** A cold start under an emulator takes a second; one that hangs must end. */
const TIMEOUT_MS = 60_000;
const QEMU_CPU = { x64: "x86_64", arm64: "aarch64" } as const;

/** The ways that may run it, the most direct first. The kernel may know more than one thinks (binfmt_misc, Rosetta). */
export function waysToRun(target: Target, { platform, arch, which }: Machine): readonly string[][] {
  if (platform !== target.os) return [];
  const cpu = QEMU_CPU[target.cpu];
  const qemu = target.os === "linux" && arch !== target.cpu ? which(`qemu-${cpu}`) : null;
  // Debian's libc6-<cpu>-cross puts the loader and the C library there.
  const root = `/usr/${cpu}-linux-gnu`;
  return qemu === null ? [[]] : [[], [qemu, ...(existsSync(root) ? ["-L", root] : [])]];
}

export async function findWay(
  target: Target,
  known: { runtime: string; version: string },
  machine: Machine = { platform: process.platform, arch: process.arch, which: (name) => Bun.which(name) },
): Promise<Runnable> {
  const needed = neededFor(target, machine);
  let why = `needs ${needed}`;
  for (const way of waysToRun(target, machine)) {
    const { exit, stdout, ended, stderr } = await start([...way, known.runtime, "--version"]);
    if (exit === 0 && stdout.trim() === known.version) return { can: true, way };
    if (exit === 0) throw new Error(`${known.runtime} is Bun ${stdout.trim()}, not ${known.version}.`);
    const words = stderr.split("\n")[0]?.trim() || ended;
    why = `needs ${needed} (its Bun: ${words.replaceAll(known.runtime, basename(known.runtime))})`;
  }
  return { can: false, why };
}

function neededFor({ os, cpu, libc }: Target, { platform, arch }: Machine): string {
  if (os !== "linux") return `${os === "darwin" ? "macOS" : "Windows"} on ${cpu}`;
  const system = `Linux on ${cpu}${libc === "musl" ? " with musl and libstdc++" : ""}`;
  return platform === "linux" && arch !== cpu ? `${system}, or qemu-${QEMU_CPU[cpu]} and these libraries` : system;
}

/** It must start in an empty directory and environment, and tell its version; `also` are further words it must take. */
export async function smokeRun(input: {
  program: string;
  version: string;
  way?: readonly string[] | undefined;
  also?: readonly (readonly string[])[] | undefined;
}): Promise<void> {
  const told = await start([...(input.way ?? []), input.program, "--version"]);
  if (told.exit !== 0 || told.stdout.trim() !== input.version) {
    const said = JSON.stringify(told.stdout.trim());
    throw new Error(`the fresh program's --version gave ${said} (${told.ended}):\n${told.stderr}`);
  }
  for (const words of input.also ?? []) {
    const { exit, ended, stderr } = await start([...(input.way ?? []), input.program, ...words]);
    if (exit !== 0) throw new Error(`the fresh program's ${words.join(" ")} failed (${ended}):\n${stderr}`);
  }
}

interface Ended {
  exit: number | null;
  /** How it ended, for people. */
  ended: string;
  stdout: string;
  stderr: string;
}

async function start(command: string[]): Promise<Ended> {
  const home = await mkdtemp(join(tmpdir(), "parallel-cc-smoke-"));
  try {
    const child = Bun.spawn(command, {
      cwd: home,
      env: environment(home),
      stdin: "ignore",
      stdout: "pipe",
      stderr: "pipe",
      timeout: TIMEOUT_MS,
    });
    const [stdout, stderr, exit] = await Promise.all([child.stdout.text(), child.stderr.text(), child.exited]);
    return {
      exit: child.signalCode === null ? exit : null,
      ended: `${child.signalCode ?? `exit ${exit}`}`,
      stdout,
      stderr,
    };
  } catch (thrown) {
    const ended = thrown instanceof Error ? thrown.message : String(thrown);
    return { exit: null, ended, stdout: "", stderr: "" };
  } finally {
    await rm(home, { recursive: true, force: true });
  }
}

function environment(home: string): Record<string, string> {
  // No program starts on Windows without it.
  const root = process.env["SystemRoot"];
  return { HOME: home, PATH: "/usr/bin:/bin", ...(root === undefined ? {} : { SystemRoot: root, USERPROFILE: home }) };
}
