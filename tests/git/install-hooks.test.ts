// What `install` says of hooks that it has entered and that do not run, or run twice; and what a repository's own file gets.

import { describe, expect, test } from "bun:test";
import { chmodSync, readFileSync, writeFileSync } from "node:fs";
import { rename } from "node:fs/promises";
import { join } from "node:path";
import { install } from "../../src/features/install/install.ts";
import { makeHome } from "../support/install.ts";
import { makeRepo } from "../support/repo.ts";
import { testWorld } from "../support/world.ts";

const SETTINGS = ".claude/settings.json";
const GLOBAL = { hooks: true, global: true };
const LOCAL = { hooks: true, local: true };

/** A home in which the program is installed where PATH does not find it. */
async function offPath() {
  const home = await makeHome();
  await home.put(".local/bin/parallel-cc", "#!/bin/sh\n");
  chmodSync(home.file(".local/bin/parallel-cc"), 0o755);
  return { home, repo: await makeRepo(home.place) };
}

describe("hooks of a repository", () => {
  test("name the program, and no path of this machine; where PATH lacks it that is said", async () => {
    const { home, repo } = await offPath();
    await using _ = home;
    const { next } = await home.run({ ...LOCAL, repo: repo.path });
    const text = readFileSync(join(repo.path, SETTINGS), "utf8");
    expect(text).toContain('"parallel-cc hook Stop"');
    expect(text).not.toContain(home.place.home);
    expect(next.join("\n")).toContain(`calls parallel-cc by its name, which PATH does not have`);
    expect(next.join("\n")).toContain(`export PATH=${home.file(".local/bin")}:"$PATH"`);
    const again = await home.run({ ...LOCAL, repo: repo.path }, { path: [home.file(".local/bin")] });
    expect(again.next).toEqual([]);
  });

  test.each([
    ["before", LOCAL, GLOBAL],
    ["behind", GLOBAL, LOCAL],
  ])("that were entered %s the user's run twice beside these, and what ends it is said", async (_when, one, other) => {
    const { home, repo } = await offPath();
    await using _ = home;
    const [first, second] = [one, other].map((given) => ({ ...given, repo: repo.path }));
    expect((await home.run(first ?? {})).next.join("\n")).not.toContain("run twice");
    const { next } = await home.run(second ?? {});
    expect(next.join("\n")).toContain(`Hooks run twice where ${join(repo.path, SETTINGS)} stands`);
    expect(next.join("\n")).toContain(`parallel-cc install --uninstall --local --repo ${repo.path}`);
    const onPath = { path: [home.file(".local/bin")] };
    expect((await home.run({ ...GLOBAL, repo: repo.path }, onPath)).next.join("\n")).not.toContain("run twice");
  });
});

describe("hooks that are switched off", () => {
  const words = (file: string) => `disableAllHooks is true in ${file}: Claude Code runs no hook`;

  test.each([GLOBAL, { statusline: true }])("by the user's settings are told: %j", async (given) => {
    await using home = await makeHome();
    await home.put(SETTINGS, '{"disableAllHooks": true}');
    expect((await home.run(given)).next.join("\n")).toContain(words(home.file(SETTINGS)));
    expect((await home.run({ alias: true })).next.join("\n")).not.toContain("disableAllHooks");
  });

  test("by the checkout's own are told, and not where these switch them on", async () => {
    await using home = await makeHome();
    const repo = await makeRepo(home.place);
    const own = join(repo.path, ".claude/settings.local.json");
    await Bun.write(own, '{"disableAllHooks": true}');
    expect((await home.run(GLOBAL, { cwd: repo.path })).next.join("\n")).toContain(words(own));
    await home.put(SETTINGS, '{"disableAllHooks": true}');
    await Bun.write(own, '{"disableAllHooks": false}');
    expect((await home.run(GLOBAL, { cwd: repo.path })).next.join("\n")).not.toContain("disableAllHooks");
  });
});

