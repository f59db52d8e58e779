// The compiled program's doctor on an installation as install.sh leaves it: what it answers, how it exits, and that it
// leaves nothing behind.

import { describe, expect, test } from "bun:test";
import { copyFile, mkdir, readdir, symlink } from "node:fs/promises";
import { dirname, join } from "node:path";
import manifest from "../../package.json" with { type: "json" };
import { v } from "../../src/core/shape.ts";
import { PROGRAM, parseAnswer, pcc, type Ran } from "../support/cli.ts";
import { makePlace, type Place } from "../support/place.ts";
import { makePrograms } from "../support/programs.ts";
import { makeRepo } from "../support/repo.ts";
import { SCRIPT } from "../support/wrapper.ts";

const ANSWER = v.strictObject({
  ok: v.boolean(),
  checks: v.array(
    v.strictObject({
      name: v.string(),
      status: v.picklist(["ok", "warn", "fail"]),
      detail: v.string(),
      hint: v.optional(v.string()),
    }),
  ),
});

/** PATH with the three programs, a claude, git and a shell, and nothing else. */
async function installed(place: Place): Promise<string> {
  const bin = join(place.home, ".local/bin");
  await mkdir(bin, { recursive: true });
  await symlink(PROGRAM, join(bin, "parallel-cc"));
  await copyFile(SCRIPT, join(bin, "claude-parallel"));
  await copyFile(join(dirname(SCRIPT), "heartbeat.sh"), join(bin, "parallel-cc-heartbeat.sh"));
  for (const name of ["git", "sh"]) await symlink(Bun.which(name) ?? `/bin/${name}`, join(bin, name));
  const { folder } = await makePrograms(place, { claude: { stdout: "2.1.328 (Claude Code)\n" } });
  return `${bin}:${folder}`;
}

async function doctor(place: Place, words: readonly string[], input: { cwd?: string; path?: string }): Promise<Ran> {
  const { cwd = place.path, path = await installed(place) } = input;
  return pcc(place, ["doctor", ...words], { cwd, env: { PATH: path } });
}

describe("doctor", () => {
  test("finds all well that an installation brings along, and exits 0", async () => {
    await using place = await makePlace();
    const { path: cwd } = await makeRepo(place);
    const path = await installed(place);
    const { stdout, stderr, exit } = await doctor(place, [], { cwd, path });
    expect({ exit, stderr }).toEqual({ exit: 0, stderr: "" });
    expect(stdout).toContain(`✓ parallel-cc       ${manifest.version}, ${place.home}/.local/bin/parallel-cc\n`);
    const { checks } = v.parse(ANSWER, parseAnswer(await doctor(place, ["--json"], { cwd, path })));
    // How full its disk is, is the machine's business.
    expect(checks.filter(({ name, status }) => status !== "ok" && name !== "disk")).toEqual([]);
    for (const { name, detail } of checks.filter((check) => check.name !== "disk")) {
      expect(stdout).toContain(`✓ ${name.padEnd(17)} ${detail}\n`);
    }
  });

  test("exits 1 when something fails, and says the same in JSON", async () => {
    await using place = await makePlace();
    const ran = await doctor(place, ["--json"], { path: place.at("empty") });
    const { ok, checks } = v.parse(ANSWER, parseAnswer(ran));
    const failed = checks.filter(({ status }) => status === "fail").map(({ name }) => name);
    expect({ exit: ran.exit, ok, failed }).toEqual({ exit: 1, ok: false, failed: ["git"] });
  });

  test("leaves the home as it was", async () => {
    await using place = await makePlace();
    const path = await installed(place);
    const { path: cwd } = await makeRepo(place);
    const before = await readdir(place.home, { recursive: true });
    await doctor(place, [], { cwd, path });
    expect((await readdir(place.home, { recursive: true })).sort()).toEqual(before.sort());
  });

  test("says what a hook of this release is, and that a command of a later one is not known", async () => {
    await using place = await makePlace();
    const path = await installed(place);
    const commands = ["~/.local/bin/parallel-cc-heartbeat.sh", "parallel-cc heartbeat", "parallel-cc frobnicate"];
    const hooks = { PostToolUse: [{ hooks: commands.map((command) => ({ type: "command", command })) }] };
    await Bun.write(join(place.home, ".claude/settings.json"), JSON.stringify({ hooks }));
    const { checks } = v.parse(ANSWER, parseAnswer(await doctor(place, ["--json"], { path })));
    const [good, bad, ...others] = checks.filter(({ name }) => name === "hooks");
    expect(others).toEqual([]);
    expect(good?.detail).toContain("~/.local/bin/parallel-cc-heartbeat.sh; ");
    expect(good?.detail).toEndWith("parallel-cc heartbeat");
    expect(bad?.detail).toEndWith("runs parallel-cc frobnicate, a command that this release does not have.");
  });

  test("works from a home that is no directory", async () => {
    await using place = await makePlace();
    const path = await installed(place);
    await Bun.write(place.at("no-home"), "");
    const ran = await pcc(place, ["doctor", "--json"], { env: { PATH: path, HOME: place.at("no-home") } });
    const { checks } = v.parse(ANSWER, parseAnswer(ran));
    const failed = checks.filter(({ status }) => status === "fail").map(({ name }) => name);
    expect({ exit: ran.exit, failed }).toEqual({ exit: 1, failed: ["data directory", "database"] });
  });
});
