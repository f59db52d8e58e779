// Runs inside the namespace that disk.test.ts makes: opens coordinator.db on a small disk and tells as JSON what came.

import { Database } from "bun:sqlite";
import { readdirSync, rmSync, writeFileSync } from "node:fs";
import { Failure } from "../../src/core/failure.ts";
import { v } from "../../src/core/shape.ts";
import { type Db, openDb } from "../../src/db/db.ts";

const [scenario = "", disk = ""] = process.argv.slice(2);
const file = `${disk}/coordinator.db`;
const open = () => openDb({ file, clock: () => new Date() });

function rowsIn(): string {
  const sqlite = new Database(file, { readonly: true });
  try {
    return JSON.stringify(sqlite.query("SELECT * FROM sessions ORDER BY id").all());
  } finally {
    sqlite.close();
  }
}

function versionIn(): unknown {
  const sqlite = new Database(file, { readonly: true });
  try {
    return sqlite.query<{ user_version: number }, []>("PRAGMA user_version").get()?.user_version;
  } finally {
    sqlite.close();
  }
}

async function openFailing(): Promise<Record<string, unknown>> {
  const isThere = readdirSync(disk).includes("coordinator.db");
  const before = isThere && scenario !== "read-only" ? rowsIn() : "";
  for (const name of readdirSync(disk)) if (/-(wal|shm)$/.test(name)) rmSync(`${disk}/${name}`);
  try {
    await open();
    return { code: "none" };
  } catch (thrown) {
    if (!(thrown instanceof Failure)) return { code: "not a Failure", message: String(thrown) };
    const told = { code: thrown.code, namesFile: thrown.message.includes(file), names: readdirSync(disk) };
    if (!isThere || scenario === "read-only") return told;
    return { ...told, isSame: rowsIn() === before, version: versionIn() };
  }
}

function insert(db: Db, id: string): void {
  db.write(() =>
    db.run(
      `INSERT INTO sessions (id, pid, repo_path, worktree_path, output_log)
       VALUES ($id, 1, '/r', '/w', hex(zeroblob(20000)))`,
      { id },
    ),
  );
}

async function fill(): Promise<Record<string, unknown>> {
  writeFileSync(`${disk}/ballast`, new Uint8Array(300_000));
  const db = await open();
  const Count = v.object({ count: v.number() });
  let written = 0;
  let code = "none";
  while (code === "none") {
    try {
      insert(db, String(written));
      written += 1;
    } catch (thrown) {
      code = thrown instanceof Failure ? thrown.code : String(thrown);
    }
  }
  const kept = db.one(Count, "SELECT COUNT(*) AS count FROM sessions")?.count === written;
  rmSync(`${disk}/ballast`);
  insert(db, "after");
  return { code, kept, goesOn: db.one(Count, "SELECT COUNT(*) AS count FROM sessions")?.count === written + 1 };
}

process.stdout.write(JSON.stringify(scenario === "fill" ? await fill() : await openFailing()));
