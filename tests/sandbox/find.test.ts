// Which run is meant by what somebody types, and where they stand.

import { expect, test } from "bun:test";
import { asFailure } from "../../src/core/failure.ts";
import { v } from "../../src/core/shape.ts";
import { runAsked } from "../../src/features/sandboxes/find.ts";
import { FACTS, type RunRequest } from "../../src/features/sandboxes/run.ts";
import { insertRun } from "../../src/features/sandboxes/store.ts";
import { locate } from "../../src/git/repository.ts";
import { makePlace } from "../support/place.ts";
import { makeRepo } from "../support/repo.ts";
import { testWorld } from "../support/world.ts";

const REQUEST: RunRequest = {
  ...{ base: null, baseCommit: "0".repeat(40), branch: null, isBranchMade: false, withChanges: false },
  ...{ isDryRun: false, timeoutMinutes: 60, checkpointMinutes: 5, authMethod: "api-key", model: null, maxTurns: null },
  ...{ include: [], variables: [], hosts: [], memoryBytes: 1e9, processes: 100, isWeak: false, promptSource: null },
};

test("by id, its beginning and name; of the repository that one stands in; never one of several", async () => {
  await using place = await makePlace();
  const repos = [await makeRepo(place, { name: "here" }), await makeRepo(place, { name: "there" })];
  const empty = await makeRepo(place, { name: "empty" });
  await using world = testWorld(place);
  const db = await world.db();
  const add = async (id: string, name: string, { at, isOver = true }: { at: number; isOver?: boolean }) => {
    const { path, gitDir, gitDirId } = await locate(world.git(`${repos[at]?.path}`));
    const made = { id, name, repository: { path, gitDir, gitDirId }, callerPath: path, provider: "native", title: "x" };
    db.write((now) => {
      insertRun(db, { ...made, request: REQUEST, warnings: [] }, now);
      const facts = JSON.stringify(v.parse(FACTS, {}));
      db.run("UPDATE sandbox_runs SET facts = $facts WHERE id = $id", { id, facts });
      if (isOver) db.run("UPDATE sandbox_runs SET step = 'ended' WHERE id = $id", { id });
    });
  };
  const asked = async (cwd: string, named?: string) => {
    try {
      return (await runAsked({ ...world, cwd }, named)).id;
    } catch (thrown) {
      return asFailure(thrown).code;
    }
  };
  const [here, there] = [`${repos[0]?.path}`, `${repos[1]?.path}`];
  expect(await asked(here)).toBe("sandbox.unknown");
  await add("aa11", "fix", { at: 0 });
  await add("aa22", "fix", { at: 1 });
  expect([await asked(here), await asked(there), await asked(place.path)]).toEqual(["aa11", "aa22", "aa22"]);
  expect(await asked(empty.path)).toBe("sandbox.unknown");
  expect([await asked(here, "fix"), await asked(there, "fix"), await asked(empty.path, "fix")]).toEqual([
    ...["aa11", "aa22", "aa22"],
  ]);
  expect([await asked(there, "aa11"), await asked(there, "aa1"), await asked(there, "aa")]).toEqual([
    ...["aa11", "aa11", "usage.ambiguous"],
  ]);
  expect(await asked(here, "\x1b[31m")).toBe("sandbox.unknown");
  await add("bb11", "fix", { at: 0, isOver: false });
  expect([await asked(here), await asked(here, "fix")]).toEqual(["bb11", "bb11"]);
  await add("bb22", "fix", { at: 0, isOver: false });
  expect([await asked(here), await asked(here, "fix")]).toEqual(["usage.ambiguous", "usage.ambiguous"]);
});
