// The lock that Claude Code takes around each change of its own file: an empty directory beside it (2.1.328, traced: made
// before the file is read again, gone after the rename; it waits for ours and takes away one that is older than 10 s).
// Whoever takes it as well loses no change of the client, and the client none of ours.

import { mkdirSync, rmdirSync, statSync } from "node:fs";
import { targetOf } from "./atomic.ts";

export interface Waiting {
  sleep(ms: number): Promise<void>;
  now(): Date;
}

const STALE_MS = 10_000;
const PAUSE_MS = 20;
/** More than a lock of the client lives, even a left one. */
const PATIENCE_MS = STALE_MS + 2000;

/** `work` is short, and runs without the lock when that cannot be had. */
export async function besideNeighbours<T>(world: Waiting, file: string, work: () => T): Promise<T> {
  const lock = `${targetOf(file)}.lock`;
  const isOurs = await taken(world, lock);
  try {
    return work();
  } finally {
    if (isOurs) removeEmpty(lock);
  }
}

async function taken(world: Waiting, lock: string): Promise<boolean> {
  for (let waitedMs = 0; waitedMs < PATIENCE_MS; waitedMs += PAUSE_MS) {
    try {
      mkdirSync(lock);
      return true;
    } catch (cause) {
      // No directory to make it in, or no right to: what is written next will tell.
      if (!(cause instanceof Error && "code" in cause && cause.code === "EEXIST")) return false;
    }
    const held = statSync(lock, { throwIfNoEntry: false });
    if (held !== undefined && world.now().getTime() - held.mtimeMs > STALE_MS) removeEmpty(lock);
    else await world.sleep(PAUSE_MS);
  }
  return false;
}

function removeEmpty(lock: string): void {
  try {
    rmdirSync(lock);
  } catch {
    // Somebody took it away, or put something in: then it is no lock of this kind.
  }
}
