// What the radar says of cases of names that are gone and newly used, each with a history of its own.

import { join } from "node:path";
import { objectsOf } from "../../src/features/radar/objects.ts";
import { judgePairs } from "../../src/features/radar/pairs.ts";
import type { Judged } from "../../src/features/radar/verdict.ts";
import { makePlace } from "../support/place.ts";
import { makeRepo, runGit } from "../support/repo.ts";
import { testWorld } from "../support/world.ts";
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

export async function judge(cases: readonly Case[]): Promise<Judged[]> {
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

export function told(judged: Judged | undefined): string[] {
  const warnings = judged?.warnings ?? [];
  return warnings.map(({ name, removedBy, removedFrom, usedIn }) => [name, removedBy, removedFrom, usedIn].join(" "));
}
