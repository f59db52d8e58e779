// Installing and taking out over random settings files and profiles, through the operation itself: what nobody touched in
// between is what it was, to the byte, and what somebody did is there, and only that.

import { expect, test } from "bun:test";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { type Input, install } from "../../src/features/install/install.ts";
import { makePlace, type Place } from "../support/place.ts";
import { forAll, makeRandom, type Random } from "../support/random.ts";
import { testWorld } from "../support/world.ts";
import { type Layout, layouts, Writer } from "./json-edit-texts.ts";

/** Two settings files in each. */
const RUNS = Number(process.env["PROPERTY_RUNS"] ?? 500);

const OF_CLIENT: Input = { hooks: true, global: true, mcp: true, statusline: true };
const OF_SHELL: Input = { alias: true, completions: true };

const LINES = [
  "export PATH=~/bin:$PATH",
  "",
  "# parallel-cc: alias for claude-parallel wrapper",
  "alias ll='ls -l'",
  "é \u{1f642}\r",
  "alias claudette='x'",
] as const;

function profile(random: Random): string | undefined {
  if (random.int(0, 4) === 0) return undefined;
  let text = "";
  for (let i = random.int(0, 5); i > 0; i--) text += `${random.pick(LINES)}\n`;
  return random.bool() ? text : text + random.pick(LINES).trim();
}

interface Files {
  settings: string;
  state: string;
  profile: string;
}

function filesOf(place: Place, shell: string): Files {
  return {
    settings: join(place.home, ".claude/settings.json"),
    state: join(place.home, ".claude.json"),
    profile: join(place.home, shell === "zsh" ? ".zshrc" : shell === "bash" ? ".bashrc" : ".config/fish/config.fish"),
  };
}

function write(file: string, text: string | undefined): void {
  if (text === undefined) return;
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
}

/** All files below the home, as text, without those of the data directory and the programs. */
function homeOf(place: Place): Record<string, string> {
  const files = readdirSync(place.home, { recursive: true, withFileTypes: true }).filter((one) => one.isFile());
  const paths = files.map(({ parentPath, name }) => join(parentPath, name)).sort();
  const foreign = paths.filter((path) => !path.includes("/.parallel-cc/") && !path.includes("/.local/bin/"));
  return Object.fromEntries(foreign.map((path) => [path, readFileSync(path, "utf8")]));
}

function holds(name: string, belief: (place: Place, layout: Layout) => Promise<unknown>) {
  test(name, async () => {
    await using place = await makePlace();
    await forAll(
      name,
      layouts,
      async (layout) => {
        rmSync(place.home, { recursive: true, force: true });
        mkdirSync(place.home);
        await belief(place, layout);
      },
      { runs: RUNS, shrinks: 100 },
    );
  }, 600_000);
}

async function run(place: Place, shell: string, input: Input) {
  await using world = testWorld(place, { env: { SHELL: `/bin/${shell}` } });
  // Nobody else is at these files.
  return install({ ...world, sleep: async () => undefined }, input);
}

holds("an installation that is taken out leaves every file as it was", async (place, layout) => {
  const random = makeRandom(layout.seed);
  const shell = random.pick(["bash", "zsh", "fish"]);
  const files = filesOf(place, shell);
  write(files.settings, random.int(0, 9) === 0 ? undefined : new Writer(layout).file());
  write(files.state, random.int(0, 9) === 0 ? undefined : new Writer({ ...layout, seed: layout.seed + 1 }).file());
  write(files.profile, profile(random));
  const before = homeOf(place);

  // Most of the time is spent waiting for the disk.
  const parts = random.int(0, 3) === 0 ? { ...OF_CLIENT, ...OF_SHELL } : OF_CLIENT;
  const made = await run(place, shell, parts);
  expect(made.errors).toEqual([]);
  expect(homeOf(place)).not.toEqual(before);
  const again = await run(place, shell, parts);
  expect(again.steps.filter(({ change }) => change !== "none" && change !== "skipped")).toEqual([]);

  const byParts = Object.keys(parts).flatMap((part) => (part === "global" ? [] : { uninstall: true, [part]: true }));
  const out = random.bool() ? [{ uninstall: true }] : random.bool() ? byParts : byParts.toReversed();
  for (const input of out) expect((await run(place, shell, input)).errors).toEqual([]);
  expect(homeOf(place)).toEqual(before);
  if (out.length === 1) expect(existsSync(join(place.home, ".parallel-cc/install.json"))).toBe(false);
});

holds("what somebody changed in between is there afterwards, and nothing of ours", async (place, layout) => {
  const random = makeRandom(layout.seed);
  const shell = random.pick(["bash", "zsh", "fish"]);
  const files = filesOf(place, shell);
  write(files.settings, new Writer(layout).file());
  write(files.state, new Writer({ ...layout, seed: layout.seed + 1 }).file());
  write(files.profile, `${profile(random) ?? ""}\n`);
  const mine = homeOf(place);
  await run(place, shell, random.int(0, 3) === 0 ? { ...OF_CLIENT, ...OF_SHELL } : OF_CLIENT);

  const edit = (file: string, from: string, to: string) => {
    mine[file] = (mine[file] ?? "").replace(from, () => to);
    write(
      file,
      readFileSync(file, "utf8").replace(from, () => to),
    );
  };
  for (const file of [files.settings, files.state]) {
    for (const value of mine[file]?.match(/"u\d+"/g) ?? []) {
      if (random.bool()) edit(file, value, random.pick(['"new"', `${value} // said\n`, "{}", "[ 1,\r\n2]"]));
    }
  }
  mine[files.profile] += "export LATER=1";
  write(files.profile, `${readFileSync(files.profile, "utf8")}export LATER=1`);

  expect((await run(place, shell, { uninstall: true })).errors).toEqual([]);
  expect(homeOf(place)).toEqual(mine);
});
