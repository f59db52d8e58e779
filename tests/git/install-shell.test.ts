// What `install` puts into the user's shell and programs, and how the data directory goes.

import { describe, expect, test } from "bun:test";
import { chmodSync, existsSync, lstatSync, readdirSync, statSync } from "node:fs";
import { mkdir, symlink } from "node:fs/promises";
import { join } from "node:path";
import { askAndInstall } from "../../src/cli/commands/install.ts";
import { install } from "../../src/features/install/install.ts";
import { installStanding } from "../../src/features/install/standing.ts";
import { allOperations } from "../../src/registry.ts";
import type { World } from "../../src/world.ts";
import { makeHome, stepOf } from "../support/install.ts";
import { sleeper } from "../support/processes.ts";
import { makeRepo } from "../support/repo.ts";
import { testWorld } from "../support/world.ts";

const POSIX = "# parallel-cc: alias for claude-parallel wrapper\nalias claude='claude-parallel'\n";
const FISH = "# parallel-cc: alias for claude-parallel wrapper\nalias claude 'claude-parallel'\n";

describe("the alias", () => {
  test.each([
    ["/bin/bash", {}, ".bashrc", POSIX],
    ["/usr/bin/zsh", {}, ".zshrc", POSIX],
    ["zsh", { ZDOTDIR: "zsh files" }, "zsh files/.zshrc", POSIX],
    ["/usr/bin/fish", {}, ".config/fish/config.fish", FISH],
    ["/usr/bin/fish", { XDG_CONFIG_HOME: "c" }, "c/fish/config.fish", FISH],
  ])("of %s with %j is in %s", async (SHELL, places, path, text) => {
    await using home = await makeHome();
    const own = Object.entries(places).map(([name, folder]) => [name, home.file(folder)] as const);
    const env = { SHELL, ...Object.fromEntries(own) };
    const { alias, next } = await home.run({ alias: true }, { env });
    expect(alias).toMatchObject({ success: true, profilePath: home.file(path), alreadyInstalled: false });
    expect(home.text(path)).toBe(text);
    expect(next.join("\n")).toContain(`  source ${path.includes(" ") ? `'${home.file(path)}'` : home.file(path)}`);
    expect((await home.run({ alias: true }, { env })).alias?.alreadyInstalled).toBe(true);
    await home.run({ uninstall: true, alias: true }, { env });
    expect(home.text(path)).toBeUndefined();
  });

  test("is in ~/.bash_profile where there is no ~/.bashrc", async () => {
    await using home = await makeHome();
    await home.put(".bash_profile", "echo hello");
    chmodSync(home.file(".bash_profile"), 0o600);
    await home.run({ alias: true });
    expect(home.text(".bash_profile")).toBe(`echo hello\n${POSIX}`);
    expect(statSync(home.file(".bash_profile")).mode & 0o777).toBe(0o600);
    await home.run({ uninstall: true });
    expect(home.text(".bash_profile")).toBe("echo hello");
  });

  test("goes through a link, which stays one", async () => {
    await using home = await makeHome();
    await home.put("dotfiles/bashrc", "a\n");
    await symlink("dotfiles/bashrc", home.file(".bashrc"));
    await home.run({ alias: true });
    expect(lstatSync(home.file(".bashrc")).isSymbolicLink()).toBe(true);
    expect(home.text("dotfiles/bashrc")).toBe(`a\n${POSIX}`);
    await home.run({ uninstall: true });
    expect(home.text("dotfiles/bashrc")).toBe("a\n");
  });

  test("of its user's for claude is left alone", async () => {
    await using home = await makeHome();
    await home.put(".bashrc", "alias claude='claude --verbose'\n");
    const { alias, steps } = await home.run({ alias: true });
    expect(alias).toMatchObject({ success: false, alreadyInstalled: false });
    expect(stepOf({ ...EMPTY, steps }, "alias")?.detail).toBe("claude is something else of yours there");
    expect(home.text(".bashrc")).toBe("alias claude='claude --verbose'\n");
  });

  test("of an earlier release goes, from whatever profile it is in", async () => {
    await using home = await makeHome();
    await home.put(".zshrc", `a\n\n${POSIX}b\n`);
    await home.put(".config/fish/config.fish", `${FISH}`);
    await home.run({ uninstall: true });
    expect(home.text(".zshrc")).toBe("a\n\nb\n");
    expect(home.text(".config/fish/config.fish")).toBe("");
  });

  test.each(["/bin/sh", ""])("for SHELL=%s is said, with the line to add", async (SHELL) => {
    await using home = await makeHome();
    const { success, alias, steps } = await home.run({ alias: true, completions: true }, { env: { SHELL } });
    expect({ success, alias }).toEqual({
      success: true,
      alias: { success: false, shell: "unknown", profilePath: null, alreadyInstalled: false },
    });
    expect(stepOf({ ...EMPTY, steps }, "alias")?.detail).toContain("alias claude='claude-parallel'");
  });
});

