// Many large files in conflict: their lines are told, with no more of them in memory than a bounded part.

import { expect, test } from "bun:test";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { makeMergeScene } from "./merge-scene.ts";

const FILES = 60;
const LINES = 26_000;
/** Their texts alone are half of it; with their lines, all at once, they would be more than twice as much. */
const MOST_BYTES = 500_000_000;

test("the lines of sixty files of nearly a megabyte each are told, in bounded memory", async () => {
  await using scene = await makeMergeScene();
  await mkdir(join(scene.repo.path, "big"));
  const commit = async (branch: string, word: string, from?: string) => {
    const files: Record<string, string> = {};
    for (let file = 0; file < FILES; file++) {
      const line = (at: number) => `${at === 5 ? word : `line ${at}`} of the file ${file}, so it is\n`;
      files[`big/${file}.txt`] = Array.from({ length: LINES }, (_, at) => line(at + 1)).join("");
    }
    return scene.commit(branch, files, from);
  };
  await commit("base", "line 5", "main");
  const pair = { ours: await commit("ours", "five", "base"), theirs: await commit("theirs", "funf", "base") };
  Bun.gc(true);
  const before = process.memoryUsage().rss;
  let most = before;
  const watching = setInterval(() => {
    most = Math.max(most, process.memoryUsage().rss);
  }, 5);
  const [result] = await scene.merge([pair], { withRegions: true });
  clearInterval(watching);
  const found = result?.verdict === "conflict" ? result.files : [];
  expect(found).toHaveLength(FILES);
  const line5 = { from: 5, to: 5 };
  expect(found.filter(({ regions }) => regions?.length !== 1)).toEqual([]);
  expect(found[0]?.regions).toMatchObject([{ ours: line5, theirs: line5, base: line5 }]);
  expect(most - before).toBeLessThan(MOST_BYTES);
}, 120_000);
