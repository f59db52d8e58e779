// What a Db does once it is open: rows parsed, writes whole, locks waited for.

import { Database } from "bun:sqlite";
import { describe, expect, test } from "bun:test";
import { readdirSync } from "node:fs";
import { v } from "../../src/core/shape.ts";
import { isUniqueViolation, openDb, parseUtc, utcText } from "../../src/db/db.ts";
import { makePlace } from "../support/place.ts";
import { EVERY_VERSION, writeEarlier } from "./earlier.ts";

const clock = () => new Date("2026-03-01T12:00:00.987Z");
const Session = v.object({ id: v.string(), pid: v.number() });

function insert(id: string): [string, { id: string }] {
  return ["INSERT INTO sessions (id, pid, repo_path, worktree_path) VALUES ($id, 7, '/r', '/w')", { id }];
}

describe("reading and writing", () => {
  test("rows come back parsed, absence as undefined", async () => {
    await using place = await makePlace();
    const db = await openDb({ file: place.at("c.db"), clock });
    expect(db.write(() => db.run(...insert("a")))).toEqual({ changes: 1 });
    expect(db.one(Session, "SELECT id, pid FROM sessions WHERE id = $id", { id: "a" })).toEqual({ id: "a", pid: 7 });
    expect(db.one(Session, "SELECT id, pid FROM sessions WHERE id = $id", { id: "b" })).toBeUndefined();
    expect(db.all(Session, "SELECT id, pid FROM sessions")).toEqual([{ id: "a", pid: 7 }]);
    expect(() => db.all(v.object({ id: v.number() }), "SELECT id FROM sessions")).toThrow(
      expect.objectContaining({ code: "db.row", kind: "internal" }),
    );
    expect(() => db.one(Session, "SELECT id, pid FROM sessions WHERE id = $id", { name: "a" })).toThrow();
    db.close();
  });

  test("a write is all or nothing, at one time", async () => {
    await using place = await makePlace();
    const db = await openDb({ file: place.at("c.db"), clock });
    const told = db.write((now) => {
      db.run(...insert("kept"));
      return now;
    });
    expect(told).toBe("2026-03-01 12:00:00");
    const broken = () =>
      db.write(() => {
        db.run(...insert("lost"));
        throw new Error("after the insert");
      });
    expect(broken).toThrow("after the insert");
    expect(db.all(v.object({ id: v.string() }), "SELECT id FROM sessions")).toEqual([{ id: "kept" }]);
    db.close();
  });

  test("a write inside a write is a bug, and undoes the outer one", async () => {
    await using place = await makePlace();
    const db = await openDb({ file: place.at("c.db"), clock });
    const nested = () =>
      db.write(() => {
        db.run(...insert("outer"));
        db.write(() => db.run(...insert("inner")));
      });
    expect(nested).toThrow("inside");
    expect(db.all(Session, "SELECT id, pid FROM sessions")).toEqual([]);
    expect(db.write(() => db.run(...insert("after"))).changes).toBe(1);
    db.close();
  });

  test("an async callback does not compile, and is rolled back where it gets through", async () => {
    await using place = await makePlace();
    const db = await openDb({ file: place.at("c.db"), clock });
    const asynchronous = () =>
      // @ts-expect-error a promise would outlive the transaction: this line proves that the type refuses it
      db.write(async () => {
        db.run(...insert("a"));
      });
    expect(asynchronous).toThrow("async");
    expect(db.all(Session, "SELECT id, pid FROM sessions")).toEqual([]);
    db.close();
  });

  test("a broken UNIQUE can be told from other errors", async () => {
    await using place = await makePlace();
    const db = await openDb({ file: place.at("c.db"), clock });
    db.write(() => db.run(...insert("a")));
    const again = caught(() => db.write(() => db.run(...insert("a"))));
    const orphan = caught(() =>
      db.write(() =>
        db.run("INSERT INTO subscriptions (id, session_id, repo_path, branch_name) VALUES ('s', 'nobody', '/r', 'b')"),
      ),
    );
    expect([again, orphan, new Error("UNIQUE")].map(isUniqueViolation)).toEqual([true, false, false]);
    db.close();
  });

  test("one place has one holder, unless it is shared or was registered by an earlier release", async () => {
    await using place = await makePlace();
    const db = await openDb({ file: place.at("c.db"), clock });
    const add = (id: string, gitDir: string | null, isSharing: boolean) =>
      db.write(() =>
        db.run(
          `INSERT INTO sessions (id, pid, repo_path, worktree_path, git_dir, is_sharing)
           VALUES ($id, 1, '/r', '/w', $gitDir, $isSharing)`,
          { id, gitDir, isSharing },
        ),
      );
    add("a", "/r/.git", false);
    expect(isUniqueViolation(caught(() => add("b", "/r/.git", false)))).toBe(true);
    add("c", "/r/.git", true);
    add("d", null, false);
    db.close();
  });
});

