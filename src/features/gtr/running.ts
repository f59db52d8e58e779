// gtr while it makes a worktree, never without an end: until git knows the worktree, until its files are there, and for
// what gtr does then. Others may make theirs as soon as git knows it.

import { existsSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { Failure } from "../../core/failure.ts";
import { adminNameOf } from "../../git/repository.ts";
import type { RunResult } from "../../proc/run.ts";
import type { Program, World } from "../../world.ts";

/** In milliseconds. Counted in turns of the event loop, so a busy one is given longer. */
export interface Limits {
  /** Until git knows the worktree; nobody else can make one meanwhile. */
  beginMs: number;
  /** Then until its files are there. */
  filesMs: number;
  /** Then until gtr is through. */
  restMs: number;
}

export interface Making {
  gitDir: string;
  path: string;
  branch: string;
  program: Omit<Program, "signal" | "timeoutMs">;
  limits: Limits;
  /** Runs it while nobody else makes a worktree in the repository. */
  alone: <Result>(work: () => Promise<Result>) => Promise<Result>;
}

/** How it ended; `late` when it was stopped because its time was over, whose output is lost. */
export type Ran = ({ kind: "ended" } & RunResult) | { kind: "late"; afterMs: number };

const POLL_MS = 5;
const LATER_POLL_MS = 25;

/** Throws what starting it throws, and when it is cancelled. */
export async function runMaking(world: Pick<World, "runProgram" | "signal" | "sleep">, making: Making): Promise<Ran> {
  const { gitDir, limits, program, alone } = making;
  const stop = new AbortController();
  const outer = world.signal();
  let lateMs: number | undefined;
  const start = () => {
    const running = world.runProgram({ ...program, signal: AbortSignal.any([outer, stop.signal]) });
    const ended = running.then(isOver, isOver);
    /** False when there is nothing to wait for any more. */
    const waitFor = async (claim: () => boolean, { limitMs, pollMs }: { limitMs: number; pollMs: number }) => {
      for (let waited = 0; waited < limitMs; waited += pollMs) {
        if (await Promise.race([ended, world.sleep(pollMs)])) return false;
        if (claim()) return true;
      }
      lateMs = limitMs;
      stop.abort();
      await ended;
      return false;
    };
    return { running, waitFor };
  };
  const { running, waitFor, isKnown } = await alone(async () => {
    const { running, waitFor } = start();
    const isKnown = await waitFor(() => isRegistered(making), { limitMs: limits.beginMs, pollMs: POLL_MS });
    return { running, waitFor, isKnown };
  });
  const hasFiles =
    isKnown &&
    (await waitFor(() => areFilesWritten(gitDir, making.path), { limitMs: limits.filesMs, pollMs: LATER_POLL_MS }));
  if (hasFiles) await waitFor(() => false, { limitMs: limits.restMs, pollMs: LATER_POLL_MS });
  try {
    return { kind: "ended", ...(await running) };
  } catch (thrown) {
    // Stopped by us, and by nobody else.
    const isLate = !outer.aborted && thrown instanceof Failure && thrown.kind === "cancelled";
    if (!isLate || lateMs === undefined) throw thrown;
    return { kind: "late", afterMs: lateMs };
  }
}

function isOver(): true {
  return true;
}

function adminOf(gitDir: string, path: string): string {
  return join(gitDir, "worktrees", adminNameOf(path) ?? basename(path));
}

/** The last thing that git writes of it before the files: which branch it is on. */
function isRegistered({ gitDir, path, branch }: Making): boolean {
  try {
    return readFileSync(join(adminOf(gitDir, path), "HEAD"), "utf8") === `ref: refs/heads/${branch}\n`;
  } catch {
    return false;
  }
}

/** git locks it until they are. */
export function areFilesWritten(gitDir: string, path: string): boolean {
  const admin = adminOf(gitDir, path);
  return existsSync(join(admin, "index")) && !existsSync(join(admin, "locked"));
}
