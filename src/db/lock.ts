// A lock between processes that dies with its holder: SQLite's lock on an empty database file. Nothing is written,
// and nothing has to be judged stale.

import { Database } from "bun:sqlite";
import { mkdirSync } from "node:fs";
import { dirname } from "node:path";
import { Failure } from "../core/failure.ts";
import { isBusy, translate, unwritable } from "./failures.ts";

export interface LockWorld {
  sleep(ms: number): Promise<void>;
  signal(): AbortSignal;
}

/**
 * Runs `work` while holding the lock; waits at most `timeoutMs` (60 s) for it, and stops waiting when aborted. `doing`
 * says what its holder does. Errors: `lock.held`.
 */
export async function withLock<T>(
  world: LockWorld,
  file: string,
  work: () => Promise<T>,
  { timeoutMs = 60_000, doing = "been making a worktree" } = {},
): Promise<T> {
  const lock = open(file);
  try {
    const pauseMs = 4;
    for (let waitedMs = 0; !tryLock(lock, file); waitedMs += pauseMs) {
      world.signal().throwIfAborted();
      if (waitedMs > timeoutMs) {
        throw new Failure({
          kind: "unavailable",
          code: "lock.held",
          message: `Another parallel-cc has ${doing} in this repository for a long time.`,
          hint: "Wait for it, or see with `parallel-cc status` who it is; then run the command again.",
        });
      }
      await world.sleep(pauseMs);
    }
    return await work();
  } finally {
    lock.close();
  }
}

function open(file: string): Database {
  try {
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  } catch (thrown) {
    throw unwritable(file, thrown);
  }
  try {
    const lock = new Database(file, { create: true, readwrite: true });
    lock.run("PRAGMA busy_timeout = 0");
    return lock;
  } catch (thrown) {
    throw translate(thrown, file);
  }
}

function tryLock(lock: Database, file: string): boolean {
  try {
    // Else SQLite (3.53) begins a journal file, for which a full disk has no room.
    lock.run("PRAGMA journal_mode = MEMORY");
    lock.run("BEGIN EXCLUSIVE");
    return true;
  } catch (thrown) {
    if (isBusy(thrown)) return false;
    throw translate(thrown, file);
  }
}
