// What git does to the files of a checkout when it is asked what stands changed there, as strace sees it.

import { expect, test } from "bun:test";
import { readFileSync, writeFileSync } from "node:fs";
import { countedGit, makeLooks } from "../support/looks.ts";

const CHANGING =
  "open,openat,creat,rename,renameat,renameat2,unlink,unlinkat,link,linkat,mkdir,mkdirat,truncate,utimensat";

/** The calls of a trace that change the disk, and did. */
function changesIn(trace: string): string[] {
  const lines = readFileSync(trace, "utf8").split("\n");
  return lines.filter((line) => {
    if (line === "" || / = -1 /.test(line)) return false;
    return !/\bopen(at)?\(/.test(line) || /O_WRONLY|O_RDWR|O_CREAT|O_TRUNC/.test(line);
  });
}

const COMMANDS = [
  "touch file-0.txt",
  "echo more >> file-0.txt && touch new",
  "git add -A",
  "git commit -q -m more",
  "git checkout -q -b other HEAD~1",
  "true",
];

test("the checkout's index is neither written nor locked, nor anything else of the repository", async () => {
  await using scene = await makeLooks({ files: 20, commits: 2 });
  const trace = scene.place.at("trace");
  await using traced = await countedGit(scene, `strace -f -qq -A -o ${trace} -e trace=${CHANGING}`);
  let asked = 0;
  for (const command of COMMANDS) {
    await scene.run(command);
    const found = await scene.look({ git: traced.git });
    found?.remember();
    expect(found).toBeDefined();
    const changes = changesIn(trace);
    asked += changes.length;
    const elsewhere = changes.filter(
      (line) => !line.includes(scene.world.paths.looks) && !line.includes('"/dev/null"'),
    );
    expect(elsewhere).toEqual([]);
    writeFileSync(trace, "");
  }
  // It was our own index that was written.
  expect(asked).toBeGreaterThan(0);
});
