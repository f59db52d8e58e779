// A real World for one test: its own home, database and environment, real git and real processes. Only time, ids and
// signals are the test's: the clock moves a millisecond each time it is read, ids count up, a signal comes when asked.

import { join } from "node:path";
import { Failure } from "../../src/core/failure.ts";
import { type Db, openDb } from "../../src/db/db.ts";
import { makeLog } from "../../src/log/log.ts";
import { makeWorld, type World } from "../../src/world.ts";
import type { Place } from "./place.ts";

export interface WorldInput {
  /** The place itself when absent. */
  cwd?: string;
  /** Added to the hermetic environment; undefined takes a variable out. */
  env?: Readonly<Record<string, string | undefined>>;
  /** Folders searched first for programs. */
  path?: readonly string[];
  /** Who called: the process a session lives by when it names none (this test's own parent). */
  parentPid?: number;
  /** Who registers (this test's own process). */
  pid?: number;
  /** What another program says on our standard input (nothing), to its end. */
  input?: string;
}

export interface TestWorld extends World, AsyncDisposable {
  /** The log, as lines of JSON, debug and all. */
  lines: string[];
  /** What was to be started in the background; nothing is. */
  started: string[][];
  /** The narration. */
  said: string[];
  /** What the program at the other end of our standard streams was told. */
  written: string[];
  pass(ms: number): void;
  /** As if this signal had come; every use of the world from then on is cancelled. */
  interrupt(signal?: "SIGINT" | "SIGTERM" | "SIGHUP"): void;
  /** The same world as another process sees it: the same home and clock, another place, caller or self. */
  as(other: Pick<WorldInput, "cwd" | "parentPid" | "pid" | "input">): TestWorld;
}

const MAIN = join(import.meta.dir, "../../src/main.ts");
const START = Date.parse("2030-01-01T12:00:00Z");

/** Two worlds of one place share its home, so the second sees what the first wrote. */
export function testWorld(place: Place, input: WorldInput = {}): TestWorld {
  const base = makeWorld(place.env({ path: input.path ?? [], extra: input.env ?? {} }));
  const lines: string[] = [];
  const started: string[][] = [];
  const said: string[] = [];
  const written: string[] = [];
  const controller = new AbortController();
  let elapsedMs = 0;
  let ids = 0;
  let db: Promise<Db> | undefined;
  const hasty: Db[] = [];
  const now = () => new Date(START + elapsedMs++);
  const shared = {
    ...base,
    now,
    // The first eight characters stand in names of worktrees.
    newId: () => `${String(++ids).padStart(8, "0")}-0000-4000-8000-000000000000`,
    log: makeLog({ level: "debug", now: () => new Date(START), write: (line) => lines.push(line) }),
    signal: () => controller.signal,
    db: () => {
      db ??= openDb({ file: base.paths.database, clock: now });
      return db;
    },
    dbInHaste: async () => {
      const opened = await openDb({ file: base.paths.database, clock: now, busyTimeoutMs: 200, isInHaste: true });
      hasty.push(opened);
      return opened;
    },
    lines,
    started,
    said,
    written,
    streams: () => ({
      input: new Blob([input.input ?? ""]).stream(),
      write: async (text: string): Promise<"written"> => {
        written.push(text);
        return "written";
      },
    }),
    say: (line: string) => {
      said.push(line);
    },
    self: (words: readonly string[]) => ({ command: process.execPath, args: [MAIN, ...words] }),
    // It would be the test runner that starts anew.
    restartWith: () => {},
    startInBackground: (words: readonly string[]) => {
      started.push([...words]);
    },
    pass: (ms: number) => {
      elapsedMs += ms;
    },
    interrupt: (signal = "SIGINT") =>
      controller.abort(
        new Failure({
          kind: "cancelled",
          code: "cancelled.signal",
          message: `Stopped by ${signal}.`,
          details: { signal },
        }),
      ),
    [Symbol.asyncDispose]: async () => {
      const opened = await db?.catch(() => undefined);
      opened?.close();
      for (const one of hasty) one.close();
    },
  } satisfies Omit<TestWorld, "as">;
  type Who = Pick<World, "cwd" | "parentPid" | "pid"> & Pick<WorldInput, "input">;
  const seenBy = (who: Who): TestWorld => ({
    ...shared,
    ...who,
    readInput: () => who.input ?? "",
    as: (other) => seenBy({ ...who, ...other }),
  });
  return seenBy({
    cwd: input.cwd ?? place.path,
    parentPid: input.parentPid ?? base.parentPid,
    pid: input.pid ?? base.pid,
    ...(input.input !== undefined && { input: input.input }),
  });
}
