// A process killed at any moment of taking over a database loses no row: the next one finds all of them and goes on.

import { Database } from "bun:sqlite";
import { expect, test } from "bun:test";
import { copyFileSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { openDb } from "../../src/db/db.ts";
import { makePlace, type Place } from "../support/place.ts";
import { makeRandom } from "../support/random.ts";
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

/** Runs an opener under strace, which without -f sees the main thread: there SQLite writes. */
async function opener(place: Place, file: string, options: readonly string[]): Promise<string> {
  const child = Bun.spawn(["strace", "-qq", ...options, process.execPath, OPENER, file], {
    env: place.env(),
    stdio: ["ignore", "ignore", "ignore"],
  });
  await child.exited;
  return String(child.signalCode ?? child.exitCode);
}

/** How many times an undisturbed opener writes to the disk. */
async function writesOf(place: Place, file: string): Promise<number> {
  const trace = place.at("trace");
  expect(await opener(place, file, ["-o", trace, "-e", "trace=pwrite64"])).toBe("0");
  return (await Bun.file(trace).text()).split("\n").filter((line) => line.startsWith("pwrite64(")).length;
}

async function killAtWrite(place: Place, file: string, when: number): Promise<void> {
  const injection = ["-o", "/dev/null", "-e", "trace=pwrite64", "-e", `inject=pwrite64:signal=SIGKILL:when=${when}`];
  expect(await opener(place, file, injection)).toBe("SIGKILL");
}

function idsOf(rows: Map<string, Row[]>): Map<string, unknown[]> {
  return new Map([...rows].map(([table, found]) => [table, found.map((row) => row["id"] ?? row["key"])]));
}

function clear(place: Place): void {
  for (const name of readdirSync(place.path)) if (name.startsWith("coordinator.db")) rmSync(place.at(name));
}

test("killed at any moment, nothing is lost and the next one takes over", async () => {
  await using place = await makePlace();
  const [origin, file] = [place.at("origin.sqlite"), place.at("coordinator.db")];
  await bigEarlier(origin);
  const before = rowsOf(origin);
  copyFileSync(origin, file);
  const writes = await writesOf(place, file);
  clear(place);
  const random = makeRandom(SEED);
  let unfinished = 0;
  for (let round = 0; round < KILLS; round += 1) {
    copyFileSync(origin, file);
    await killAtWrite(place, file, random.int(1, writes));

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
    clear(place);
  }
  expect(unfinished).toBeGreaterThanOrEqual(KILLS / 2);
}, 120_000);
