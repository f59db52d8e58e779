// What doctor says of the registry and its directory, in every state they can be in, and that it leaves them so.

import { describe, expect, test } from "bun:test";
import { chmod, mkdir, readdir } from "node:fs/promises";
import { join } from "node:path";
import { openDb, SCHEMA_VERSION, versionText } from "../../src/db/db.ts";
import type { Check } from "../../src/features/doctor/doctor.ts";
import { noteRegister } from "../../src/features/skew/skew.ts";
import { makeEarlier } from "../db/earlier.ts";
import { examined, found, VERSION } from "../support/doctor.ts";
import { makePlace, type Place } from "../support/place.ts";
import { makeRepo } from "../support/repo.ts";
import { testWorld } from "../support/world.ts";

const file = (place: Place) => join(place.home, ".parallel-cc/coordinator.db");
const CURRENT = versionText(SCHEMA_VERSION);

async function database(place: Place, what?: RegExp): Promise<Check | undefined> {
  return found(await examined(place), "database", what);
}

/** A registry of this release, closed: no WAL is left. */
async function made(place: Place, change: (db: Awaited<ReturnType<typeof openDb>>) => void = () => undefined) {
  const db = await openDb({ file: file(place), clock: () => new Date() });
  change(db);
  db.run("PRAGMA wal_checkpoint(TRUNCATE)");
  db.close();
}

/** Every file of the data directory with what is in it. */
async function contents(place: Place): Promise<Record<string, string>> {
  const folder = join(place.home, ".parallel-cc");
  const names = (await readdir(folder)).sort();
  const hashed = names.map(
    async (name) => [name, String(Bun.hash(await Bun.file(join(folder, name)).bytes()))] as const,
  );
  return Object.fromEntries(await Promise.all(hashed));
}

describe("the database", () => {
  test("that is not there yet is well, and is not made", async () => {
    await using place = await makePlace();
    expect(await database(place)).toEqual({
      name: "database",
      status: "ok",
      detail: "none yet; the first session makes it",
    });
    expect(await readdir(place.home)).toEqual([]);
  });

  test("that is up to date is well, with its schema and size", async () => {
    await using place = await makePlace();
    await made(place);
    const check = await database(place);
    expect(check?.status).toBe("ok");
    expect(check?.detail).toMatch(new RegExp(`^${file(place)}; schema ${CURRENT}; \\d+ kB$`));
  });

  test.each([false, true])("is left exactly as it was (held open by another: %p)", async (isHeld) => {
    await using place = await makePlace();
    await made(place);
    using holder = isHeld ? await openDb({ file: file(place), clock: () => new Date() }).then(held) : held(undefined);
    const before = await contents(place);
    await examined(place);
    expect(await contents(place)).toEqual(before);
    expect(Object.keys(before)).toHaveLength(holder.isHeld ? 3 : 1);
  });

  test("of an earlier release is told and not brought up to date", async () => {
    await using place = await makePlace();
    await mkdir(join(place.home, ".parallel-cc"), { mode: 0o700 });
    (await makeEarlier(file(place), "1.1")).close();
    const before = await contents(place);
    const check = await database(place);
    expect(check?.status).toBe("ok");
    expect(check?.detail).toContain(`schema 1.1.0; the next command brings it to ${CURRENT}, after a copy`);
    expect(await contents(place)).toEqual(before);
  });

  test("with copies of before tells them", async () => {
    await using place = await makePlace();
    await made(place);
    await Bun.write(`${file(place)}.backup-1.1.0-20300101T000000Z`, "x".repeat(2048));
    await Bun.write(`${file(place)}.v0.5.0.backup`, "x".repeat(1024));
    await Bun.write(`${file(place)}.backup-1.1.0-20300102T000000Z.partial`, "x");
    expect((await database(place))?.detail).toContain("2 copies of before (3.0 kB)");
  });

  test("of a newer schema fails, naming both sides and what to do", async () => {
    await using place = await makePlace();
    await made(place, (db) => {
      db.run("INSERT INTO schema_metadata (key, value) VALUES ('program_version', '4.2.0')");
      db.run(`PRAGMA user_version = ${SCHEMA_VERSION + 4}`);
    });
    expect(await database(place)).toMatchObject({
      status: "fail",
      detail: `${file(place)} was written by parallel-cc 4.2.0 (schema 3.${SCHEMA_VERSION + 4}); this one, ${VERSION}, knows ${CURRENT}.`,
      hint: expect.stringContaining("Update this one"),
    });
  });

  test("of a newer schema is refused by every command in words that name both sides and the way out", async () => {
    await using place = await makePlace();
    await made(place, (db) => {
      db.run(`PRAGMA user_version = ${SCHEMA_VERSION + 4}`);
    });
    await using world = testWorld(place);
    const refused = await world.db().catch((thrown: unknown) => thrown);
    expect(refused).toMatchObject({
      code: "db.newer",
      message: expect.stringContaining(`its schema is 3.${SCHEMA_VERSION + 4}, this ${world.version} knows ${CURRENT}`),
      hint: expect.stringContaining("Update this parallel-cc, or use the newer one"),
    });
  });

  test("of a newer schema with other tables fails in the same way", async () => {
    await using place = await makePlace();
    await made(place, (db) => {
      db.run("DROP TABLE schema_metadata");
      db.run(`PRAGMA user_version = ${SCHEMA_VERSION + 1}`);
    });
    expect((await database(place))?.detail).toContain("was written by a newer parallel-cc");
  });

  test("that a newer release of the same schema wrote to is a warning", async () => {
    await using place = await makePlace();
    await using world = testWorld(place);
    await noteRegister({ ...world, version: "3.2.0" });
    expect(await database(place, /registered/)).toMatchObject({
      status: "warn",
      detail: `parallel-cc 3.2.0 registered in it last; this one is ${VERSION}.`,
    });
  });

  test("that an older release of the same schema wrote to is well", async () => {
    await using place = await makePlace();
    await using world = testWorld(place);
    await noteRegister({ ...world, version: "3.0.9" });
    expect(await database(place, /registered/)).toBeUndefined();
  });

  test("that is none fails, with what to do", async () => {
    await using place = await makePlace();
    await Bun.write(file(place), "this is no database, but long enough to be taken for one ".repeat(50));
    expect(await database(place)).toMatchObject({ status: "fail", hint: expect.stringContaining("aside") });
  });

  test("of another program fails", async () => {
    await using place = await makePlace();
    await made(place, (db) => {
      db.run("PRAGMA foreign_keys = OFF");
      for (const table of ["schema_metadata", "sessions", "session_processes"]) db.run(`DROP TABLE ${table}`);
      db.run("PRAGMA user_version = 0");
    });
    expect(await database(place)).toMatchObject({ status: "fail", detail: expect.stringContaining("another program") });
  });

  test("with a damaged page fails, and says where it is", async () => {
    await using place = await makePlace();
    await made(place);
    const bytes = await Bun.file(file(place)).bytes();
    bytes.fill(0xff, 8192, 12_288);
    await Bun.write(file(place), bytes);
    const check = await database(place);
    expect(check?.status).toBe("fail");
    expect(check?.detail).toContain(file(place));
  });

  test("with a page that counts wrong fails, and says which", async () => {
    await using place = await makePlace();
    await made(place);
    const bytes = Buffer.from(await Bun.file(file(place)).bytes());
    bytes.writeUInt16BE(3, 7 * 4096 + 3);
    await Bun.write(file(place), bytes);
    const check = await database(place);
    expect(check?.status).toBe("fail");
    expect(check?.detail).toMatch(new RegExp(`^${file(place)} is damaged: .*page 8[^\\n]*$`));
  });

  test("whose rows refer to nothing is a warning", async () => {
    await using place = await makePlace();
    await made(place, (db) => {
      db.run("PRAGMA foreign_keys = OFF");
      db.run("INSERT INTO port_leases (port, session_id, position) VALUES (12345, 'gone', 1)");
    });
    expect(await database(place, /refer/)).toMatchObject({
      status: "warn",
      detail: `1 row of ${file(place)} refer to rows that are gone.`,
    });
  });

  test("that was tampered with fails", async () => {
    await using place = await makePlace();
    await made(place, (db) => {
      db.run("UPDATE schema_migrations SET checksum = 'x' WHERE number = 2");
    });
    expect(await database(place)).toMatchObject({ status: "fail", detail: expect.stringContaining("migration 2") });
  });

  test("that cannot be read leaves the repository's own state to be told", async () => {
    await using place = await makePlace();
    const { path } = await makeRepo(place);
    await Bun.write(file(place), "no database ".repeat(100));
    const checks = await examined(place, { cwd: path });
    expect(found(checks, "repository")?.detail).toStartWith(`${path}; the database cannot say`);
    expect(found(checks, "worktrees")).toBeUndefined();
    expect(found(checks, "settings")?.status).toBe("ok");
  });
});

