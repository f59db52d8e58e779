// What parallel-cc needs, looked at on machines that lack it.

import { describe, expect, test } from "bun:test";
import { chmod, mkdir } from "node:fs/promises";
import { join } from "node:path";
import { openDb } from "../../src/db/db.ts";
import { type Check, examine } from "../../src/features/doctor/doctor.ts";
import { makePlace, type Place } from "../support/place.ts";
import { makePrograms } from "../support/programs.ts";
import { makeRepo } from "../support/repo.ts";
import { testWorld, type WorldInput } from "../support/world.ts";

async function checks(place: Place, input: WorldInput = {}): Promise<Map<string, Check>> {
  await using world = testWorld(place, input);
  return new Map((await examine(world)).map((check) => [check.name, check]));
}

describe("git", () => {
  test("of this machine is good enough for these tests", async () => {
    await using place = await makePlace();
    const found = (await checks(place)).get("git");
    expect(found?.status).toBe("ok");
    expect(found?.detail).toMatch(/^git \d+\.\d+/);
  });

  test.each(["git version 2.30.0\n", "git version 2.38.9\n", "git version 1.99.0\n", "no git\n"])(
    "that says %j is too old",
    async (stdout) => {
      await using place = await makePlace();
      const programs = await makePrograms(place, { git: { stdout } });
      expect((await checks(place, { path: [programs.folder] })).get("git")).toMatchObject({
        status: "fail",
        detail: expect.stringContaining("2.39 or newer"),
        hint: expect.stringContaining("Install"),
      });
      await programs.expectCalled("git", 1);
    },
  );

  test("that is missing is said, and nothing else is stopped by it", async () => {
    await using place = await makePlace();
    const found = await checks(place, { env: { PATH: place.at("empty") } });
    expect(found.get("git")).toMatchObject({ status: "fail", detail: "git was not found on PATH." });
    expect(found.get("database")?.status).toBe("ok");
  });
});

describe("the database", () => {
  const file = (place: Place) => join(place.home, ".parallel-cc/coordinator.db");

  test("is made when it was not there", async () => {
    await using place = await makePlace();
    expect((await checks(place)).get("database")).toEqual({ name: "database", status: "ok", detail: file(place) });
  });

  test("that is none fails, with what to do", async () => {
    await using place = await makePlace();
    await Bun.write(file(place), "this is no database, but long enough to be taken for one ".repeat(50));
    expect((await checks(place)).get("database")).toMatchObject({
      status: "fail",
      hint: expect.stringContaining("aside"),
    });
  });

  test("with a damaged page fails, and says where it is", async () => {
    await using place = await makePlace();
    const db = await openDb({ file: file(place), clock: () => new Date() });
    db.run("PRAGMA wal_checkpoint(TRUNCATE)");
    db.close();
    const bytes = new Uint8Array(await Bun.file(file(place)).arrayBuffer());
    bytes.fill(0xff, 8192, 12_288);
    await Bun.write(file(place), bytes);
    const found = (await checks(place)).get("database");
    expect(found?.status).toBe("fail");
    expect(found?.detail).toContain(file(place));
  });

  test("that others may read is a warning", async () => {
    await using place = await makePlace();
    await checks(place);
    await chmod(file(place), 0o644);
    expect((await checks(place)).get("database")).toMatchObject({ status: "warn", hint: `chmod 600 ${file(place)}` });
  });

  test("where no directory can be made fails", async () => {
    await using place = await makePlace();
    await Bun.write(place.at("home/.parallel-cc"), "a file in the way");
    expect((await checks(place)).get("database")?.status).toBe("fail");
  });
});

describe("programs", () => {
  test("are shown where PATH has them", async () => {
    await using place = await makePlace();
    const programs = await makePrograms(place, { claude: {}, "claude-parallel": {} });
    const found = await checks(place, { path: ["", programs.folder] });
    expect(found.get("path: claude")).toMatchObject({ status: "ok", detail: `${programs.folder}/claude` });
    expect(found.get("path: claude-parallel")?.status).toBe("ok");
  });

  test("that are missing are a warning with what to do", async () => {
    await using place = await makePlace();
    expect((await checks(place)).get("path: claude")).toMatchObject({
      status: "warn",
      detail: "claude is not on PATH.",
      hint: expect.stringContaining("Claude Code"),
    });
  });

  test("are neither directories nor files that cannot be run", async () => {
    await using place = await makePlace();
    await mkdir(place.at("bin/claude"), { recursive: true });
    await Bun.write(place.at("bin/parallel-cc"), "text");
    const found = await checks(place, { env: { PATH: place.at("bin") } });
    expect(found.get("path: claude")?.status).toBe("warn");
    expect(found.get("path: parallel-cc")?.status).toBe("warn");
  });
});

describe("in a repository", () => {
  const named = async (place: Place, cwd: string, name: string) => (await checks(place, { cwd })).get(name);

  test("all is well in one that nobody touched", async () => {
    await using place = await makePlace();
    const { path } = await makeRepo(place);
    expect(await named(place, path, "settings")).toMatchObject({ status: "ok" });
    expect(await named(place, path, "worktrees")).toMatchObject({ status: "ok", detail: `${path}-worktrees` });
  });

  test("a settings file that cannot be read is a failure", async () => {
    await using place = await makePlace();
    const { path } = await makeRepo(place);
    await Bun.write(join(path, ".parallel-cc.json"), "{bad");
    expect(await named(place, path, "settings")).toMatchObject({ status: "fail" });
  });

  test("so is a base that is not there", async () => {
    await using place = await makePlace();
    const { path } = await makeRepo(place);
    await Bun.write(join(path, ".parallel-cc.json"), '{"worktree": {"base": "gone"}}');
    expect(await named(place, path, "base")).toMatchObject({ status: "fail" });
  });

  test("so is a file where its worktrees should be", async () => {
    await using place = await makePlace();
    const { path } = await makeRepo(place);
    await Bun.write(`${path}-worktrees`, "");
    expect(await named(place, path, "worktrees")).toMatchObject({ status: "fail" });
  });
});