const EMPTY = {
  success: true,
  action: "install" as const,
  errors: [],
  hooks: null,
  wrapper: null,
  alias: null,
  mcp: null,
  plugin: null,
  completions: null,
  worktrees: null,
  statusLine: null,
  guard: null,
  next: [],
};

describe("completions", () => {
  test("of its user's own making stay, and so does what was changed", async () => {
    await using home = await makeHome({ env: { SHELL: "/usr/bin/fish" } });
    const [own, other] = [".config/fish/completions/parallel-cc.fish", ".config/fish/completions/claude-parallel.fish"];
    await home.put(own, "mine");
    expect((await home.run({ completions: true })).completions?.success).toBe(false);
    expect(home.text(own)).toBe("mine");
    await home.put(other, `${home.text(other)}# mine\n`);
    const { steps } = await home.run({ uninstall: true });
    expect(steps.map(({ file, change }) => [file, change])).toEqual([
      [home.file(own), "skipped"],
      [home.file(other), "skipped"],
    ]);
  });

  test("of another release are replaced, and go", async () => {
    await using home = await makeHome();
    const path = ".local/share/bash-completion/completions/parallel-cc";
    await home.run({ completions: true });
    const sha = new Bun.CryptoHasher("sha256").update("older").digest("hex");
    const notes = JSON.parse(home.text(".parallel-cc/install.json") ?? "");
    await home.put(".parallel-cc/install.json", JSON.stringify({ ...notes, files: { [home.file(path)]: sha } }));
    await home.put(path, "older");
    const { steps } = await home.run({ completions: true });
    expect(steps.map(({ change }) => change)).toEqual(["written", "none"]);
  });

  test("for zsh are loaded by a line of its profile", async () => {
    await using home = await makeHome({ env: { SHELL: "/bin/zsh" } });
    await home.put(".zshrc", "compinit");
    await home.run({ completions: true, alias: true });
    expect(home.text(".zshrc")).toContain(`source '${home.file(".local/share/zsh/site-functions/_parallel-cc")}'\n`);
    await home.run({ uninstall: true, alias: true });
    expect(home.text(".zshrc")).toContain("source");
    await home.run({ uninstall: true, completions: true });
    expect(home.text(".zshrc")).toBe("compinit");
  });
});

describe("what was put in under other variables", () => {
  test.each([
    ["zsh", { ZDOTDIR: "zsh files" }],
    ["zsh", { XDG_DATA_HOME: "data's" }],
    ["fish", { XDG_CONFIG_HOME: "c" }],
    ["bash", { XDG_DATA_HOME: "d" }],
  ])("is found again: %s with %j", async (shell, places) => {
    await using home = await makeHome();
    const own = Object.entries(places).map(([name, folder]) => [name, home.file(folder)] as const);
    const env = { SHELL: `/bin/${shell}`, ...Object.fromEntries(own) };
    await home.run({ alias: true, completions: true }, { env });
    expect(readdirSync(home.place.home)).not.toEqual([".parallel-cc"]);
    expect((await home.run({ uninstall: true })).success).toBe(true);
    expect(readdirSync(home.place.home).filter((name) => name !== ".local")).toEqual([".parallel-cc"]);
    expect(home.text(".parallel-cc/install.json")).toBeUndefined();
  });

  test("goes part by part", async () => {
    await using home = await makeHome({ env: { SHELL: "/bin/zsh" } });
    const env = { ZDOTDIR: home.file("zsh"), XDG_DATA_HOME: home.file("data") };
    await home.put("zsh/.zshrc", "compinit");
    await home.run({ alias: true, completions: true }, { env });
    await home.run({ uninstall: true, alias: true });
    expect(home.text("zsh/.zshrc")).not.toContain("alias");
    expect(home.text("zsh/.zshrc")).toContain("source");
    await home.run({ uninstall: true, completions: true });
    expect(home.text("zsh/.zshrc")).toBe("compinit");
  });
});

