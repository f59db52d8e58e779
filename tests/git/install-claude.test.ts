// What `install` enters in Claude Code's files, and what it leaves alone there.

import { describe, expect, test } from "bun:test";
import { chmodSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import { mkdir, rm, symlink } from "node:fs/promises";
import { join } from "node:path";
import { PLAIN } from "../../src/cli/terminal.ts";
import { install } from "../../src/features/install/install.ts";
import { installStanding } from "../../src/features/install/standing.ts";
import { standingText } from "../../src/features/install/text.ts";
import { makeHome, stepOf } from "../support/install.ts";
import { makePlace } from "../support/place.ts";
import { makeRepo } from "../support/repo.ts";
import { testWorld } from "../support/world.ts";

const SETTINGS = ".claude/settings.json";
const STATE = ".claude.json";
const GLOBAL = { hooks: true, global: true };

describe("hooks", () => {
  test.each([
    ["2.1.328", 10],
    ["2.0.77", 9],
    ["2.0.44", 7],
  ])("of Claude Code %s are %d events", async (version, count) => {
    await using home = await makeHome();
    await home.client(version);
    const { success, hooks, steps } = await home.run(GLOBAL);
    expect({ success, hooks }).toEqual({
      success: true,
      hooks: {
        success: true,
        created: true,
        merged: false,
        alreadyInstalled: false,
        settingsPath: home.file(SETTINGS),
        gitignoreUpdated: false,
      },
    });
    expect(steps[0]?.detail).toBe(`${count} events for Claude Code ${version}`);
    expect(Object.keys(JSON.parse(home.text(SETTINGS) ?? "").hooks)).toHaveLength(count);
  });

  test.each(["2.1.328", "something else 2.1.328 (Claude Code)", "2.1.x (Claude Code)"])(
    "of a client that says only %j are the safe set",
    async (stdout) => {
      await using home = await makeHome();
      await home.programs.add("claude", { stdout });
      expect((await home.run(GLOBAL)).steps[0]?.detail).toBe("7 events that every Claude Code has");
    },
  );

  test("ask no claude that is our own wrapper", async () => {
    await using home = await makeHome();
    await home.client("2.1.328");
    await mkdir(home.place.at("wrapped"));
    await symlink(join(import.meta.dir, "../../scripts/claude-parallel.sh"), home.place.at("wrapped/claude"));
    const made = await home.run(GLOBAL, { path: [home.place.at("wrapped"), home.programs.folder] });
    expect(made.steps[0]?.detail).toBe("10 events for Claude Code 2.1.328");
  });

  test("wait for no claude that hangs", async () => {
    await using home = await makeHome();
    await home.programs.add("claude", { sleepMs: 60_000 });
    expect((await home.run(GLOBAL)).steps[0]?.detail).toStartWith("7 events");
  });

  test("follow the client when that is another one", async () => {
    await using home = await makeHome();
    for (const [version, count] of [
      ["2.1.328", 10],
      ["2.0.77", 9],
      ["2.1.328", 10],
    ] as const) {
      await home.client(version);
      await home.run(GLOBAL);
      expect(Object.keys(JSON.parse(home.text(SETTINGS) ?? "").hooks)).toHaveLength(count);
    }
    await home.run({ uninstall: true });
    expect(existsSync(home.file(".claude"))).toBe(false);
  });

  test("of another client than the one on PATH are to be updated for this one", async () => {
    await using home = await makeHome();
    await home.client("2.1.328");
    await home.run(GLOBAL);
    await home.client("2.0.77");
    const found = await standing(home);
    expect(found.hooks.upToDate).toBe(false);
    expect(standingText(found, { columns: undefined, now: new Date(0), paint: PLAIN })).toContain(
      "yes, and to be updated for Claude Code 2.0.77",
    );
  });

  test("that the client has none of are not entered, and those of a later one go", async () => {
    await using home = await makeHome();
    await home.client("1.0.20");
    const none = await home.run(GLOBAL);
    expect(none).toMatchObject({
      success: true,
      steps: [{ step: "hooks", change: "skipped", detail: "Claude Code 1.0.20 has no event of ours" }],
      next: [],
    });
    expect(existsSync(home.file(SETTINGS))).toBe(false);
    await home.client("2.1.328");
    await home.run(GLOBAL);
    await home.client("1.0.20");
    expect((await home.run(GLOBAL)).steps[0]?.detail).toEndWith("; those that stood here were taken out");
    expect(existsSync(home.file(SETTINGS))).toBe(false);
  });

  test("that make worktrees are entered only when they are asked for, and stay and go by themselves", async () => {
    await using home = await makeHome();
    await home.client("2.1.328");
    const events = () => Object.keys(JSON.parse(home.text(SETTINGS) ?? '{"hooks": {}}').hooks);
    await home.run(GLOBAL);
    expect(events()).not.toContain("WorktreeCreate");
    expect(await home.run({ worktrees: true })).toMatchObject({ worktrees: { success: true, merged: true } });
    await home.run(GLOBAL);
    expect(events().slice(-2)).toEqual(["WorktreeCreate", "WorktreeRemove"]);
    await home.run({ uninstall: true, hooks: true });
    expect(events()).toEqual(["WorktreeCreate", "WorktreeRemove"]);
    await home.run({ uninstall: true, worktrees: true });
    expect(existsSync(home.file(SETTINGS))).toBe(false);
  });

  test("that make worktrees stay when the client is an older one, and how they go is said", async () => {
    await using home = await makeHome();
    await home.client("2.1.328");
    await home.run({ ...GLOBAL, worktrees: true });
    await home.client("2.0.77");
    expect((await home.run(GLOBAL)).next.join("\n")).toContain(
      `Claude Code 2.0.77 ignores all of ${home.file(SETTINGS)} over the hooks for worktrees`,
    );
    await home.run({ uninstall: true, worktrees: true });
    expect((await home.run(GLOBAL)).next).toEqual([]);
  });

  test("that make worktrees are not for a client that has no such events", async () => {
    await using home = await makeHome();
    await home.client("2.1.49");
    const { steps, worktrees } = await home.run({ worktrees: true });
    expect(steps).toMatchObject([{ step: "worktrees", change: "skipped" }]);
    expect(worktrees?.success).toBe(false);
    expect(existsSync(home.file(SETTINGS))).toBe(false);
  });

  test("of earlier releases are replaced, and its user's in the same group stay", async () => {
    await using home = await makeHome();
    const own = { type: "command", command: "parallel-cc hook Stop && notify" };
    const old = { type: "command", command: "~/.local/bin/parallel-cc-heartbeat.sh" };
    const stranger = { type: "command", command: "/src/parallel-cc/notify.sh" };
    const before = { hooks: { PostToolUse: [{ matcher: "*", hooks: [own, old, stranger] }] } };
    await home.put(SETTINGS, JSON.stringify(before));
    expect((await home.run(GLOBAL)).hooks).toMatchObject({ merged: true, alreadyInstalled: false });
    const { hooks } = JSON.parse(home.text(SETTINGS) ?? "");
    expect(hooks.PostToolUse[0]).toEqual({ matcher: "*", hooks: [own, stranger] });
    expect(hooks.PostToolUse[1].hooks).toEqual([
      { type: "command", command: "parallel-cc hook PostToolUse", timeout: 5 },
    ]);
    await home.run({ uninstall: true });
    expect(JSON.parse(home.text(SETTINGS) ?? "")).toEqual({
      hooks: { PostToolUse: [{ matcher: "*", hooks: [own, stranger] }] },
    });
  });

  test("name the program by its path where PATH has another one, or none", async () => {
    await using home = await makeHome();
    const program = home.file(".local/bin/parallel-cc");
    await home.put(".local/bin/parallel-cc", "#!/bin/sh\n");
    chmodSync(program, 0o755);
    await home.run(GLOBAL);
    expect(home.text(SETTINGS)).toContain(`"${program} hook Stop"`);
    await home.run(GLOBAL, { path: [home.file(".local/bin")] });
    expect(home.text(SETTINGS)).toContain('"parallel-cc hook Stop"');
    await home.run({ mcp: true });
    expect(JSON.parse(home.text(STATE) ?? "").mcpServers["parallel-cc"].command).toBe(program);
  });
});

describe("in CLAUDE_CONFIG_DIR", () => {
  test("stand settings and servers, and nothing in the home", async () => {
    await using home = await makeHome();
    const env = { CLAUDE_CONFIG_DIR: home.place.at("claude config") };
    await home.run({ ...GLOBAL, mcp: true }, { env });
    expect(existsSync(home.place.at("claude config/settings.json"))).toBe(true);
    expect(existsSync(home.place.at("claude config/.claude.json"))).toBe(true);
    expect(home.text(SETTINGS) ?? home.text(STATE)).toBeUndefined();
    // Also where that variable is not set any longer.
    await home.run({ uninstall: true });
    expect(existsSync(home.place.at("claude config"))).toBe(false);
  });
});

describe("the server", () => {
  test("of an earlier release is replaced", async () => {
    await using home = await makeHome();
    await home.put(STATE, '{"mcpServers": {"parallel-cc": {"command": "parallel-cc", "args": ["mcp-serve"]}}, "x": 1}');
    expect((await home.run({ mcp: true })).mcp).toMatchObject({ success: true, merged: true });
    expect(JSON.parse(home.text(STATE) ?? "")).toEqual({
      mcpServers: {
        "parallel-cc": { type: "stdio", command: "parallel-cc", args: ["mcp", "serve"], alwaysLoad: true },
      },
      x: 1,
    });
  });

  test("that the client has added itself is there already", async () => {
    await using home = await makeHome();
    const added = { type: "stdio", command: "parallel-cc", args: ["mcp", "serve"], alwaysLoad: true, env: {} };
    const text = JSON.stringify({ mcpServers: { "parallel-cc": added } });
    await home.put(STATE, text);
    expect((await home.run({ mcp: true })).mcp).toMatchObject({ success: true, alreadyInstalled: true });
    expect(home.text(STATE)).toBe(text);
  });

  test("of somebody else is left alone, and that is said", async () => {
    await using home = await makeHome();
    const text = '{"mcpServers": {"parallel-cc": {"command": "my-server", "args": []}}}';
    await home.put(STATE, text);
    const { success, mcp, steps } = await home.run({ mcp: true });
    expect({ success, mcp: mcp?.success }).toEqual({ success: true, mcp: false });
    expect(steps).toMatchObject([{ change: "skipped", detail: "another server of yours has the name parallel-cc" }]);
    await home.run({ uninstall: true });
    expect(home.text(STATE)).toBe(text);
  });
});

describe("a file with comments, which the client passes over,", () => {
  test("gets its entries all the same, and what to do is said", async () => {
    await using home = await makeHome();
    await home.put(SETTINGS, "{\n  // mine\n}");
    const { success, next } = await home.run(GLOBAL);
    expect({ success, next: next.join("\n") }).toEqual({
      success: true,
      next: expect.stringContaining(`Claude Code passes over all of ${home.file(SETTINGS)} while it has comments`),
    });
  });
});

describe("the status line", () => {
  test("is offered with the rest where there is none", async () => {
    await using home = await makeHome();
    const offer = "parallel-cc install --statusline";
    expect((await home.run({ all: true })).next.join("\n")).toContain(offer);
    await home.run({ statusline: true });
    expect((await home.run({ all: true })).next.join("\n")).not.toContain(offer);
  });

  test("is put in and taken out", async () => {
    await using home = await makeHome();
    await home.put(SETTINGS, "{}\n");
    expect((await home.run({ statusline: true })).statusLine).toMatchObject({ success: true, merged: true });
    expect(JSON.parse(home.text(SETTINGS) ?? "")).toEqual({
      statusLine: { type: "command", command: "parallel-cc statusline" },
    });
    await home.run({ uninstall: true, statusline: true });
    expect(home.text(SETTINGS)).toBe("{}\n");
  });

  test("of its user is left alone", async () => {
    await using home = await makeHome();
    const text = '{"statusLine": {"type": "command", "command": "parallel-cc statusline | tr a b"}}';
    await home.put(SETTINGS, text);
    expect((await home.run({ statusline: true })).statusLine?.success).toBe(false);
    await home.run({ uninstall: true });
    expect(home.text(SETTINGS)).toBe(text);
  });
});

describe("what cannot be used", () => {
  test("is refused with its place, and the rest goes on", async () => {
    await using home = await makeHome();
    await home.put(SETTINGS, '{\n  "a": 1,,\n}');
    const made = await home.run({ ...GLOBAL, mcp: true });
    expect(made.success).toBe(false);
    expect(made.errors).toEqual([expect.stringContaining(`hooks: ${home.file(SETTINGS)}:2:10 `)]);
    expect(stepOf(made, "hooks")).toMatchObject({ change: "failed", code: "json.broken" });
    expect(made.mcp?.success).toBe(true);
    expect(home.text(SETTINGS)).toBe('{\n  "a": 1,,\n}');
    const { errors, mcp } = await standing(home);
    expect({ errors: errors.length, mcp: mcp.installed }).toEqual({ errors: 1, mcp: true });
    expect((await home.run({ uninstall: true })).success).toBe(false);
    expect(home.text(STATE)).toBeUndefined();
  });

  test("may be a directory or a device", async () => {
    await using home = await makeHome();
    await mkdir(home.file(SETTINGS), { recursive: true });
    await symlink("/dev/zero", home.file(STATE));
    await symlink("/dev/zero", home.file(".bashrc"));
    const made = await home.run({ ...GLOBAL, mcp: true, alias: true });
    const failed = made.steps.filter(({ change }) => change === "failed").map(({ step, code }) => [step, code]);
    expect(failed).toEqual([
      ["hooks", "json.unreadable"],
      ["alias", "install.unreadable"],
      ["mcp", "json.unreadable"],
    ]);
  });

  test("is said of what somebody keeps undoing", async () => {
    await using home = await makeHome();
    await home.put(STATE, '{"a": 1}');
    await using world = testWorld(home.place);
    const undo = { ...world, sleep: async () => writeFileSync(home.file(STATE), '{"a": 2}') };
    const { success, steps } = await install(undo, { mcp: true });
    expect({ success, steps }).toMatchObject({ success: false, steps: [{ change: "failed", code: "install.undone" }] });
  });

  test("of what we remember loses nothing but that", async () => {
    await using home = await makeHome();
    await home.put(SETTINGS, '{"hooks": {}}');
    await home.run(GLOBAL);
    await home.put(".parallel-cc/install.json", "{broken");
    expect((await home.run(GLOBAL)).hooks?.alreadyInstalled).toBe(true);
    await home.put(".parallel-cc/install.json", '{"json": 1}');
    expect((await home.run({ uninstall: true })).success).toBe(true);
    expect(JSON.parse(home.text(SETTINGS) ?? "")).toEqual({});
  });
});

async function standing(home: Awaited<ReturnType<typeof makeHome>>, repo?: string) {
  await using world = testWorld(home.place, { path: [home.programs.folder], env: { SHELL: "/bin/bash" } });
  return installStanding(world, { repo });
}

describe("hooks of a repository", () => {
  test("stand in the very worktree, and .gitignore once", async () => {
    await using home = await makeHome();
    const repo = await makeRepo(home.place);
    await repo.git("worktree", "add", "--quiet", home.place.at("tree"));
    await mkdir(home.place.at("tree/inner"));
    const tree = { cwd: home.place.at("tree/inner") };
    const made = await home.run({ hooks: true, local: true, gitignore: true }, tree);
    expect(made.hooks).toMatchObject({
      settingsPath: home.place.at("tree/.claude/settings.json"),
      gitignoreUpdated: true,
    });
    expect(readFileSync(home.place.at("tree/.gitignore"), "utf8")).toBe("# Claude Code local settings\n.claude/\n");
    expect(existsSync(join(repo.path, ".claude"))).toBe(false);
    const again = await home.run({ hooks: true, local: true, gitignore: true, repo: home.place.at("tree") });
    expect(again.steps.map(({ change }) => change)).toEqual(["none", "none"]);
    expect((await standing(home, home.place.at("tree"))).hooks).toMatchObject({
      globalInstalled: false,
      localInstalled: true,
      upToDate: true,
    });
    // Wherever one stands then.
    const gone = await home.run({ uninstall: true });
    expect(gone.steps.map(({ step, change }) => [step, change])).toEqual([
      ["hooks", "removed"],
      ["gitignore", "removed"],
    ]);
    expect(existsSync(home.place.at("tree/.claude"))).toBe(false);
  });

  test("that git tracks are not passed over by it, whatever .gitignore says", async () => {
    await using home = await makeHome();
    const repo = await makeRepo(home.place);
    await Bun.write(join(repo.path, SETTINGS), "{}");
    await repo.git("add", SETTINGS);
    const { steps } = await home.run({ gitignore: true, repo: repo.path });
    expect(steps).toMatchObject([
      { change: "made", detail: "git passes over what is new in .claude/, and goes on with what it tracks" },
    ]);
  });

  test("that is gone are no failure", async () => {
    await using home = await makeHome();
    const repo = await makeRepo(home.place);
    await home.run({ hooks: true, local: true, repo: repo.path });
    await rm(repo.path, { recursive: true });
    expect(await home.run({ uninstall: true })).toMatchObject({ success: true, steps: [] });
  });

  test.each([".claude", ".claude/settings.json", ".gitignore"])(
    "do not leave it through a link at %s",
    async (path) => {
      await using home = await makeHome();
      const repo = await makeRepo(home.place);
      await mkdir(home.place.at("outside"));
      await Bun.write(home.place.at("outside/file"), "{}");
      if (path.includes("/")) await mkdir(join(repo.path, ".claude"));
      await symlink(home.place.at(path === ".claude" ? "outside" : "outside/file"), join(repo.path, path));
      const made = await home.run({ local: true, gitignore: true, repo: repo.path });
      const failed = made.steps.filter(({ change }) => change === "failed");
      expect(failed).toMatchObject([{ code: "install.link" }]);
      expect(readFileSync(home.place.at("outside/file"), "utf8")).toBe("{}");
    },
  );

  test("are refused where there is none, before anything is written", async () => {
    await using place = await makePlace();
    await using world = testWorld(place, { cwd: place.home });
    await expect(install(world, { all: true, local: true })).rejects.toMatchObject({ code: "repository.none" });
    expect(existsSync(join(place.home, ".claude"))).toBe(false);
    const bare = await makeRepo(place, { bare: true, name: "bare" });
    await expect(install(world, { local: true, repo: bare.path })).rejects.toMatchObject({ code: "install.bare" });
  });
});
