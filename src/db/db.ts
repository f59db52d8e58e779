// The coordinator's database: one SQLite file that many short processes open at once. Opening an up-to-date one is
// open, pragmas and one version check; an older one is brought up to date first (migrate.ts, loaded only then).
// At the end of a process Bun 1.4.4 closes it in any case, and the last one out checkpoints (4 fsyncs, 1.0 ms of a 5 ms
// write): calling close() or keeping the -wal (SQLITE_FCNTL_PERSIST_WAL) changed that by less than 0.1 ms, so neither is
// done. A WAL left by a kill is at most SQLite's 1000 pages, which the next open reads in 1.5 ms: no pragma for it.

import { Database } from "bun:sqlite";
import { chmodSync, closeSync, existsSync, fchmodSync, mkdirSync, openSync } from "node:fs";
import { dirname } from "node:path";
import { Failure } from "../core/failure.ts";
import { v } from "../core/shape.ts";
import { isBusy, isCannotOpen, newer, outdated, translate, unwritable } from "./failures.ts";
import type { MigrationReport } from "./migrate.ts";

export { isUniqueViolation } from "./failures.ts";

/** PRAGMA user_version of a database that is up to date: the number of the last migration. */
export const SCHEMA_VERSION = 9;

export interface OpenInput {
  /** Absolute path. Its directory (0700) and the file (0600) are made when absent. */
  file: string;
  clock: () => Date;
  /** How long a call waits for another process's lock before `db.locked` (5000). */
  busyTimeoutMs?: number;
  /** Fails with `db.outdated` where it would have to be made or brought up to date first, which takes its time. */
  isInHaste?: boolean;
}

export type Params = Readonly<Record<string, string | number | bigint | boolean | null | Uint8Array>>;
type RowSchema = v.GenericSchema<unknown, unknown>;
/** `never` for a promise: a transaction must be over when its callback returns. */
type Synchronous<T> = T extends PromiseLike<unknown> ? never : T;

/** The schema's version as schema_metadata tells it. */
export function versionText(number: number): string {
  return `3.${number}`;
}

/**
 * Errors: `db.unwritable`, `db.readonly`, `db.locked`, `db.corrupt`, `db.full`, `db.newer`, `db.foreign`, `db.adoption`,
 * `db.outdated`.
 */
export async function openDb(input: OpenInput): Promise<Db> {
  const { file, clock, busyTimeoutMs = 5000, isInHaste = false } = input;
  let sqlite: Database | undefined;
  try {
    sqlite = connect(file, { busyTimeoutMs, isMade: !isInHaste });
    const found = userVersion(sqlite);
    if (found > SCHEMA_VERSION) throw newer(file, versionText(found), versionText(SCHEMA_VERSION));
    if (found < SCHEMA_VERSION && isInHaste) throw outdated(file);
    const migrate = found < SCHEMA_VERSION ? await import("./migrate.ts") : undefined;
    const migrated = migrate?.migrateDb({ sqlite, file, clock });
    settle(sqlite, busyTimeoutMs);
    return new Db({ sqlite, file, clock, migrated });
  } catch (thrown) {
    if (sqlite !== undefined && thrown instanceof Failure && thrown.code === "db.newer") closeUntouched(sqlite, file);
    else sqlite?.close();
    throw translate(thrown, file);
  }
}

/** Every method may throw what openDb may; a broken constraint comes as SQLite threw it (see isUniqueViolation). */
export class Db {
  readonly file: string;
  /** What opening it changed; undefined when it was up to date. */
  readonly migrated: MigrationReport | undefined;
  readonly #sqlite: Database;
  readonly #clock: () => Date;
  #isWriting = false;

  constructor(input: { sqlite: Database; file: string; clock: () => Date; migrated: MigrationReport | undefined }) {
    this.file = input.file;
    this.migrated = input.migrated;
    this.#sqlite = input.sqlite;
    this.#clock = input.clock;
  }

  /** Every row, parsed. Params are named, without their prefix. */
  all<S extends RowSchema>(row: S, sql: string, params: Params = {}): v.InferOutput<S>[] {
    const rows = this.#ask(() => this.#sqlite.query(sql).all(params));
    return rows.map((found) => parseRow(row, sql, found));
  }

  /** The first row, parsed; undefined when there is none. */
  one<S extends RowSchema>(row: S, sql: string, params: Params = {}): v.InferOutput<S> | undefined {
    const found = this.#ask(() => this.#sqlite.query(sql).get(params));
    return found === null ? undefined : parseRow(row, sql, found);
  }

  run(sql: string, params: Params = {}): { changes: number } {
    const { changes } = this.#ask(() => this.#sqlite.query(sql).run(params));
    return { changes };
  }