describe("programs", () => {
  test("are this one, the wrapper and the heartbeat script", async () => {
    await using home = await makeHome();
    await using world = testWorld(home.place, { env: { SHELL: "/bin/bash" } });
    await home.put("download/parallel-cc", "#!/bin/sh\nthe program\n");
    const program = home.file("download/parallel-cc");
    const compiled = {
      ...world,
      program,
      self: (words: readonly string[]) => ({ command: program, args: [...words] }),
    };
    await mkdir(home.file(".local/bin"), { recursive: true });
    await symlink("/src/parallel-cc/dist/cli.js", home.file(".local/bin/parallel-cc"));
    await home.put(".local/bin/.parallel-cc.4321.new", "left by one that was killed");
    await home.put(".local/bin/claude-parallel", "older");
    const { steps, wrapper, success } = await install(compiled, { all: true });
    expect({ success, wrapper }).toMatchObject({ success: true, wrapper: { success: true, alreadyUpToDate: false } });
    expect(steps.slice(0, 3).map(({ change }) => change)).toEqual(["made", "written", "made"]);
    const names = ["claude-parallel", "parallel-cc", "parallel-cc-heartbeat.sh"];
    expect(readdirSync(home.file(".local/bin")).sort()).toEqual(names);
    for (const name of names) expect(lstatSync(home.file(`.local/bin/${name}`)).mode & 0o777).toBe(0o755);
    expect(home.text(".local/bin/parallel-cc")).toBe("#!/bin/sh\nthe program\n");
    const installed = home.file(".local/bin/parallel-cc");
    await using later = testWorld(home.place, { env: { SHELL: "/bin/bash" } });
    const again = await install({ ...later, program: installed, self: compiled.self }, { all: true });
    expect(again.steps.filter(({ change }) => change !== "none")).toEqual([]);
    await Bun.write(installed, "#!/bin/sh\nan older one\n");
    expect((await installStanding(compiled, { repo: undefined })).programs[0]).toMatchObject({
      installed: true,
      upToDate: false,
    });
    expect((await install(compiled, { alias: true })).steps[0]?.change).toBe("written");
  });

  test("stay when all is taken out, and what one that was killed has left beside them goes", async () => {
    await using home = await makeHome();
    for (const name of [
      "claude-parallel",
      ".claude-parallel.4321.new",
      ".parallel-cc.1.new",
      ".parallel-cc.mine.new",
    ]) {
      await home.put(`.local/bin/${name}`, "");
    }
    expect(await home.run({ uninstall: true })).toMatchObject({ success: true, steps: [], next: [] });
    chmodSync(home.file(".local/bin/claude-parallel"), 0o755);
    expect((await home.run({ uninstall: true })).next).toEqual([
      `The programs in ${home.file(".local/bin")} are not touched by this; scripts/uninstall.sh removes them.`,
    ]);
    expect(readdirSync(home.file(".local/bin")).sort()).toEqual([".parallel-cc.mine.new", "claude-parallel"]);
  });

  const downloaded = (home: Awaited<ReturnType<typeof makeHome>>, world: World) => {
    const program = home.file("Downloads/parallel-cc");
    return { ...world, program, self: (words: readonly string[]) => ({ command: program, args: [...words] }) };
  };

  test.each([{ hooks: true, global: true }, { hooks: true, local: true }, { mcp: true }, { statusline: true }])(
    "come along where %j would enter the path of a download",
    async (given) => {
      await using home = await makeHome();
      const repo = await makeRepo(home.place);
      await home.put("Downloads/parallel-cc", "#!/bin/sh\nthe program\n");
      chmodSync(home.file("Downloads/parallel-cc"), 0o755);
      await using world = testWorld(home.place, { cwd: repo.path, path: [home.programs.folder] });
      const { success, steps } = await install(downloaded(home, world), given);
      expect({ success, first: steps[0] }).toMatchObject({ success: true, first: { step: "program", change: "made" } });
      expect(home.text(".local/bin/parallel-cc")).toBe("#!/bin/sh\nthe program\n");
      expect(home.text(".claude/settings.json") ?? home.text(".claude.json") ?? "").not.toContain("Downloads");
    },
  );

  test("stay where PATH has one, and where nothing is entered that would call it", async () => {
    await using home = await makeHome();
    await home.put("Downloads/parallel-cc", "#!/bin/sh\n");
    chmodSync(home.file("Downloads/parallel-cc"), 0o755);
    await using world = testWorld(home.place, { path: [home.file("Downloads")], env: { SHELL: "/bin/bash" } });
    expect((await install(downloaded(home, world), { mcp: true })).steps).toHaveLength(1);
    await using other = testWorld(home.place, { path: [home.programs.folder], env: { SHELL: "/bin/bash" } });
    await install(downloaded(home, other), { completions: true });
    expect(existsSync(home.file(".local/bin"))).toBe(false);
  });

  test("that cannot be put there fail by themselves", async () => {
    await using home = await makeHome({ env: { PARALLEL_CC_INSTALL_DIR: "/dev/null/bin" } });
    const { success, steps, hooks } = await home.run({ all: true });
    expect({ success, hooks: hooks?.success }).toEqual({ success: false, hooks: true });
    expect(steps.slice(1, 3).map(({ code }) => code)).toEqual(["install.unwritable", "install.unwritable"]);
  });
});

