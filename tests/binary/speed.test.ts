// The figures of tests/bench that hold on a busy machine too: medians as there, but in time of the processor, against the
// same bounds. (The least of many turns is one that was lucky, and the luck of the smaller program weighs more.) Beside two busy loops the empty program still finishes in one slice of time and the others do not, so
// what a clock on the wall says is left to `bun run bench`, and so are the figures that come within a tenth of their
// bound there (heartbeat, register). What 32 registers at once make of a repository is seen here.

import { describe, expect, test } from "bun:test";
import { AT_ONCE, faultsOf, registerAtOnce } from "../bench/contention.ts";
import { judge, measure, median } from "../bench/figure.ts";
import { heartbeatMemory } from "../bench/heartbeat.ts";
import { processorTimeOf } from "../bench/spawn.ts";
import { startUp } from "../bench/start-up.ts";
import { status } from "../bench/status.ts";
import { makePlace } from "../support/place.ts";
import { sleeper } from "../support/processes.ts";
import { makeRepo } from "../support/repo.ts";

describe("beside the empty program", () => {
  for (const figure of [startUp, heartbeatMemory, status]) {
    test(`${figure.name} is within its bound`, async () => {
      expect(judge(figure, await measure(figure, processorTimeOf), median)).toMatchObject({ isOver: false });
    });
  }
});

test(`${AT_ONCE} registers at once get the main checkout once and a whole worktree of its own each`, async () => {
  await using place = await makePlace();
  await using stack = new AsyncDisposableStack();
  const files = 200;
  const repo = await makeRepo(place, { files });
  const owners = Array.from({ length: AT_ONCE }, () => stack.use(sleeper()));
  const { ran } = await registerAtOnce(place, repo, owners);
  expect(await faultsOf(repo, files, ran)).toEqual([]);
});
