// scripts/install.sh in a fresh home: where it gets Bun from, what it leaves behind, and what it says when it cannot.
// Bun, npm and curl are fakes; git and the shell's tools are real ones in a folder of their own.

import { describe, expect, test } from "bun:test";
import { chmod, copyFile, mkdir, readdir, stat, symlink } from "node:fs/promises";
import { dirname, join } from "node:path";
import { pinnedBun } from "../../build.ts";
import manifest from "../../package.json" with { type: "json" };
import { makePlace, type Place } from "../support/place.ts";
import { type Answer, makePrograms, type Programs, type Script } from "../support/programs.ts";

const ROOT = join(import.meta.dir, "../..");
const VERSION = pinnedBun(manifest.packageManager);
const TOOLS = [
  "sh",
  "bash",
  "dash",
  "sed",
  "mkdir",
  "mktemp",
  "cp",
  "mv",
  "rm",
  "chmod",
  "cat",
  "uname",
  "dirname",
  "grep",
];

/** A Bun that tells its version and builds a program that has a doctor and a demo. */
function bunText(version: string, exits: { doctor?: number; demo?: number } = {}): string {
  const { doctor = 0, demo = 0 } = exits;
  const program = `#!/bin/sh\necho "ran: $*"\n[ "$1" = doctor ] && exit ${doctor}\nexit ${demo}`;
  return `#!/bin/sh
case "$1" in
--version) echo ${version} ;;
install) echo "$*" >>bun-calls ;;
build.ts) echo "$*" >>bun-calls; mkdir -p dist; printf '%s\\n' '${program}' >dist/parallel-cc ;;
add) mkdir -p "node_modules/\${4%@*}/bin"; cp "$FAKE_BUN" "node_modules/\${4%@*}/bin/bun" ;;
*) exit 98 ;;
esac
`;
}

interface Machine {
  place: Place;
  programs: Programs;
  checkout: string;
  target: string;
  install(input?: {
    shell?: string;
    env?: Record<string, string | undefined>;
  }): Promise<{ exit: number; said: string }>;
}

/** A checkout with spaces in its path, an empty home, and nothing on PATH but the basic tools and the fakes given. */
async function makeMachine(
  place: Place,
  fakes: Record<string, Script | Answer>,
  without: string[] = [],
): Promise<Machine> {
  const programs = await makePrograms(place, fakes);
  const tools = place.at("tools");
  await mkdir(tools);
  for (const name of [...TOOLS, "git"].filter((tool) => !without.includes(tool))) {
    await symlink(Bun.which(name) ?? `/bin/${name}`, join(tools, name));
  }
  const checkout = place.at("a check out");
  for (const path of ["scripts/install.sh", "scripts/dev/fetch-bun.sh", "package.json"]) {
    await mkdir(dirname(join(checkout, path)), { recursive: true });
    await copyFile(join(ROOT, path), join(checkout, path));
  }
  await Bun.write(join(checkout, "scripts/claude-parallel.sh"), "#!/bin/sh\n# wrapper\n");
  await Bun.write(join(checkout, "scripts/heartbeat.sh"), "#!/bin/sh\n# heartbeat\n");
  await writeProgram(place.at("fake-bun"), bunText(VERSION));
  return {
    place,
    programs,
    checkout,
    target: join(place.home, ".local/bin"),
    async install({ shell = "sh", env = {} } = {}) {
      const child = Bun.spawn([shell, join(checkout, "scripts/install.sh")], {
        cwd: place.path,
        env: place.env({ extra: { PATH: `${programs.folder}:${tools}`, FAKE_BUN: place.at("fake-bun"), ...env } }),
        stdin: "ignore",
        stdout: "pipe",
        stderr: "pipe",
      });
      const [stdout, stderr, exit] = await Promise.all([child.stdout.text(), child.stderr.text(), child.exited]);
      return { exit, said: stdout + stderr };
    },
  };
}

async function writeProgram(path: string, text: string): Promise<void> {
  await Bun.write(path, text);
  await chmod(path, 0o755);
}

/** Puts the fake Bun where npm puts a platform package: below its --prefix. */
const NPM: Answer = {
  sh: `for last; do :; done; folder=$3/node_modules/\${last%@*}/bin; mkdir -p "$folder"; cp "$FAKE_BUN" "$folder/bun"`,
};
/** Serves an installer that does what the official one does: $BUN_INSTALL/bin/bun, of the version asked for. */
const CURL: Answer = {
  sh: `cat >"$5" <<'INSTALLER'
[ "$1" = "bun-v${VERSION}" ] || exit 9
mkdir -p "$BUN_INSTALL/bin" && cp "$FAKE_BUN" "$BUN_INSTALL/bin/bun"
INSTALLER`,
};

