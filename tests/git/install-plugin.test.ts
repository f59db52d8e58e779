// `install --plugin` with a stand-in for the client: what is entered, what it replaces and what replaces it, refusals, and
// what is left of it.

import { describe, expect, test } from "bun:test";
import { existsSync, readdirSync } from "node:fs";
import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { shellQuote } from "../../src/core/text.ts";
import { checkPlugin } from "../../src/features/doctor/plugin.ts";
import { installStanding } from "../../src/features/install/standing.ts";
import { type Home, makeHome, stepOf } from "../support/install.ts";
import { makeRepo } from "../support/repo.ts";
import { testWorld } from "../support/world.ts";

const SETTINGS = ".claude/settings.json";
const STATE = ".claude.json";
const FOLDER = ".parallel-cc/plugin";
const ID = "parallel-cc@parallel-cc";
const CLIENT = join(import.meta.dir, "../fixtures/claude-plugins.ts");

/** `fails`: words of the command that it refuses. */
async function withClient(home: Home, { version = "2.1.328", fails = "nothing" } = {}): Promise<void> {
  const refusal = `case "$*" in *${shellQuote(fails)}*) echo 'No   \x1b[31mspace\nleft.' >&2; exit 7;; esac`;
  const sh = `${refusal}\nexec ${[process.execPath, CLIENT, version].map(shellQuote).join(" ")} "$@"`;
  await home.programs.add("claude", { sh });
}

function parsed(home: Home, path: string): Record<string, unknown> {
  return JSON.parse(home.text(path) ?? "null");
}

async function standing(home: Home) {
  await using world = testWorld(home.place, { path: [home.programs.folder], env: { SHELL: "/bin/bash" } });
  return installStanding(world, { repo: undefined });
}

describe("the plugin", () => {
  test("is made, entered by the client's own commands, and as it was the second time", async () => {
    await using home = await makeHome();
    await withClient(home);
    const { success, plugin, steps } = await home.run({ plugin: true });
    expect({ success, plugin }).toMatchObject({ success: true, plugin: { created: true, folder: home.file(FOLDER) } });
    expect(steps.map(({ step, change }) => [step, change])).toEqual([["plugin", "made"]]);
    expect(parsed(home, SETTINGS)).toMatchObject({ enabledPlugins: { [ID]: true } });
    expect(await standing(home)).toMatchObject({
      plugin: { installed: true, upToDate: true },
      hooks: { globalInstalled: false },
      errors: [],
    });
    const calls = (await home.programs.calls("claude")).length;
    expect((await home.run({ plugin: true })).plugin).toMatchObject({ success: true, alreadyInstalled: true });
    const later = (await home.programs.calls("claude")).slice(calls);
    expect(later.map(({ argv }) => argv)).toEqual([["--version"]]);
  });

  test("has the hooks that the client knows, the server, the monitor and the command", async () => {
    await using home = await makeHome();
    await withClient(home, { version: "2.0.77" });
    await home.run({ plugin: true });
    const inPlugin = (path: string) => `${FOLDER}/parallel-cc/${path}`;
    const { hooks } = parsed(home, inPlugin("hooks/hooks.json"));
    expect(Object.keys(Object(hooks))).toHaveLength(9);
    expect(hooks).toMatchObject({
      SessionStart: [{ hooks: [{ command: "parallel-cc hook SessionStart", timeout: 30 }] }],
    });
    const server = { type: "stdio", command: "parallel-cc", args: ["mcp", "serve"], alwaysLoad: true };
    expect(parsed(home, inPlugin(".mcp.json"))).toEqual({ mcpServers: { "parallel-cc": server } });
    expect(parsed(home, inPlugin("monitors/monitors.json"))).toMatchObject([
      { command: "exec parallel-cc watch sessions --here" },
    ]);
    expect(home.text(inPlugin("commands/parallel.md"))).toContain("get_parallel_status");
  });

  test("of another release of the client gets its events, and another version", async () => {
    await using home = await makeHome();
    await withClient(home, { version: "2.0.77" });
    await home.run({ plugin: true });
    const before = JSON.stringify(parsed(home, ".claude/plugins/installed_plugins.json"));
    await withClient(home, { version: "2.1.328" });
    expect((await standing(home)).plugin).toMatchObject({ installed: true, upToDate: false });
    expect((await home.run({ plugin: true })).plugin).toMatchObject({ success: true, merged: true });
    expect(JSON.stringify(parsed(home, ".claude/plugins/installed_plugins.json"))).not.toBe(before);
    expect((await standing(home)).plugin.upToDate).toBe(true);
  });

  test("that was switched off is switched on again", async () => {
    await using home = await makeHome();
    await withClient(home);
    await home.run({ plugin: true });
    await home.put(SETTINGS, JSON.stringify({ ...parsed(home, SETTINGS), enabledPlugins: { [ID]: false } }));
    expect((await standing(home)).plugin.installed).toBe(false);
    await home.run({ plugin: true });
    expect((await standing(home)).plugin.installed).toBe(true);
  });
});