  /** All of `work` or nothing of it, alone among all processes. `now` is UTC text, the same for the whole of it. */
  write<T>(work: (now: string) => Synchronous<T>): T;
  write(work: (now: string) => unknown): unknown {
    if (this.#isWriting) throw new Error("db.write inside db.write: pass the outer one's `now` on instead.");
    this.#ask(() => this.#sqlite.run("BEGIN IMMEDIATE"));
    this.#isWriting = true;
    try {
      const result = work(utcText(this.#clock()));
      if (isThenable(result)) throw new Error("db.write was given an async callback; its writes were rolled back.");
      this.#ask(() => this.#sqlite.run("COMMIT"));
      return result;
    } finally {
      // SQLite has rolled back by itself after some errors (a full disk).
      if (this.#sqlite.inTransaction) this.#sqlite.run("ROLLBACK");
      this.#isWriting = false;
    }
  }

  /** How long calls wait from now on for another process's lock. */
  waitAtMost(timeoutMs: number): void {
    this.#ask(() => this.#sqlite.run(`PRAGMA busy_timeout = ${timeoutMs}`));
  }

  /** For tests and long-lived servers. A command leaves it to the end of its process (see the head of this file). */
  close(): void {
    this.#sqlite.close();
  }

  #ask<T>(question: () => T): T {
    try {
      return question();
    } catch (thrown) {
      throw translate(thrown, this.file);
    }
  }
}

/** 'YYYY-MM-DD HH:MM:SS' in UTC, as every time in the database is written. */
export function utcText(date: Date): string {
  return date.toISOString().slice(0, 19).replace("T", " ");
}

/** Reads utcText's form and ISO 8601 (claims of earlier releases expire at '…T…Z'). Text without a zone is UTC. */
export function parseUtc(text: string): Date {
  const isZoned = /(?:Z|[+-]\d\d:?\d\d)$/.test(text);
  const date = new Date(isZoned ? text : `${text.replace(" ", "T")}Z`);
  if (Number.isNaN(date.getTime())) {
    throw new Failure({ kind: "internal", code: "db.time", message: `'${text}' in the database is not a time.` });
  }
  return date;
}

const AS_WRITTEN = /^(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d)$/;

/** The same moment in ISO 8601 with milliseconds. What utcText wrote needs no Date for it: answers have hundreds. */
export function isoText(text: string): string {
  const [, day, time] = AS_WRITTEN.exec(text) ?? [];
  return day === undefined ? parseUtc(text).toISOString() : `${day}T${time}.000Z`;
}

/** The hot path does not look for the file first: it opens it, and makes it only when that fails. */
function connect(file: string, { busyTimeoutMs, isMade }: { busyTimeoutMs: number; isMade: boolean }): Database {
  let sqlite: Database;
  try {
    sqlite = new Database(file, { readwrite: true, strict: true });
  } catch (thrown) {
    if (!isCannotOpen(thrown)) throw thrown;
    if (!isMade && !existsSync(file)) throw outdated(file);
    makeFile(file);
    sqlite = new Database(file, { readwrite: true, strict: true });
  }
  // First of all pragmas: the others already need locks, and without it fail at once when another process has them.
  sqlite.run(`PRAGMA busy_timeout = ${busyTimeoutMs}`);
  return sqlite;
}

function makeFile(file: string): void {
  try {
    const directory = dirname(file);
    if (mkdirSync(directory, { recursive: true, mode: 0o700 }) !== undefined) chmodSync(directory, 0o700);
    // SQLite gives -wal and -shm the mode of this file, whatever the umask.
    const descriptor = openSync(file, "a", 0o600);
    fchmodSync(descriptor, 0o600);
    closeSync(descriptor);
  } catch (thrown) {
    throw unwritable(file, thrown);
  }
}

/** The pragmas that may touch the file, after the version is known to be ours. */
function settle(sqlite: Database, busyTimeoutMs: number): void {
  if (journalMode(sqlite) !== "wal") switchToWal(sqlite, busyTimeoutMs);
  sqlite.run("PRAGMA foreign_keys = ON");
  sqlite.run("PRAGMA synchronous = NORMAL");
}

function userVersion(sqlite: Database): number {
  return v.parse(v.object({ user_version: v.number() }), sqlite.query("PRAGMA user_version").get()).user_version;
}

function journalMode(sqlite: Database): string {
  return v.parse(v.object({ journal_mode: v.string() }), sqlite.query("PRAGMA journal_mode").get()).journal_mode;
}

/** SQLite asks for the lock of this one change without waiting for it (3.53), so the waiting is done here. */
function switchToWal(sqlite: Database, busyTimeoutMs: number): void {
  const stepMs = 5;
  for (let waitedMs = 0; ; waitedMs += stepMs) {
    try {
      sqlite.run("PRAGMA journal_mode = WAL");
      return;
    } catch (thrown) {
      if (!isBusy(thrown) || waitedMs >= busyTimeoutMs) throw thrown;
      Bun.sleepSync(stepMs);
    }
  }
}

/** Closing the last connection checkpoints, which would change the file: one that cannot write is closed last. */
function closeUntouched(sqlite: Database, file: string): void {
  const keeper = new Database(file, { readonly: true });
  keeper.query("PRAGMA user_version").get();
  sqlite.close();
  keeper.close();
}

function parseRow<S extends RowSchema>(row: S, sql: string, found: unknown): v.InferOutput<S> {
  const parsed = v.safeParse(row, found);
  if (parsed.success) return parsed.output;
  throw new Failure({
    kind: "internal",
    code: "db.row",
    message: `A row in the database is not what was expected: ${v.summarize(parsed.issues)}`,
    details: { sql },
  });
}

function isThenable(value: unknown): boolean {
  return typeof value === "object" && value !== null && "then" in value && typeof value.then === "function";
}