describe("the data directory", () => {
  const rights = async (place: Place) => found(await examined(place), "permissions");

  test("that is its user's alone is well", async () => {
    await using place = await makePlace();
    await made(place);
    expect(await rights(place)).toMatchObject({ status: "ok" });
  });

  test("with a database that others may read is a warning, with the command that mends it", async () => {
    await using place = await makePlace();
    await made(place);
    await chmod(file(place), 0o644);
    expect(await rights(place)).toMatchObject({ status: "warn", hint: `chmod go= ${file(place)}` });
  });

  test("that others may look into is a warning, with all that is open in it", async () => {
    await using place = await makePlace();
    await made(place);
    const folder = join(place.home, ".parallel-cc");
    await Bun.write(`${file(place)}.v0.5.0.backup`, "x");
    await chmod(`${file(place)}.v0.5.0.backup`, 0o644);
    await chmod(folder, 0o755);
    expect(await rights(place)).toMatchObject({
      status: "warn",
      detail: `${folder} and 1 file in it may be read by other users.`,
      hint: `chmod go= ${folder} ${file(place)}.v0.5.0.backup`,
    });
  });

  test("where none can be made fails", async () => {
    await using place = await makePlace();
    await Bun.write(join(place.home, ".parallel-cc"), "a file in the way");
    const checks = await examined(place);
    expect(found(checks, "data directory")).toMatchObject({ status: "fail" });
    expect(found(checks, "permissions")).toBeUndefined();
  });

  test("that is not there yet says that it will be made", async () => {
    await using place = await makePlace();
    const detail = `${place.home}/.parallel-cc, made when it is first needed`;
    expect(found(await examined(place), "data directory")).toMatchObject({ status: "ok", detail });
  });
});

function held(db: { close(): void } | undefined) {
  return { isHeld: db !== undefined, [Symbol.dispose]: () => db?.close() };
}
