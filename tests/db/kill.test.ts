// A process killed at any moment of taking over a database loses no row: the next one finds all of them and goes on.

import { Database } from "bun:sqlite";
import { expect, test } from "bun:test";
import { copyFileSync, readdirSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { openDb } from "../../src/db/db.ts";
import { makePlace, type Place } from "../support/place.ts";
import { type Row, rowsOf, writeEarlier } from "./earlier.ts";

const OPENER = join(import.meta.dir, "opener.ts");
const SEED = 20260301;
const KILLS = 12;

/** 8 MB: taking it over lasts long enough to be interrupted anywhere. */
async function bigEarlier(file: string): Promise<void> {
  await writeEarlier(file, "1.1");
  const sqlite = new Database(file, { readwrite: true });
  sqlite.run(`
    WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000)
    INSERT INTO sessions (id, pid, repo_path, worktree_path, output_log)
    SELECT 'big-' || i, i, '/r', '/w/' || i, hex(zeroblob(100)) FROM n`);
  sqlite.close();
}

/** How far the opener is: bytes of the copy it makes beside the file, and of what it writes before it commits. */
function progressOf(place: Place): number {
  const names = readdirSync(place.path).filter((name) => /\.backup-|-wal$|-journal$/.test(name));
  return names.reduce((sum, name) => sum + (statSync(place.at(name), { throwIfNoEntry: false })?.size ?? 0), 0);
}

/** Runs an opener until it has written that many bytes, then kills it; whether it was killed before it was done. */
async function killAt(place: Place, file: string, bytes: number): Promise<boolean> {
  const opener = Bun.spawn([process.execPath, OPENER, file], { env: place.env(), stdout: "ignore", stderr: "ignore" });
  while (opener.exitCode === null && progressOf(place) < bytes) await new Promise(setImmediate);
  opener.kill("SIGKILL");
  await opener.exited;
  return opener.signalCode === "SIGKILL";
}

/** mulberry32 */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

function idsOf(rows: Map<string, Row[]>): Map<string, unknown[]> {
  return new Map([...rows].map(([table, found]) => [table, found.map((row) => row["id"] ?? row["key"])]));
}

test("killed at any moment, nothing is lost and the next one takes over", async () => {
  await using place = await makePlace();
  const [origin, file] = [place.at("origin.sqlite"), place.at("coordinator.db")];
  await bigEarlier(origin);
  const before = rowsOf(origin);
  const next = random(SEED);
  // The copy, and about as much again in the WAL.
  const whole = 2 * statSync(origin).size;
  let [interrupted, unfinished] = [0, 0];
  for (let round = 0; round < KILLS; round += 1) {
    copyFileSync(origin, file);
    if (await killAt(place, file, Math.floor(next() * whole))) interrupted += 1;

    // As SQLite finds it, without us: either all as before, or all taken over.
    const found = rowsOf(file);
    const isOld = !found.has("schema_migrations");
    if (isOld) unfinished += 1;
    if (isOld) expect(found).toEqual(before);

    const db = await openDb({ file, clock: () => new Date("2026-03-01T12:00:00Z") });
    expect(db.migrated !== undefined).toBe(isOld);
    db.close();
    const after = idsOf(rowsOf(file));
    for (const [table, ids] of idsOf(before)) expect(after.get(table)?.slice(0, ids.length)).toEqual(ids);
    const left = readdirSync(place.path).filter((name) => name.includes(".backup-"));
    expect(left.filter((name) => name.includes(".partial"))).toEqual([]);
    for (const name of left) {
      expect(rowsOf(place.at(name))).toEqual(before);
    }
    for (const name of readdirSync(place.path)) if (name.startsWith("coordinator.db")) rmSync(place.at(name));
  }
  expect(interrupted).toBe(KILLS);
  expect(unfinished).toBeGreaterThanOrEqual(KILLS / 2);
}, 120_000);
