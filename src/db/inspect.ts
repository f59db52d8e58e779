// The database as it stands, of whatever version, for `doctor`: no file is made or changed, nothing is migrated.

import type { Database } from "bun:sqlite";
import { statSync } from "node:fs";
import { Failure } from "../core/failure.ts";
import { v } from "../core/shape.ts";
import { earlierVersion } from "./adopt.ts";
import { Db, type OpenInput, SCHEMA_VERSION, versionText } from "./db.ts";
import { translate, unwritable } from "./failures.ts";
import { openAsItIs } from "./peek.ts";

/** `schema` is what it is at. None: no file, or an empty one. */
export type Inspected = { kind: "none" } | { kind: "current" | "older" | "newer"; schema: string; db: Db };

/** Its answers are read-only. Errors: `db.unwritable`, `db.readonly`, `db.corrupt`, `db.locked`, `db.foreign`. */
export function inspectDb({ file, clock }: Pick<OpenInput, "file" | "clock">): Inspected {
  let sqlite: Database | undefined;
  try {
    if (statSync(file, { throwIfNoEntry: false }) === undefined) return { kind: "none" };
    sqlite = openAsItIs(file);
    const number = v.parse(VERSION, sqlite.query("PRAGMA user_version").get()).user_version;
    const schema = number === 0 ? earlierVersion(sqlite, file) : versionText(number);
    if (schema === null) {
      sqlite.close();
      return { kind: "none" };
    }
    const kind = number === SCHEMA_VERSION ? "current" : number < SCHEMA_VERSION ? "older" : "newer";
    return { kind, schema, db: new Db({ sqlite, file, clock, migrated: undefined }) };
  } catch (thrown) {
    sqlite?.close();
    const known = translate(thrown, file);
    // What the file system itself refuses comes with its code.
    throw known instanceof Error && "code" in known && !(known instanceof Failure) ? unwritable(file, known) : known;
  }
}

const VERSION = v.object({ user_version: v.number() });