describe("taking all of it out, in a checkout", () => {
  test("leaves hooks that somebody has committed, and says how they go", async () => {
    await using home = await makeHome();
    const repo = await makeRepo(home.place);
    const text = '{"hooks": {"Stop": [{"hooks": [{"type": "command", "command": "parallel-cc hook Stop"}]}]}}';
    await Bun.write(join(repo.path, SETTINGS), text);
    const gone = await home.run({ uninstall: true }, { cwd: repo.path });
    expect(gone).toMatchObject({
      success: true,
      steps: [{ step: "hooks", file: join(repo.path, SETTINGS), change: "skipped", detail: "the repository's own" }],
    });
    expect(gone.next.join("\n")).toContain(`parallel-cc install --uninstall --local --repo ${repo.path}`);
    expect(readFileSync(join(repo.path, SETTINGS), "utf8")).toBe(text);
    // From elsewhere nothing is known of it.
    expect((await home.run({ uninstall: true })).steps).toEqual([]);
    expect((await home.run({ uninstall: true, local: true, repo: repo.path })).steps).toMatchObject([
      { step: "hooks", change: "written" },
    ]);
    expect((await home.run({ uninstall: true, hooks: true }, { cwd: repo.path })).steps).toEqual([]);
  });

  test("tells once of a file that could not be settled", async () => {
    await using home = await makeHome();
    const repo = await makeRepo(home.place);
    await home.run({ ...LOCAL, repo: repo.path });
    const file = join(repo.path, SETTINGS);
    const text = readFileSync(file, "utf8");
    await using world = testWorld(home.place, { cwd: repo.path });
    const undo = { ...world, sleep: async () => writeFileSync(file, text) };
    expect((await install(undo, { uninstall: true })).steps).toMatchObject([{ file, code: "install.undone" }]);
  });

  test("of a repository that was moved says so too, and forgets where it was", async () => {
    await using home = await makeHome();
    const repo = await makeRepo(home.place);
    await home.run({ ...LOCAL, gitignore: true, repo: repo.path });
    const moved = home.place.at("moved");
    await rename(repo.path, moved);
    const { steps } = await home.run({ uninstall: true }, { cwd: moved });
    expect(steps).toMatchObject([{ step: "hooks", file: join(moved, SETTINGS), change: "skipped" }]);
    expect(home.text(".parallel-cc/install.json")).toBeUndefined();
    expect((await home.run({ uninstall: true, local: true, repo: moved })).success).toBe(true);
    expect((await home.run({ uninstall: true }, { cwd: moved })).steps).toEqual([]);
  });
});

describe("where an edit shall be refused rather than made unseen", () => {
  const blocks = (text: string | undefined) => {
    const groups: { matcher: string; hooks: { onFailure?: string }[] }[] = JSON.parse(text ?? "").hooks.PreToolUse;
    return groups.map(({ matcher, hooks }) => `${matcher}: ${hooks[0]?.onFailure ?? "goes on"}`);
  };

  test("the user's own hooks for edits block when they fail, and go on again when that is unset", async () => {
    await using home = await makeHome();
    const before = await home.run(GLOBAL);
    expect(before.success).toBe(true);
    expect(blocks(home.text(SETTINGS))).toEqual(["Edit|Write|MultiEdit|NotebookEdit|Bash: goes on"]);
    await home.put(".parallel-cc/config.json", '{"claims": {"onConflict": "block"}}');
    await home.run(GLOBAL);
    expect(blocks(home.text(SETTINGS))).toEqual(["Edit|Write|MultiEdit|NotebookEdit: block", "Bash: goes on"]);
    expect((await home.run(GLOBAL)).steps[0]?.change).toBe("none");
    await home.put(".parallel-cc/config.json", "{}");
    await home.run(GLOBAL);
    expect(blocks(home.text(SETTINGS))).toEqual(["Edit|Write|MultiEdit|NotebookEdit|Bash: goes on"]);
    await home.run({ uninstall: true, hooks: true });
    expect(home.text(SETTINGS)).toBeUndefined();
  });

  test("a committed file's do not: others may not have parallel-cc", async () => {
    const { home, repo } = await offPath();
    await using _ = home;
    await home.put(".parallel-cc/config.json", '{"claims": {"onConflict": "block"}}');
    await home.run({ ...LOCAL, repo: repo.path });
    expect(readFileSync(join(repo.path, SETTINGS), "utf8")).not.toContain("onFailure");
  });
});
