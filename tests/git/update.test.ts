// `update`: what was done to the database, and which versions may be asked for.

import { expect, test } from "bun:test";
import { SCHEMA_VERSION, versionText } from "../../src/db/db.ts";
import { operations } from "../../src/features/database/operations.ts";
import { makePlace, type Place } from "../support/place.ts";
import { testWorld } from "../support/world.ts";

const CURRENT = versionText(SCHEMA_VERSION);

async function update(place: Place, version?: string): Promise<unknown> {
  await using world = testWorld(place);
  return operations.find((one) => one.name === "database.update")?.run(world, { version });
}

test("a new database comes from nothing, and from then on is up to date", async () => {
  await using place = await makePlace();
  expect(await update(place)).toMatchObject({ success: true, from: null, to: CURRENT });
  expect(await update(place)).toEqual({ success: true, from: CURRENT, to: CURRENT, migrations: [] });
});

test.each(["3", "3.0", "3.0.0", CURRENT, "0.5.0"])("version %s may be asked for", async (version) => {
  await using place = await makePlace();
  expect(await update(place, version)).toMatchObject({ success: true, to: CURRENT });
});

test.each(["4", "3.999", "99.0.0"])("version %s is not known, and nothing is opened", async (version) => {
  await using place = await makePlace();
  await expect(update(place, version)).rejects.toMatchObject({ kind: "usage", code: "usage.bad-value" });
  expect(await Bun.file(testWorld(place).paths.database).exists()).toBe(false);
});

test.each(["abc", "3.x", "-1", "3.0.0-beta", "1.2.3.4", "99999999999999999999", "\x1b[2J"])(
  "%j is no version",
  async (version) => {
    await using place = await makePlace();
    await expect(update(place, version)).rejects.toMatchObject({ kind: "usage", code: "usage.bad-value" });
  },
);
