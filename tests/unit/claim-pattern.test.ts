// What a claim can be of, and when two of them mean one file.

import { describe, expect, test } from "bun:test";
import { isIgnored } from "../../src/features/claims/ignored.ts";
import {
  covers,
  isGlob,
  type Kind,
  overlap,
  type Pattern,
  patternOf,
  rootsAbove,
} from "../../src/features/claims/pattern.ts";

/** As it is shown: a slash at the end is a directory. */
function pattern(shown: string, isFolded = false): Pattern {
  const kind: Kind = shown.endsWith("/") ? "directory" : isGlob(shown) ? "glob" : "file";
  return patternOf({ kind, path: shown.replace(/\/$/, ""), isFolded });
}

describe("two claims mean one file", () => {
  test.each([
    ["src/a.ts", "src/a.ts", true],
    ["src/a.ts", "src/b.ts", false],
    ["src/", "src/a.ts", true],
    ["src/", "src/deep/er/a.ts", true],
    ["src/", "srcs/a.ts", false],
    ["src/", "src/deep/", true],
    ["/", "anything/at/all", true],
    ["/", "*.ts", true],
    ["src/", "src", true],
    ["*.ts", "a.ts", true],
    ["*.ts", "src/a.ts", false],
    ["**/*.ts", "src/a.ts", true],
    ["**/*.ts", "a.ts", true],
    ["src/**", "src/a/b", true],
    ["src/*.ts", "src/*_test.*", true],
    ["src/*.ts", "src/*.js", false],
    ["a*c", "*b*", true],
    ["a?c", "abc", true],
    ["a?c", "ac", false],
    ["a/**/z", "a/z", true],
    ["a/**/z", "a/b/c/z", true],
    ["a/**/z", "a/b/c/y", false],
    ["src/{api,web}/*.ts", "src/web/x.ts", true],
    ["src/{api,web}/*.ts", "src/cli/x.ts", false],
    ["{a,b}{1,2}", "b2", true],
    ["{a,{b,c}}.ts", "c.ts", true],
    ["app/[...slug].tsx", "app/[...slug].tsx", true],
    ["app/[...slug].tsx", "app/s.tsx", false],
    ["app/[slug]/*.tsx", "app/[slug]/page.tsx", true],
    ["app/[slug]/*.tsx", "app/s/page.tsx", false],
    ["(group)/@slot/$id.tsx", "(group)/@slot/$id.tsx", true],
    [".env", "*", true],
    ["{{cookiecutter.name}}/a", "{{cookiecutter.name}}/a", true],
  ])("%s and %s: %p", (one, other, expected) => {
    expect(overlap(pattern(one), pattern(other))).toBe(expected);
    expect(overlap(pattern(other), pattern(one))).toBe(expected);
  });

  test("whatever the letters are composed of", () => {
    expect(overlap(pattern("caf\u00e9.txt"), pattern("cafe\u0301.txt"))).toBe(true);
  });

  test("in another case only where the file system takes it for the same", () => {
    expect(overlap(pattern("README.md"), pattern("readme.md"))).toBe(false);
    expect(overlap(pattern("README.md", true), pattern("readme.md", true))).toBe(true);
    expect(overlap(pattern("Docs/", true), pattern("docs/*.MD", true))).toBe(true);
  });
});

test("a glob of very many alternatives stands for all below its directory", () => {
  const wide = `src/${"{a,b}".repeat(12)}`;
  expect(overlap(pattern(wide), pattern("src/x"))).toBe(true);
  expect(overlap(pattern(wide), pattern("lib/x"))).toBe(false);
  expect(overlap(pattern("{a,b}".repeat(12)), pattern("x/y"))).toBe(true);
});

test("long patterns of many wildcards are compared in no time", () => {
  const long = pattern(`${"*a".repeat(400)}/${"**/".repeat(200)}x`);
  const other = pattern(`${"a*".repeat(400)}/${"**/".repeat(200)}y`);
  const start = performance.now();
  expect(overlap(long, other)).toBe(false);
  expect(performance.now() - start).toBeLessThan(2000);
});

describe("one claim holds all of another", () => {
  test.each([
    ["src/", "src/a.ts", true],
    ["src/", "src/deep/", true],
    ["src/deep/", "src/", false],
    ["src/", "src/*.ts", true],
    ["/", "src/", true],
    ["/", "a.ts", true],
    ["*.ts", "a.ts", true],
    ["*.ts", "*.ts", true],
    ["a.ts", "a.ts", true],
    ["a.ts", "*.ts", false],
    ["src/", "srcs/", false],
  ])("%s holds %s: %p", (one, other, expected) => {
    expect(covers(pattern(one), pattern(other))).toBe(expected);
  });
});

test("where a claim can stand that overlaps with a file: at it and above", () => {
  expect(rootsAbove(pattern("a/b/c.ts"))).toEqual(["", "a", "a/b", "a/b/c.ts"]);
  expect(rootsAbove(pattern("a/*/c.ts"))).toEqual(["", "a"]);
  expect(rootsAbove(pattern("/"))).toEqual([""]);
});

describe("what is never claimed by itself", () => {
  const patterns = ["package-lock.json", "*.min.js", "node_modules/", "/top.txt", "gen/*.ts", "!gen/keep.ts"];
  test.each([
    ["package-lock.json", true],
    ["web/package-lock.json", true],
    ["web/a.min.js", true],
    ["web/node_modules/x/y.ts", true],
    ["node_modules", false],
    ["top.txt", true],
    ["web/top.txt", false],
    ["gen/a.ts", true],
    ["web/gen/a.ts", false],
    ["gen/keep.ts", false],
    ["src/a.ts", false],
  ])("%s: %p", (path, expected) => {
    expect(isIgnored(patterns, path)).toBe(expected);
  });
});
