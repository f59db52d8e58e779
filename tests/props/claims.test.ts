// Two globs overlap exactly when some path is meant by both: tried on all short paths of two letters, with Bun's own
// globs to say what each one means.

import { test } from "bun:test";
import { overlap, patternOf } from "../../src/features/claims/pattern.ts";
import { forAll, gen } from "../support/random.ts";

const LETTERS = ["a", "b"];
const NAMES = [1, 2, 3, 4].flatMap(wordsOf);
const PATHS = [...NAMES, ...NAMES.flatMap((one) => NAMES.map((other) => `${one}/${other}`))];

function wordsOf(length: number): string[] {
  return length === 0 ? [""] : wordsOf(length - 1).flatMap((word) => LETTERS.map((letter) => word + letter));
}

/** All that is meant by a glob. Below a directory is also the directory. */
function meant(glob: string): Set<string> {
  const ways = glob.endsWith("/**") ? [glob, glob.slice(0, -3)] : [glob];
  const globs = ways.map((one) => new Bun.Glob(one));
  return new Set(PATHS.filter((path) => globs.some((one) => one.match(path))));
}

// Short enough for each common path to be among those that are tried.
const name = gen.pick("a", "b", "*", "?", "a*", "*a", "?b", "*b", "??", "a?", "ab", "ba", "**", "{a,bb}", "{b,*a}");
const globs = gen.record({
  one: gen.list(name, 2),
  other: gen.list(name, 2),
});

test("two globs overlap when a path is meant by both, and only then", async () => {
  await forAll(
    "overlap is a common path",
    globs,
    ({ one, other }) => {
      if (one.length === 0 || other.length === 0) return true;
      const [a, b] = [one.join("/"), other.join("/")];
      const inBoth = meant(a).intersection(meant(b));
      const [first, second] = [a, b].map((path) => patternOf({ kind: "glob", path, isFolded: false }));
      if (first === undefined || second === undefined) return false;
      return overlap(first, second) === inBoth.size > 0 && overlap(second, first) === inBoth.size > 0;
    },
    { runs: 400 },
  );
});
