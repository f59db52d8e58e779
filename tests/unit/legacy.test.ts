// Spellings of earlier releases.

import { expect, test } from "bun:test";
import { modernise } from "../../src/cli/legacy.ts";

test.each([
  ["mcp-serve", "mcp serve"],
  ["watch-merges", "watch merges"],
  ["merge-status", "merge status"],
  ["sandbox-run", "sandbox run"],
  ["sandbox-run-multi", "sandbox run --multi"],
  ["sandbox-logs", "sandbox logs"],
  ["sandbox-download", "sandbox download"],
  ["sandbox-kill", "sandbox kill"],
  ["sandbox-list", "sandbox list"],
  ["sandbox-status", "sandbox status"],
  ["budget-status", "budget status"],
])("%s is %s, and is told so", (old, now) => {
  expect(modernise([old, "--json"])).toEqual({ words: [...now.split(" "), "--json"], instead: { old, now } });
});

test.each([[[]], [["register", "--name", "sandbox-run"]], [["toString"]], [["__proto__"]], [["sandbox", "run"]]])(
  "%j stays as it is",
  (words) => expect(modernise(words)).toEqual({ words }),
);
