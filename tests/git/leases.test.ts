// Ports of sessions: the same ones for the same branch, never one for two, and free again when the session is over.

import { Database } from "bun:sqlite";
import { describe, expect, test } from "bun:test";
import { join } from "node:path";
import { v } from "../../src/core/shape.ts";
import type { KnownSession } from "../../src/features/roster/roster.ts";
import { leaseFor } from "../../src/features/sessions/ports.ts";
import { register } from "../../src/features/sessions/register.ts";
import { release } from "../../src/features/sessions/release.ts";
import { makePlace, type Place } from "../support/place.ts";
import { type Sleeper, sleeper } from "../support/processes.ts";
import { makeRepo, type Repo } from "../support/repo.ts";
import { type TestWorld, testWorld } from "../support/world.ts";

const RANGE = { from: 10_000, to: 19_999 };

interface Scene extends AsyncDisposable {
  place: Place;
  repo: Repo;
  world: TestWorld;
  /** Registers a session of a process of its own. */
  start(cwd?: string): Promise<{ session: KnownSession; owner: Sleeper }>;
  /** Leases ports, of which those in `taken` are in use; `world` asks the real machine. */
  lease(session: KnownSession, input?: LeaseInput): Promise<{ ports: number[]; warnings: string[] }>;
}

interface LeaseInput {
  count?: number;
  range?: { from: number; to: number };
  taken?: readonly number[] | "as the machine says";
}

