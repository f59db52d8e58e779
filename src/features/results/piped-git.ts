// git whose input or output is a stream, in a run's private directory: with none of its user's settings.

import { Failure } from "../../core/failure.ts";
import type { World } from "../../world.ts";
import { QUIET_WORDS } from "./kept.ts";

export type Pipes = Pick<World, "startPiped" | "env">;

export interface PipedGit {
  store: string;
  args: readonly string[];
  input?: ReadableStream<Uint8Array> | Uint8Array | undefined;
  signal?: AbortSignal | undefined;
}

/** A whole environment: nothing of the user's reaches it but where programs are. */
function quietEnv({ env }: Pick<World, "env">): Record<string, string> {
  return {
    PATH: env.path,
    HOME: env.home,
    LC_ALL: "C",
    GIT_CONFIG_GLOBAL: "/dev/null",
    GIT_CONFIG_NOSYSTEM: "1",
    GIT_NO_REPLACE_OBJECTS: "1",
    GIT_TERMINAL_PROMPT: "0",
  };
}

export function pipeGit(world: Pipes, { store, args, input, signal }: PipedGit) {
  return world.startPiped({
    command: "git",
    args: [...QUIET_WORDS, `--git-dir=${store}`, ...args],
    directory: store,
    only: quietEnv(world),
    input,
    ...(signal && { signal }),
  });
}

/** Its whole output, part by part. Errors: `git.failed`, and what the reader throws. */
export async function* outputOf(world: Pipes, asked: PipedGit): AsyncGenerator<Uint8Array> {
  const piped = pipeGit(world, asked);
  let isRead = false;
  try {
    yield* piped.stdout;
    isRead = true;
  } finally {
    if (!isRead) await piped.stop();
  }
  requireDone(asked.args, await piped.ended);
}

export function requireDone(args: readonly string[], { exit, stderr }: { exit: number | null; stderr: string }): void {
  if (exit === 0) return;
  const said = stderr.split("\n").filter((line) => /^(fatal|error):/.test(line));
  const words = (said.length > 0 ? said : stderr.split("\n").filter(Boolean)).slice(0, 3).join("; ");
  throw new Failure({
    code: "git.failed",
    message: `git ${args[0]} failed (exit ${exit}): ${words.replace(/(^|; )(fatal|error): /g, "$1") || "it said nothing"}`,
    details: { args, exit, stderr: stderr.slice(-4000) },
  });
}