async function expectInstalled({ place, target, checkout }: Machine): Promise<void> {
  expect((await readdir(target)).sort()).toEqual(["claude-parallel", "parallel-cc", "parallel-cc-heartbeat.sh"]);
  for (const name of await readdir(target)) expect((await stat(join(target, name))).mode & 0o777).toBe(0o755);
  expect(await Bun.file(join(target, "claude-parallel")).text()).toContain("wrapper");
  expect(await Bun.file(join(target, "parallel-cc-heartbeat.sh")).text()).toContain("heartbeat");
  expect(await Bun.file(join(checkout, "bun-calls")).text()).toBe("install --frozen-lockfile\nbuild.ts\n");
  expect((await readdir(place.home)).sort()).not.toContain(".bun");
}

describe.each(["dash", "bash"])("install.sh under %s", (shell) => {
  test("uses the pinned Bun that is on PATH and fetches none", async () => {
    await using place = await makePlace();
    const machine = await makeMachine(place, { npm: NPM, curl: CURL });
    await writeProgram(join(machine.programs.folder, "bun"), bunText(VERSION));
    const { exit, said } = await machine.install({ shell });
    expect({ exit, said }).toEqual({ exit: 0, said: expect.stringContaining("ran: doctor\nran: demo\n") });
    expect(said).toContain(`  ${join(machine.target, "parallel-cc")} install --all\n`);
    await expectInstalled(machine);
    expect(await machine.programs.calls("npm")).toEqual([]);
    expect(await machine.programs.calls("curl")).toEqual([]);
    expect(await readdir(place.home)).toEqual([".local"]);
  });

  test("fetches Bun through npm once, runs no package's script, and keeps it for the next time", async () => {
    await using place = await makePlace();
    const machine = await makeMachine(place, { npm: NPM, curl: CURL });
    const { exit, said } = await machine.install({ shell });
    expect({ exit, said }).toEqual({ exit: 0, said: expect.stringContaining("claude-parallel") });
    await expectInstalled(machine);
    const [call] = await machine.programs.expectCalled("npm", 1);
    expect(call?.argv).toContain("--ignore-scripts");
    expect(call?.argv.at(-1)).toMatch(new RegExp(`^@oven/bun-[a-z0-9-]+@${VERSION}$`));
    expect(await readdir(place.at("home/.cache/parallel-cc", `bun-${VERSION}`))).toEqual(["bun"]);

    expect((await machine.install({ shell })).exit).toBe(0);
    await machine.programs.expectCalled("npm", 1);
    expect(await machine.programs.calls("curl")).toEqual([]);
  });

  test("fetches it through a Bun of another version", async () => {
    await using place = await makePlace();
    const machine = await makeMachine(place, {});
    await writeProgram(join(machine.programs.folder, "bun"), bunText("1.0.0"));
    const { exit, said } = await machine.install({ shell });
    expect({ exit, said }).toEqual({ exit: 0, said: expect.stringContaining("with the Bun on PATH") });
    await expectInstalled(machine);
  });

  test("fetches it through curl and the official installer", async () => {
    await using place = await makePlace();
    const machine = await makeMachine(place, { curl: CURL, unzip: {} });
    const { exit, said } = await machine.install({ shell });
    expect({ exit, said }).toEqual({ exit: 0, said: expect.stringContaining("with curl") });
    await expectInstalled(machine);
    await machine.programs.expectCalled("curl", 1);
    expect((await readdir(place.home)).sort()).toEqual([".cache", ".local"]);
  });
});

