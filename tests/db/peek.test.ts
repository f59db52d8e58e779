// What peekDb promises: it reads what is there, and leaves no trace of having looked.

import { Database } from "bun:sqlite";
import { expect, test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { v } from "../../src/core/shape.ts";
import { openDb, SCHEMA_VERSION } from "../../src/db/db.ts";
import { peekDb } from "../../src/db/peek.ts";
import { makePlace, type Place } from "../support/place.ts";
import { makeEarlier } from "./earlier.ts";

const clock = () => new Date("2030-01-01T12:00:00Z");
const ID = v.object({ id: v.string() });
const INSERT = "INSERT INTO sessions (id, pid, repo_path, worktree_path) VALUES ($id, 7, '/r', '/w')";

function idsIn(file: string): string[] | undefined {
  const db = peekDb({ file, clock });
  const ids = db?.all(ID, "SELECT id FROM sessions WHERE pid = $pid", { pid: 7 }).map(({ id }) => id);
  db?.close();
  return ids;
}

/** Names and bytes of all files there. */
function picture(place: Place): Map<string, string> {
  const files = readdirSync(place.at("data")).sort();
  return new Map(files.map((name) => [name, readFileSync(place.at("data", name)).toString("base64")]));
}

/** A directory with a percent sign and a question mark, which mean something in a URL. */
async function placeWithDatabase(): Promise<Place & { file: string; open: Awaited<ReturnType<typeof openDb>> }> {
  const place = await makePlace("a 100%41? #b");
  const file = place.at("data/coordinator.db");
  const open = await openDb({ file, clock });
  open.run(INSERT, { id: "a" });
  return { ...place, file, open };
}

test("where there is no database it makes none, nor its directory", async () => {
  await using place = await makePlace();
  expect(peekDb({ file: place.at("data/coordinator.db"), clock })).toBeUndefined();
  expect(readdirSync(place.path).sort()).toEqual(["home", "tmp"]);
});

test("one that nobody has open is read, and no file appears or changes", async () => {
  await using place = await placeWithDatabase();
  place.open.close();
  const before = picture(place);
  expect([...before.keys()]).toEqual(["coordinator.db"]);
  expect(idsIn(place.file)).toEqual(["a"]);
  expect(picture(place)).toEqual(before);
});

test("what stands in the log alone is read as well, and stays there", async () => {
  await using place = await placeWithDatabase();
  const before = picture(place);
  expect([...before.keys()]).toEqual(["coordinator.db", "coordinator.db-shm", "coordinator.db-wal"]);
  expect(idsIn(place.file)).toEqual(["a"]);
  const { "coordinator.db-shm": _, ...after } = Object.fromEntries(picture(place));
  expect(after).toEqual(Object.fromEntries([...before].filter(([name]) => name !== "coordinator.db-shm")));
  place.open.close();
});

test("nothing can be written through it", async () => {
  await using place = await placeWithDatabase();
  const whileOpen = peekDb({ file: place.file, clock });
  expect(() => whileOpen?.run(INSERT, { id: "b" })).toThrow();
  whileOpen?.close();
  place.open.close();
  const closed = peekDb({ file: place.file, clock });
  expect(() => closed?.run(INSERT, { id: "b" })).toThrow();
  closed?.close();
});

test("one of an earlier or a later version is not brought up to date, and not read", async () => {
  await using place = await placeWithDatabase();
  place.open.run(`PRAGMA user_version = ${SCHEMA_VERSION + 1}`);
  place.open.close();
  (await makeEarlier(place.at("data/earlier.db"), "1.1")).close();
  const before = picture(place);
  expect(idsIn(place.file)).toBeUndefined();
  expect(idsIn(place.at("data/earlier.db"))).toBeUndefined();
  expect(picture(place)).toEqual(before);
});

test("one that is no database, or that somebody has for himself alone, fails at once and is left as it is", async () => {
  await using place = await placeWithDatabase();
  place.open.close();
  await Bun.write(place.at("data/text.db"), "not a database, but long enough to be looked at as one".repeat(40));
  const alone = new Database(place.at("data/alone.db"), { create: true, readwrite: true });
  for (const pragma of ["journal_mode = WAL", "locking_mode = EXCLUSIVE"]) alone.run(`PRAGMA ${pragma}`);
  alone.run("CREATE TABLE sessions (id)");
  const before = picture(place);
  const started = performance.now();
  for (const name of ["text.db", "alone.db"]) expect(() => idsIn(place.at("data", name))).toThrow();
  expect(performance.now() - started).toBeLessThan(1000);
  expect(picture(place)).toEqual(before);
  alone.close();
});
