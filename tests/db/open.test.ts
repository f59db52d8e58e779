// What openDb promises: a private new database, an old one left alone when it cannot be used.

import { Database } from "bun:sqlite";
import { afterEach, describe, expect, test } from "bun:test";
import { appendFileSync, existsSync, mkdirSync, readdirSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { v } from "../../src/core/shape.ts";
import { openDb, SCHEMA_VERSION, versionText } from "../../src/db/db.ts";
import { MIGRATIONS, verifyMigrations } from "../../src/db/migrate.ts";
import { makePlace } from "../support/place.ts";
import { CURRENT, EVERY_VERSION, writeEarlier } from "./earlier.ts";

const clock = () => new Date("2026-03-01T12:00:00.987Z");
const Session = v.object({ id: v.string(), pid: v.number() });
const umask = process.umask();
afterEach(() => {
  process.umask(umask);
});

function insert(id: string): [string, { id: string }] {
  return ["INSERT INTO sessions (id, pid, repo_path, worktree_path) VALUES ($id, 7, '/r', '/w')", { id }];
}

function modeOf(path: string): number {
  return statSync(path).mode & 0o777;
}

describe("a new database", () => {
  test.each([0o000, 0o022, 0o277])("is private whatever the umask (%i), and so is its directory", async (mask) => {
    await using place = await makePlace();
    const file = place.at("data/deep/coordinator.db");
    process.umask(mask);
    const db = await openDb({ file, clock });
    db.write(() => db.run(...insert("a")));
    expect(db.migrated).toEqual({ from: null, to: CURRENT, migrations: EVERY_VERSION, backup: undefined });
    for (const path of [file, `${file}-wal`, `${file}-shm`]) expect(modeOf(path)).toBe(0o600);
    expect(modeOf(place.at("data/deep"))).toBe(0o700);
    db.close();
  });

  test("leaves the mode of a directory that was there alone", async () => {
    await using place = await makePlace();
    mkdirSync(place.at("shared"), { mode: 0o755 });
    (await openDb({ file: place.at("shared/coordinator.db"), clock })).close();
    expect(modeOf(place.at("shared"))).toBe(0o755);
  });

  test("is in WAL mode, holds to foreign keys and syncs at checkpoints only", async () => {
    await using place = await makePlace();
    const db = await openDb({ file: place.at("c.db"), clock });
    expect(db.all(v.object({ journal_mode: v.string() }), "PRAGMA journal_mode")).toEqual([{ journal_mode: "wal" }]);
    expect(db.all(v.object({ foreign_keys: v.number() }), "PRAGMA foreign_keys")).toEqual([{ foreign_keys: 1 }]);
    expect(db.all(v.object({ synchronous: v.number() }), "PRAGMA synchronous")).toEqual([{ synchronous: 1 }]);
    expect(db.all(v.object({ timeout: v.number() }), "PRAGMA busy_timeout")).toEqual([{ timeout: 5000 }]);
    db.close();
  });

  test("an empty file becomes one", async () => {
    await using place = await makePlace();
    writeFileSync(place.at("c.db"), "", { mode: 0o644 });
    const db = await openDb({ file: place.at("c.db"), clock });
    expect(db.migrated?.from).toBeNull();
    expect(modeOf(place.at("c.db"))).toBe(0o600);
    db.close();
  });

  test("opened again, it is up to date and not touched", async () => {
    await using place = await makePlace();
    const file = place.at("c.db");
    (await openDb({ file, clock })).close();
    const before = await Bun.file(file).bytes();
    const db = await openDb({ file, clock });
    expect(db.migrated).toBeUndefined();
    db.close();
    expect(await Bun.file(file).bytes()).toEqual(before);
  });
});

test("the version that opening compares with is the last migration's", () => {
  expect(MIGRATIONS.map(({ number }) => number)).toEqual(
    Array.from({ length: SCHEMA_VERSION }, (_, index) => index + 1),
  );
});

describe("what cannot be opened", () => {
  test("a newer database is refused and left byte for byte, also what is only in its WAL", async () => {
    await using place = await makePlace();
    const file = place.at("c.db");
    const running = await openDb({ file, clock });
    running.run(`PRAGMA user_version = ${SCHEMA_VERSION + 1}`);
    expect(statSync(`${file}-wal`).size).toBeGreaterThan(0);
    const copy = place.at("killed.db");
    for (const end of ["", "-wal"]) writeFileSync(copy + end, await Bun.file(file + end).bytes());
    running.close();

    for (const newer of [file, copy]) {
      const before = await filesOf(newer);
      const refused = await failureOf(openDb({ file: newer, clock }));
      const details = { found: versionText(SCHEMA_VERSION + 1), known: CURRENT };
      expect(refused).toMatchObject({ code: "db.newer", kind: "unavailable", details });
      expect(await filesOf(newer)).toEqual(before);
    }
    expect(readdirSync(place.path).filter((name) => name.includes("backup"))).toEqual([]);
  });

  test("a newer database outside WAL mode is not switched to it", async () => {
    await using place = await makePlace();
    const file = place.at("c.db");
    const plain = new Database(file, { create: true });
    plain.run(`CREATE TABLE later (id TEXT); PRAGMA user_version = ${SCHEMA_VERSION + 5}`);
    plain.close();
    const before = await Bun.file(file).bytes();
    await expect(openDb({ file, clock })).rejects.toMatchObject({ code: "db.newer" });
    expect(await Bun.file(file).bytes()).toEqual(before);
    expect(readdirSync(place.path).filter((name) => name.startsWith("c.db"))).toEqual(["c.db"]);
  });

  test("a file that is no database says where it is and which backup is newest", async () => {
    await using place = await makePlace();
    const file = place.at("c.db");
    writeFileSync(file, "not a database, but long enough to have a header of a hundred bytes ".repeat(20));
    const bare = await failureOf(openDb({ file, clock }));
    expect(bare).toMatchObject({ code: "db.corrupt", kind: "unavailable", details: { file, backups: [] } });
    writeFileSync(`${file}.backup-1.1.0-20260101T000000Z`, "");
    const backed = await failureOf(openDb({ file, clock }));
    expect(backed).toMatchObject({ hint: expect.stringContaining(`${file}.backup-1.1.0-20260101T000000Z`) });
    expect(existsSync(file)).toBe(true);
  });

  test.each([100, 4096, 5000, 20480])("a database cut off after %i bytes is damaged, not empty", async (size) => {
    await using place = await makePlace();
    const file = place.at("c.db");
    (await openDb({ file, clock })).close();
    truncateSync(file, size);
    await expect(openDb({ file, clock })).rejects.toMatchObject({ code: "db.corrupt" });
    expect(statSync(file).size).toBe(size);
  });

  test("an earlier database with a damaged page is reported before anything is changed", async () => {
    await using place = await makePlace();
    const file = place.at("c.db");
    await writeEarlier(file, "1.1");
    const bytes = await Bun.file(file).bytes();
    bytes.fill(0xff, 4096, 12_288);
    writeFileSync(file, bytes);
    await expect(openDb({ file, clock })).rejects.toMatchObject({ code: "db.corrupt" });
    expect(await Bun.file(file).bytes()).toEqual(bytes);
    expect(readdirSync(place.path).filter((name) => name.includes("backup"))).toEqual([]);
  });

  test("damage that shows only while reading has the same code", async () => {
    await using place = await makePlace();
    const file = place.at("c.db");
    const made = await openDb({ file, clock });
    made.write(() => made.run(...insert("a")));
    const root = made.one(
      v.object({ page: v.number() }),
      "SELECT rootpage AS page FROM sqlite_schema WHERE name = 'sessions'",
    );
    made.close();
    const bytes = await Bun.file(file).bytes();
    const page = root?.page ?? 0;
    bytes.fill(0xff, (page - 1) * 4096, page * 4096);
    writeFileSync(file, bytes);
    const db = await openDb({ file, clock });
    expect(() => db.all(Session, "SELECT id, pid FROM sessions")).toThrow(
      expect.objectContaining({ code: "db.corrupt" }),
    );
    db.close();
  });

  test("a directory in its place, and a file in the place of its directory", async () => {
    await using place = await makePlace();
    mkdirSync(place.at("c.db"));
    await expect(openDb({ file: place.at("c.db"), clock })).rejects.toMatchObject({ code: "db.unwritable" });
    appendFileSync(place.at("plain"), "");
    const refused = await failureOf(openDb({ file: place.at("plain/c.db"), clock }));
    expect(refused).toMatchObject({ code: "db.unwritable", message: expect.stringContaining(place.at("plain/c.db")) });
  });
});

describe("verifyMigrations", () => {
  test.each([
    ["an edited migration", "UPDATE schema_migrations SET checksum = 'other'"],
    ["a missing record", "DELETE FROM schema_migrations"],
    ["an unknown migration", "INSERT INTO schema_migrations VALUES (99, 'later', 'x', '2026-03-01 12:00:00')"],
  ])("notices %s", async (_, sql) => {
    await using place = await makePlace();
    const db = await openDb({ file: place.at("c.db"), clock });
    verifyMigrations(db);
    db.write(() => db.run(sql));
    expect(() => verifyMigrations(db)).toThrow(expect.objectContaining({ code: "db.tampered" }));
    db.close();
  });
});

async function failureOf(opening: Promise<unknown>): Promise<unknown> {
  return opening.then(
    () => {
      throw new Error("it opened");
    },
    (thrown: unknown) => thrown,
  );
}

/** The database and what is in its WAL; -shm is an index of the WAL that every reader may build anew. */
async function filesOf(file: string): Promise<Uint8Array[]> {
  const wal = Bun.file(`${file}-wal`);
  return [await Bun.file(file).bytes(), (await wal.exists()) ? await wal.bytes() : new Uint8Array()];
}
