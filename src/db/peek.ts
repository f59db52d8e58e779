// The database as it stands, for answers that must come at once and cost nobody anything: no file is made or changed,
// nothing is migrated, and what another process holds is not waited for.

import { constants, Database } from "bun:sqlite";
import { existsSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { v } from "../core/shape.ts";
import { Db, type OpenInput, SCHEMA_VERSION } from "./db.ts";

const USER_VERSION = v.object({ user_version: v.number() });

/** Undefined where there is none, or one of another version; it may throw whatever SQLite does. */
export function peekDb({ file, clock }: Pick<OpenInput, "file" | "clock">): Db | undefined {
  if (!existsSync(file)) return undefined;
  const sqlite = openAsItIs(file);
  if (v.parse(USER_VERSION, sqlite.query("PRAGMA user_version").get()).user_version === SCHEMA_VERSION) {
    return new Db({ sqlite, file, clock, migrated: undefined });
  }
  sqlite.close();
  return undefined;
}

/** For reading, and so that no file is made beside it. Throws what SQLite says. */
export function openAsItIs(file: string): Database {
  if (existsSync(`${file}-wal`)) return new Database(file, { readonly: true, strict: true });
  // Without a WAL nobody has it open, and who reads it in the usual way would make one and leave it there (3.53). Who
  // opens it within the few milliseconds that this takes makes at worst a read fail.
  const url = `${pathToFileURL(file).href}?immutable=1`;
  return new Database(url, constants.SQLITE_OPEN_READONLY | constants.SQLITE_OPEN_URI);
}
