// `install` of the compiled program in fresh homes: all of it, twice, killed half-way, two at once, and out again.

import { describe, expect, test } from "bun:test";
import { existsSync, lstatSync, readdirSync, readFileSync, readlinkSync } from "node:fs";
import { chmod, mkdir, symlink } from "node:fs/promises";
import { join } from "node:path";
import { PROGRAM, parseAnswer, pcc, startPcc } from "../support/cli.ts";
import { makePlace, type Place } from "../support/place.ts";
import { whereIs } from "../support/wrapper.ts";

const SHELL = { SHELL: "/bin/bash" };

/** Everything below the home, by path: text, where a link leads, or nothing for a directory. */
function pictureOf(place: Place): Record<string, string> {
  return Object.fromEntries(
    readdirSync(place.home, { recursive: true, encoding: "utf8" })
      .filter((path) => !/^\.(parallel-cc|local\/bin)(\/|$)|^\.local$/.test(path))
      .sort()
      .map((path) => {
        const file = join(place.home, path);
        const found = lstatSync(file);
        if (found.isSymbolicLink()) return [path, `-> ${readlinkSync(file)}`];
        return [path, found.isFile() ? `${found.mode & 0o777} ${readFileSync(file, "latin1")}` : ""];
      }),
  );
}

async function livedIn(place: Place): Promise<void> {
  const put = (path: string, text: string) => Bun.write(join(place.home, path), text);
  await put(".claude/settings.json", '\uFEFF{\r\n\t// mine\r\n\t"hooks": {},\r\n\t"model": "x",\r\n}');
  await put(".claude.json", '{"projects":{},"mcpServers":{"other":{"command":"x"}}}');
  await put("dotfiles/bashrc", "export A=1\n\nalias ll='ls -l'");
  await symlink("dotfiles/bashrc", join(place.home, ".bashrc"));
  await chmod(join(place.home, ".claude.json"), 0o600);
}

const ODD = ["it's a home", 'with "quotes"', "漢字 🙂", "$HOME;&|", "back\\slash"];

