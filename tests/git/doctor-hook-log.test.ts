// What doctor says of hooks that failed.

import { expect, test } from "bun:test";
import { Failure } from "../../src/core/failure.ts";
import { examine } from "../../src/features/doctor/doctor.ts";
import { noteTrouble } from "../../src/features/hooks/hooks.ts";
import { makePlace } from "../support/place.ts";
import { type TestWorld, testWorld } from "../support/world.ts";

const hookLog = async (world: TestWorld) => (await examine(world)).filter(({ name }) => name === "hook log");

test("the last failure of a day is told with its age, what is older is not", async () => {
  await using place = await makePlace();
  await using world = testWorld(place);
  expect(await hookLog(world)).toEqual([]);
  for (const message of ["Old.", "It was \u001b[31mlocked."])
    noteTrouble(world, "Stop", new Failure({ code: "a.b", message }));
  world.pass(3 * 60_000);
  expect(await hookLog(world)).toMatchObject([
    { status: "warn", detail: "2 hooks failed within a day; the last one, Stop, 3m ago: It was \\u{1b}[31mlocked." },
  ]);
  world.pass(24 * 3600 * 1000);
  expect(await hookLog(world)).toEqual([]);
});

test("a log that holds something else tells nothing", async () => {
  await using place = await makePlace();
  await using world = testWorld(place);
  await Bun.write(`${world.paths.logs}/hooks.log`, 'half {"at":\n{"at":"yesterday","hook":"x","message":"y"}\n\n');
  expect(await hookLog(world)).toEqual([]);
});
