// The world: what the environment says, read once, and what it hands to children.

import { describe, expect, test } from "bun:test";
import { join } from "node:path";
import { makeWorld } from "../../src/world.ts";
import { makePlace } from "../support/place.ts";

const WORLD = JSON.stringify(join(import.meta.dir, "../../src/world.ts"));

describe("the environment", () => {
  test.each([
    [{}, { logLevel: "warn", noColor: false, forceColor: false, columns: undefined }],
    [{ PARALLEL_CC_LOG_LEVEL: "DEBUG" }, { logLevel: "debug" }],
    [{ PARALLEL_CC_LOG_LEVEL: "loud" }, { logLevel: "warn" }],
    [{ NO_COLOR: "" }, { noColor: false }],
    [{ NO_COLOR: "1" }, { noColor: true }],
    [{ FORCE_COLOR: "0" }, { forceColor: false }],
    [{ FORCE_COLOR: "3" }, { forceColor: true }],
    [{ COLUMNS: "120" }, { columns: 120 }],
    [{ COLUMNS: "-5" }, { columns: undefined }],
    [{ COLUMNS: "1e9" }, { columns: undefined }],
    [{ GIT_WORK_TREE: "", GIT_DIR: "x", GIT_EDITOR: "vi" }, { gitVariables: ["GIT_DIR", "GIT_WORK_TREE"] }],
    [{ PARALLEL_CC_SESSION_ID: "" }, { sessionId: undefined }],
    [{ PARALLEL_CC_SESSION_ID: "one" }, { sessionId: "one" }],
    [
      { PARALLEL_CC_PORT: "1", PARALLEL_CC_PORT_12: "2", PARALLEL_CC_PORTAL: "3", PARALLEL_CC_SLUG: "a-b" },
      { leaseVariables: ["PARALLEL_CC_PORT", "PARALLEL_CC_PORT_12", "PARALLEL_CC_SLUG"] },
    ],
    [
      { COMPOSE_PROJECT_NAME: "shop-a-b", PARALLEL_CC_SLUG: "b" },
      { leaseVariables: ["COMPOSE_PROJECT_NAME", "PARALLEL_CC_SLUG"] },
    ],
    [{ COMPOSE_PROJECT_NAME: "my-own", PARALLEL_CC_SLUG: "b" }, { leaseVariables: ["PARALLEL_CC_SLUG"] }],
    [{ COMPOSE_PROJECT_NAME: "my-own" }, { leaseVariables: [] }],
  ])("%j", (variables, env) => expect(makeWorld({ HOME: "/h", ...variables }).env).toMatchObject(env));

  test("names the home of parallel-cc, else it is in the user's", () => {
    expect(makeWorld({ HOME: "/h" }).paths.home).toBe("/h/.parallel-cc");
    expect(makeWorld({ HOME: "/h", PARALLEL_CC_HOME: "" }).paths.home).toBe("/h/.parallel-cc");
    expect(makeWorld({ HOME: "/h", PARALLEL_CC_HOME: "/data" }).paths.home).toBe("/data");
    expect(() => makeWorld({ HOME: "/h", PARALLEL_CC_HOME: "data" })).toThrow("must be absolute");
  });

  test("without a home still has one", () => expect(makeWorld({}).env.home).toStartWith("/"));
});

test("names every variable that git itself calls local", async () => {
  const child = Bun.spawn(["git", "rev-parse", "--local-env-vars"], { stdout: "pipe" });
  const local = (await child.stdout.text()).trim().split("\n");
  const variables = Object.fromEntries(local.map((name) => [name, "x"]));
  expect(makeWorld({ HOME: "/h", ...variables }).env.gitVariables.toSorted()).toEqual(local.toSorted());
});

test("ids are never the same, times are now", () => {
  const world = makeWorld({ HOME: "/h" });
  expect(world.newId()).not.toBe(world.newId());
  expect(Math.abs(world.now().getTime() - Date.now())).toBeLessThan(60_000);
});

test("the database is opened once, when it is asked for", async () => {
  await using place = await makePlace();
  const world = makeWorld(place.env());
  const [one, two] = await Promise.all([world.db(), world.db()]);
  expect(one).toBe(two);
  expect(one.file).toBe(join(place.home, ".parallel-cc/coordinator.db"));
  one.close();
});

test("in another home finds nothing of what its user told git, claude and parallel-cc", async () => {
  await using place = await makePlace();
  const told = {
    ...{ GIT_DIR: "x", GIT_AUTHOR_NAME: "x", GIT_CONFIG_GLOBAL: "x", GIT_TEMPLATE_DIR: "x", XDG_CONFIG_HOME: "x" },
    ...{ PARALLEL_CC_HOME: place.at("x"), PARALLEL_CC_SESSION_ID: "x", CLAUDE_PID: "1", COMPOSE_PROJECT_NAME: "x" },
  };
  const kept = { PATH: "/usr/bin:/bin", LANG: "C", GIT_EXEC_PATH: "/usr/lib/git-core" };
  const other = makeWorld({ ...kept, ...told, HOME: "/h", TMPDIR: "/h" }).inHome(place.home);
  expect([other.env.home, other.paths.home]).toEqual([place.home, join(place.home, ".parallel-cc")]);
  expect(other.env).toMatchObject({ sessionId: undefined, gitVariables: [] });
  const { stdout } = await other.runProgram({ command: "env", args: [], directory: place.path });
  const seen = Object.fromEntries(
    new TextDecoder()
      .decode(stdout)
      .trim()
      .split("\n")
      .map((line) => line.split("=")),
  );
  expect(seen).toEqual({ ...kept, HOME: place.home, TMPDIR: place.home, GIT_CONFIG_NOSYSTEM: "1" });
});

test("tells what starts this very program: Bun, here, and what it was told to run", () => {
  expect(makeWorld({ HOME: "/h" }).self(["status"])).toEqual({ command: process.execPath, args: [Bun.main, "status"] });
});

describe("a process of its own", () => {
  test.each(["SIGINT", "SIGTERM", "SIGHUP"] as const)("that asked for the signal is told of %s", async (name) => {
    await using place = await makePlace();
    const code = `
      const { makeWorld } = await import(${WORLD});
      const signal = makeWorld().signal();
      signal.addEventListener("abort", () => {
        const { kind, code, details } = signal.reason;
        console.log(JSON.stringify({ kind, code, details }));
        process.exit(0);
      });
      console.log("ready");
      setInterval(() => {}, 1000);
    `;
    const child = Bun.spawn([process.execPath, "-e", code], { env: place.env(), stdout: "pipe" });
    const reader = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
    expect((await reader.read()).value).toBe("ready\n");
    child.kill(name);
    expect(JSON.parse((await reader.read()).value ?? "")).toEqual({
      kind: "cancelled",
      code: "cancelled.signal",
      details: { signal: name },
    });
    expect(await child.exited).toBe(0);
  });

  test("in a directory that is gone says so", async () => {
    await using place = await makePlace();
    const code = `const { makeWorld } = await import(${WORLD}); try { makeWorld() } catch (e) { console.log(e.code) }`;
    const script = 'mkdir gone && cd gone && rmdir ../gone && exec "$@"';
    const command = ["sh", "-c", script, "sh", process.execPath, "-e", code];
    const child = Bun.spawn(command, { cwd: place.path, env: place.env(), stdout: "pipe", stderr: "ignore" });
    expect((await child.stdout.text()).trim()).toBe("directory.gone");
  });
});
