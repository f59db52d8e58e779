// Databases as the releases before 3.0 left them, made from tests/fixtures/schemas, and a look at what is in one.

import { Database } from "bun:sqlite";
import { join } from "node:path";
import { SCHEMA_VERSION, versionText } from "../../src/db/db.ts";

/** The version of a database that is up to date. */
export const CURRENT = versionText(SCHEMA_VERSION);
/** What a database goes through that begins before all of them, or with nothing. */
export const EVERY_VERSION = Array.from({ length: SCHEMA_VERSION }, (_, i) => versionText(i + 1));

export interface Earlier {
  /** The version that the migration must report as `from`. */
  from: string;
  /** Files of tests/fixtures/schemas, in the order the updates ran. */
  steps: readonly string[];
}

const UP_TO_1_1 = ["0.2-sessions", "0.4-merges", "0.5-claims", "1.0-sandboxes", "1.1-costs"] as const;

export const EARLIER: Readonly<Record<string, Earlier>> = {
  "0.2": { from: "0.2.0", steps: UP_TO_1_1.slice(0, 1) },
  "0.4": { from: "0.4.0", steps: UP_TO_1_1.slice(0, 2) },
  "0.5": { from: "0.5.0", steps: UP_TO_1_1.slice(0, 3) },
  "1.0": { from: "1.0.0", steps: UP_TO_1_1.slice(0, 4) },
  "the first 1.0": { from: "1.0.0", steps: [...UP_TO_1_1.slice(0, 3), "1.0-sandboxes-altered"] },
  "1.1": { from: "1.1.0", steps: UP_TO_1_1 },
  "0.5 tables at version 0.4": { from: "0.4.0", steps: [...UP_TO_1_1.slice(0, 3), "half-claims"] },
  "1.0 sessions at version 0.5": { from: "0.5.0", steps: [...UP_TO_1_1.slice(0, 4), "half-sandboxes"] },
  "a rebuild that crashed": { from: "0.5.0", steps: [...UP_TO_1_1.slice(0, 3), "crashed-rebuild"] },
  "a rebuild that lost sessions": { from: "0.5.0", steps: [...UP_TO_1_1.slice(0, 3), "lost-sessions"] },
  "1.1 with additions": { from: "1.1.0", steps: [...UP_TO_1_1, "own-additions"] },
};

/** Open, in WAL mode as the releases had it; close it for a file without a WAL. */
export async function makeEarlier(file: string, kind: string): Promise<Database> {
  const earlier = EARLIER[kind];
  if (earlier === undefined) throw new Error(`no earlier database '${kind}'`);
  const sqlite = new Database(file, { create: true, readwrite: true });
  sqlite.run("PRAGMA journal_mode = WAL");
  sqlite.run("PRAGMA foreign_keys = OFF");
  sqlite.run("PRAGMA legacy_alter_table = ON");
  for (const step of earlier.steps) {
    sqlite.run(await Bun.file(join(import.meta.dir, "../fixtures/schemas", `${step}.sql`)).text());
  }
  return sqlite;
}

export async function writeEarlier(file: string, kind: string): Promise<void> {
  const sqlite = await makeEarlier(file, kind);
  sqlite.close();
}

export type Row = Record<string, unknown>;

/** Every row of every table, in the order they are stored. */
export function rowsOf(file: string): Map<string, Row[]> {
  const sqlite = new Database(file, { readwrite: true });
  try {
    const found = new Map<string, Row[]>();
    for (const name of tablesOf(sqlite)) found.set(name, sqlite.query<Row, []>(`SELECT * FROM "${name}"`).all());
    return found;
  } finally {
    sqlite.close();
  }
}

export function tablesOf(sqlite: Database): string[] {
  const query = sqlite.query<{ name: string }, []>("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name");
  return query.all().map(({ name }) => name);
}
