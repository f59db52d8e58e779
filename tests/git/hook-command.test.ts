// The command around the hooks: what is wrong becomes a line in a log of bounded size, and never an exit code.

import { expect, test } from "bun:test";
import { readFileSync, statSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { hook } from "../../src/cli/commands/hook.ts";
import { Failure } from "../../src/core/failure.ts";
import { noteTrouble } from "../../src/features/hooks/hooks.ts";
import { readAll } from "../../src/proc/streams.ts";
import { makePlace } from "../support/place.ts";
import { testWorld } from "../support/world.ts";

const TOLD = '{"session_id": "conversation"}';

test("what breaks is logged without its secrets, with 0600, and the answer is 0 and nothing", async () => {
  await using place = await makePlace();
  await using world = testWorld(place, { input: TOLD });
  const broken = { ...world, dbInHaste: () => Promise.reject(new TypeError("token=abcdefgh12345678 broke")) };
  expect(await hook(["hook", "Stop"], () => broken)).toBe(0);
  const log = join(world.paths.logs, "hooks.log");
  const text = readFileSync(log, "utf8");
  expect(JSON.parse(text)).toMatchObject({ level: "warn", event: "hook.failed", hook: "Stop", code: "internal.bug" });
  expect(text).not.toContain("abcdefgh12345678");
  expect(statSync(log).mode & 0o777).toBe(0o600);
});

test("not even a world is an answer of 0", async () => {
  const made = () => {
    throw new Error("no home");
  };
  expect(await hook(["hook", "Stop"], made)).toBe(0);
  expect(await hook([], made)).toBe(0);
});

test("the log keeps at most two files of a quarter of a megabyte", async () => {
  await using place = await makePlace();
  await using world = testWorld(place);
  const failure = new Failure({ code: "a.b", message: "x".repeat(60_000) });
  for (let i = 0; i < 20; i++) noteTrouble(world, "Stop", failure);
  for (const name of ["hooks.log", "hooks.log.1"]) {
    expect(statSync(join(world.paths.logs, name)).size).toBeLessThan(400_000);
  }
});

test("a log that cannot be written is done without", async () => {
  await using place = await makePlace();
  await using world = testWorld(place);
  await mkdir(world.paths.home, { recursive: true });
  await Bun.write(world.paths.logs, "a file");
  noteTrouble(world, "Stop", new Failure({ code: "a.b", message: "It broke." }));
  expect(readFileSync(world.paths.logs, "utf8")).toBe("a file");
});

test("a status line of a session that is not known is nothing", async () => {
  await using place = await makePlace();
  await using world = testWorld(place, { input: TOLD });
  expect(await hook(["statusline"], () => world)).toBe(0);
});

test("an input is read to its end, unless it is a device or too long", async () => {
  await using place = await makePlace();
  const file = place.at("input");
  await Bun.write(file, "漢".repeat(50_000));
  const open = async (path: string, most: number) => {
    const { open: openFile } = await import("node:fs/promises");
    await using handle = await openFile(path);
    return readAll(handle.fd, most);
  };
  expect(await open(file, 1_000_000)).toBe("漢".repeat(50_000));
  expect(await open(file, 100_000)).toBeUndefined();
  expect(await open("/dev/null", 100)).toBeUndefined();
  expect(await open(place.path, 100)).toBeUndefined();
});
