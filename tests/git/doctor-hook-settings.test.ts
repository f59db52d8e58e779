// What doctor says of settings files as a whole, for the sake of our hooks in them.

import { describe, expect, test } from "bun:test";
import { join } from "node:path";
import type { Check } from "../../src/features/doctor/doctor.ts";
import { examined, install, writeProgram } from "../support/doctor.ts";
import { makePlace, type Place } from "../support/place.ts";
import { makeRepo } from "../support/repo.ts";

const ours = (...events: string[]) => ({
  hooks: Object.fromEntries(
    events.map((event) => [event, [{ hooks: [{ type: "command", command: `parallel-cc hook ${event}` }] }]]),
  ),
});

const userFile = (place: Place) => join(place.home, ".claude/settings.json");

/** All checks called hooks that are not well, with that Claude Code on PATH. */
async function troubles(place: Place, release: string, cwd?: string): Promise<Check[]> {
  const bin = await install(place, {
    commands: ["SessionStart", "StopFailure", "WorktreeCreate"].map((e) => `hook ${e}`),
  });
  await writeProgram(join(bin, "claude"), `#!/bin/sh\necho '${release} (Claude Code)'\n`);
  const checks = await examined(place, { path: [bin], ...(cwd === undefined ? {} : { cwd }) });
  return checks.filter(({ name, status }) => name === "hooks" && status !== "ok");
}

describe("a client that does not know an event of ours", () => {
  test("ignores the whole file, which is a failure that names file, event and release", async () => {
    await using place = await makePlace();
    await Bun.write(userFile(place), JSON.stringify(ours("SessionStart", "StopFailure")));
    const [check, ...more] = await troubles(place, "2.0.77");
    expect(more).toEqual([]);
    expect(check).toMatchObject({
      status: "fail",
      detail: `Claude Code 2.0.77 ignores all of ${userFile(place)}, permissions too: it does not know StopFailure, where a hook of ours is entered.`,
      hint: expect.stringContaining("parallel-cc install --hooks --global"),
    });
  });

  test("is told of the repository's own file, with the command for that one", async () => {
    await using place = await makePlace();
    const repo = await makeRepo(place);
    const file = join(repo.path, ".claude/settings.json");
    await Bun.write(file, JSON.stringify(ours("StopFailure")));
    const [check] = await troubles(place, "2.0.77", repo.path);
    expect(check?.detail).toContain(file);
    expect(check?.hint).toContain(`parallel-cc install --hooks --local --repo ${repo.path}`);
  });

  test("lets go of worktrees by the command that takes these out", async () => {
    await using place = await makePlace();
    await Bun.write(userFile(place), JSON.stringify(ours("WorktreeCreate")));
    expect(await troubles(place, "2.0.77")).toMatchObject([
      { status: "fail", hint: expect.stringContaining("parallel-cc install --uninstall --worktrees") },
    ]);
  });

  test("is told to take out what an installation would not replace", async () => {
    await using place = await makePlace();
    const command = "parallel-cc hook StopFailure && notify";
    const hooks = { StopFailure: [{ hooks: [{ type: "command", command }] }] };
    await Bun.write(userFile(place), JSON.stringify({ hooks }));
    expect((await troubles(place, "2.0.77"))[0]?.hint).toStartWith("Take these hooks out of the file.");
  });

  test.each(["2.1.78", "2.1.328"])("is not %s", async (release) => {
    await using place = await makePlace();
    await Bun.write(userFile(place), JSON.stringify(ours("SessionStart", "StopFailure", "WorktreeCreate")));
    expect(await troubles(place, release)).toEqual([]);
  });
});

describe("hooks in two files", () => {
  const both = async (place: Place, path: string) => {
    const repo = await makeRepo(place);
    await Bun.write(userFile(place), JSON.stringify(ours("SessionStart", "Stop")).replaceAll("parallel-cc", path));
    await Bun.write(join(repo.path, ".claude/settings.json"), JSON.stringify(ours("SessionStart")));
    const found = await troubles(place, "2.1.328", repo.path);
    return found.filter(({ detail }) => detail.includes("run twice"));
  };

  test("run twice where their commands differ, which is a warning with the commands that end it", async () => {
    await using place = await makePlace();
    const [check, ...more] = await both(place, place.at("bin/parallel-cc"));
    expect(more).toEqual([]);
    expect(check).toMatchObject({ status: "warn", detail: expect.stringMatching(/^SessionStart run twice here: /) });
    expect(check?.hint).toContain("parallel-cc install --uninstall --local --repo ");
  });

  test("are well where these are the same", async () => {
    await using place = await makePlace();
    expect(await both(place, "parallel-cc")).toEqual([]);
  });
});

describe("disableAllHooks", () => {
  test("is a warning where hooks of ours are entered", async () => {
    await using place = await makePlace();
    await Bun.write(userFile(place), JSON.stringify({ disableAllHooks: true, ...ours("SessionStart") }));
    expect(await troubles(place, "2.1.328")).toMatchObject([
      { status: "warn", detail: expect.stringContaining(`disableAllHooks is true in ${userFile(place)}`) },
    ]);
  });

  test("is its user's business where none are", async () => {
    await using place = await makePlace();
    await Bun.write(userFile(place), JSON.stringify({ disableAllHooks: true }));
    expect(await troubles(place, "2.1.328")).toEqual([]);
  });

  test("counts as the checkout's own settings have it", async () => {
    await using place = await makePlace();
    const repo = await makeRepo(place);
    await Bun.write(userFile(place), JSON.stringify(ours("SessionStart")));
    await Bun.write(join(repo.path, ".claude/settings.local.json"), '{"disableAllHooks": true}');
    expect((await troubles(place, "2.1.328", repo.path))[0]?.detail).toContain("settings.local.json");
    await Bun.write(join(repo.path, ".claude/settings.local.json"), '{"disableAllHooks": false}');
    expect(await troubles(place, "2.1.328", repo.path)).toEqual([]);
  });
});
