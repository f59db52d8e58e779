// What doctor asks of other people's programs and of the place it stands in, and that no answer is lost to another.

import { describe, expect, test } from "bun:test";
import { mkdir, readdir } from "node:fs/promises";
import { join } from "node:path";
import { examine } from "../../src/features/doctor/doctor.ts";
import { examined, found, install, writeProgram } from "../support/doctor.ts";
import { standInGtr } from "../support/gtr.ts";
import { makePlace, type Place } from "../support/place.ts";
import { type Answer, makePrograms } from "../support/programs.ts";
import { makeRepo } from "../support/repo.ts";
import { testWorld } from "../support/world.ts";

describe("git", () => {
  test("of this machine is good enough for these tests", async () => {
    await using place = await makePlace();
    const check = found(await examined(place), "git");
    expect(check).toEqual({ name: "git", status: "ok", detail: expect.stringMatching(/^2\.\d+\.\d+\S*, .*\/git$/) });
  });

  test.each(["git version 2.30.0\n", "git version 2.38.9\n", "git version 1.99.0\n", "no git\n"])(
    "that says %j is too old",
    async (stdout) => {
      await using place = await makePlace();
      const programs = await makePrograms(place, { git: { stdout } });
      const checks = await examined(place, { path: [programs.folder] });
      expect(found(checks, "git")).toMatchObject({
        status: "fail",
        detail: expect.stringContaining("2.39 or newer"),
        hint: expect.stringContaining("Install"),
      });
      await programs.expectCalled("git");
    },
  );

  test("that is missing is said once, and nothing else is stopped by it", async () => {
    await using place = await makePlace();
    const checks = await examined(place, { isBare: true });
    const failures = checks.filter(({ status }) => status === "fail");
    expect(failures).toEqual([expect.objectContaining({ name: "git", detail: "git was not found on PATH." })]);
    for (const name of ["database", "settings", "disk"]) expect(found(checks, name)?.status).toBe("ok");
  });
});

describe("claude", () => {
  const claude = async (place: Place, answer: Answer) => {
    const { folder } = await makePrograms(place, { claude: answer });
    return found(await examined(place, { path: [folder] }), "claude");
  };

  test("tells its version and where it is", async () => {
    await using place = await makePlace();
    const check = await claude(place, { stdout: "2.1.328 (Claude Code)\n" });
    expect(check).toEqual({ name: "claude", status: "ok", detail: `2.1.328, ${place.at("programs/claude")}` });
  });

  test("that is missing is a warning with what to do", async () => {
    await using place = await makePlace();
    expect(found(await examined(place), "claude")).toMatchObject({
      status: "warn",
      detail: "claude is not on PATH.",
      hint: expect.stringContaining("Claude Code"),
    });
  });

  test("older than what was tried is a warning", async () => {
    await using place = await makePlace();
    expect(await claude(place, { stdout: "2.0.76 (Claude Code)\n" })).toMatchObject({
      status: "warn",
      detail: expect.stringContaining("older than 2.0.77"),
    });
  });

  test.each([{ stdout: "Welcome!\n" }, { stdout: "2.1.0\n", exit: 1 }, { sh: "kill -9 $$" }])(
    "that tells no version (%j) is a warning",
    async (answer) => {
      await using place = await makePlace();
      expect(await claude(place, answer)).toMatchObject({
        status: "warn",
        detail: expect.stringContaining("no version"),
      });
    },
  );

  test.each(["3.1.0", null])("that is claude-parallel under that name (release %p) fails", async (release) => {
    await using place = await makePlace();
    const bin = await install(place, { release });
    await Bun.$`ln -s claude-parallel ${join(bin, "claude")}`.quiet();
    expect(found(await examined(place, { path: [bin] }), "claude")).toMatchObject({
      status: "fail",
      detail: `${bin}/claude is claude-parallel itself, which would start itself.`,
    });
  });

  test("is neither a directory, nor a file that cannot be executed, nor found through a relative folder", async () => {
    await using place = await makePlace();
    await Bun.write(place.at("one/claude/inside"), "");
    await Bun.write(place.at("two/claude"), "text");
    await writeProgram(place.at("three/claude"), "#!/bin/sh\n");
    const path = [place.at("one"), place.at("two"), "three", ""];
    expect(found(await examined(place, { path }), "claude")?.detail).toBe("claude is not on PATH.");
  });
});