async function makeScene(): Promise<Scene> {
  const stack = new AsyncDisposableStack();
  const place = stack.use(await makePlace());
  const repo = await makeRepo(place);
  const world = stack.use(testWorld(place, { cwd: repo.path }));
  return {
    place,
    repo,
    world,
    start: async (cwd = repo.path) => {
      const owner = stack.use(sleeper());
      const { session } = await register(world.as({ cwd }), { pid: owner.pid });
      return { session, owner };
    },
    lease: async (session, { count = 2, range = RANGE, taken = [] } = {}) => {
      const isPortFree = taken === "as the machine says" ? world.isPortFree : (port: number) => !taken.includes(port);
      const told = await leaseFor({ ...world, isPortFree }, await world.db(), session, { count, range });
      return { ports: portsIn(told.variables), warnings: told.warnings };
    },
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}

function portsIn(variables: Record<string, string>): number[] {
  return Object.entries(variables).flatMap(([name, value]) => (/^PARALLEL_CC_PORT/.test(name) ? [Number(value)] : []));
}

describe("a session's ports", () => {
  test("are as many as wanted, beside each other, in the range", async () => {
    await using scene = await makeScene();
    const { session } = await scene.start();
    const { ports, warnings } = await scene.lease(session, { count: 3 });
    const [first = 0] = ports;
    expect(ports).toEqual([first, first + 1, first + 2]);
    expect(first).toBeWithin(RANGE.from, RANGE.to);
    expect(warnings).toEqual([]);
  });

  test("are none, without a look at anything, when none are wanted", async () => {
    await using scene = await makeScene();
    const { session } = await scene.start();
    const db = await scene.world.db();
    db.close();
    const told = await leaseFor(scene.world, db, session, { count: 0, range: RANGE });
    expect(told).toEqual({ variables: {}, warnings: [] });
  });

  test("stay its own when it asks again, also for more or for fewer", async () => {
    await using scene = await makeScene();
    const { session } = await scene.start();
    const { ports } = await scene.lease(session);
    // By now its own servers listen there.
    expect((await scene.lease(session, { taken: ports })).ports).toEqual(ports);
    const more = await scene.lease(session, { count: 4, taken: ports });
    expect(more.ports.slice(0, 2)).toEqual(ports);
    expect(new Set(more.ports).size).toBe(4);
    expect((await scene.lease(session, { count: 1 })).ports).toEqual(more.ports);
  });

  test("are the next session's again that works on the same branch", async () => {
    await using scene = await makeScene();
    await scene.start();
    const { session } = await scene.start();
    const { ports } = await scene.lease(session);
    await release(scene.world, { sessionId: session.id, keep: true });
    const again = await scene.start(session.worktree_path);
    expect(again.session.id).not.toBe(session.id);
    expect(again.session.branch).toBe(session.branch);
    expect((await scene.lease(again.session)).ports).toEqual(ports);
  });

  test("are never those of another live session, even of the same key", async () => {
    await using scene = await makeScene();
    const { session } = await scene.start();
    const { session: beside } = await scene.start();
    const first = await scene.lease(session);
    const second = await scene.lease({ ...beside, is_main_repo: 1 });
    expect(second.ports).toEqual(first.ports.map((port) => port + 2));
  });

  test("are shared with no session of another repository", async () => {
    await using scene = await makeScene();
    const other = await makeRepo(scene.place, { name: "other" });
    const { session } = await scene.start();
    const { session: elsewhere } = await scene.start(other.path);
    const range = { from: 12_000, to: 12_003 };
    const all = [await scene.lease(session, { range }), await scene.lease(elsewhere, { range })].flatMap(
      (one) => one.ports,
    );
    expect(all.toSorted()).toEqual([12_000, 12_001, 12_002, 12_003]);
  });

  test("are free again once it is released", async () => {
    await using scene = await makeScene();
    const range = { from: 12_000, to: 12_001 };
    const { session } = await scene.start();
    const { session: waiting } = await scene.start();
    await scene.lease(session, { range });
    expect((await scene.lease(waiting, { range })).ports).toEqual([]);
    await release(scene.world, { sessionId: session.id });
    expect((await scene.lease(waiting, { range })).ports.toSorted()).toEqual([12_000, 12_001]);
  });

  test("are taken over from a session that is certainly over, of whatever repository", async () => {
    await using scene = await makeScene();
    const other = await makeRepo(scene.place, { name: "other" });
    const range = { from: 12_000, to: 12_001 };
    const { session, owner } = await scene.start(other.path);
    const { session: waiting } = await scene.start();
    await scene.lease(session, { range });
    await owner.kill();
    expect((await scene.lease(waiting, { range })).ports.toSorted()).toEqual([12_000, 12_001]);
  });

  test("are not leased for a session that somebody has released meanwhile", async () => {
    await using scene = await makeScene();
    const { session } = await scene.start();
    await release(scene.world, { sessionId: session.id });
    expect(await scene.lease(session)).toEqual({ ports: [], warnings: [] });
  });
});

test("a database that another process writes to for too long is a warning, and no ports", async () => {
  await using scene = await makeScene();
  const { session } = await scene.start();
  const db = await scene.world.db();
  using writer = new Database(db.file);
  writer.run("BEGIN IMMEDIATE");
  db.waitAtMost(1);
  const { ports, warnings } = await scene.lease(session);
  expect(ports).toEqual([]);
  expect(warnings).toEqual([expect.stringMatching(/^No ports were leased: /)]);
});

describe("a port that is in use", () => {
  test("is passed over", async () => {
    await using scene = await makeScene();
    const { session } = await scene.start();
    const { session: beside } = await scene.start();
    const { ports } = await scene.lease(session, { count: 1 });
    await release(scene.world, { sessionId: session.id });
    const next = await scene.lease({ ...beside, is_main_repo: 1 }, { taken: ports });
    expect(next.ports).toEqual(ports.flatMap((port) => [port + 1, port + 2]));
  });

  test("is seen on the real machine", async () => {
    await using scene = await makeScene();
    const { session } = await scene.start();
    using server = Bun.listen({ hostname: "127.0.0.1", port: 0, socket: { data: () => {} } });
    const range = { from: server.port, to: server.port };
    expect((await scene.lease(session, { count: 1, range, taken: "as the machine says" })).ports).toEqual([]);
  });
});

describe("a range that has too few", () => {
  test("gives none at all, and a warning that says what to change", async () => {
    await using scene = await makeScene();
    const { session } = await scene.start();
    const range = { from: 12_000, to: 12_003 };
    const { ports, warnings } = await scene.lease(session, { range, taken: [12_000, 12_001, 12_003] });
    expect(ports).toEqual([]);
    expect(warnings).toEqual([expect.stringMatching(/^No 2 ports of 12000-12003 .*worktree\.portRange/)]);
  });

  test("leaves what the session has", async () => {
    await using scene = await makeScene();
    const { session } = await scene.start();
    const range = { from: 12_000, to: 12_001 };
    const { ports } = await scene.lease(session, { range });
    const more = await scene.lease(session, { range, count: 3 });
    expect(more.ports).toEqual(ports);
    expect(more.warnings).toHaveLength(1);
  });

  test("is not tried for ever where nothing may listen", async () => {
    await using scene = await makeScene();
    const { session } = await scene.start();
    let tried = 0;
    const isPortFree = () => {
      tried++;
      return false;
    };
    const world = { ...scene.world, isPortFree };
    const told = await leaseFor(world, await scene.world.db(), session, {
      count: 1,
      range: { from: 1024, to: 65_535 },
    });
    expect(told.warnings).toEqual([expect.stringMatching(/^No port of 1024-65535 /)]);
    expect(tried).toBe(1000);
  });
});

const TOLD = v.object({ variables: v.record(v.string(), v.string()), warnings: v.array(v.string()) });

test("twenty processes at once get forty different ports", async () => {
  await using scene = await makeScene();
  const db = await scene.world.db();
  const sessions: KnownSession[] = [];
  for (let i = 0; i < 20; i++) sessions.push((await scene.start()).session);
  const range = ["21000", "21099"];
  const takers = sessions.map(({ id }) =>
    Bun.spawn([process.execPath, join(import.meta.dir, "lease-taker.ts"), id, ...range], {
      env: scene.place.env(),
      stdin: "pipe",
      stdout: "pipe",
      stderr: "inherit",
    }),
  );
  const readers = takers.map(({ stdout }) => stdout.pipeThrough(new TextDecoderStream()).getReader());
  for (const reader of readers) expect((await reader.read()).value).toBe("ready\n");
  for (const taker of takers) {
    taker.stdin.write("go");
    taker.stdin.end();
  }
  const told = await Promise.all(
    readers.map(async (reader) => v.parse(TOLD, JSON.parse((await reader.read()).value ?? ""))),
  );
  expect(told.flatMap(({ warnings }) => warnings)).toEqual([]);
  const ports = told.flatMap(({ variables }) => portsIn(variables));
  expect(new Set(ports).size).toBe(40);
  expect(db.one(v.object({ n: v.number() }), "SELECT count(*) AS n FROM port_leases")?.n).toBe(40);
}, 60_000);
