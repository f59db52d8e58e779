// In random histories no branch is ever said to have landed that has not. PROPERTY_RUNS=2000 for the long run.

import { expect, test } from "bun:test";
import { rm } from "node:fs/promises";
import { judgeLanding } from "../../src/features/merges/merges.ts";
import { makePlace } from "../support/place.ts";
import { forAll } from "../support/random.ts";
import { makeRepo } from "../support/repo.ts";
import { testWorld } from "../support/world.ts";
import { type Doing, History, histories, packOf } from "./landed-history.ts";

const RUNS = Number(process.env["PROPERTY_RUNS"] ?? 300);

test("0 false 'landed' in random histories", async () => {
  await using place = await makePlace();
  const { path } = await makeRepo(place, { bare: true, unborn: true });
  await using world = testWorld(place);
  const git = world.git(path);
  const told = new Map<string, number>();
  const landed = { all: 0, found: 0 };

  const holds = async (doings: Doing[]): Promise<void> => {
    const history = new History(doings);
    // One pack at a time: git looks through all that there are.
    await rm(place.at("repo/objects/pack"), { recursive: true, force: true });
    const packed = Bun.spawnSync(["git", "index-pack", "--stdin"], {
      cwd: path,
      env: place.env(),
      stdin: packOf(history),
      stdout: "ignore",
      stderr: "pipe",
    });
    if (packed.exitCode !== 0) throw new Error(packed.stderr.toString());
    const question = { tip: history.tip.id, target: history.target.id };
    for (const fork of [undefined, history.fork.id]) {
      const verdict = await judgeLanding(git, { ...question, fork });
      const isLanded = history.isLanded(fork !== undefined);
      told.set(verdict.verdict, (told.get(verdict.verdict) ?? 0) + 1);
      if (verdict.isSafeToDelete && !isLanded)
        throw new Error(`falsely ${verdict.verdict}: ${JSON.stringify(verdict)}`);
      if (!isLanded || verdict.verdict === "unused") continue;
      landed.all += 1;
      if (verdict.isSafeToDelete) landed.found += 1;
    }
  };
  await forAll("what is safe to delete has landed", histories, holds, { runs: RUNS, shrinks: 200 });

  // A history that tells nothing would prove nothing.
  for (const verdict of ["ff", "merged", "rebased", "squashed", "partial", "reverted", "not-merged"]) {
    expect([...told.keys()]).toContain(verdict);
  }
  if (process.env["PROPERTY_TOLD"] !== undefined)
    process.stderr.write(`${JSON.stringify([...told])} ${JSON.stringify(landed)}\n`);
}, 600_000);
