// Parts of the native provider that need no sandbox: what it would show, what it says of a machine that has none, and
// its keeper in this very process.

import { describe, expect, test } from "bun:test";
import { existsSync } from "node:fs";
import { chmod, mkdir, symlink, utimes, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { claudeNeeds } from "../../src/features/providers/native/claude.ts";
import { removed } from "../../src/features/providers/native/destroy.ts";
import { groundOf, makeGround, recordFor, recordOf, standingOf } from "../../src/features/providers/native/ground.ts";
import { keep } from "../../src/features/providers/native/keeper.ts";
import { checkHosts, directHosts, isKernelCovered, sightOf } from "../../src/features/providers/native/policy.ts";
import { missing, refused } from "../../src/features/providers/native/probe.ts";
import { unfit } from "../../src/features/providers/native/root.ts";
import { nativeSandbox } from "../../src/features/providers/native/sandbox.ts";
import { capture } from "../../src/features/providers/provider.ts";
import { providerNamed } from "../../src/features/providers/providers.ts";
import { makePlace } from "../support/place.ts";
import { waitFor } from "../support/processes.ts";
import { testWorld } from "../support/world.ts";
import { codeOf, SPEC } from "./conformance.ts";
import { nativeScene } from "./native-scene.ts";

async function program(file: string, text: string): Promise<string> {
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, text);
  await chmod(file, 0o755);
  return file;
}

test("claude of an npm prefix needs its packages and the installation of its node, and nothing of the home beside", async () => {
  await using place = await makePlace();
  const prefix = join(place.home, ".nvm", "versions", "node", "v22");
  const modules = join(prefix, "lib", "node_modules");
  const cli = await program(join(modules, "@anthropic-ai", "claude-code", "cli.js"), "#!/usr/bin/env -S node --flag\n");
  const node = await program(join(prefix, "bin", "node"), "\u007fELF");
  await symlink(cli, join(prefix, "bin", "claude"));
  const needs = claudeNeeds({ home: place.home, path: join(prefix, "bin") });
  expect(needs.readable).toEqual([modules, prefix]);
  expect(needs.programs).toEqual([
    { name: "claude", file: cli },
    { name: "node", file: node },
  ]);
});

test("claude that is one file needs that file, and a runtime in the home's own bin is no reason to show the home", async () => {
  await using place = await makePlace();
  const claude = await program(join(place.home, ".local", "share", "claude", "versions", "2.1"), "\u007fELF");
  await mkdir(join(place.home, ".local", "bin"), { recursive: true });
  await symlink(claude, join(place.home, ".local", "bin", "claude"));
  const bun = await program(join(place.home, "bin", "bun"), "\u007fELF");
  const path = `${join(place.home, ".local", "bin")}:${join(place.home, "bin")}`;
  expect(claudeNeeds({ home: place.home, path }).readable).toEqual([claude, bun]);
  expect(claudeNeeds({ home: place.home, path: place.at("nowhere") })).toEqual({ readable: [], programs: [] });
});

test("PATH inside has what can be seen there, and first what the sandbox brings along", async () => {
  await using place = await makePlace();
  await mkdir(place.at("home", "tools"));
  const world = testWorld(place, { path: [place.at("home", "tools")] });
  const ground = makeGround(world, recordFor(SPEC, world.now()));
  const sight = sightOf(world, ground, recordOf(ground), "linux");
  const folders = sight.path.split(":");
  expect(folders[0]).toBe(ground.programs);
  expect(folders).toContain("/usr/bin");
  expect(folders).not.toContain(place.at("home", "tools"));
  expect(sight.unreadable).toContain("/");
});

test("on macOS what is not seen is listed, and PATH has what is left", async () => {
  await using place = await makePlace();
  await mkdir(place.at("home", "tools"));
  const world = testWorld(place, { path: [place.at("home", "tools")] });
  const objects = place.at("project", ".git", "objects");
  await mkdir(objects, { recursive: true });
  const ground = makeGround(world, recordFor({ ...SPEC, objects: [objects] }, world.now()));
  const sight = sightOf(world, ground, recordOf(ground), "darwin");
  expect(sight.unreadable).toContain(place.home);
  expect(sight.unreadable).toContain(place.at("project"));
  expect(sight.unreadable).not.toContain("/");
  expect(sight.readable).toContain(objects);
  expect(sight.path.split(":")).toContain("/usr/bin");
  expect(sight.path).not.toContain(place.at("home", "tools"));
});

