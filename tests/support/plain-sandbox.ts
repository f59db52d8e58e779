// A provider's sandbox without isolation: four directories of a place, and plain child processes that are given nothing
// of this machine's environment but PATH. It stands in for other people's providers in tests of what runs on top.

import { existsSync } from "node:fs";
import { appendFile, mkdir, readFile, rm } from "node:fs/promises";
import { Failure } from "../../src/core/failure.ts";
import type { Exec, Execution, Places, Sandbox } from "../../src/features/providers/provider.ts";
import { startPiped } from "../../src/proc/piped.ts";
import { hermeticEnv } from "./env.ts";
import type { Place } from "./place.ts";

export interface PlainInput {
  /** Its folder below the place ("sandbox"); the same name again is the same sandbox, seen by another process. */
  name?: string;
  /** Folders searched first for programs. */
  path?: readonly string[];
  /** Added to the environment of all that runs in it; undefined takes a variable out. */
  env?: Readonly<Record<string, string | undefined>>;
  weaknesses?: readonly string[];
  endsAt?: Date;
}

export interface PlainSandbox extends Sandbox, AsyncDisposable {
  /** Leaders of what `start` started and of which something still runs. */
  running(): Promise<number[]>;
}

export async function plainSandbox(place: Place, input: PlainInput = {}): Promise<PlainSandbox> {
  const { name = "sandbox", weaknesses = [] } = input;
  const top = place.at(name);
  const places: Places = {
    workspace: place.at(name, "workspace"),
    run: place.at(name, "run"),
    home: place.at(name, "home"),
    temporary: place.at(name, "tmp"),
  };
  for (const directory of Object.values(places)) await mkdir(directory, { recursive: true });
  const pids = place.at(name, "pids");
  let endsAt = input.endsAt;
  const requireThere = (): void => {
    if (!existsSync(top)) throw new Failure({ code: "sandbox.gone", message: `The sandbox ${name} is gone.` });
  };
  const environment = (command: Pick<Exec, "env">): Record<string, string> => {
    const { PATH, LC_ALL, USER } = hermeticEnv({ home: places.home, path: input.path ?? [] });
    const own = { PATH, LC_ALL, USER, HOME: places.home, TMPDIR: places.temporary, ...input.env, ...command.env };
    return Object.fromEntries(
      Object.entries(own).flatMap(([key, value]) => (value === undefined ? [] : [[key, value]])),
    );
  };
  const begin = (command: Omit<Exec, "input">, stdin?: ReadableStream<Uint8Array> | Uint8Array) => {
    requireThere();
    const { argv, cwd = places.workspace, signal, timeoutMs } = command;
    const [program, ...args] = argv;
    return translated(program, () =>
      startPiped({ command: program, args, cwd, env: environment(command), input: stdin, signal, timeoutMs }),
    );
  };
  const running = async (): Promise<number[]> => {
    const known = existsSync(pids) ? await readFile(pids, "utf8") : "";
    return known
      .split("\n")
      .filter(Boolean)
      .map(Number)
      .filter((pid) => signalled(pid, 0));
  };
  const destroy = async (): Promise<void> => {
    for (const pid of await running()) signalled(pid, "SIGKILL");
    // Who is being killed may still write.
    await rm(top, { recursive: true, force: true, maxRetries: 5, retryDelay: 20 });
  };
  return {
    id: `plain-${name}`,
    places,
    weaknesses,
    exec: ({ input: given, ...command }): Execution => {
      try {
        return begin(command, typeof given === "string" ? new TextEncoder().encode(given) : given);
      } catch (thrown) {
        const ended = Promise.reject(thrown);
        ended.catch(() => undefined);
        return { stdout: new Blob().stream(), ended, stop: async () => {} };
      }
    },
    async start(command) {
      requireThere();
      const child = translated(command.argv[0], () =>
        Bun.spawn([...command.argv], {
          cwd: command.cwd ?? places.workspace,
          env: environment(command),
          stdio: ["ignore", "ignore", "ignore"],
          detached: true,
        }),
      );
      child.unref();
      await appendFile(pids, `${child.pid}\n`);
    },
    async upload({ tar, compression, into, signal }) {
      const options = compression === "gzip" ? ["-xpzf", "-"] : ["-xpf", "-"];
      const argv = ["tar", ...options, "--no-same-owner", "-C", into] as const;
      const unpacking = begin({ argv: [...argv], ...(signal && { signal }) }, tar);
      const { exit, stderr } = await unpacking.ended;
      if (exit !== 0) throw new Failure({ code: "sandbox.exec", message: `tar gave ${exit}: ${stderr}` });
    },
    async download(path, signal) {
      requireThere();
      signal?.throwIfAborted();
      if (!existsSync(path)) throw new Failure({ code: "sandbox.exec", message: `There is no ${path}.` });
      return Bun.file(path).stream();
    },
    async inspect() {
      const usage = { cpuPercent: undefined, memoryBytes: undefined, diskBytes: undefined };
      return { state: existsSync(top) ? "running" : "gone", endsAt, usage };
    },
    async extend(minutes) {
      requireThere();
      endsAt = new Date(Date.now() + minutes * 60_000);
    },
    destroy,
    running,
    [Symbol.asyncDispose]: destroy,
  };
}

function translated<T>(program: string, start: () => T): T {
  try {
    return start();
  } catch (cause) {
    if (cause instanceof Failure && cause.code === "proc.cancelled") throw cause;
    throw new Failure({ code: "sandbox.exec", message: `${program} could not be started.`, cause });
  }
}

/** Whether there is something in that group to take a signal. */
function signalled(pid: number, signal: 0 | "SIGKILL"): boolean {
  try {
    return process.kill(-pid, signal);
  } catch {
    return false;
  }
}
