// Many processes at one database: one of them brings it up to date, none fails, and a killed one takes nothing along.

import { expect, test } from "bun:test";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { v } from "../../src/core/shape.ts";
import { openDb } from "../../src/db/db.ts";
import { makePlace, type Place } from "../support/place.ts";
import { EARLIER, rowsOf, writeEarlier } from "./earlier.ts";

const OPENER = join(import.meta.dir, "opener.ts");
const Told = v.object({ migrated: v.nullable(v.object({ migrations: v.array(v.string()) })) });

/** Starts that many openers as one; how many of them migrated. Fails when one fails. */
async function openTogether(place: Place, file: string, count: number): Promise<number> {
  const openers = Array.from({ length: count }, () =>
    Bun.spawn([process.execPath, OPENER, file, "wait"], {
      env: place.env(),
      stdin: "pipe",
      stdout: "pipe",
      stderr: "pipe",
    }),
  );
  const readers = openers.map((opener) => lines(opener.stdout));
  for (const reader of readers) expect((await reader.next()).value).toBe("ready");
  for (const opener of openers) {
    opener.stdin.write("go");
    opener.stdin.end();
  }
  let migrated = 0;
  for (const [index, opener] of openers.entries()) {
    const told = await readers[index]?.next();
    expect({ exit: await opener.exited, stderr: await opener.stderr.text() }).toEqual({ exit: 0, stderr: "" });
    const { migrated: report } = v.parse(Told, JSON.parse(String(told?.value)));
    if (report !== null && report.migrations.length > 0) migrated += 1;
  }
  return migrated;
}

async function* lines(stream: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const chunk of stream) {
    rest += decoder.decode(chunk, { stream: true });
    const whole = rest.split("\n");
    rest = whole.pop() ?? "";
    yield* whole;
  }
}

function backupsOf(place: Place): string[] {
  return readdirSync(place.path).filter((name) => name.includes(".backup-"));
}

test("ten processes open a new database at once: one makes it, none fails", async () => {
  await using place = await makePlace();
  const file = place.at("data/coordinator.db");
  expect(await openTogether(place, file, 10)).toBe(1);
  expect(rowsOf(file).get("sessions")?.length).toBe(10);
  expect(readdirSync(place.at("data")).filter((name) => name.includes("backup"))).toEqual([]);
}, 60_000);

test.each(Object.keys(EARLIER))(
  "ten processes open %s at once: one takes it over and copies it, none fails",
  async (kind) => {
    await using place = await makePlace();
    const file = place.at("coordinator.db");
    await writeEarlier(file, kind);
    const before = rowsOf(file);
    expect(await openTogether(place, file, 10)).toBe(1);
    expect(backupsOf(place).length).toBe(1);
    expect(rowsOf(place.at(backupsOf(place)[0] ?? ""))).toEqual(before);
  },
  60_000,
);

test("sixty processes open and write one database at once, and every row arrives", async () => {
  await using place = await makePlace();
  const file = place.at("coordinator.db");
  expect(await openTogether(place, file, 60)).toBe(1);
  expect(await openTogether(place, file, 60)).toBe(0);
  expect(rowsOf(file).get("sessions")?.length).toBe(120);
}, 120_000);

test("twenty processes open an up-to-date database that lost its WAL mode, and none fails", async () => {
  await using place = await makePlace();
  const file = place.at("coordinator.db");
  const db = await openDb({ file, clock: () => new Date() });
  db.run("PRAGMA journal_mode = DELETE");
  db.close();
  expect(await openTogether(place, file, 20)).toBe(0);
  expect(rowsOf(file).get("sessions")?.length).toBe(20);
}, 60_000);