describe("one way", () => {
  test("is replaced by the plugin, once that stands", async () => {
    await using home = await makeHome();
    await withClient(home);
    await home.run({ hooks: true, global: true, mcp: true, statusline: true });
    const { steps } = await home.run({ plugin: true });
    expect(steps.map(({ step, change }) => [step, change])).toEqual([
      ["plugin", "made"],
      ["hooks", "written"],
      ["mcp", "removed"],
    ]);
    expect(Object.keys(parsed(home, SETTINGS))).toEqual(["statusLine", "extraKnownMarketplaces", "enabledPlugins"]);
    expect(home.text(STATE)).toBeUndefined();
  });

  test.each([{ mcp: true }, { global: true }, { all: true }])("replaces the plugin whole with %j", async (given) => {
    await using home = await makeHome();
    await withClient(home);
    await home.put(SETTINGS, '{"model":   "x"}');
    await home.run({ plugin: true });
    const { success, steps } = await home.run(given);
    expect(success).toBe(true);
    expect(stepOf({ ...(await home.run(given)), steps }, "plugin")?.change).toBe("removed");
    const { hooks, ...others } = parsed(home, SETTINGS);
    expect([Object.keys(Object(hooks)).length, others]).toEqual([10, { model: "x" }]);
    expect(parsed(home, STATE)).toMatchObject({ mcpServers: { "parallel-cc": {} } });
    expect(existsSync(home.file(FOLDER))).toBe(false);
  });

  test("stays the plugin with --all --plugin, however often", async () => {
    await using home = await makeHome();
    await withClient(home);
    for (const time of ["first", "second"]) {
      const { success, hooks, mcp } = await home.run({ all: true, plugin: true });
      expect({ time, success, hooks, mcp }).toEqual({ time, success: true, hooks: null, mcp: null });
      expect((await standing(home)).plugin).toMatchObject({ installed: true, upToDate: true });
    }
  });

  test("in a repository stays beside the plugin, and it is said that its hooks run twice", async () => {
    await using home = await makeHome();
    await withClient(home);
    const repo = await makeRepo(home.place);
    const twice = expect.stringMatching(/^Your hooks run twice where .*\n {2}parallel-cc install --uninstall --local/);
    await home.run({ hooks: true, local: true, repo: repo.path });
    expect((await home.run({ plugin: true })).next).toContainEqual(twice);
    expect((await home.run({ hooks: true, local: true, repo: repo.path })).next).toContainEqual(twice);
    await home.run({ uninstall: true, local: true, repo: repo.path });
    expect((await home.run({ plugin: true })).next).toEqual([]);
  });
});

