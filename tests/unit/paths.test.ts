import { expect, test } from "bun:test";
import { pathsIn } from "../../src/files/paths.ts";

test("everything that parallel-cc keeps is below its home", () => {
  const { home, ...paths } = pathsIn("/home/me/.parallel-cc");
  expect(home).toBe("/home/me/.parallel-cc");
  for (const path of Object.values(paths)) expect(path).toStartWith(`${home}/`);
});

test("the database and the settings have the names that earlier releases gave them", () => {
  expect(pathsIn("/h")).toMatchObject({ database: "/h/coordinator.db", config: "/h/config.json" });
});
