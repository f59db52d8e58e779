// What is handed to a shell, judged by a real sh; and what becomes a piece of a name (git's judgement is in tests/git).

import { expect, test } from "bun:test";
import { shellQuote, shellWord, slug } from "../../src/core/text.ts";
import { makePlace } from "../support/place.ts";
import { gen, makeRandom } from "../support/random.ts";

/** Many at once: a process for each would cost more than all the other unit tests together. */
function made<Value>(values: { make(random: ReturnType<typeof makeRandom>): Value }, count: number): Value[] {
  const random = makeRandom(20300101);
  return Array.from({ length: count }, () => values.make(random));
}

const NAMES = [
  "",
  "a b",
  "it's",
  "'",
  "''",
  "-n",
  "--",
  "$(touch x)",
  "`touch x`",
  "*",
  "~",
  "a\nb\n",
  "\\",
  "!!",
  "#",
  "=",
  "漢字",
  "\x1b[0m",
];

async function saidBySh(words: readonly string[], cwd: string): Promise<string[]> {
  const script = words.map((word) => `printf '%s\\0' ${word}`).join("\n");
  const child = Bun.spawn(["sh", "-s"], { cwd, stdin: new Blob([script]), stdout: "pipe", stderr: "pipe" });
  const [stdout, stderr, exit] = await Promise.all([child.stdout.text(), child.stderr.text(), child.exited]);
  expect({ exit, stderr }).toEqual({ exit: 0, stderr: "" });
  return stdout.split("\0").slice(0, -1);
}

test("a real sh reads back every quoted word as it was", async () => {
  await using place = await makePlace();
  const words = [...NAMES, ...made(gen.text(30), 300)];
  expect(await saidBySh(words.map(shellQuote), place.path)).toEqual(words);
});

test("a real sh reads back every word shown in a command as it was", async () => {
  await using place = await makePlace();
  const words = [...NAMES, ...made(gen.text(6, ["a", "/", ".", "-", " ", "=", "~", "$"]), 200)];
  expect(await saidBySh(words.map(shellWord), place.path)).toEqual(words);
});

test("a plain path is shown as typed", () => expect(shellWord("/home/me/a-b_c.d@2")).toBe("/home/me/a-b_c.d@2"));

test.each([
  ["Auth Backend", "auth-backend"],
  ["Überprüfung ½", "uberprufung-1-2"],
  ["--fix--", "fix"],
  ["a/b..c@{1}~^:?*[\\", "a-b-c-1"],
  ["$(touch x)", "touch-x"],
  ["漢字", "漢字"],
  ["", ""],
  ["x".repeat(50), "x".repeat(40)],
  [`${"x".repeat(39)} y`, "x".repeat(39)],
  ["HEAD.lock", "head-lock"],
])("the slug of %j is %j", (text, piece) => expect(slug(text)).toBe(piece));

test("a slug is the same when it is taken again", () => {
  for (const text of [...NAMES, ...made(gen.text(60), 300)]) expect(slug(slug(text))).toBe(slug(text));
});