describe("a client that", () => {
  test.each([
    ["is too old", "2.0.76", "it is 2.0.76"],
    ["is not there", undefined, "no Claude Code that tells its version is on PATH"],
  ])("%s is told, and the other way stays", async (_, version, said) => {
    await using home = await makeHome();
    if (version !== undefined) await withClient(home, { version });
    await home.run({ hooks: true, global: true });
    const before = home.text(SETTINGS);
    const { success, steps } = await home.run({ plugin: true });
    expect({ success, steps }).toMatchObject({ success: false, steps: [{ code: "install.client-too-old" }] });
    expect(steps[0]?.detail).toContain(said);
    expect(home.text(SETTINGS)).toBe(before);
    expect(existsSync(home.file(FOLDER))).toBe(false);
  });

  test.each(["marketplace add", "install parallel-cc"])(
    "fails at %s is quoted, and the next run heals",
    async (fails) => {
      await using home = await makeHome();
      await withClient(home, { fails });
      await home.run({ hooks: true, global: true, mcp: true });
      const { success, steps, errors } = await home.run({ plugin: true });
      expect({ success, steps }).toMatchObject({
        success: false,
        steps: [{ change: "failed", code: "install.client" }],
      });
      expect(errors[0]).toContain("ended with 7: No space left.");
      expect(Object.keys(parsed(home, SETTINGS))).toContain("hooks");
      await withClient(home);
      expect((await home.run({ plugin: true })).success).toBe(true);
      expect(Object.keys(parsed(home, SETTINGS))).not.toContain("hooks");
    },
  );

  test("fails at taking the plugin out leaves both ways, and the next run heals", async () => {
    await using home = await makeHome();
    await withClient(home);
    await home.run({ plugin: true });
    await withClient(home, { fails: "marketplace remove" });
    expect(stepOf(await home.run({ mcp: true }), "plugin")).toMatchObject({ code: "install.client" });
    await withClient(home);
    expect((await home.run({ mcp: true })).success).toBe(true);
    expect(home.text(SETTINGS)).not.toContain("Plugins");
  });

  test("knows another marketplace by that name is left with it", async () => {
    await using home = await makeHome();
    await withClient(home);
    const other = home.place.at("other");
    await mkdir(other);
    const source = { source: "directory", path: other };
    await home.put(".claude/plugins/known_marketplaces.json", JSON.stringify({ "parallel-cc": { source } }));
    expect((await home.run({ plugin: true })).steps).toMatchObject([{ code: "install.marketplace" }]);
    await home.run({ uninstall: true });
    expect(home.text(".claude/plugins/known_marketplaces.json")).toContain(other);
  });

  test("knows the one of a data directory that has moved gets the new one", async () => {
    await using home = await makeHome();
    await withClient(home);
    const gone = { source: { source: "directory", path: home.place.at("gone") } };
    await home.put(".claude/plugins/known_marketplaces.json", JSON.stringify({ "parallel-cc": gone }));
    expect((await home.run({ plugin: true })).success).toBe(true);
    expect((await standing(home)).plugin).toMatchObject({ installed: true, upToDate: true });
  });

  test("ends well and does nothing is not believed", async () => {
    await using home = await makeHome();
    await home.client("2.1.328");
    expect((await home.run({ plugin: true })).steps).toMatchObject([{ change: "failed", code: "install.client" }]);
  });
});

describe("doctor", () => {
  const looked = async (home: Home, version?: string) => {
    await using world = testWorld(home.place, { path: [home.programs.folder] });
    return checkPlugin({ ...world, version: version ?? world.version }).map(({ status, detail }) => [status, detail]);
  };

  test("says nothing of a plugin that is not there, and is content with this release's", async () => {
    await using home = await makeHome();
    await withClient(home);
    expect(await looked(home)).toEqual([]);
    await home.run({ plugin: true });
    expect(await looked(home)).toEqual([["ok", `release 0.0.0-source, in ${home.file(FOLDER)}`]]);
  });

  test("names another release, files that are gone, and what runs twice", async () => {
    await using home = await makeHome();
    await withClient(home);
    await home.run({ plugin: true });
    const { mcpServers } = parsed(home, `${FOLDER}/parallel-cc/.mcp.json`);
    await home.put(STATE, JSON.stringify({ mcpServers }));
    await rm(home.file(FOLDER), { recursive: true });
    expect(await looked(home, "9.0.0")).toEqual([
      ["warn", `its files are not in ${home.file(FOLDER)} any more`],
      ["warn", "it is of release 0.0.0-source; this is 9.0.0"],
      ["warn", `what ${home.file(STATE)} has of ours runs beside it, all of it twice`],
    ]);
    await home.run({ plugin: true });
    expect(await looked(home)).toMatchObject([["ok", expect.any(String)]]);
    await home.put(STATE, "{");
    expect(await looked(home)).toMatchObject([["ok", expect.any(String)]]);
  });
});

