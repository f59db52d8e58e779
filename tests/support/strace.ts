// Kills a process at one chosen system call, and names the calls worth choosing: those that change the disk or start a
// process. strace without -f sees the main thread alone, where Bun 1.4.4 spawns, and where SQLite and node:fs write.

import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { PROGRAM } from "./cli.ts";
import type { Place } from "./place.ts";

/** The `when`th call of that name by the main thread; killed there, it is the first one that does not happen. */
export interface Moment {
  call: string;
  when: number;
}

const CHANGING = [
  ...["openat", "open", "creat", "write", "writev", "pwrite64", "ftruncate", "truncate", "fallocate"],
  ...["fsync", "fdatasync", "rename", "renameat", "renameat2", "unlink", "unlinkat", "link", "linkat"],
  ...["symlink", "symlinkat", "mkdir", "mkdirat", "rmdir", "fchmod", "chmod", "kill"],
  ...["vfork", "fork", "clone", "clone3", "execve"],
];

export interface Traced {
  cwd: string;
  env?: Record<string, string>;
}

/** Runs the program once, undisturbed, and answers every moment at which killing it could leave something half-made. */
export async function momentsOf(place: Place, args: readonly string[], input: Traced): Promise<Moment[]> {
  const file = place.at("tmp", "trace");
  const ran = await strace(place, ["-o", file, "-e", TRACE], args, input);
  if (ran !== "0") throw new Error(`the undisturbed run of ${args.join(" ")} ended with ${ran}`);
  return momentsIn(await readFile(file, "latin1"));
}

const TRACE = `trace=${CHANGING.join(",")}`;

function momentsIn(trace: string): Moment[] {
  const seen = new Map<string, number>();
  const moments: Moment[] = [];
  for (const line of trace.split("\n")) {
    const call = /^([a-z0-9]+)\(/.exec(line)?.[1];
    if (call === undefined) continue;
    const when = (seen.get(call) ?? 0) + 1;
    seen.set(call, when);
    if (/^open/.test(call) && !/O_CREAT|O_TRUNC/.test(line)) continue;
    // The first execve starts the program: before it there is nothing to kill.
    if (call === "execve" && when === 1) continue;
    moments.push({ call, when });
  }
  return moments;
}

/** Runs the program and kills it right before that call. `reached` is false when it ended before it came there. */
export async function killAt(place: Place, args: readonly string[], input: Traced, { call, when }: Moment) {
  const ended = await strace(place, injection({ call, when }), args, input);
  return { reached: ended === "SIGKILL" };
}

function injection({ call, when }: Moment): string[] {
  return ["-qq", "-o", "/dev/null", "-e", `trace=${call}`, "-e", `inject=${call}:signal=SIGKILL:when=${when}`];
}

/** Its exit status, or the name of the signal that ended it. */
async function strace(place: Place, options: readonly string[], args: readonly string[], input: Traced) {
  const child = Bun.spawn(["strace", ...options, PROGRAM, ...args], {
    cwd: input.cwd,
    env: { ...place.env(), ...input.env },
    stdio: ["ignore", "ignore", "ignore"],
  });
  await child.exited;
  return String(child.signalCode ?? child.exitCode);
}

export type Fate = "traced" | { moment: Moment; takes: "git" | "group" };

/**
 * The environment for a git that is the real one, except that one command of it (`worktree add`, or the `branch` which
 * that starts) is traced, or killed at a moment: alone, or with its whole process group.
 */
export async function fatedGit(place: Place, command: string, fate: Fate): Promise<Record<string, string>> {
  const folder = place.at("fated-git");
  const path = place.env()["PATH"] ?? "";
  const real = Bun.which("git", { PATH: path });
  const options = fate === "traced" ? ["-o", place.at("tmp", "git-trace"), "-e", TRACE] : injection(fate.moment);
  const script = `#!/bin/sh
case "$* " in
*"${command} "*)
  strace ${options.join(" ")} ${real} "$@"
  exit=$?
  [ $exit -eq 137 ] || exit $exit
  kill -KILL ${fate !== "traced" && fate.takes === "group" ? 0 : "$$"} ;;
esac
exec ${real} "$@"
`;
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, "git"), script, { mode: 0o755 });
  // git finds itself through GIT_EXEC_PATH when it starts another git.
  return { PATH: `${folder}:${path}`, GIT_EXEC_PATH: folder };
}

/** The moments of the command that ran last with the fate "traced". */
export async function momentsOfGit(place: Place): Promise<Moment[]> {
  return momentsIn(await readFile(place.at("tmp", "git-trace"), "latin1"));
}
