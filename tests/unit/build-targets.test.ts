// What a command line of the build asks for, and what each target is called.

import { expect, test } from "bun:test";
import { programFile, readWords, TARGETS } from "../../scripts/dev/targets.ts";

function targetsOf(...words: string[]): string[] {
  const asked = readWords(words);
  return asked.what === "targets" ? asked.targets.map(({ name }) => name) : [asked.what];
}

test("without a word it is this machine's program", () => {
  expect(readWords([])).toEqual({ what: "own", isWatching: false });
  expect(readWords(["--watch"])).toEqual({ what: "own", isWatching: true });
});

test("all are four of Linux, two of macOS and one of Windows, each with a file name of its own", () => {
  const asked = readWords(["--target", "all"]);
  expect(asked.what === "targets" && asked.targets.map(programFile)).toEqual([
    "parallel-cc-linux-x64",
    "parallel-cc-linux-arm64",
    "parallel-cc-linux-x64-musl",
    "parallel-cc-linux-arm64-musl",
    "parallel-cc-darwin-arm64",
    "parallel-cc-darwin-x64",
    "parallel-cc-windows-x64.exe",
  ]);
});

test("targets are built once each, however often and in whatever order they are named", () => {
  expect(targetsOf("--target", "windows-x64", "--target=linux-x64", "--target", "windows-x64")).toEqual([
    "linux-x64",
    "windows-x64",
  ]);
  expect(targetsOf("--target", "linux-x64", "--target", "all")).toHaveLength(TARGETS.length);
});

test.each([["windows-arm64"], ["linux"], [""], ["All"]])("the unknown target %j names those there are", (name) => {
  const asked = readWords(["--target", "linux-x64", "--target", name]);
  expect(asked.what === "nothing" && asked.why).toStartWith(`No target ${name}; there are linux-x64, linux-arm64, `);
});

test.each([[["--target"]], [["--targets", "all"]], [["linux-x64"]], [["--watch", "--target", "all"]]])(
  "%j is refused",
  (words) => {
    expect(readWords(words).what).toBe("nothing");
  },
);