describe("taking out", () => {
  const odd = '\uFEFF{\r\n\t"model":   "x",\r\n\t"enabledPlugins": {}\r\n}';
  test.each([undefined, "{}", odd])("leaves settings that say what they said: %j", async (text) => {
    await using home = await makeHome();
    await withClient(home);
    if (text !== undefined) await home.put(SETTINGS, text);
    await home.run({ plugin: true, statusline: true });
    await home.put(".claude/plugins/cache/parallel-cc/parallel-cc/1/x", "copy");
    const { success, steps } = await home.run({ uninstall: true });
    expect({ success, change: stepOf({ ...(await home.run({ uninstall: true })), steps }, "plugin")?.change }).toEqual({
      success: true,
      change: "removed",
    });
    const said = (settings: string | undefined) => settings && JSON.parse(settings.replace(/^\uFEFF/, ""));
    expect(said(home.text(SETTINGS))).toEqual(said(text));
    expect(readdirSync(home.file(".claude/plugins/cache"))).toEqual([]);
    expect(existsSync(home.file(FOLDER))).toBe(false);
  });

  test("keeps no word of its user's settings, in which secrets may stand", async () => {
    await using home = await makeHome();
    await withClient(home);
    await home.put(SETTINGS, '{"env": {"TOKEN": "hunter2"}}');
    await home.run({ plugin: true });
    const kept = home.text(".parallel-cc/install.json") ?? "";
    expect(kept).not.toContain("hunter2");
    expect(JSON.parse(kept).plugin).toEqual({ hadFile: true, tables: [] });
    const { json, texts, files, directories } = JSON.parse(kept);
    const earlier = { json, texts, files, directories, plugin: { settings: "hunter2" } };
    await home.put(".parallel-cc/install.json", JSON.stringify(earlier));
    await home.run({ uninstall: true });
    expect(home.text(".parallel-cc/install.json")).toBeUndefined();
    expect(parsed(home, SETTINGS)).toMatchObject({ env: { TOKEN: "hunter2" } });
  });

  test("takes along a settings file that began with hooks of ours", async () => {
    await using home = await makeHome();
    await withClient(home);
    await home.run({ hooks: true, global: true });
    await home.run({ plugin: true });
    await home.run({ uninstall: true });
    expect(home.text(SETTINGS)).toBeUndefined();
  });

  test("leaves what the user has come to have since", async () => {
    await using home = await makeHome();
    await withClient(home);
    await home.run({ plugin: true });
    const { enabledPlugins, ...others } = parsed(home, SETTINGS);
    const mine = { "mine@elsewhere": true };
    await home.put(SETTINGS, JSON.stringify({ ...others, enabledPlugins: { ...Object(enabledPlugins), ...mine } }));
    await home.run({ uninstall: true, plugin: true });
    expect(parsed(home, SETTINGS)).toEqual({ enabledPlugins: mine });
  });

  test("takes the rest of a plugin that was taken out in the client", async () => {
    await using home = await makeHome();
    await withClient(home);
    await home.run({ plugin: true });
    for (const words of [
      ["uninstall", ID],
      ["marketplace", "remove"],
    ]) {
      const child = Bun.spawn([join(home.programs.folder, "claude"), "plugin", ...words], {
        env: { HOME: home.place.home, PATH: "/usr/bin:/bin" },
      });
      expect(await child.exited).toBe(0);
    }
    expect(parsed(home, SETTINGS)).toEqual({ extraKnownMarketplaces: {}, enabledPlugins: {} });
    await home.run({ uninstall: true });
    expect([home.text(SETTINGS), existsSync(home.file(FOLDER))]).toEqual([undefined, false]);
  });

  test("does without a client that is gone", async () => {
    await using home = await makeHome();
    await withClient(home);
    await home.put(SETTINGS, '{"model":   "x"}');
    await home.run({ plugin: true });
    expect((await home.run({ uninstall: true }, { path: [] })).success).toBe(true);
    expect(parsed(home, SETTINGS)).toEqual({ model: "x" });
    for (const name of ["installed_plugins", "known_marketplaces"]) {
      expect(home.text(`.claude/plugins/${name}.json`)).not.toContain("parallel-cc");
    }
  });

  test("with --purge takes the data along, and not what a stranger put into the plugin", async () => {
    await using home = await makeHome();
    await withClient(home);
    await home.run({ plugin: true });
    await home.put(`${FOLDER}/parallel-cc/hooks/mine.txt`, "mine");
    const refused = home.run({ uninstall: true, purge: true });
    await expect(refused).rejects.toMatchObject({ code: "purge.refused" });
    await home.run({ uninstall: true });
    expect(readdirSync(home.file(FOLDER), { recursive: true })).toContain("parallel-cc/hooks/mine.txt");
  });

  test("with --purge leaves no data directory", async () => {
    await using home = await makeHome();
    await withClient(home);
    await home.run({ plugin: true });
    expect((await home.run({ uninstall: true, purge: true })).success).toBe(true);
    expect(existsSync(home.file(".parallel-cc"))).toBe(false);
  });
});
