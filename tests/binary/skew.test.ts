// Scripts of another release around the compiled program: what `--version` and a session's start say of it.

import { describe, expect, test } from "bun:test";
import { chmod, mkdir, symlink } from "node:fs/promises";
import { dirname, join } from "node:path";
import manifest from "../../package.json" with { type: "json" };
import { PROGRAM, pcc } from "../support/cli.ts";
import { makePlace, type Place } from "../support/place.ts";
import { makePrograms } from "../support/programs.ts";
import { makeRepo } from "../support/repo.ts";
import { makeWrapper, SCRIPT } from "../support/wrapper.ts";

const HEARTBEAT = join(dirname(SCRIPT), "heartbeat.sh");

/** The script as another release has it: null for one that does not tell. */
async function released(source: string, target: string, release: string | null): Promise<void> {
  const line = `pcc_release=${manifest.version}\n`;
  const text = await Bun.file(source).text();
  expect(text).toContain(line);
  await Bun.write(target, text.replace(line, release === null ? "pcc_release=\n" : `pcc_release=${release}\n`));
  await chmod(target, 0o755);
}

/** A folder for PATH with the program and both scripts. */
async function installed(place: Place, releases: { wrapper: string | null; heartbeat: string | null }) {
  const folder = place.at("installed");
  await mkdir(folder);
  await symlink(PROGRAM, join(folder, "parallel-cc"));
  await released(SCRIPT, join(folder, "claude-parallel"), releases.wrapper);
  await released(HEARTBEAT, join(folder, "parallel-cc-heartbeat.sh"), releases.heartbeat);
  return folder;
}

describe("--version", () => {
  test.each(["--version", "-V"])("says the version alone where all is of one release (%s)", async (flag) => {
    await using place = await makePlace();
    const folder = await installed(place, { wrapper: manifest.version, heartbeat: manifest.version });
    const said = { stdout: `${manifest.version}\n`, stderr: "", exit: 0, signal: null };
    expect(await pcc(place, [flag], { path: [folder] })).toEqual(said);
  });

  test("says in one line beside it what is of another release", async () => {
    await using place = await makePlace();
    const folder = await installed(place, { wrapper: "2.9.0", heartbeat: null });
    const wrapper = `${folder}/claude-parallel is of release 2.9.0`;
    const heartbeat = `${folder}/parallel-cc-heartbeat.sh is of an earlier release`;
    expect(await pcc(place, ["--version"], { path: [folder] })).toEqual({
      stdout: `${manifest.version}\n`,
      stderr: `warning: ${wrapper}, ${heartbeat}; this is ${manifest.version}. See: parallel-cc doctor\n`,
      exit: 0,
      signal: null,
    });
  });
});

describe("a session", () => {
  test("begun by a wrapper of another release is told so once", async () => {
    await using place = await makePlace();
    const repo = await makeRepo(place);
    const { path } = await makeWrapper(place, { shell: "dash", claude: { stdout: "claude ran\n" } });
    await released(SCRIPT, place.at("claude-parallel"), "2.9.0");
    const child = Bun.spawn(["/bin/sh", place.at("claude-parallel")], {
      cwd: repo.path,
      env: place.env({ path }),
      stdin: "ignore",
      stdout: "pipe",
      stderr: "pipe",
    });
    const [stdout, stderr] = await Promise.all([child.stdout.text(), child.stderr.text(), child.exited]);
    expect(stdout).toBe("claude ran\n");
    const warning = `claude-parallel is of release 2.9.0, parallel-cc of ${manifest.version}`;
    expect(stderr.split("\n").filter((line) => line.includes(warning))).toHaveLength(1);
  });

  test("begun by a wrapper of this release is not", async () => {
    await using place = await makePlace();
    const repo = await makeRepo(place);
    const wrapper = await makeWrapper(place, { shell: "dash" });
    expect((await wrapper.run([], { cwd: repo.path })).stderr).not.toContain("of release");
  });

  test("leaves nothing of it in claude's environment", async () => {
    await using place = await makePlace();
    const repo = await makeRepo(place);
    const wrapper = await makeWrapper(place, { shell: "dash" });
    await wrapper.run([], { cwd: repo.path });
    const [call] = await wrapper.programs.expectCalled("claude", 1);
    expect(Object.keys(call?.env ?? {}).filter((name) => /VERSION|release/.test(name))).toEqual([]);
  });

  test("whose hook is of another release is told by the next one that begins", async () => {
    await using place = await makePlace();
    const repo = await makeRepo(place);
    const folder = await installed(place, { wrapper: manifest.version, heartbeat: "2.9.0" });
    const claude = { sh: `/bin/sh '${folder}/parallel-cc-heartbeat.sh'` };
    const { folder: fakes } = await makePrograms(place, { claude });
    const start = async () => {
      const child = Bun.spawn([join(folder, "claude-parallel")], {
        cwd: repo.path,
        env: place.env({ path: [folder, fakes] }),
        stdin: "ignore",
        stdout: "pipe",
        stderr: "pipe",
      });
      const [stderr] = await Promise.all([child.stderr.text(), child.exited]);
      return stderr;
    };
    expect(await start()).not.toContain("of release");
    expect(await start()).toContain("The script of the heartbeat hook is of release 2.9.0");
  });
});
