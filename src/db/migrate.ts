// Brings a database up to date: all pending migrations in one transaction, after a faithful copy was put beside it.
// Of many processes that find it old at once, the one that gets the write lock does the work; the others find it done.
// Migrations are append-only: a released .sql file is never edited, and each database remembers what it was given.

import { Database } from "bun:sqlite";
import {
  chmodSync,
  closeSync,
  existsSync,
  fchmodSync,
  fsyncSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
} from "node:fs";
import { basename, dirname, join } from "node:path";
import { Failure } from "../core/failure.ts";
import { v } from "../core/shape.ts";
import { adopt, earlierVersion } from "./adopt.ts";
import { type Db, SCHEMA_VERSION, utcText, versionText } from "./db.ts";
import { newer, translate } from "./failures.ts";
import house from "./migrations/0001-house.sql" with { type: "text" };
import landing from "./migrations/0002-landing.sql" with { type: "text" };
import removal from "./migrations/0003-removal.sql" with { type: "text" };
import setup from "./migrations/0004-setup.sql" with { type: "text" };
import leases from "./migrations/0005-leases.sql" with { type: "text" };
import activity from "./migrations/0006-activity.sql" with { type: "text" };
import claims from "./migrations/0007-claims.sql" with { type: "text" };
import merges from "./migrations/0008-merges.sql" with { type: "text" };
import sandboxes from "./migrations/0009-sandboxes.sql" with { type: "text" };

export interface Migration {
  number: number;
  name: string;
  sql: string;
}

export const MIGRATIONS: readonly Migration[] = [
  { number: 1, name: "house", sql: house },
  { number: 2, name: "landing", sql: landing },
  { number: 3, name: "removal", sql: removal },
  { number: 4, name: "setup", sql: setup },
  { number: 5, name: "leases", sql: leases },
  { number: 6, name: "activity", sql: activity },
  { number: 7, name: "claims", sql: claims },
  { number: 8, name: "merges", sql: merges },
  { number: 9, name: "sandboxes", sql: sandboxes },
];

export interface MigrationReport {
  /** schema_metadata's version before; judged by the tables where none is written; null for a new database. */
  from: string | null;
  to: string;
  /** The versions gone through, oldest first. */
  migrations: string[];
  /** The copy made before; undefined when there was nothing to copy. */
  backup: string | undefined;
}

export interface MigrateInput {
  sqlite: Database;
  file: string;
  clock: () => Date;
}

/** Undefined when there was nothing to do after all: another process was faster. */
export function migrateDb({ sqlite, file, clock }: MigrateInput): MigrationReport | undefined {
  keepPrivate(file);
  // Neither can change inside a transaction. Tables are rebuilt below: a dropped one must not take along what refers to
  // it, and a renamed one must not have the references to it rewritten.
  sqlite.run("PRAGMA foreign_keys = OFF");
  sqlite.run("PRAGMA legacy_alter_table = ON");
  let backup: string | undefined;
  try {
    sqlite.run("BEGIN IMMEDIATE");
    const { from, pending } = planLocked(sqlite, file);
    if (pending.length > 0 && from !== null) backup = copyAside({ file, from, now: clock() });
    for (const migration of pending) apply(sqlite, { migration, file, now: utcText(clock()) });
    sqlite.run(`PRAGMA user_version = ${SCHEMA_VERSION}`);
    sqlite.run("COMMIT");
    const migrations = pending.map(({ number }) => versionText(number));
    return pending.length === 0 ? undefined : { from, to: versionText(SCHEMA_VERSION), migrations, backup };
  } catch (thrown) {
    if (sqlite.inTransaction) sqlite.run("ROLLBACK");
    // The copy has nothing that the database has not, and the next try makes its own.
    if (backup !== undefined) rmSync(backup);
    throw thrown;
  } finally {
    sqlite.run("PRAGMA legacy_alter_table = OFF");
  }
}

/** For `doctor`. Throws `db.tampered` when a migration this database was given is missing here or was edited since. */
export function verifyMigrations(db: Db): void {
  const row = v.object({ number: v.number(), name: v.string(), checksum: v.string() });
  const applied = db.all(row, "SELECT number, name, checksum FROM schema_migrations ORDER BY number");
  for (const { number, name, checksum } of MIGRATIONS.map(withChecksum)) {
    const found = applied.find((one) => one.number === number);
    if (found === undefined) throw tampered(db.file, `it has no record of migration ${number} (${name})`);
    if (found.checksum !== checksum)
      throw tampered(db.file, `migration ${number} (${name}) had other text when it ran`);
  }
  const unknown = applied.find((one) => !MIGRATIONS.some((known) => known.number === one.number));
  if (unknown !== undefined)
    throw tampered(db.file, `it was given an unknown migration ${unknown.number} (${unknown.name})`);
}

