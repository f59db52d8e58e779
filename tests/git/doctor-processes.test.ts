// What doctor says where it cannot be seen who is alive.

import { expect, test } from "bun:test";
import { examine } from "../../src/features/doctor/doctor.ts";
import { systemProcesses } from "../../src/proc/alive.ts";
import { makePlace } from "../support/place.ts";
import { testWorld } from "../support/world.ts";

test.each([
  [process.platform, "ok"],
  ["win32", "warn"],
] as const)("on %s the processes are %s", async (platform, status) => {
  await using place = await makePlace();
  await using world = testWorld(place);
  const processes = systemProcesses({ platform, host: "here" });
  const checks = await examine({ ...world, processes });
  expect(checks.find(({ name }) => name === "processes")).toMatchObject({ status });
});
