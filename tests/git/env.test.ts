// `parallel-cc env`: whose variables it prints, and that real shells and scripts can read them.

import { describe, expect, test } from "bun:test";
import { mkdir } from "node:fs/promises";
import { PLAIN } from "../../src/cli/terminal.ts";
import { v } from "../../src/core/shape.ts";
import { operations } from "../../src/features/leases/operations.ts";
import { leaseFor } from "../../src/features/sessions/ports.ts";
import { register } from "../../src/features/sessions/register.ts";
import { release } from "../../src/features/sessions/release.ts";
import { makePlace, type Place } from "../support/place.ts";
import { type Sleeper, sleeper } from "../support/processes.ts";
import { makeRepo, type Repo } from "../support/repo.ts";
import { type TestWorld, testWorld } from "../support/world.ts";

const ANSWER = v.object({
  sessionId: v.string(),
  ports: v.array(v.number()),
  variables: v.array(v.object({ name: v.string(), value: v.string() })),
  unsetVariables: v.array(v.string()),
});

async function makeScene(name?: string) {
  const stack = new AsyncDisposableStack();
  const place = stack.use(await makePlace(name));
  const repo = await makeRepo(place);
  const world = stack.use(testWorld(place, { cwd: repo.path }));
  const start = async (cwd = repo.path, input: { noWorktree?: boolean } = {}) => {
    const owner = stack.use(sleeper());
    const { session } = await register(world.as({ cwd }), { pid: owner.pid, ...input });
    const range = { from: 10_000, to: 19_999 };
    const { variables } = await leaseFor({ ...world, isPortFree: () => true }, await world.db(), session, {
      count: 2,
      range,
    });
    return { session, owner, variables };
  };
  return { place, repo, world, start, [Symbol.asyncDispose]: () => stack.disposeAsync() };
}

/** The answer, with what stands on stdout. */
async function asked(world: TestWorld, input: Record<string, unknown> = {}) {
  const env = operations.find((one) => one.name === "leases.env");
  if (env === undefined) throw new Error("no env");
  const output: unknown = await env.run(world, input);
  const stdout = env.text(output, { columns: undefined, now: world.now(), paint: PLAIN }, input);
  return { answer: v.parse(ANSWER, output), stdout };
}

function listed(variables: Record<string, string>) {
  return Object.entries(variables).map(([name, value]) => ({ name, value }));
}

/** As if the environment named this session, in that directory. */
function inside(world: TestWorld, sessionId: string, cwd: string, leaseVariables: string[] = []): TestWorld {
  return { ...world.as({ cwd }), env: { ...world.env, sessionId, leaseVariables } };
}

describe("env", () => {
  test("prints the ports and names of the session in this checkout", async () => {
    await using scene = await makeScene();
    await scene.start();
    const { session, variables } = await scene.start();
    const { answer, stdout } = await asked(scene.world.as({ cwd: session.worktree_path }));
    expect(answer).toEqual({
      sessionId: session.id,
      ports: [Number(variables["PARALLEL_CC_PORT"]), Number(variables["PARALLEL_CC_PORT_2"])],
      variables: listed({ PARALLEL_CC_SESSION_ID: session.id, ...variables }),
      unsetVariables: [],
    });
    expect(stdout).toBe(
      [
        `PARALLEL_CC_SESSION_ID=${session.id}`,
        `PARALLEL_CC_PORT=${answer.ports[0]}`,
        `PARALLEL_CC_PORT_2=${answer.ports[1]}`,
        `PARALLEL_CC_SLUG=parallel-00000002`,
        "COMPOSE_PROJECT_NAME=repo-parallel-00000002",
        "",
      ].join("\n"),
    );
  });

  test("names no compose project in the main checkout, nor in a worktree that its user made", async () => {
    await using scene = await makeScene();
    await scene.repo.git("worktree", "add", "--quiet", "-b", "mine", scene.place.at("mine"));
    const main = await scene.start();
    const adopted = await scene.start(scene.place.at("mine"));
    expect(main.variables).toMatchObject({ PARALLEL_CC_SLUG: "repo-main" });
    expect(adopted.variables).toMatchObject({ PARALLEL_CC_SLUG: "mine" });
    for (const { session } of [main, adopted]) {
      const { variables } = (await asked(scene.world, { sessionId: session.id })).answer;
      const names = variables.map(({ name }) => name);
      expect(names).toEqual(["PARALLEL_CC_SESSION_ID", "PARALLEL_CC_PORT", "PARALLEL_CC_PORT_2", "PARALLEL_CC_SLUG"]);
    }
  });

  test("prints no ports for a session that has none", async () => {
    await using scene = await makeScene();
    await using claude = sleeper();
    const { session } = await register(scene.world, { pid: claude.pid });
    expect((await asked(scene.world)).stdout).toBe(
      `PARALLEL_CC_SESSION_ID=${session.id}\nPARALLEL_CC_SLUG=repo-main\n`,
    );
  });
});