test.each(["example.com", "*.example.com", "localhost:80", "127.0.0.1:8080", "[::1]:8080", "[::1]"])(
  "%s is a host",
  (host) => {
    expect(checkHosts([host])).toBeUndefined();
  },
);

test.each(["", "http://a", "a/b", "a:0", "a:123456", "*", "a b", "a\n", "*.", "a..b"])("%j is none", (host) => {
  expect(() => checkHosts([host])).toThrow("is not a host");
});

test("an own server is reached directly, one of this machine's by the proxy", () => {
  expect(directHosts([])).toBe("localhost,127.0.0.1,::1");
  expect(directHosts(["127.0.0.1:8080", "example.com"])).toBe("localhost,::1");
  expect(directHosts(["LOCALHOST", "[::1]:80"])).toBe("127.0.0.1");
});

test("what is missing is told at once, each with what to install", async () => {
  await using place = await makePlace();
  const told = missing({ path: place.at("nowhere") }, "linux");
  expect(told.map(({ code }) => code)).toEqual(Array(6).fill("provider.not-ready"));
  expect(told[0]?.hint).toContain("apt-get install bubblewrap socat ripgrep");
  expect(told.at(-1)?.message).toContain("claude");
  expect(missing({ path: place.at("nowhere") }, "darwin")).toHaveLength(1);
  expect(missing({ path: "/usr/bin" }, "win32")[0]?.hint).toContain("docker");
});

test.each([
  ["/proc/sys/kernel/unprivileged_userns_clone", "0", "kernel.unprivileged_userns_clone=1"],
  ["/proc/sys/user/max_user_namespaces", "0", "user.max_user_namespaces="],
  ["/proc/sys/kernel/apparmor_restrict_unprivileged_userns", "1", "apparmor_restrict_unprivileged_userns=0"],
])("%s that refuses is named", (file, value, wanted) => {
  const read = (asked: string) => (asked === file ? `${value}\n` : "");
  expect(refused("bwrap: No permissions", { isWeak: false, read }).hint).toContain(wanted);
});

test("a container that lets nobody mount /proc is told of the weaker mode, once", () => {
  const said = "bwrap: Can't mount proc on /newroot/proc: Operation not permitted\n";
  const read = () => "";
  expect(refused(said, { isWeak: false, read }).hint).toContain("--weak-isolation");
  expect(refused(said, { isWeak: true, read }).hint).not.toContain("--weak-isolation");
  expect(refused("bwrap: something else", { isWeak: false, read }).message).toContain("something else");
});

test("a machine that has all of it has no problems, and is left as it was", async () => {
  await using scene = await nativeScene({ programs: { claude: "#!/bin/sh\n" } });
  const provider = await providerNamed(scene.world, "native");
  expect(await provider.problems({ isWeak: false })).toEqual([]);
  expect(await provider.all()).toEqual([]);
});

const REFUSING = "#!/bin/sh\necho 'bwrap: refused' >&2; exit 1\n";

test("a bubblewrap that fails is a problem, and nothing is left of the sandbox", async () => {
  await using scene = await nativeScene({ programs: { bwrap: REFUSING, claude: "#!/bin/sh\n" } });
  const [problem, ...others] = await scene.provider().problems({ isWeak: false });
  expect(problem).toMatchObject({ code: "provider.not-ready" });
  expect(problem?.message).toContain("refused");
  expect(others).toEqual([]);
  expect(await codeOf(scene.make())).toBe("provider.not-ready");
  expect(await scene.provider().all()).toEqual([]);
});

test("a provider that is not there yet says so", async () => {
  await using scene = await nativeScene();
  expect(await codeOf(providerNamed(scene.world, "daytona"))).toBe("provider.not-ready");
});