describe("times", () => {
  test("are UTC text to the second", () => {
    expect(utcText(new Date("2026-03-01T13:00:00.999+01:00"))).toBe("2026-03-01 12:00:00");
  });

  test.each(["2026-03-01 12:00:00", "2026-03-01T12:00:00.000Z", "2026-03-01T12:00:00", "2026-03-01T14:00:00+02:00"])(
    "%s is read as UTC",
    (text) => {
      expect(parseUtc(text).toISOString()).toBe("2026-03-01T12:00:00.000Z");
    },
  );

  test("text that is no time is a bug, not an invalid date", () => {
    expect(() => parseUtc("yesterday")).toThrow(expect.objectContaining({ code: "db.time" }));
  });
});

describe("a lock that another connection holds too long", () => {
  test("stops a write", async () => {
    await using place = await makePlace();
    const file = place.at("c.db");
    const db = await openDb({ file, clock, busyTimeoutMs: 20 });
    const holder = new Database(file, { readwrite: true });
    holder.run("BEGIN IMMEDIATE");
    expect(() => db.write(() => db.run(...insert("a")))).toThrow(
      expect.objectContaining({ code: "db.locked", kind: "unavailable" }),
    );
    expect(db.all(Session, "SELECT id, pid FROM sessions")).toEqual([]);
    holder.run("ROLLBACK");
    expect(db.write(() => db.run(...insert("a"))).changes).toBe(1);
    holder.close();
    db.close();
  });

  test.each(["1.1", "0.2"])("stops taking over %s, with nothing changed", async (kind) => {
    await using place = await makePlace();
    const file = place.at("c.db");
    await writeEarlier(file, kind);
    const holder = new Database(file, { readwrite: true });
    holder.run("BEGIN EXCLUSIVE");
    await expect(openDb({ file, clock, busyTimeoutMs: 20 })).rejects.toMatchObject({ code: "db.locked" });
    expect(readdirSync(place.path).filter((name) => name.includes("backup"))).toEqual([]);
    holder.run("ROLLBACK");
    holder.close();
    const db = await openDb({ file, clock });
    expect(db.migrated?.migrations).toEqual(EVERY_VERSION);
    db.close();
  });

  test("a short one is waited for", async () => {
    await using place = await makePlace();
    const file = place.at("c.db");
    const db = await openDb({ file, clock });
    const code = `
      const { Database } = require("bun:sqlite");
      const holder = new Database(${JSON.stringify(file)}, { readwrite: true });
      holder.run("BEGIN IMMEDIATE");
      process.stdout.write("held");
      setTimeout(() => holder.run("COMMIT"), 200);`;
    const holder = Bun.spawn([process.execPath, "-e", code], { env: place.env(), stdout: "pipe" });
    await holder.stdout.getReader().read();
    expect(db.write(() => db.run(...insert("a"))).changes).toBe(1);
    await holder.exited;
    db.close();
  });
});

function caught(work: () => unknown): unknown {
  try {
    work();
  } catch (thrown) {
    return thrown;
  }
  throw new Error("nothing was thrown");
}
