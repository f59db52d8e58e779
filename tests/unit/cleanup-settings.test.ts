// The settings of cleanups, and of sandboxes: what sizes mean, and which file may say what.

import { describe, expect, test } from "bun:test";
import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { loadConfig } from "../../src/features/config/config.ts";
import { limitsOf } from "../../src/features/removals/removals.ts";
import { pathsIn } from "../../src/files/paths.ts";
import { makePlace, type Place } from "../support/place.ts";

async function settingsOf(place: Place, own: unknown, ofRepository?: unknown) {
  const paths = pathsIn(place.at("data"));
  await mkdir(dirname(paths.config), { recursive: true });
  await writeFile(paths.config, JSON.stringify({ cleanup: own }));
  if (ofRepository !== undefined) {
    await writeFile(join(place.path, ".parallel-cc.json"), JSON.stringify({ cleanup: ofRepository }));
  }
  const db = () => Promise.reject(new Error("nothing here needs the registry"));
  const { settings } = await loadConfig({ paths, db }, place.path);
  return { auto: settings["cleanup.auto"], fetch: settings["cleanup.fetch"], ...limitsOf(settings) };
}

const DEFAULTS = { auto: true, fetch: true, keepDays: 14, keepRefsDays: 90, trashMaxBytes: 10 * 1024 ** 3 };

describe("trashMaxSize", () => {
  const SIZES: [string, number][] = [
    ["0", 0],
    ["1", 1],
    ["512K", 512 * 1024],
    ["500M", 500 * 1024 ** 2],
    ["500mb", 500 * 1024 ** 2],
    ["1.5 GB", 1.5 * 1024 ** 3],
    ["1.5GiB", 1.5 * 1024 ** 3],
    ["2T", 2 * 1024 ** 4],
    ["0.1K", 102],
    ["7B", 7],
  ];
  test.each(SIZES)("%j is %d bytes", async (trashMaxSize, bytes) => {
    await using place = await makePlace();
    expect((await settingsOf(place, { trashMaxSize })).trashMaxBytes).toBe(bytes);
  });

  test.each(["", "-1", "1,5G", "1e3", "G", "10 GX", "many", " 1", "1G ", "1..5G", 10])(
    "%j is refused, and the file is named",
    async (trashMaxSize) => {
      await using place = await makePlace();
      await expect(settingsOf(place, { trashMaxSize })).rejects.toMatchObject({
        code: "config.broken",
        message: expect.stringContaining("cleanup.trashMaxSize"),
      });
    },
  );
});

describe("days", () => {
  test.each([{ keepDays: -1 }, { keepRefsDays: "90" }, { auto: "yes" }, { fetch: 1 }])("%j is refused", async (own) => {
    await using place = await makePlace();
    await expect(settingsOf(place, own)).rejects.toMatchObject({ code: "config.broken" });
  });

  test("rescue refs are kept at least as long as the trash", async () => {
    await using place = await makePlace();
    expect(await settingsOf(place, { keepDays: 200 })).toMatchObject({ keepDays: 200, keepRefsDays: 200 });
    expect(await settingsOf(place, { keepDays: 10, keepRefsDays: 1 })).toMatchObject({ keepRefsDays: 10 });
  });
});

describe("a repository's own file", () => {
  test("cannot make less be kept", async () => {
    await using place = await makePlace();
    const own = { keepDays: 0, keepRefsDays: 0, trashMaxSize: "0" };
    expect(await settingsOf(place, {}, own)).toEqual(DEFAULTS);
  });

  test("can switch off what is done by itself, and not on", async () => {
    await using place = await makePlace();
    expect(await settingsOf(place, {}, { auto: false, fetch: false })).toMatchObject({ auto: false, fetch: false });
    const on = { auto: true, fetch: true };
    expect(await settingsOf(place, { auto: false, fetch: false }, on)).toMatchObject({ auto: false, fetch: false });
  });
});

describe("sandbox.memory", () => {
  const memoryIn = async (memory: unknown) => {
    await using place = await makePlace();
    const paths = pathsIn(place.at("data"));
    await mkdir(dirname(paths.config), { recursive: true });
    await writeFile(paths.config, JSON.stringify({ sandbox: { memory } }));
    const db = () => Promise.reject(new Error("nothing here needs the registry"));
    return (await loadConfig({ paths, db }, place.path)).settings["sandbox.memory"];
  };

  test.each([
    ["256M", 256 * 1024 ** 2],
    ["1.5G", 1.5 * 1024 ** 3],
    ["1T", 1024 ** 4],
    ["536870912", 512 * 1024 ** 2],
  ])("%j is %d bytes", async (memory, bytes) => {
    expect(await memoryIn(memory)).toBe(bytes);
  });

  test.each(["0", "12", "400", "5M", "255.9M", "1.1T", "999999G", "9".repeat(400)])(
    "%j is refused: with less nothing begins, and more is no limit",
    async (memory) => {
      await expect(memoryIn(memory)).rejects.toMatchObject({
        code: "config.broken",
        message: expect.stringContaining("sandbox.memory takes a size from 256M to 1T"),
      });
    },
  );
});