test("a root that is no absolute path is refused when it is used", async () => {
  await using place = await makePlace();
  const world = testWorld(place, { env: { NATIVE_SANDBOX_ROOT: "relative" } });
  expect(() => makeGround(world, recordFor(SPEC, world.now()))).toThrow("must be an absolute path");
});

describe("a root where no sandbox can be", () => {
  const problemsAt = async (root: string | undefined) => {
    await using place = await makePlace();
    const world = testWorld(place, { env: { NATIVE_SANDBOX_ROOT: root?.replace("~", place.home) } });
    await writeFile(place.at("home", "file"), "");
    return (await (await providerNamed(world, "native")).problems({ isWeak: false })).filter(
      ({ message }) => !message.includes("claude"),
    );
  };

  test.each(["/dev/shm/parallel-cc", "/proc/parallel-cc", "/sys/parallel-cc"])(
    "%s is of the system, and nothing is made there",
    async (root) => {
      const [problem, ...more] = await problemsAt(root);
      expect([problem?.code, more]).toEqual(["provider.not-ready", []]);
      expect(problem?.message).toContain(`and each sandbox has a /${root.split("/")[1]} of its own`);
      expect(problem?.hint).toContain("Let NATIVE_SANDBOX_ROOT name a directory of yours");
      expect(existsSync(root)).toBe(false);
    },
  );

  test("one that is no directory is told of in the words of the system", async () => {
    const [problem] = await problemsAt("~/file/below");
    expect(problem).toMatchObject({ code: "provider.not-ready", message: expect.stringContaining("ENOTDIR") });
  });

  test("a file system that starts no program is seen by its mount, the last of those at one place", () => {
    const line = (point: string, options: string) => `30 25 0:27 / ${point} rw,${options} - tmpfs tmpfs rw`;
    const mounts = [
      ...[line("/", "relatime"), line("/parallel-cc-test", "noexec")],
      ...[line("/parallel-cc-test/with\\040space", "nosuid"), line("/twice", "noexec"), line("/twice", "nosuid")],
    ].join("\n");
    expect(unfit("/parallel-cc-test/a", mounts)).toContain("/parallel-cc-test (it is mounted with noexec)");
    expect(unfit("/parallel-cc-test", mounts)).toContain("noexec");
    expect(unfit("/parallel-cc-tests", mounts)).toBeUndefined();
    expect(unfit("/parallel-cc-test/with space/b", mounts)).toBeUndefined();
    expect(unfit("/twice/a", mounts)).toBeUndefined();
    expect(unfit("/twice/a", "")).toBeUndefined();
  });

  test("one behind a link is judged by where that leads", async () => {
    await using place = await makePlace();
    await symlink("/proc", place.at("link"));
    expect(unfit(place.at("link", "below"), "")).toContain("below /proc");
  });
});

test("a look that somebody stops ends then and leaves nothing, also where bubblewrap gives no answer", async () => {
  const programs = { bwrap: "#!/bin/sh\nexec sleep 600\n", claude: "#!/bin/sh\n" };
  await using scene = await nativeScene({ programs });
  const looking = scene.provider().problems({ isWeak: false });
  looking.catch(() => undefined);
  await waitFor(async () => (await scene.provider().all()).length > 0, "something to be made");
  scene.world.interrupt();
  expect(await codeOf(looking)).toBe("cancelled.signal");
  expect(await scene.provider().all()).toEqual([]);
}, 15_000);

test("what is called off while it is being started leaves nothing that holds its output open", async () => {
  await using scene = await nativeScene();
  const sandbox = await scene.make();
  await capture(sandbox, { argv: ["true"] });
  for (let ms = 2; ms < 40; ms++) {
    const calledOff = new AbortController();
    const running = capture(sandbox, { argv: ["sleep", "600"], signal: calledOff.signal });
    setTimeout(() => calledOff.abort(), ms);
    expect(await codeOf(running)).toBe("proc.cancelled");
    const stopped = sandbox.exec({ argv: ["sleep", "600"] });
    setTimeout(() => void stopped.stop(), ms);
    for await (const _ of stopped.stdout);
  }
  expect((await sandbox.inspect()).state).toBe("running");
}, 60_000);