test("where nothing can be remembered nothing is changed", async () => {
  await using home = await makeHome({ env: { PARALLEL_CC_HOME: "/proc/nowhere" } });
  await expect(home.run({ mcp: true })).rejects.toMatchObject({ code: "install.home", kind: "unavailable" });
  expect(home.text(".claude.json")).toBeUndefined();
});

describe("the data directory", () => {
  test("goes when it is asked for, and only then", async () => {
    await using home = await makeHome();
    await home.run({ all: true });
    await home.put(".parallel-cc/config.json", "{}");
    await home.put(".parallel-cc/logs/hooks.log", "");
    for (const name of ["a-1.2-3-4.index", "a-1.none.index.lock", ".a-1.77.new"]) {
      await home.put(`.parallel-cc/looks/${name}`, "");
    }
    await home.put(".parallel-cc/coordinator.db.v0.4.backup", "");
    await mkdir(home.file(".parallel-cc/templates"));
    await home.run({ uninstall: true });
    expect(existsSync(home.file(".parallel-cc/coordinator.db"))).toBe(true);
    const { success, steps } = await home.run({ uninstall: true, purge: true });
    expect({ success, steps }).toMatchObject({ success: true, steps: [{ step: "data", change: "removed" }] });
    expect(existsSync(home.file(".parallel-cc"))).toBe(false);
    expect((await home.run({ uninstall: true, purge: true })).steps).toMatchObject([{ step: "data", change: "none" }]);
  });

  test("stays while a template of its user's is in it", async () => {
    await using home = await makeHome();
    await home.run({ all: true });
    await home.put(".parallel-cc/templates/mine.json", "{}");
    const purging = home.run({ uninstall: true, purge: true });
    await expect(purging).rejects.toMatchObject({
      code: "purge.refused",
      message: expect.stringContaining("templates/mine.json"),
    });
  });

  test("stays, with everything else, while a session lives or something in it is not ours", async () => {
    await using home = await makeHome();
    const repo = await makeRepo(home.place);
    await using owner = sleeper();
    await using world = testWorld(home.place, { cwd: repo.path });
    const register = (await allOperations()).find(({ name }) => name === "sessions.register");
    await register?.run(world, { pid: owner.pid });
    await home.run({ mcp: true });
    await home.put(".parallel-cc/notes.txt", "mine");
    const refused: unknown = await home.run({ uninstall: true, purge: true }).catch((thrown: unknown) => thrown);
    expect(refused).toMatchObject({
      code: "purge.refused",
      details: {
        keeps: [expect.stringMatching(/^session \S+ lives, in /), `${home.file(".parallel-cc/notes.txt")} is not ours`],
      },
    });
    expect(home.text(".claude.json")).toContain("parallel-cc");
  });

  test("goes, and where worktrees of ours stay is said", async () => {
    await using home = await makeHome();
    const repo = await makeRepo(home.place);
    await using world = testWorld(home.place, { cwd: repo.path });
    const register = (await allOperations()).find(({ name }) => name === "sessions.register");
    const owners = await Promise.all(Array.from({ length: 13 }, () => sleeper()));
    for (const { pid } of owners) await register?.run(world, { pid });
    for (const owner of owners) await owner[Symbol.asyncDispose]();
    const { steps, next } = await home.run({ uninstall: true, purge: true });
    expect(stepOf({ ...EMPTY, steps }, "data")?.detail).toBe("with all that was in it; 12 worktrees of ours stay");
    const told = next.join("\n");
    expect(told.split(join(home.place.path, "repo-worktrees/parallel-"))).toHaveLength(11);
    expect(told).toContain("\n  and 2 more");
  });

  test("stays while undo would bring something back", async () => {
    await using home = await makeHome();
    const repo = await makeRepo(home.place);
    await using world = testWorld(home.place, { cwd: repo.path });
    await using first = sleeper();
    await using second = sleeper();
    const operations = await allOperations();
    const run = (name: string, input: unknown) => operations.find((one) => one.name === name)?.run(world, input);
    await run("sessions.register", { pid: first.pid });
    await run("sessions.register", { pid: second.pid, name: "x" });
    await Promise.all([first.kill(), second.kill()]);
    await run("worktrees.remove", { worktree: ["parallel-x-00000002"], force: true });
    await expect(home.run({ uninstall: true, purge: true })).rejects.toMatchObject({
      code: "purge.refused",
      details: { keeps: [expect.stringMatching(/would bring back parallel-x-00000002, in /)] },
    });
    await run("removals.undo", {});
    expect(await home.run({ uninstall: true, purge: true })).toMatchObject({ success: true, errors: [] });
  });
});