function planLocked(sqlite: Database, file: string): { from: string | null; pending: Migration[] } {
  const current = currentNumber(sqlite);
  if (current > SCHEMA_VERSION) throw newer(file, versionText(current), versionText(SCHEMA_VERSION));
  const pending = MIGRATIONS.filter(({ number }) => number > current);
  return { from: pending.length === 0 ? null : earlierVersion(sqlite, file), pending };
}

function apply(sqlite: Database, { migration, file, now }: { migration: Migration; file: string; now: string }): void {
  const { number, name, sql, checksum } = withChecksum(migration);
  if (number === 1) adopt({ sqlite, file, sql });
  else sqlite.run(sql);
  sqlite
    .query(
      "INSERT INTO schema_migrations (number, name, checksum, applied_at) VALUES ($number, $name, $checksum, $now)",
    )
    .run({ number, name, checksum, now });
  sqlite
    .query(
      `INSERT INTO schema_metadata (key, value, updated_at) VALUES ('version', $version, $now)
       ON CONFLICT (key) DO UPDATE SET value = excluded.value, updated_at = excluded.updated_at`,
    )
    .run({ version: versionText(number), now });
}

/** A dump that was read back has lost its user_version; the record of what was applied is still there. */
function currentNumber(sqlite: Database): number {
  const number = v.object({ number: v.number() });
  const stamped = v.parse(number, sqlite.query("SELECT user_version AS number FROM pragma_user_version").get());
  const isRecorded = sqlite.query("SELECT 1 FROM sqlite_schema WHERE name = 'schema_migrations'").get() !== null;
  if (stamped.number !== 0 || !isRecorded) return stamped.number;
  const recorded = sqlite.query("SELECT COALESCE(MAX(number), 0) AS number FROM schema_migrations").get();
  return v.parse(number, recorded).number;
}

/**
 * The caller holds the write lock and has changed nothing, so a second connection copies exactly what the migration
 * starts from, whatever is still in the WAL. Named at the end: a copy by its final name is a whole one.
 */
function copyAside({ file, from, now }: { file: string; from: string; now: Date }): string {
  const stamp = now.toISOString().slice(0, 19).replace(/[-:]/g, "");
  const wanted = `${file}.backup-${from.replace(/[^\w.]/g, "_")}-${stamp}Z`;
  const backup = firstFree(wanted);
  const partial = `${backup}.partial`;
  try {
    removePartials(file);
    // VACUUM INTO takes an empty file as it is, and so its mode.
    const descriptor = openSync(partial, "wx", 0o600);
    try {
      fchmodSync(descriptor, 0o600);
      vacuumInto(file, partial);
      fsyncSync(descriptor);
    } finally {
      closeSync(descriptor);
    }
    renameSync(partial, backup);
    return backup;
  } catch (thrown) {
    removePartials(file);
    throw notCopied(file, backup, translate(thrown, file));
  }
}

function vacuumInto(file: string, target: string): void {
  const reader = new Database(file, { readwrite: true, strict: true });
  try {
    reader.query("VACUUM INTO $target").run({ target });
  } finally {
    reader.close();
  }
}

/** Left by a process that was killed while it copied; nobody else copies while the caller holds the write lock. */
function removePartials(file: string): void {
  const start = `${basename(file)}.backup-`;
  for (const name of readdirSync(dirname(file))) {
    if (name.startsWith(start) && /\.partial(?:-journal)?$/.test(name))
      rmSync(join(dirname(file), name), { force: true });
  }
}

/** Only the holder of the write lock asks, so nobody takes the name in between. */
function firstFree(wanted: string): string {
  let name = wanted;
  for (let count = 2; existsSync(name); count += 1) name = `${wanted}-${count}`;
  return name;
}

function notCopied(file: string, backup: string, cause: unknown): Failure {
  const known = cause instanceof Failure ? cause : undefined;
  return new Failure({
    kind: "unavailable",
    code: known?.code ?? "db.unwritable",
    message: `The database ${file} must be updated but could not be copied to ${backup} first; it was left as it was.`,
    hint:
      known?.hint ??
      "See that its directory can be written to and has room for a second copy, then run the command again.",
    details: { file, backup },
    cause,
  });
}

/** Earlier releases made it readable by all. A file of another user is that user's to change. */
function keepPrivate(file: string): void {
  for (const path of [file, `${file}-wal`, `${file}-shm`]) {
    const found = statSync(path, { throwIfNoEntry: false });
    if (found !== undefined && found.uid === process.getuid?.() && (found.mode & 0o077) !== 0) chmodSync(path, 0o600);
  }
}

function withChecksum(migration: Migration): Migration & { checksum: string } {
  return { ...migration, checksum: new Bun.CryptoHasher("sha256").update(migration.sql).digest("hex") };
}

function tampered(file: string, what: string): Failure {
  return new Failure({
    kind: "internal",
    code: "db.tampered",
    message: `The database ${file} does not match this parallel-cc: ${what}.`,
    hint: "It was changed by something else than a released parallel-cc. Keep a copy of it and report this.",
    details: { file },
  });
}
