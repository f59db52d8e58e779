// Merges without a conflict in which a name is gone that is newly used: how many of the planted ones are found, and how
// many of the clean ones are suspected.

import { expect, test } from "bun:test";
import { join } from "node:path";
import { objectsOf } from "../../src/features/radar/objects.ts";
import { judgePairs } from "../../src/features/radar/pairs.ts";
import type { Judged } from "../../src/features/radar/verdict.ts";
import { makePlace } from "../support/place.ts";
import { makeRepo, runGit } from "../support/repo.ts";
import { testWorld } from "../support/world.ts";
import { CLEAN } from "./radar-names-clean.ts";
import { PLANTED } from "./radar-names-planted.ts";
import type { Case, Files } from "./radar-names-texts.ts";

/** A base of its own for each case, and a branch for either side. */
function history(cases: readonly Case[]): string {
  const stream: string[] = [];
  const commit = (branch: string, files: Files, from?: string) => {
    stream.push(`commit refs/heads/${branch}`, "committer A <a@example.com> 1893456000 +0000", "data 1", "x");
    if (from !== undefined) stream.push(`from refs/heads/${from}`);
    for (const [path, text] of Object.entries(files)) {
      if (text === null) stream.push(`D ${path}`);
      else stream.push(`M 100644 inline ${path}`, `data ${Buffer.byteLength(text)}`, text);
    }
  };
  for (const [at, { base, a, b }] of cases.entries()) {
    commit(`base-${at}`, base);
    commit(`a-${at}`, a, `base-${at}`);
    commit(`b-${at}`, b, `base-${at}`);
  }
  return `${stream.join("\n")}\ndone\n`;
}

async function judge(cases: readonly Case[]): Promise<Judged[]> {
  await using place = await makePlace();
  const { path } = await makeRepo(place, { unborn: true });
  await using world = testWorld(place, { cwd: path });
  const git = { cwd: path, env: place.env() };
  await runGit(["fast-import", "--quiet", "--done"], { ...git, input: history(cases) });
  const names = cases.flatMap((_, at) => ["a", "b"].flatMap((side) => [`${side}-${at}`, `${side}-${at}^{tree}`]));
  const ids = (await runGit(["rev-parse", ...names], git)).split("\n");
  const side = (at: number) => ({ commit: ids[at] ?? "", tree: ids[at + 1] ?? "" });
  const gitDir = join(path, ".git");
  const judging = { gitDir, objects: objectsOf(world, gitDir) };
  const pairs = cases.map((_, at) => ({ a: side(4 * at), b: side(4 * at + 2) }));
  return (await judgePairs(world, await world.db(), pairs, judging)).judged;
}

function told(judged: Judged | undefined): string[] {
  const warnings = judged?.warnings ?? [];
  return warnings.map(({ name, removedBy, removedFrom, usedIn }) => [name, removedBy, removedFrom, usedIn].join(" "));
}

test("of 20 planted names all are found, and of 20 clean merges none is suspected", async () => {
  const [planted, clean] = [await judge(PLANTED), await judge(CLEAN)];
  expect([...planted, ...clean].filter(({ verdict }) => verdict !== "clean" && verdict !== "same-files")).toEqual([]);
  const missed = PLANTED.flatMap(({ about, warns }, at) => (told(planted[at]).includes(warns) ? [] : [about]));
  const beside = PLANTED.flatMap(({ warns }, at) => told(planted[at]).filter((one) => one !== warns));
  const suspected = CLEAN.flatMap(({ about }, at) => told(clean[at]).map((one) => `${about}: ${one}`));
  const found = PLANTED.length - missed.length;
  const rates = `found ${found} of ${PLANTED.length}, suspected ${suspected.length} of ${CLEAN.length}`;
  await Bun.write(Bun.stderr, `names: ${rates}\n`);
  expect([PLANTED.length, CLEAN.length]).toEqual([20, 20]);
  expect({ missed, beside, suspected }).toEqual({ missed: [], beside: [], suspected: [] });
});
