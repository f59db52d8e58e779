// Reading `lsof -d cwd -F pn`.

import { expect, test } from "bun:test";
import { parseDirectories } from "../../src/proc/darwin.ts";

test("each process has the directory that follows its pid", () => {
  const output = "p1\nfcwd\nn/\np501\nfcwd\nn/Users/a b/é: x\np502\nfcwd\nn/p9\n";
  expect([...parseDirectories(output)]).toEqual([
    [1, "/"],
    [501, "/Users/a b/é: x"],
    [502, "/p9"],
  ]);
});

test("a process whose directory is not told has none", () => {
  const output = "p1\nfcwd\np2\nfcwd\nn/two\np3\nfcwd\nnno permission\n";
  expect([...parseDirectories(output)]).toEqual([[2, "/two"]]);
});

test("words before the first pid, and none at all, are no directory", () => {
  expect(parseDirectories("n/orphan\n").size).toBe(0);
  expect(parseDirectories("").size).toBe(0);
  expect(parseDirectories("lsof: WARNING: can't stat() /n\n").size).toBe(0);
});