describe("asked at a terminal", () => {
  const ask = async (given: unknown, ...lines: string[]) => {
    const home = await makeHome();
    await using world = testWorld(home.place, { env: { SHELL: "/bin/bash" } });
    const left = [...lines];
    const exit = await askAndInstall(world, { given, colour: false, typed: async () => left.shift() });
    return { home, exit, left };
  };

  test("everything is answered before anything is written", async () => {
    for (let count = 0; count < 4; count++) {
      const { home, exit } = await ask({}, ...["y", "global", "y", "y"].slice(0, count));
      await using _ = home;
      expect({ exit, left: readdirSync(home.place.home) }).toEqual({ exit: 1, left: [] });
    }
  });

  test.each([
    [{}, ["y", "global", "y", "y"], [".bashrc", ".claude", ".claude.json", ".local", ".parallel-cc"]],
    [{ interactive: true }, ["n", "", "Y"], [".claude.json", ".parallel-cc"]],
    [{}, ["yes", "skip", "n", "n"], []],
    [{}, ["n", "n", "n"], []],
    [{ hooks: true }, ["what?", "g"], [".claude", ".parallel-cc"]],
    [{ hooks: true, mcp: true }, ["skip"], [".claude.json", ".parallel-cc"]],
  ])("%j and %j make %j", async (given, lines, made) => {
    const { home, exit, left } = await ask(given, ...lines);
    await using _ = home;
    expect({ exit, left, made: readdirSync(home.place.home).sort() }).toEqual({ exit: 0, left: [], made });
  });

  test("a repository's hooks may come with its .gitignore", async () => {
    await using home = await makeHome();
    const repo = await makeRepo(home.place);
    await using world = testWorld(home.place);
    const lines = ["local", "y"];
    const given = { hooks: true, repo: repo.path };
    expect(await askAndInstall(world, { given, colour: false, typed: async () => lines.shift() })).toBe(0);
    expect(existsSync(join(repo.path, ".claude/settings.json"))).toBe(true);
    expect(existsSync(join(repo.path, ".gitignore"))).toBe(true);
  });
});
