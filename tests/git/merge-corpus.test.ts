// 362 merges of real projects: verdict, paths, stages and tree are those of git. The corpus lies beside the repository.

import { expect, test } from "bun:test";
import { mergePairs } from "../../src/git/merge-tree.ts";
import { CORPUS, corpusRepository } from "../support/corpus.ts";
import { makePlace, type Place } from "../support/place.ts";
import { runGit } from "../support/repo.ts";
import { testWorld } from "../support/world.ts";

/** As git tells it of the same commits, one merge at a time. */
async function gitsAnswer(path: string, place: Place, { ours, theirs }: { ours: string; theirs: string }) {
  const words = ["merge-tree", "--write-tree", "--no-messages", "-z", ours, theirs];
  const child = Bun.spawn(["git", ...words], { cwd: path, env: place.env(), stderr: "ignore" });
  const [tree, ...entries] = (await child.stdout.text()).split("\0").slice(0, -1);
  return { exit: await child.exited, tree, entries };
}

test(`verdict, paths, kinds and tree of every pair in ${CORPUS} are git's`, async () => {
  await using place = await makePlace();
  const { path, merges } = await corpusRepository(place);
  const pairs = merges.map(({ ours, theirs }) => ({ ours, theirs }));
  await using world = testWorld(place, { cwd: path });
  const results = await mergePairs(world.git(path), pairs, { objects: { gitDir: path }, withRegions: true });
  expect(results).toHaveLength(362);
  const wrong: string[] = [];
  for (const [index, result] of results.entries()) {
    const merge = merges[index];
    if (merge === undefined) continue;
    const git = await gitsAnswer(path, place, merge);
    const files = result.verdict === "conflict" ? result.files : [];
    const entries = files.flatMap((file) =>
      (["base", "ours", "theirs"] as const).flatMap((side, at) => {
        const staged = file.stages[side];
        return staged === undefined ? [] : [`${staged.mode} ${staged.object} ${at + 1}\t${file.path}`];
      }),
    );
    const isSame =
      git.exit === 1 &&
      result.verdict === "conflict" &&
      result.tree === git.tree &&
      Bun.deepEquals(entries, git.entries) &&
      files.every(({ path: name, kind, regions }) => merge.kinds[name] === kind && (regions?.length ?? 0) > 0);
    if (!isSame) wrong.push(merge.name);
  }
  expect(wrong).toEqual([]);
}, 120_000);

test("either side of a real merge merges cleanly with where it began", async () => {
  await using place = await makePlace();
  const { path, merges } = await corpusRepository(place);
  const tree = (commit: string) => runGit(["rev-parse", `${commit}^{tree}`], { cwd: path, env: place.env() });
  await using world = testWorld(place, { cwd: path });
  const pairs = merges.flatMap(({ base, ours, theirs }) => [
    { ours, theirs: base },
    { ours: base, theirs },
  ]);
  const results = await mergePairs(world.git(path), pairs, { objects: { gitDir: path } });
  expect(results.filter(({ verdict }) => verdict !== "clean")).toEqual([]);
  const [first] = merges;
  expect(results[0]).toEqual({ verdict: "clean", tree: await tree(first?.ours ?? "") });
}, 120_000);