describe("install --all", () => {
  test.each([undefined, ...ODD])("in a home called %s, twice, and out again, leaves it as it was", async (name) => {
    await using place = await makePlace(name);
    await livedIn(place);
    const before = pictureOf(place);
    const made = await pcc(place, ["install", "--all", "--json"], { env: SHELL });
    expect({ exit: made.exit, stderr: made.stderr }).toEqual({ exit: 0, stderr: "" });
    expect(parseAnswer(made)).toMatchObject({
      success: true,
      errors: [],
      hooks: { success: true, created: false, merged: true, alreadyInstalled: false, gitignoreUpdated: false },
      wrapper: { success: true, wrapperPath: join(place.home, ".local/bin/claude-parallel"), alreadyUpToDate: false },
      alias: { success: true, shell: "bash", profilePath: join(place.home, ".bashrc"), alreadyInstalled: false },
      mcp: { success: true, created: false, merged: true, alreadyInstalled: false },
    });

    const bin = join(place.home, ".local/bin");
    const installed = pictureOf(place);
    const again = Bun.spawn([join(bin, "parallel-cc"), "install", "--all", "--json"], {
      env: place.env({ path: [bin], extra: SHELL }),
      stdout: "pipe",
    });
    const { steps } = JSON.parse(await again.stdout.text());
    // By its name now, for PATH has it.
    const changed = steps.filter((one: { change: string }) => one.change !== "none");
    expect(changed.map((one: { step: string }) => one.step)).toEqual(["hooks", "mcp"]);
    expect(pictureOf(place)).not.toEqual(installed);

    // What the shell would start for a hook is there.
    const { hooks } = JSON.parse(strip(readFileSync(join(place.home, ".claude/settings.json"), "utf8")));
    expect(hooks.Stop[0].hooks[0].command).toBe("parallel-cc hook Stop");

    expect((await pcc(place, ["install", "--uninstall"], { env: SHELL })).exit).toBe(0);
    expect(pictureOf(place)).toEqual(before);
    expect((await pcc(place, ["install", "--uninstall", "--purge"], { env: SHELL })).exit).toBe(0);
    expect(readdirSync(place.home).sort()).toEqual([".bashrc", ".claude", ".claude.json", ".local", "dotfiles"]);
  });

  test("from a path with quotes enters hooks that a shell can run", async () => {
    await using place = await makePlace("it's $HOME");
    await pcc(place, ["install", "--all"], { env: SHELL });
    const { hooks } = JSON.parse(readFileSync(join(place.home, ".claude/settings.json"), "utf8"));
    const command = hooks.SessionEnd[0].hooks[0].command.replace("hook SessionEnd", "--version");
    const ran = Bun.spawn(["sh", "-c", command], { env: place.env(), stdout: "pipe", stderr: "pipe" });
    expect([await ran.stdout.text(), await ran.stderr.text()]).toEqual([expect.stringMatching(/^\d+\./), ""]);
  });

  test("by two at once is done once", async () => {
    await using place = await makePlace();
    await livedIn(place);
    const before = pictureOf(place);
    const both = [1, 2].map(() => startPcc(place, ["install", "--all", "--json"], { env: SHELL }));
    for (const running of both) expect((await running.exited).exit).toBe(0);
    const text = readFileSync(join(place.home, ".bashrc"), "utf8");
    expect(text.split("claude-parallel'")).toHaveLength(2);
    expect(readFileSync(join(place.home, ".claude/settings.json"), "utf8").split("hook Stop")).toHaveLength(2);
    await pcc(place, ["install", "--uninstall"], { env: SHELL });
    expect(pictureOf(place)).toEqual(before);
  });

  test("that is killed anywhere is made whole by the next one", async () => {
    await using place = await makePlace();
    await livedIn(place);
    const whole = await pcc(place, ["install", "--all"], { env: SHELL });
    expect(whole.exit).toBe(0);
    const wanted = pictureOf(place);
    await pcc(place, ["install", "--uninstall"], { env: SHELL });
    for (let afterMs = 2; afterMs < 140; afterMs += 20) {
      const running = startPcc(place, ["install", "--all"], { env: SHELL });
      const timer = setTimeout(() => running.kill("SIGKILL"), afterMs);
      await running.exited;
      clearTimeout(timer);
      expect((await pcc(place, ["install", "--all"], { env: SHELL })).exit).toBe(0);
      expect(pictureOf(place)).toEqual(wanted);
      await Bun.write(join(place.home, ".local/bin/claude-parallel"), "older");
      expect((await pcc(place, ["install", "--uninstall"], { env: SHELL })).exit).toBe(0);
      expect(Object.values(pictureOf(place)).join("\n")).not.toContain("parallel-cc");
    }
    expect(readdirSync(join(place.home, ".local/bin")).filter((name) => name.startsWith("."))).toEqual([]);
  }, 60_000);
});

/** Comments and commas at the end, of the file that `livedIn` makes. */
function strip(text: string): string {
  return text
    .replace(/^\uFEFF/, "")
    .replace("// mine", "")
    .replace(/,\s*\}$/, "}");
}

describe("install", () => {
  test("without a terminal says what to type", async () => {
    await using place = await makePlace();
    for (const words of [["install"], ["install", "--interactive"], ["install", "--hooks"]]) {
      const { exit, stderr, stdout } = await pcc(place, words);
      expect({ exit, stdout }).toEqual({ exit: 2, stdout: "" });
      expect(stderr).toContain("--global");
    }
    expect(readdirSync(place.home)).toEqual([]);
  });

  test("knows the old spelling of --hooks", async () => {
    await using place = await makePlace();
    const { exit, stderr } = await pcc(place, ["install", "--install-hooks", "--global"]);
    expect(exit).toBe(0);
    expect(stderr).toContain('type "parallel-cc install --hooks" instead');
    expect(existsSync(join(place.home, ".claude/settings.json"))).toBe(true);
  });

  test("says nothing was found where nothing is, and makes nothing", async () => {
    await using place = await makePlace();
    const { exit, stdout } = await pcc(place, ["install", "--uninstall"]);
    expect({ exit, stdout }).toEqual({ exit: 0, stdout: expect.stringContaining("Nothing of parallel-cc was found.") });
    expect(readdirSync(place.home)).toEqual([]);
  });

  test("tells what is installed as earlier releases did", async () => {
    await using place = await makePlace();
    const { stdout } = await pcc(place, ["install", "--status", "--json"], { env: SHELL });
    expect(JSON.parse(stdout)).toMatchObject({
      hooks: {
        globalInstalled: false,
        localInstalled: false,
        globalPath: join(place.home, ".claude/settings.json"),
        localPath: null,
      },
      alias: { installed: false, shell: "bash", profilePath: join(place.home, ".bashrc") },
      mcp: { installed: false, settingsPath: join(place.home, ".claude.json") },
    });
    expect(readdirSync(place.home)).toEqual([]);
  });
});