describe("gtr", () => {
  const gtr = async (place: Place, setting: string | undefined, put?: (folder: string) => Promise<void>) => {
    const folder = place.at("gtr");
    await writeProgram(join(folder, "unrelated"), "");
    await put?.(folder);
    if (setting !== undefined) await Bun.write(join(place.home, ".parallel-cc/config.json"), setting);
    return found(await examined(place, { path: [folder] }), "gtr");
  };
  const backend = (name: string) => JSON.stringify({ worktree: { backend: name } });

  test("that is not there is fine as long as nobody wants it", async () => {
    await using place = await makePlace();
    expect(await gtr(place, undefined)).toEqual({
      name: "gtr",
      status: "ok",
      detail: "not installed; git makes worktrees",
    });
  });

  test("that is not there fails where it is to make worktrees", async () => {
    await using place = await makePlace();
    expect(await gtr(place, backend("gtr"))).toMatchObject({
      status: "fail",
      detail: "not installed, and worktree.backend is gtr.",
    });
  });

  test.each(["1.7.0", "2.11.0"])("%s makes worktrees where it is found", async (version) => {
    await using place = await makePlace();
    const check = await gtr(place, undefined, standInGtr(version));
    expect(check?.detail).toMatch(new RegExp(`^${version}, /.*; makes worktrees \\(worktree\\.backend is auto\\)$`));
  });

  test("is told to be unused where git alone makes worktrees", async () => {
    await using place = await makePlace();
    const check = await gtr(place, backend("git"), standInGtr("2.11.0"));
    expect(check?.detail).toContain("not used, for worktree.backend is git");
  });

  test("is not the tr of GNU by that name", async () => {
    await using place = await makePlace();
    const check = await gtr(place, undefined, (folder) => writeProgram(join(folder, "gtr"), "\x7fELF"));
    expect(check?.detail).toBe(`not installed (${place.at("gtr/gtr")} is another program); git makes worktrees`);
  });

  test.each([
    [undefined, "warn", "; git makes worktrees"],
    ["git", "ok", "; git makes worktrees"],
    ["gtr", "fail", ", and worktree.backend is gtr."],
  ] as const)("that does not answer is told of, with worktree.backend %s", async (name, status, end) => {
    await using place = await makePlace();
    const setting = name === undefined ? undefined : backend(name);
    const put = (folder: string) => writeProgram(join(folder, "git-gtr"), "#!/bin/sh\nexec /bin/sleep 60\n");
    const detail = `${place.at("gtr/git-gtr")} did not finish within 500 ms and was stopped${end}`;
    expect(await gtr(place, setting, put)).toMatchObject({ status, detail });
  });

  test("that cannot make worktrees here is a warning, and a failure where it has to", async () => {
    await using place = await makePlace();
    const repo = await makeRepo(place);
    await repo.git("config", "gtr.worktrees.prefix", "a/b-");
    await mkdir(place.at("gtr"));
    await standInGtr("2.11.0")(place.at("gtr"));
    const asked = { cwd: repo.path, path: [place.at("gtr")] };
    const warned = found(await examined(place, asked), "gtr");
    expect(warned?.detail).toContain("git makes this worktree, not gtr: gtr.worktrees.prefix");
    expect(warned?.status).toBe("warn");
    await Bun.write(join(place.home, ".parallel-cc/config.json"), backend("gtr"));
    expect(found(await examined(place, asked), "gtr")).toMatchObject({
      status: "fail",
      hint: expect.stringContaining("worktree.backend git"),
    });
  });

  test("says where the next worktree goes", async () => {
    await using place = await makePlace();
    const repo = await makeRepo(place);
    await repo.git("config", "gtr.worktrees.dir", place.at("trees"));
    await mkdir(place.at("gtr"));
    await standInGtr("2.11.0")(place.at("gtr"));
    const checks = await examined(place, { cwd: repo.path, path: [place.at("gtr")] });
    expect(found(checks, "new worktrees")).toMatchObject({ status: "ok", detail: place.at("trees") });
  });

  test("is told without its use where the settings are broken", async () => {
    await using place = await makePlace();
    const check = await gtr(place, "{bad", standInGtr("2.11.0"));
    expect(check).toMatchObject({ status: "ok", detail: expect.stringMatching(/^2\.11\.0, \S+$/) });
  });
});

