// A result that holds a key is taken with its commits by whoever says so, and stays held back for all others.

import { expect, test } from "bun:test";
import { readdir } from "node:fs/promises";
import { ends, runScene } from "./run-scene.ts";

const VALUE = "value-of-a-variable-71f3";

test("what is held back is taken with its commits and real counts when keys are accepted", async () => {
  const sh = `echo "$WORD" >word.txt && git add word.txt && git commit -qm Word && echo u >u.txt\n${ends("Done.")}`;
  await using scene = await runScene({ sh });
  const answer = await scene.sandbox("run", "--prompt", "Do it", "--env", `WORD=${VALUE}`);
  expect(answer).toMatchObject({ success: false, resultRef: null });
  const output = scene.place.at("taken");
  const taken = await scene.pcc(["sandbox", "download", "--with-keys", "--output", output, "--json"]);
  const ref = `refs/parallel-cc/sandbox/${answer.sessionId}`;
  expect(JSON.parse(taken.stdout)).toMatchObject({
    ...{ success: true, resultRef: ref, commits: 1, filesChanged: 2, hasUncommitted: true, filesDownloaded: 2 },
  });
  expect(await scene.repo.git("log", "-2", "--format=%s", ref)).toEndWith("\nWord");
  expect(await scene.read(`${output}/word.txt`)).toBe(`${VALUE}\n`);
  const again = await scene.pcc(["sandbox", "download", "--json"]);
  expect(JSON.parse(again.stdout).error.code).toBe("sandbox.held-back");
});

test("files whose names are not UTF-8 are taken and counted", async () => {
  await using scene = await runScene({ sh: `printf q >"$(printf 'caf\\351.txt')"\n${ends("Done.")}` });
  const { sessionId } = await scene.sandbox("run", "--prompt", "Do it");
  const out = scene.place.at("out");
  const { stdout } = await scene.pcc(["sandbox", "download", sessionId, "--output", out, "--json"]);
  expect(JSON.parse(stdout)).toMatchObject({ success: true, filesDownloaded: 1, sizeBytes: 1 });
  expect(await readdir(out, { encoding: "buffer" })).toContainEqual(Buffer.from("caf\xe9.txt", "latin1"));
});