describe("the alias", () => {
  test.each([
    ["bash", ".bashrc", ["--norc", "--noprofile"], "shopt -s expand_aliases; . "],
    ["zsh", ".zshrc", ["-f"], "setopt aliases; . "],
    ["fish", ".config/fish/config.fish", ["--no-config"], "source "],
  ])("works in %s", async (shell, profile, words, load) => {
    await using place = await makePlace();
    const bin = join(place.home, "bin");
    await mkdir(bin);
    await Bun.write(join(bin, "claude-parallel"), '#!/bin/sh\necho "wrapped: $*"\n');
    await chmod(join(bin, "claude-parallel"), 0o755);
    await pcc(place, ["install", "--alias", "--completions"], { env: { SHELL: `/usr/bin/${shell}` } });
    const script = `${load}${join(place.home, profile)}\nclaude --version x`;
    const file = place.at("script");
    await Bun.write(file, script);
    const ran = Bun.spawn([whereIs(shell), ...words, file], {
      env: place.env({ path: [bin] }),
      stdout: "pipe",
      stderr: "pipe",
    });
    expect([await ran.stdout.text(), await ran.stderr.text()]).toEqual(["wrapped: --version x\n", ""]);
  });
});

describe("scripts/uninstall.sh", () => {
  const uninstall = async (place: Place, shell: string, ...words: string[]) => {
    const script = join(import.meta.dir, "../../scripts/uninstall.sh");
    const ran = Bun.spawn([shell, script, ...words], {
      env: place.env({ extra: SHELL }),
      stdout: "pipe",
      stderr: "pipe",
    });
    const [stdout, stderr, exit] = await Promise.all([ran.stdout.text(), ran.stderr.text(), ran.exited]);
    return { exit, said: stdout + stderr };
  };

  test.each(["dash", "bash"])("takes all of it out under %s, and the data with --purge", async (shell) => {
    await using place = await makePlace();
    await livedIn(place);
    const before = pictureOf(place);
    await pcc(place, ["install", "--all"], { env: SHELL });
    const left = [
      ".parallel-cc.4321.new",
      ".claude-parallel.1",
      ".parallel-cc-heartbeat.sh.22.new",
      ".parallel-cc.a1.new",
    ];
    for (const name of left) await Bun.write(join(place.home, ".local/bin", name), "cut short");
    const first = await uninstall(place, shell);
    expect(first).toEqual({ exit: 0, said: expect.stringContaining("Removed from") });
    expect(pictureOf(place)).toEqual(before);
    expect(readdirSync(join(place.home, ".local/bin"))).toEqual([".parallel-cc.a1.new"]);
    expect(existsSync(join(place.home, ".parallel-cc/coordinator.db"))).toBe(true);

    const gone = await uninstall(place, shell, "--purge");
    expect(gone).toEqual({ exit: 0, said: expect.stringContaining("There is no parallel-cc that could") });
    await pcc(place, ["install", "--all"], { env: SHELL });
    expect((await uninstall(place, shell, "--purge")).exit).toBe(0);
    expect(existsSync(join(place.home, ".parallel-cc"))).toBe(false);
    expect(pictureOf(place)).toEqual(before);
  });

  test("leaves the programs when something could not be taken out", async () => {
    await using place = await makePlace();
    await pcc(place, ["install", "--all"], { env: SHELL });
    await Bun.write(join(place.home, ".claude.json"), "{broken");
    const { exit, said } = await uninstall(place, "sh");
    expect({ exit, said }).toEqual({
      exit: 1,
      said: expect.stringContaining("were left, so that this can be run again"),
    });
    expect(readdirSync(join(place.home, ".local/bin"))).toHaveLength(3);
    expect((await uninstall(place, "sh", "--prune")).exit).toBe(2);
  });
});

test("the program that is installed is the one that was asked", async () => {
  await using place = await makePlace();
  await pcc(place, ["install", "--all"], { env: SHELL });
  const [one, other] = [PROGRAM, join(place.home, ".local/bin/parallel-cc")].map((file) => Bun.file(file).size);
  expect(one).toBe(other);
});