describe("install.sh goes on", () => {
  test("to curl when npm fails", async () => {
    await using place = await makePlace();
    const machine = await makeMachine(place, { npm: { exit: 1, stderr: "npm: no network\n" }, curl: CURL, unzip: {} });
    expect((await machine.install()).exit).toBe(0);
    await expectInstalled(machine);
  });

  test("over a program that is running, which keeps running", async () => {
    await using place = await makePlace();
    const machine = await makeMachine(place, { npm: NPM });
    await mkdir(machine.target, { recursive: true });
    const old = join(machine.target, "parallel-cc");
    await copyFile(Bun.which("sleep") ?? "/bin/sleep", old);
    await chmod(old, 0o755);
    const running = Bun.spawn([old, "60"], { env: place.env(), stdio: ["ignore", "ignore", "ignore"] });
    expect((await machine.install()).exit).toBe(0);
    await expectInstalled(machine);
    expect(running.exitCode).toBe(null);
    running.kill();
    await running.exited;
  });

  test("when the demo fails, and says so", async () => {
    await using place = await makePlace();
    const machine = await makeMachine(place, { npm: NPM });
    await writeProgram(place.at("fake-bun"), bunText(VERSION, { demo: 1 }));
    const { exit, said } = await machine.install();
    expect({ exit, said }).toEqual({ exit: 0, said: expect.stringContaining("\nThe demo did not get to its end.") });
    expect(said).toContain("  claude-parallel\n");
    await expectInstalled(machine);
  });

  test("into PARALLEL_CC_INSTALL_DIR, and says so when that is not on PATH", async () => {
    await using place = await makePlace();
    const machine = await makeMachine(place, { npm: NPM });
    const { exit, said } = await machine.install({ env: { PARALLEL_CC_INSTALL_DIR: "my programs" } });
    expect(exit).toBe(0);
    const target = place.at("my programs");
    await expectInstalled({ ...machine, target });
    expect(said).toContain(`export PATH="${target}:$PATH"`);
    const path = `${machine.programs.folder}:${place.at("tools")}:${target}`;
    expect((await machine.install({ env: { PARALLEL_CC_INSTALL_DIR: target, PATH: path } })).said).not.toContain(
      "export",
    );
  });
});

describe("install.sh stops, and says what to do,", () => {
  const stops = async (
    fakes: Record<string, Script | Answer>,
    input: {
      without?: string[];
      env?: Record<string, string | undefined>;
      prepare?: (place: Place) => Promise<void>;
    } = {},
  ) => {
    await using place = await makePlace();
    const machine = await makeMachine(place, fakes, input.without);
    await input.prepare?.(place);
    const { exit, said } = await machine.install({ env: input.env ?? {} });
    expect(exit).toBe(1);
    const left = await readdir(machine.target).catch(() => []);
    return { said, left };
  };

  test("without git", async () => {
    const { said, left } = await stops({ npm: NPM }, { without: ["git"] });
    expect(said).toContain("error: git is not installed.");
    expect(said).toContain("hint: Install git 2.39 or newer");
    expect(left).toEqual([]);
  });

  test("without Bun and anything to fetch it with", async () => {
    const { said, left } = await stops({});
    expect(said).toContain("there is none, nor npm or curl to fetch it with.");
    expect(said).toContain(`hint: Install Bun ${VERSION}, npm or curl`);
    expect(left).toEqual([]);
  });

  test("when every way to fetch Bun fails", async () => {
    const { said } = await stops({ npm: { exit: 1, stderr: "E404\n" }, curl: { exit: 6 }, unzip: {} });
    expect(said).toContain("E404");
    expect(said).toContain("could not be fetched (tried: npm, curl; their words are above)");
  });

  test("when curl has no unzip for the installer", async () => {
    const { said } = await stops({ curl: CURL });
    expect(said).toContain("Bun's installer needs unzip.");
  });

  test("when what was fetched does not run, and keeps nothing of it", async () => {
    await using place = await makePlace();
    const machine = await makeMachine(place, { npm: NPM });
    await writeProgram(place.at("fake-bun"), bunText("9.9.9"));
    expect((await machine.install()).exit).toBe(1);
    expect(await readdir(place.at("home/.cache/parallel-cc", `bun-${VERSION}`))).toEqual([]);
  });

  test("when the build fails, and leaves the old program", async () => {
    await using place = await makePlace();
    const machine = await makeMachine(place, { npm: NPM });
    await writeProgram(place.at("fake-bun"), bunText(VERSION).replace("build.ts)", "build.ts) exit 1;"));
    await Bun.write(join(machine.target, "parallel-cc"), "old");
    const { exit, said } = await machine.install();
    expect({ exit, said }).toEqual({ exit: 1, said: expect.stringContaining("error: The build failed") });
    expect(await readdir(machine.target)).toEqual(["parallel-cc"]);
    expect(await Bun.file(join(machine.target, "parallel-cc")).text()).toBe("old");
  });

  test("when the doctor finds something", async () => {
    await using place = await makePlace();
    const machine = await makeMachine(place, { npm: NPM });
    await writeProgram(place.at("fake-bun"), bunText(VERSION, { doctor: 1 }));
    const { exit, said } = await machine.install();
    expect({ exit, said }).toEqual({ exit: 1, said: expect.stringContaining("its doctor found something") });
    await expectInstalled(machine);
  });

  test("when the target is no folder", async () => {
    const { said } = await stops(
      { npm: NPM },
      {
        env: { PARALLEL_CC_INSTALL_DIR: "taken" },
        prepare: async (place) => void (await Bun.write(place.at("taken"), "")),
      },
    );
    expect(said).toContain("hint: Set PARALLEL_CC_INSTALL_DIR to a folder you may write to");
  });
});
