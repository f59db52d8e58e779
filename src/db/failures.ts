// What SQLite says, in words a person can act on. Decided by SQLite's result code alone, never by its English text.

import { SQLiteError } from "bun:sqlite";
import { accessSync, constants, readdirSync, statSync } from "node:fs";
import { basename, dirname } from "node:path";
import { Failure } from "../core/failure.ts";
import { VERSION } from "../core/version.ts";

// https://www.sqlite.org/rescode.html: the low byte is the primary code, the whole number the extended one.
const PERM = 3;
const BUSY = 5;
const READONLY = 8;
const IOERR = 10;
const CORRUPT = 11;
const FULL = 13;
const CANTOPEN = 14;
const NOTADB = 26;
// A full disk shows as this one when the -shm file beside the database cannot grow.
const IOERR_SHMSIZE = 4874;
const CONSTRAINT_PRIMARYKEY = 1555;
const CONSTRAINT_UNIQUE = 2067;

/** True when a write was refused because the row is there already (PRIMARY KEY or UNIQUE). */
export function isUniqueViolation(thrown: unknown): boolean {
  return (
    thrown instanceof SQLiteError && (thrown.errno === CONSTRAINT_UNIQUE || thrown.errno === CONSTRAINT_PRIMARYKEY)
  );
}

/** True when SQLite could not open the file at all, most often because it is not there. */
export function isCannotOpen(thrown: unknown): boolean {
  return thrown instanceof SQLiteError && primary(thrown) === CANTOPEN;
}

/** True when another connection holds a lock that is needed. */
export function isBusy(thrown: unknown): boolean {
  return thrown instanceof SQLiteError && primary(thrown) === BUSY;
}

/** The Failure for what SQLite threw about `file`; anything it says nothing about comes back as it was. */
export function translate(thrown: unknown, file: string): unknown {
  if (!(thrown instanceof SQLiteError)) return thrown;
  if (thrown.errno === IOERR_SHMSIZE) return full(file, thrown);
  switch (primary(thrown)) {
    case BUSY:
      return locked(file, thrown);
    case CORRUPT:
    case NOTADB:
      return corrupt(file, thrown);
    case FULL:
      return full(file, thrown);
    case READONLY:
      return readonly(file, thrown);
    case PERM:
    case IOERR:
    case CANTOPEN:
      return isWritable(file) ? unwritable(file, thrown) : readonly(file, thrown);
    default:
      return thrown;
  }
}

/** For a file or directory that the file system itself refused. */
export function unwritable(file: string, cause: unknown): Failure {
  return new Failure({
    kind: "unavailable",
    code: "db.unwritable",
    message: `The database ${file} cannot be opened (${reasonOf(cause)}).`,
    hint: `Check that ${dirname(file)} is a directory you may write to and that ${basename(file)} is a file in it.`,
    details: { file },
    cause,
  });
}

/** Nothing was changed: who is in haste leaves it to somebody who is not. */
export function outdated(file: string): Failure {
  return new Failure({
    kind: "unavailable",
    code: "db.outdated",
    message: `The database ${file} has to be made or brought up to date first.`,
    hint: "Run parallel-cc update.",
    details: { file },
  });
}

export function newer(file: string, found: string, known: string): Failure {
  return new Failure({
    kind: "unavailable",
    code: "db.newer",
    message: `The database ${file} was written by a newer parallel-cc: its schema is ${found}, this ${VERSION} knows ${known}.`,
    hint: "Update this parallel-cc, or use the newer one; parallel-cc doctor names them. Nothing in the file was changed.",
    details: { file, found, known, version: VERSION },
  });
}

export function full(file: string, cause: unknown): Failure {
  return new Failure({
    kind: "unavailable",
    code: "db.full",
    message: `The disk that holds ${file} is full; nothing was written.`,
    hint: `Free some space on the disk of ${dirname(file)} and run the command again.`,
    details: { file },
    cause,
  });
}

function locked(file: string, cause: unknown): Failure {
  return new Failure({
    kind: "unavailable",
    code: "db.locked",
    message: `The database ${file} is held by another process.`,
    hint: "Wait until it is done and run the command again. `fuser` (or `lsof`) on the file names the process.",
    details: { file },
    cause,
  });
}

function corrupt(file: string, cause: unknown): Failure {
  const backups = backupsOf(file);
  const newest = backups.at(-1);
  const start = `Move ${file} aside together with its -wal and -shm files`;
  return new Failure({
    kind: "unavailable",
    code: "db.corrupt",
    message: `The database ${file} is damaged or is not an SQLite database.`,
    hint:
      newest === undefined
        ? `${start}; parallel-cc then starts a new one.`
        : `${start}; parallel-cc then starts a new one, or put a copy of a backup in its place: the newest is ${newest}.`,
    details: { file, backups },
    cause,
  });
}

function readonly(file: string, cause: unknown): Failure {
  return new Failure({
    kind: "unavailable",
    code: "db.readonly",
    message: `The database ${file} cannot be written (${reasonOf(cause)}).`,
    hint: `Make the file and its directory ${dirname(file)} writable, or set PARALLEL_CC_HOME to a directory that is.`,
    details: { file },
    cause,
  });
}

/** Oldest first: their names end in the time they were made. */
function backupsOf(file: string): string[] {
  try {
    const prefix = `${basename(file)}.backup-`;
    return readdirSync(dirname(file))
      .filter((name) => name.startsWith(prefix) && !name.includes(".partial"))
      .map((name) => `${dirname(file)}/${name}`)
      .sort((a, b) => statSync(a).mtimeMs - statSync(b).mtimeMs);
  } catch {
    // Only a hint hangs on it, and a directory that cannot be listed has its own failure.
    return [];
  }
}

function isWritable(file: string): boolean {
  try {
    accessSync(dirname(file), constants.W_OK);
    accessSync(file, constants.W_OK);
    return true;
  } catch (thrown) {
    return thrown instanceof Error && "code" in thrown && thrown.code === "ENOENT";
  }
}

function primary(error: SQLiteError): number {
  return error.errno & 0xff;
}

function reasonOf(cause: unknown): string {
  if (cause instanceof Error && "code" in cause && typeof cause.code === "string") return cause.code;
  return String(cause);
}