/** As in a container: bubblewrap works, but for one thing. */
const WITHOUT_PROC = `#!/bin/sh
for word; do
  [ "$word" != --proc ] || { echo "bwrap: Can't mount proc on /newroot/proc: Operation not permitted" >&2; exit 1; }
done
exec ${Bun.which("bwrap")} "$@"
`;

test("where the strict isolation is refused a weaker one is only made when it is asked for, and says so", async () => {
  await using scene = await nativeScene({ programs: { bwrap: WITHOUT_PROC, claude: "#!/bin/sh\n" } });
  const [problem] = await scene.provider().problems({ isWeak: false });
  expect(problem?.hint).toContain("unmask=ALL");
  expect(await scene.provider().problems({ isWeak: true })).toEqual([]);
  const sandbox = await scene.make({ isWeak: true });
  expect(sandbox.weaknesses.join()).toContain("/proc");
  expect((await capture(sandbox, { argv: ["echo", "in"] })).stdout).toBe("in\n");
});

test("who would accept a weaker isolation gets the strict one where there is that", async () => {
  await using scene = await nativeScene();
  expect((await scene.make({ isWeak: true })).weaknesses.join()).not.toContain("--weak-isolation");
});

const NUMBERS = "Process numbers inside are not those of its /proc";

test("process numbers that are not those of /proc are told of, and others are not", async () => {
  await using scene = await nativeScene();
  const sandbox = await scene.make();
  const { stdout } = await capture(sandbox, { argv: ["grep", "NSpid", "/proc/self/status"] });
  const differ = stdout.trim().split(/\s+/).length > 2;
  expect(sandbox.weaknesses.some((one) => one.startsWith(NUMBERS))).toBe(differ);
  expect(scene.provider().remarks?.some((one) => one.startsWith(NUMBERS))).toBe(differ);
});

test("the kernel's settings are covered for root, who may write them, and where /proc is the machine's", () => {
  const covered = [{ uid: 0 }, { uid: 1000 }].map((of) =>
    isKernelCovered({ isWeak: false }, { platform: "linux", ...of }),
  );
  expect(covered).toEqual([true, false]);
  expect(isKernelCovered({ isWeak: true }, { platform: "linux", uid: 1000 })).toBe(true);
  expect(isKernelCovered({ isWeak: false }, { platform: "darwin", uid: 0 })).toBe(false);
});

test("a keeper keeps until it is told to end, and its sandbox can be used meanwhile", async () => {
  await using place = await makePlace();
  await using world = testWorld(place);
  const made = makeGround(world, recordFor(SPEC, world.now()));
  const ground = groundOf(dirname(made.directory), made.id);
  const endsAt = new Date(world.now().getTime() + 3_600_000);
  const kept = keep(world, ground, { endsAt, isRunning: true });
  await waitFor(() => world.written.length > 0, "it is ready");
  const sandbox = nativeSandbox(world, ground, standingOf(ground)?.weaknesses ?? []);
  await sandbox.start({ argv: ["sh", "-c", "echo up >../run/up; exec sleep 60"] });
  await waitFor(() => existsSync(join(ground.places.run, "up")), "it has started");
  expect((await sandbox.inspect()).usage.memoryBytes).toBeGreaterThan(0);
  await sandbox.extend(120);
  expect((await sandbox.inspect()).endsAt?.getTime()).toBeGreaterThan(endsAt.getTime());
  expect(await codeOf(sandbox.start({ argv: ["no-such-program"] }))).toBe("sandbox.exec");
  world.interrupt("SIGTERM");
  expect(await kept).toEqual({ endedBecause: "told" });
  expect(standingOf(ground)).toMatchObject({ isRunning: false });
  // Not `destroy`, which would end the keeper: that is this process.
  await removed(world, ground);
});

test("what somebody has left who was killed while making a sandbox goes when the next one is made", async () => {
  await using place = await makePlace();
  await using world = testWorld(place);
  const left = place.at("home", ".parallel-cc", "native", ".new-0123456789ab-12345");
  await mkdir(left, { recursive: true });
  const old = new Date(world.now().getTime() - 3_600_000);
  await utimes(left, old, old);
  makeGround(world, recordFor(SPEC, world.now()));
  expect(existsSync(left)).toBe(false);
});
