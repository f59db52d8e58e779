// Parts of different releases that meet in one registry: who notices, who is told, and when it is over.

import { describe, expect, test } from "bun:test";
import { heartbeat } from "../../src/features/sessions/heartbeat.ts";
import { register } from "../../src/features/sessions/register.ts";
import { lastWriter, noteHeartbeat, noteRegister, skews } from "../../src/features/skew/skew.ts";
import { makePlace, type Place } from "../support/place.ts";
import { makeRepo } from "../support/repo.ts";
import { type TestWorld, testWorld } from "../support/world.ts";

/** This release, called by scripts of others. */
function calledBy(world: TestWorld, called: { wrapper?: string; hook?: string; version?: string }): TestWorld {
  const { wrapper, hook, version = "3.1.0" } = called;
  return { ...world, version, env: { ...world.env, wrapperVersion: wrapper, hookVersion: hook } };
}

describe("registering", () => {
  test("warns of a wrapper of another release, each time", async () => {
    await using place = await makePlace();
    await using world = testWorld(place);
    const old = calledBy(world, { wrapper: "3.0.0" });
    const warning = expect.stringContaining("claude-parallel is of release 3.0.0, parallel-cc of 3.1.0");
    expect(await noteRegister(old)).toEqual([warning]);
    expect(await noteRegister(old)).toEqual([warning]);
  });

  test("says nothing once the wrapper is of this release", async () => {
    await using place = await makePlace();
    await using world = testWorld(place);
    await noteRegister(calledBy(world, { wrapper: "3.0.0" }));
    expect(await noteRegister(calledBy(world, { wrapper: "3.1.0" }))).toEqual([]);
    expect(await noteRegister(calledBy(world, {}))).toEqual([]);
  });

  test("says nothing after parallel-cc itself was updated to the release of the wrapper", async () => {
    await using place = await makePlace();
    await using world = testWorld(place);
    await noteRegister(calledBy(world, { wrapper: "3.2.0" }));
    expect(await noteRegister(calledBy(world, { version: "3.2.0" }))).toEqual([]);
  });

  test("by hand, without a script, compares nothing", async () => {
    await using place = await makePlace();
    await using world = testWorld(place);
    expect(await noteRegister(calledBy(world, {}))).toEqual([]);
  });

  test("remembers which release it was", async () => {
    await using place = await makePlace();
    await using world = testWorld(place);
    expect(lastWriter(await world.db())).toBeUndefined();
    await noteRegister(calledBy(world, { version: "3.4.0" }));
    expect(lastWriter(await world.db())).toBe("3.4.0");
  });

  test("that cannot note anything does not fail for it", async () => {
    await using place = await makePlace();
    await using world = testWorld(place);
    const db = await world.db();
    db.run("PRAGMA query_only = ON");
    expect(await noteRegister(calledBy(world, { wrapper: "3.0.0" }))).toEqual([]);
    expect(world.lines.join("")).toContain("skew.not-noted");
  });
});

describe("a heartbeat", () => {
  const beat = async (place: Place, hooks: readonly string[]) => {
    const repo = await makeRepo(place);
    await using world = testWorld(place, { cwd: repo.path });
    const { session } = await register(world, { pid: process.pid });
    for (const hook of hooks) {
      expect(await heartbeat(calledBy(world, { hook }), { sessionId: session.id })).toBe(true);
    }
    const warnings = world.lines.filter((line) => line.includes("hook.skew")).length;
    return { warnings, skews: skews(await world.db(), "3.1.0"), told: await noteRegister(calledBy(world, {})) };
  };

  test("of a hook of another release is told once, and again by every register", async () => {
    await using place = await makePlace();
    expect(await beat(place, ["3.0.0", "3.0.0", "3.0.0"])).toEqual({
      warnings: 1,
      skews: [{ caller: "hook_version", release: "3.0.0", version: "3.1.0" }],
      told: [expect.stringContaining("The script of the heartbeat hook is of release 3.0.0")],
    });
  });

  test("of this release ends that", async () => {
    await using place = await makePlace();
    expect(await beat(place, ["3.0.0", "3.1.0"])).toEqual({ warnings: 1, skews: [], told: [] });
  });

  test("of a hook that does not tell its release notes nothing", async () => {
    await using place = await makePlace();
    await using world = testWorld(place);
    const db = await world.db();
    expect(db.write((now) => noteHeartbeat(db, calledBy(world, {}), now))).toBe(false);
    expect(skews(db, "3.1.0")).toEqual([]);
  });
});

test("what is no release in the environment counts as none", async () => {
  await using place = await makePlace();
  const given = { PARALLEL_CC_WRAPPER_VERSION: "3 with\n4", PARALLEL_CC_HOOK_VERSION: "" };
  await using world = testWorld(place, { env: given });
  expect(world.env).toMatchObject({ wrapperVersion: undefined, hookVersion: undefined });
});
