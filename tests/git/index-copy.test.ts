// A copied index still knows which files it cannot know by their times.

import { expect, test } from "bun:test";
import { statSync, utimesSync, writeFileSync } from "node:fs";
import { copyIndex } from "../../src/git/index-copy.ts";
import { makePlace } from "../support/place.ts";
import { makeRepo, runGit } from "../support/repo.ts";

test("a file of the same size that was changed when the index was written is seen to be changed", async () => {
  await using place = await makePlace();
  const { path, git } = await makeRepo(place);
  // As if both had happened within one tick of the clock.
  await git("config", "core.trustctime", "false");
  const [file, index] = [`${path}/file-0.txt`, `${path}/.git/index`];
  const { size } = statSync(file);
  const moment = Math.floor(Date.now() / 1000);
  utimesSync(file, moment, moment);
  await git("add", "file-0.txt");
  utimesSync(index, moment, moment);
  writeFileSync(file, "x".repeat(size));
  utimesSync(file, moment, moment);
  copyIndex(index, place.at("copy"));
  const env = { ...place.env(), GIT_INDEX_FILE: place.at("copy") };
  expect(await runGit(["diff", "--name-only"], { cwd: path, env })).toBe("file-0.txt");
});
