// What `watch sessions` tells, look by look, of a real registry; processes stand for the clients.

import { Database } from "bun:sqlite";
import { describe, expect, test } from "bun:test";
import { renameSync, rmSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { watchSessionEvents } from "../../src/cli/commands/watch-sessions.ts";
import { register } from "../../src/features/sessions/register.ts";
import { release } from "../../src/features/sessions/release.ts";
import { Lookout } from "../../src/features/watch/lookout.ts";
import { placeMeant } from "../../src/features/watch/place.ts";
import { watchSessions } from "../../src/features/watch/sessions-watch.ts";
import { toldEvents } from "../../src/features/watch/watch.ts";
import { makePlace } from "../support/place.ts";
import { deadPid, sleeper } from "../support/processes.ts";
import { makeRepo } from "../support/repo.ts";
import { testWorld } from "../support/world.ts";

async function makeScene() {
  const stack = new AsyncDisposableStack();
  const place = stack.use(await makePlace());
  const repo = await makeRepo(place);
  const [own, other, third] = [stack.use(sleeper()), stack.use(sleeper()), stack.use(sleeper())];
  const world = stack.use(testWorld(place, { cwd: repo.path }));
  const watched = async (isHere: boolean, claude = own.pid) => {
    const lookout = new Lookout(world, { ...(await placeMeant(world, { isHere, repo: undefined })), claude, isHere });
    stack.defer(() => lookout.close());
    return async () =>
      (await lookout.look()).map(({ event, session: { name, id }, isHere: here }) => {
        return `${event} ${name ?? id}${here ? " here" : ""}`;
      });
  };
  const starts = (pid: number, name: string, { noWorktree = false } = {}) => register(world, { pid, name, noWorktree });
  return { place, repo, own, other, third, world, watched, starts, [Symbol.asyncDispose]: () => stack.disposeAsync() };
}

const SHARED = { noWorktree: true };

describe("a repository", () => {
  test("has who is there, and each who comes and goes, but not who asks", async () => {
    await using scene = await makeScene();
    const { own, other, third, world, starts } = scene;
    await starts(own.pid, "own");
    await starts(other.pid, "other");
    const look = await scene.watched(false);
    expect(await look()).toEqual(["present other"]);
    expect(await look()).toEqual([]);
    await starts(third.pid, "third", SHARED);
    expect(await look()).toEqual(["started third here"]);
    await release(world, { pid: other.pid });
    expect(await look()).toEqual(["ended other"]);
    await third.kill();
    expect(await look()).toEqual(["ended third here"]);
    await release(world, { pid: own.pid });
    expect(await look()).toEqual([]);
  });

  test("that is another's says nothing here", async () => {
    await using scene = await makeScene();
    const look = await scene.watched(false);
    await look();
    const elsewhere = await makeRepo(scene.place, { name: "elsewhere" });
    await register(scene.world, { pid: scene.other.pid, repo: elsewhere.path });
    expect(await look()).toEqual([]);
  });
});

describe("the own checkout", () => {
  test("has who begins to work in it, and nothing else", async () => {
    await using scene = await makeScene();
    const { own, other, third, starts } = scene;
    await starts(own.pid, "own");
    const look = await scene.watched(true);
    expect(await look()).toEqual([]);
    await starts(other.pid, "in a worktree");
    expect(await look()).toEqual([]);
    await starts(third.pid, "third", SHARED);
    expect(await look()).toEqual(["started third here"]);
    expect(await look()).toEqual([]);
  });

  test("may be watched before its session is known, which is no news to itself", async () => {
    await using scene = await makeScene();
    const { own, other, starts } = scene;
    const look = await scene.watched(true);
    expect(await look()).toEqual([]);
    await starts(own.pid, "own", SHARED);
    expect(await look()).toEqual([]);
    await starts(other.pid, "other", SHARED);
    expect(await look()).toEqual(["started other here"]);
  });

  test("has had who came between the session's start and the first look, unless that is long ago", async () => {
    await using scene = await makeScene();
    const { own, other, third, world, starts } = scene;
    await starts(third.pid, "earlier", SHARED);
    await starts(own.pid, "own", SHARED);
    await starts(other.pid, "later", SHARED);
    expect(await (await scene.watched(true))()).toEqual(["present earlier here", "started later here"]);
    world.pass(61_000);
    expect(await (await scene.watched(true))()).toEqual(["present earlier here", "present later here"]);
  });

  test("is that of the session, wherever the watch stands", async () => {
    await using scene = await makeScene();
    const { own, other, third, starts } = scene;
    await starts(other.pid, "main");
    const { session } = await starts(own.pid, "own");
    const look = await scene.watched(true);
    expect(await look()).toEqual([]);
    await register(scene.world, { pid: third.pid, name: "third", repo: session.worktree_path, noWorktree: true });
    expect(await look()).toEqual(["started third here"]);
  });

  test("is left alone by a claude that the own one runs in a tool, and by one that is dead already", async () => {
    await using scene = await makeScene();
    const { starts } = scene;
    // This very process is the parent of all sleepers.
    await starts(process.pid, "own", SHARED);
    const look = await scene.watched(true, process.pid);
    await look();
    await starts(scene.other.pid, "child", SHARED);
    expect(await look()).toEqual([]);
    await scene.other.kill();
    expect(await look()).toEqual([]);
  });
});

describe("a database that", () => {
  test("is not there yet, goes, and comes back is looked at again each time", async () => {
    await using scene = await makeScene();
    const { own, other, third, world, starts } = scene;
    const look = await scene.watched(false);
    expect(await look()).toEqual([]);
    await starts(own.pid, "own");
    await starts(other.pid, "other");
    expect(await look()).toEqual(["started other"]);
    const { database } = world.paths;
    renameSync(database, `${database}.away`);
    expect(await look()).toEqual(["ended other"]);
    renameSync(`${database}.away`, database);
    await starts(third.pid, "third");
    expect(await look()).toEqual(["started other", "started third"]);
  });

  test("is locked says nothing, and nothing is lost by it", async () => {
    await using scene = await makeScene();
    const { own, other, world, starts } = scene;
    await starts(own.pid, "own");
    await starts(other.pid, "other");
    (await world.db()).close();
    const locked = new Database(world.paths.database);
    locked.run("PRAGMA locking_mode = EXCLUSIVE");
    locked.run("BEGIN EXCLUSIVE");
    const look = await scene.watched(false);
    expect(await look()).toEqual([]);
    locked.run("COMMIT");
    locked.close();
    expect(await look()).toEqual(["present other"]);
  });
});

test("a data directory that may not be looked into says nothing", async () => {
  await using scene = await makeScene();
  const { own, other, world, starts } = scene;
  await starts(own.pid, "own");
  const look = await scene.watched(false);
  await look();
  await starts(other.pid, "other");
  const { home } = world.paths;
  renameSync(home, `${home}.away`);
  await Bun.write(home, "no directory");
  expect(await look()).toEqual([]);
  rmSync(home);
  renameSync(`${home}.away`, home);
  expect(await look()).toEqual(["started other"]);
});

describe("watching", () => {
  const first = async (events: AsyncGenerator<unknown>) => (await events.next()).value;

  test("tells each in a line of facts, with names as data", async () => {
    await using scene = await makeScene();
    const { own, other, starts } = scene;
    await starts(own.pid, "own");
    await starts(other.pid, 'say "yes"\x1b[31m', SHARED);
    const told = await first(toldEvents(scene.world.as({ parentPid: own.pid }), { interval: 1 }));
    expect(told).toMatchObject({
      event: "present",
      isHere: true,
      text: 'parallel-cc: session "say \\"yes\\"\\u{1b}[31m" is at work in this same checkout, on branch "main".',
    });
  });

  test("with --here waits for who comes, and says of it only that", async () => {
    await using scene = await makeScene();
    const { own, other, world, starts } = scene;
    await starts(own.pid, "own", SHARED);
    await starts(other.pid, "other", SHARED);
    await other.kill();
    const events = watchSessions(world.as({ parentPid: own.pid }), { isHere: true, intervalMs: 5, repo: undefined });
    const next = first(events);
    await starts(scene.third.pid, "third", SHARED);
    expect(await next).toMatchObject({ event: "started", session: { name: "third" } });
    await events.return();
  });

  test("ends with the claude that started it, and on a signal", async () => {
    await using scene = await makeScene();
    const { own, world } = scene;
    const input = { isHere: true, intervalMs: 5, repo: undefined };
    const alone = first(watchSessions(world.as({ parentPid: await deadPid() }), input));
    expect(await alone).toBeUndefined();
    const waiting = first(watchSessions(world.as({ parentPid: own.pid }), { ...input, intervalMs: 3_600_000 }));
    world.interrupt();
    expect(await waiting).toBeUndefined();
    const flags = { json: true, help: false, colour: undefined };
    expect(await watchSessionEvents(world.as({ parentPid: own.pid }), {}, flags)).toBe(130);
  });

  test("needs a repository, but not for the own checkout", async () => {
    await using place = await makePlace();
    await using world = testWorld(place);
    await mkdir(join(place.path, "plain"), { recursive: true });
    const meant = (isHere: boolean, repo?: string) => placeMeant(world, { isHere, repo });
    expect(meant(false)).rejects.toMatchObject({ code: "repository.none" });
    expect(meant(true, "plain")).rejects.toMatchObject({ code: "repository.none" });
    expect(meant(true, "absent")).rejects.toMatchObject({ code: "directory.none" });
    expect(await meant(true)).toEqual({ repository: undefined, checkout: undefined });
  });
});
