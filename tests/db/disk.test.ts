// Disks that are full or read-only: small file systems of the test's own, mounted in a mount namespace that is gone with
// its process. Root may do that as it is; anybody else becomes root of a user namespace first.

import { Database } from "bun:sqlite";
import { expect, test } from "bun:test";
import { copyFileSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { openDb } from "../../src/db/db.ts";
import { makePlace, type Place } from "../support/place.ts";
import { rowsOf, writeEarlier } from "./earlier.ts";

const SCENARIO = join(import.meta.dir, "small-disk.ts");
const NAMESPACE = process.getuid?.() === 0 ? ["--mount"] : ["--user", "--map-root-user", "--mount"];

/** Runs small-disk.ts on a disk of that many KiB with `origin` copied onto it; what it told. */
async function onSmallDisk(
  place: Place,
  input: { scenario: string; sizeKib: number; origin?: string },
): Promise<unknown> {
  const disk = place.at("disk");
  mkdirSync(disk);
  const script = `
    mount -t tmpfs -o size="$1"k,mode=0700 tmpfs "$2" && cd "$2" &&
    if [ -n "$3" ]; then cp "$3" coordinator.db; fi &&
    if [ "$6" = read-only ]; then mount -o remount,ro "$2"; fi &&
    exec "$4" "$5" "$6" "$2"`;
  const args = [String(input.sizeKib), disk, input.origin ?? "", process.execPath, SCENARIO, input.scenario];
  const child = Bun.spawn(["unshare", ...NAMESPACE, "sh", "-c", script, "sh", ...args], {
    env: place.env(),
    stdout: "pipe",
    stderr: "pipe",
  });
  const [stdout, stderr] = await Promise.all([child.stdout.text(), child.stderr.text(), child.exited]);
  if (child.exitCode !== 0) throw new Error(`exit ${child.exitCode}: ${stderr}`);
  return JSON.parse(stdout);
}

/** About 1.2 MB, and nothing in a WAL. */
async function bigEarlier(place: Place): Promise<string> {
  const file = place.at("origin.db");
  await writeEarlier(file, "1.1");
  const sqlite = new Database(file, { readwrite: true });
  sqlite.run("UPDATE sessions SET output_log = hex(zeroblob(100000))");
  sqlite.close();
  return file;
}

test("a new database on a full disk is db.full", async () => {
  await using place = await makePlace();
  expect(await onSmallDisk(place, { scenario: "open", sizeKib: 64 })).toMatchObject({ code: "db.full" });
});

test("no room for the copy: nothing is taken over, nothing is changed, no half copy stays", async () => {
  await using place = await makePlace();
  const origin = await bigEarlier(place);
  const kept = place.at("kept.db");
  copyFileSync(origin, kept);
  const told = await onSmallDisk(place, { scenario: "open", sizeKib: 2400, origin });
  expect(told).toMatchObject({ code: "db.full", isSame: true, names: ["coordinator.db"] });
  expect(rowsOf(origin)).toEqual(rowsOf(kept));
});

test("room for the copy but not for the update: it rolls back, and every row is there", async () => {
  await using place = await makePlace();
  const origin = await bigEarlier(place);
  const told = await onSmallDisk(place, { scenario: "open", sizeKib: 4000, origin });
  expect(told).toMatchObject({ code: "db.full", version: 0, isSame: true, names: ["coordinator.db"] });
});

test("a write that no longer fits is db.full; what was written stays, and writing goes on once there is room", async () => {
  await using place = await makePlace();
  const told = await onSmallDisk(place, { scenario: "fill", sizeKib: 2000 });
  expect(told).toMatchObject({ code: "db.full", kept: true, goesOn: true });
});

test("an earlier database in a read-only home is db.readonly, and named", async () => {
  await using place = await makePlace();
  const origin = place.at("origin.db");
  await writeEarlier(origin, "1.1");
  const told = await onSmallDisk(place, { scenario: "read-only", sizeKib: 2000, origin });
  expect(told).toMatchObject({ code: "db.readonly", namesFile: true });
});

test("an up-to-date one as well", async () => {
  await using place = await makePlace();
  const origin = place.at("origin.db");
  (await openDb({ file: origin, clock: () => new Date() })).close();
  const told = await onSmallDisk(place, { scenario: "read-only", sizeKib: 2000, origin });
  expect(told).toMatchObject({ code: "db.readonly", namesFile: true });
});

test("a read-only home without a database is db.unwritable, and named", async () => {
  await using place = await makePlace();
  const told = await onSmallDisk(place, { scenario: "read-only", sizeKib: 2000 });
  expect(told).toMatchObject({ code: "db.unwritable", namesFile: true });
});