describe("the place", () => {
  const named = async (place: Place, cwd: string, name: string) => found(await examined(place, { cwd }), name);

  test("all is well in one that nobody touched", async () => {
    await using place = await makePlace();
    const { path } = await makeRepo(place);
    expect(await named(place, path, "settings")).toMatchObject({ status: "ok", detail: "none; the defaults hold" });
    expect(await named(place, path, "new worktrees")).toMatchObject({ status: "ok", detail: `${path}-worktrees` });
  });

  test("a settings file that cannot be read is a failure", async () => {
    await using place = await makePlace();
    const { path } = await makeRepo(place);
    await Bun.write(join(path, ".parallel-cc.json"), "{bad");
    expect(await named(place, path, "settings")).toMatchObject({ status: "fail" });
    expect(await named(place, path, "new worktrees")).toMatchObject({ status: "ok" });
  });

  test("what a settings file has that does not count is a warning", async () => {
    await using place = await makePlace();
    const { path } = await makeRepo(place);
    await Bun.write(join(path, ".parallel-cc.json"), '{"worktree": {"bse": "main", "prefx": "x"}}');
    expect(await named(place, path, "settings")).toMatchObject({
      status: "warn",
      detail: expect.stringMatching(/worktree\.bse.* And 1 more\.$/),
    });
  });

  test("commands that nobody approved are a warning, also without a database", async () => {
    await using place = await makePlace();
    const { path } = await makeRepo(place);
    await Bun.write(join(path, ".parallel-cc.json"), '{"worktree": {"postCreate": "npm ci"}}');
    expect(await named(place, path, "settings")).toMatchObject({
      status: "warn",
      detail: expect.stringContaining("npm ci"),
    });
  });

  test("a base that is not there is a failure", async () => {
    await using place = await makePlace();
    const { path } = await makeRepo(place);
    await Bun.write(join(path, ".parallel-cc.json"), '{"worktree": {"base": "gone"}}');
    expect(await named(place, path, "base")).toMatchObject({ status: "fail" });
  });

  test("so is a file where its worktrees should be", async () => {
    await using place = await makePlace();
    const { path } = await makeRepo(place);
    await Bun.write(`${path}-worktrees`, "");
    expect(await named(place, path, "new worktrees")).toMatchObject({ status: "fail" });
  });
});

describe("whatever it finds", () => {
  test("a program that hangs is given up after five seconds, and told", async () => {
    await using place = await makePlace();
    const hangs = { sh: "exec /bin/sleep 60" };
    const { folder } = await makePrograms(place, { git: hangs, claude: hangs });
    const checks = await examined(place, { path: [folder] });
    expect(found(checks, "git")).toMatchObject({ status: "fail", detail: "git version did not finish in time." });
    expect(found(checks, "claude")?.detail).toContain("did not finish within 5000 ms");
    expect(found(checks, "database")?.status).toBe("ok");
  });

  test("it writes nothing", async () => {
    await using place = await makePlace();
    const { path } = await makeRepo(place);
    await examined(place, { cwd: path });
    expect(await readdir(place.home)).toEqual([]);
  });

  test("a check that is not done in time says so, and the others are told", async () => {
    await using place = await makePlace();
    const { folder } = await makePrograms(place, { git: { sh: "exec /bin/sleep 60" } });
    await using world = testWorld(place, { path: [folder] });
    const checks = await examine({ ...world, sleep: () => Bun.sleep(500) });
    expect(found(checks, "git")).toMatchObject({ status: "warn", detail: "This was not known after 10 s." });
    expect(found(checks, "data directory")?.status).toBe("ok");
  });

  test("a check that throws is its own answer alone", async () => {
    await using place = await makePlace();
    await using world = testWorld(place);
    const broken = { ...world, processes: { ...world.processes } };
    Object.defineProperty(broken.env, "path", {
      get: () => {
        throw new Error("PATH is made of stone");
      },
    });
    const checks = await examine(broken);
    expect(found(checks, "claude")).toMatchObject({
      status: "fail",
      detail: "Unexpected error: PATH is made of stone",
    });
    expect(found(checks, "disk")?.status).toBe("ok");
  });
});
