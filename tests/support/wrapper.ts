// claude-parallel with a fake claude, under each kind of sh: `sh` on PATH is that shell, and runs the script.

import { mkdir, symlink } from "node:fs/promises";
import { join } from "node:path";
import { v } from "../../src/core/shape.ts";
import { PROGRAM, pccJson, type Ran } from "./cli.ts";
import type { Place } from "./place.ts";
import { type Answer, makePrograms, type Programs, type Script } from "./programs.ts";

export const SCRIPT = join(import.meta.dir, "../../scripts/claude-parallel.sh");
/** Each started as `sh`, which turns bash and zsh into what they are where they are /bin/sh. */
export const SHELLS = ["dash", "bash", "zsh"] as const;
export type Shell = (typeof SHELLS)[number];

export interface WrapperInput {
  shell: Shell;
  /** Says nothing and exits 0 when absent. */
  claude?: Script | Answer;
  /** The compiled program when absent. */
  parallelCc?: Script | Answer;
}

export interface RunInput {
  cwd?: string;
  env?: Readonly<Record<string, string | undefined>>;
  /** stdin; empty and closed when absent. */
  input?: string;
}

export interface Running {
  pid: number;
  /** It has ended; claude may still hold its output open. */
  gone: Promise<unknown>;
  exited: Promise<Ran>;
  kill(signal: NodeJS.Signals): void;
}

export interface Wrapper {
  programs: Programs;
  /** For PATH: the shell as `sh`, parallel-cc, claude-parallel and claude. */
  path: string[];
  run(args: readonly string[], input?: RunInput): Promise<Ran>;
  start(args: readonly string[], input?: RunInput): Running;
}

export async function makeWrapper(place: Place, { shell, claude = {}, parallelCc }: WrapperInput): Promise<Wrapper> {
  const folder = place.at("path");
  await mkdir(folder);
  await symlink(whereIs(shell), join(folder, "sh"));
  await symlink(SCRIPT, join(folder, "claude-parallel"));
  if (parallelCc === undefined) await symlink(PROGRAM, join(folder, "parallel-cc"));
  const programs = await makePrograms(place, {
    claude,
    ...(parallelCc === undefined ? {} : { "parallel-cc": parallelCc }),
  });
  const path = [folder, programs.folder];
  const start = (args: readonly string[], input: RunInput = {}): Running => {
    const child = Bun.spawn([join(folder, "sh"), SCRIPT, ...args], {
      cwd: input.cwd ?? place.path,
      env: place.env({ path, extra: input.env ?? {} }),
      stdin: input.input === undefined ? "ignore" : new Blob([input.input]),
      stdout: "pipe",
      stderr: "pipe",
    });
    const exited = Promise.all([child.stdout.text(), child.stderr.text(), child.exited]).then(
      ([stdout, stderr]): Ran => ({
        stdout,
        stderr,
        exit: child.exitCode,
        signal: child.signalCode === null ? null : String(child.signalCode),
      }),
    );
    return { pid: child.pid, gone: child.exited, exited, kill: (signal) => child.kill(signal) };
  };
  return { programs, path, start, run: (args, input) => start(args, input).exited };
}

export function whereIs(program: string): string {
  const path = Bun.which(program);
  if (path === null) throw new Error(`${program} is not installed; scripts/dev/suites.ts says which suite needs it`);
  return path;
}

const STATUS = v.object({
  sessions: v.array(
    v.object({
      sessionId: v.string(),
      pid: v.number(),
      isAlive: v.boolean(),
      name: v.nullable(v.string()),
      branch: v.nullable(v.string()),
      worktreePath: v.string(),
    }),
  ),
});
export type Session = v.InferOutput<typeof STATUS>["sessions"][number];

export async function sessions(place: Place, env: RunInput["env"] = {}): Promise<Session[]> {
  return v.parse(STATUS, await pccJson(place, ["status"], { env })).sessions;
}

/** Lines of sh for a fake claude: it lives until the file is there. */
export function until(path: string): string {
  return `while [ ! -e '${path}' ]; do /bin/sleep 0.02; done`;
}
