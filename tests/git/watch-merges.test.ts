// `watch merges` while the database is held by another process: it says so once, and goes on looking.

import { Database } from "bun:sqlite";
import { expect, test } from "bun:test";
import { mkdir, rmdir } from "node:fs/promises";
import { looksForMerges, type MergesTold } from "../../src/features/watch/watch.ts";
import { makeWorld } from "../../src/world.ts";
import { makePlace } from "../support/place.ts";
import { makeScene, type Scene } from "./arrivals-scene.ts";
import { numbered } from "./landed-scene.ts";

interface Held extends Disposable {
  free(): void;
}

function hold({ world }: Scene): Held {
  const other = new Database(world.paths.database, { readwrite: true });
  other.run("BEGIN IMMEDIATE");
  const free = (): void => {
    if (other.inTransaction) other.run("ROLLBACK");
  };
  return {
    free,
    [Symbol.dispose]: () => {
      free();
      other.close();
    },
  };
}

test("again and again: it is told once, and what landed meanwhile once it is free again", async () => {
  await using scene = await makeScene();
  const [, two] = [await scene.start("one"), await scene.start("two")];
  await two.commit("f.txt", numbered({ 10: "ten" }));
  (await scene.world.db()).waitAtMost(20);
  let pauses = 0;
  const told: MergesTold[] = [];
  using held = hold(scene);
  const sleep = async (): Promise<void> => {
    pauses += 1;
    if (pauses === 3) {
      held.free();
      await scene.main.merge(two.branch);
    }
    if (pauses === 6) scene.world.interrupt();
  };
  for await (const one of looksForMerges({ ...scene.world, sleep }, { interval: 60 })) told.push(one);
  const locked = `The database ${scene.world.paths.database} is held by another process; the next look tries again.`;
  expect(told).toMatchObject([
    { newMerges: [], errors: [locked] },
    { newMerges: [{ branchName: two.branch }], errors: [] },
  ]);
});

test("what no waiting mends ends it", async () => {
  await using scene = await makeScene();
  const none = { ...scene.world, cwd: scene.place.home };
  await expect(looksForMerges(none, { repo: scene.place.home }).next()).rejects.toMatchObject({
    code: "repository.none",
  });
});

test("a database that could not be opened is tried anew the next time", async () => {
  await using place = await makePlace();
  const world = makeWorld(place.env());
  await mkdir(world.paths.database, { recursive: true });
  await expect(world.db()).rejects.toMatchObject({ code: "db.unwritable" });
  await rmdir(world.paths.database);
  (await world.db()).close();
});