describe("the session that env means", () => {
  test("is the one of the directory, not one of another directory that the environment names", async () => {
    await using scene = await makeScene();
    const { session: main } = await scene.start();
    const { session } = await scene.start();
    const { answer } = await asked(inside(scene.world, main.id, session.worktree_path));
    expect(answer.sessionId).toBe(session.id);
  });

  test("is found from a subdirectory, and by a worktree's name after a move", async () => {
    await using scene = await makeScene();
    await scene.start();
    const { session } = await scene.start();
    const moved = scene.place.at("moved");
    await scene.repo.git("worktree", "move", session.worktree_path, moved);
    await mkdir(`${moved}/deep/er`, { recursive: true });
    expect((await asked(scene.world.as({ cwd: `${moved}/deep/er` }))).answer.sessionId).toBe(session.id);
  });

  test("is the one that the environment names, of several in one checkout", async () => {
    await using scene = await makeScene();
    const { session: first } = await scene.start();
    const { session: second, owner } = await scene.start(scene.repo.path, { noWorktree: true });
    expect((await asked(inside(scene.world, second.id, scene.repo.path))).answer.sessionId).toBe(second.id);
    expect((await asked(scene.world.as({ parentPid: owner.pid }))).answer.sessionId).toBe(second.id);
    expect((await asked(scene.world)).answer.sessionId).toBe(first.id);
  });

  test("is the one that the environment names in a repository that lies in its checkout", async () => {
    await using scene = await makeScene();
    const { session } = await scene.start();
    await makeRepo(scene.place, { name: "repo/vendor" });
    const vendor = scene.place.at("repo/vendor");
    expect((await asked(inside(scene.world, session.id, vendor))).answer.sessionId).toBe(session.id);
    await expect(asked(scene.world.as({ cwd: vendor }))).rejects.toMatchObject({ code: "session.none" });
  });

  test("is the one that is asked for", async () => {
    await using scene = await makeScene();
    const { session: main, owner } = await scene.start();
    const { session } = await scene.start();
    expect((await asked(scene.world, { sessionId: session.id })).answer.sessionId).toBe(session.id);
    const there = scene.world.as({ cwd: session.worktree_path });
    expect((await asked(there, { pid: owner.pid })).answer.sessionId).toBe(main.id);
  });

  const NONE: [string, (scene: { place: Place; repo: Repo; world: TestWorld }) => Promise<unknown>][] = [
    ["in a checkout without one", ({ world }) => asked(world)],
    ["outside of any repository", ({ world, place }) => asked(world.as({ cwd: place.path }))],
    ["for an unknown id", ({ world }) => asked(world, { sessionId: "x\ny" })],
    ["for a process that has none", ({ world }) => asked(world, { pid: process.pid })],
    ["for an environment that names an unknown one", ({ world, repo }) => asked(inside(world, "gone", repo.path))],
  ];
  test.each(NONE)("is none %s: a failure with a hint", async (_case, ask) => {
    await using scene = await makeScene();
    await expect(ask(scene)).rejects.toMatchObject({
      kind: "user",
      code: "session.none",
      message: expect.not.stringContaining("\n"),
      hint: expect.stringContaining("--session-id"),
    });
  });

  test("is none that has died or ended", async () => {
    await using scene = await makeScene();
    const ends: ((one: { session: { id: string }; owner: Sleeper }) => Promise<unknown>)[] = [
      ({ owner }) => owner.kill(),
      ({ session }) => release(scene.world, { sessionId: session.id }),
    ];
    for (const end of ends) {
      const started = await scene.start();
      await end(started);
      await expect(asked(inside(scene.world, started.session.id, scene.repo.path))).rejects.toMatchObject({
        code: "session.none",
      });
    }
  });
});

describe("what env prints", () => {
  /** What a child of the shell sees after it has run the line, with the lines of env in the file $1. */
  async function seen(place: Place, shell: string, line: string, lines: string): Promise<string> {
    await Bun.write(place.at("lines"), lines);
    const script = `${line}\nprintf "%s:" "$PARALLEL_CC_PORT"; sh -c 'printf "%s:%s" "$PARALLEL_CC_PORT_2" "\${OUTER-none}"'`;
    const env = place.env({ extra: { OUTER: "set" } });
    return Bun.spawn([shell, "-c", script, shell, place.at("lines")], {
      cwd: place.path,
      env,
      stdout: "pipe",
    }).stdout.text();
  }

  const WAYS: [string, string][] = [
    ["sh", 'set -a; eval "$(cat "$1")"'],
    ["sh", 'set -a; . "$1"'],
    ["dash", 'set -a; eval "$(cat "$1")"'],
    ["bash", 'set -a; . <(cat "$1")'],
    ["bash", 'export $(cat "$1")'],
    ["zsh", 'set -a; . <(cat "$1")'],
  ];
  test.each(WAYS)("is taken by %s: %s", async (shell, line) => {
    await using scene = await makeScene("it's $(odd)");
    const { variables } = await scene.start();
    const { stdout } = await asked(scene.world);
    const [one, two] = [variables["PARALLEL_CC_PORT"], variables["PARALLEL_CC_PORT_2"]];
    expect(await seen(scene.place, shell, line, stdout)).toBe(`${one}:${two}:set`);
  });

  test("with --shell is exported by itself, and takes away what an outer session left", async () => {
    await using scene = await makeScene();
    const { session, variables } = await scene.start();
    const world = inside(scene.world, session.id, scene.repo.path, ["OUTER", "PARALLEL_CC_PORT"]);
    const { answer, stdout } = await asked(world, { shell: true });
    expect(answer.unsetVariables).toEqual(["OUTER"]);
    const [one, two] = [variables["PARALLEL_CC_PORT"], variables["PARALLEL_CC_PORT_2"]];
    expect(await seen(scene.place, "sh", 'eval "$(cat "$1")"', stdout)).toBe(`${one}:${two}:none`);
  });
});
