// What bash hands to a completion is read as bash reads it, and what goes back is, in its place, the value meant. Bash
// itself is the judge.

import { describe, expect, test } from "bun:test";
import { bashReplacement, readBashLine } from "../../src/cli/bash-line.ts";
import { printable } from "../../src/core/text.ts";
import { gen, makeRandom } from "../support/random.ts";

const BREAKS = " \t\n\"'@><=;|&(:";

describe("a line that ends in", () => {
  test.each([
    ["pcc sta", ["pcc"], "sta", 0, ""],
    ["pcc status ", ["pcc", "status"], "", 0, ""],
    ["pcc  a\\ b\tc\\\\d x", ["pcc", "a b", "c\\d"], "x", 0, ""],
    ["pcc 'a b' \"c d\"e ''", ["pcc", "a b", "c de"], "", 0, ""],
    ["pcc --base=ma", ["pcc"], "--base=ma", 7, ""],
    ["pcc --base=a:b", ["pcc"], "--base=a:b", 9, ""],
    ["pcc a\\:b", ["pcc"], "a:b", 0, ""],
    ["pcc 'a b", ["pcc"], "a b", 0, "'"],
    ["pcc --base='a b", ["pcc"], "--base=a b", 7, "'"],
    ['pcc "a\\"b\\c', ["pcc"], 'a"b\\c', 0, '"'],
    ["pcc it's ", ["pcc"], "its ", 2, "'"],
    ["pcc 'a'b", ["pcc"], "ab", 1, ""],
    ["pcc a\\", ["pcc"], "a", 0, ""],
    ["pcc a\\\nb", ["pcc"], "ab", 0, ""],
  ])("%j", (line, before, current, kept, quote) => {
    expect(readBashLine(line, BREAKS)).toMatchObject({ before, current, kept, quote, isRedirection: false });
  });

  test.each(["pcc status >fi", "pcc status 2> ", "pcc status >>fi", "pcc status 2>&", "pcc status <fi"])(
    "a redirection: %j",
    (line) => expect(readBashLine(line, BREAKS)).toMatchObject({ before: ["pcc", "status"], isRedirection: true }),
  );

  test.each(["pcc status >out 2>&1 --js", "pcc 2>/dev/null status --js", "pcc status < in --js"])(
    "a word behind one: %j",
    (line) =>
      expect(readBashLine(line, BREAKS)).toMatchObject({
        before: ["pcc", "status"],
        current: "--js",
        isRedirection: false,
      }),
  );
});

test("where a person took the colon out of the breaks, it is none", () => {
  expect(readBashLine("pcc a:b", " ").kept).toBe(0);
});

test("what does not begin with what is typed replaces nothing", () => {
  expect(bashReplacement(readBashLine("pcc ma", BREAKS), "other")).toBeUndefined();
});

/** The beginning of a value, typed as people do who quote with a quote or with backslashes. */
function typed(begun: string, quote: "" | "'" | '"'): string {
  if (quote === "'") return `'${begun.replaceAll("'", `'\\''`)}`;
  if (quote === '"') return `"${begun.replace(/[$`"\\]/g, "\\$&")}`;
  return begun.replace(/[^\w./:@%+=,\u0080-\u{10ffff}-]/gu, "\\$&");
}

/** As readline: the replacement stands behind what it leaves, no quote is doubled, and an open one is closed. */
function completed(begun: string, quote: "" | "'" | '"', value: string): string {
  const word = typed(begun, quote);
  const line = readBashLine(`pcc ${word}`, BREAKS);
  expect(line).toMatchObject({ before: ["pcc"], current: begun });
  const put = bashReplacement(line, value) ?? "";
  // In the last quote that is open, or behind the last break that has no backslash before it.
  const unquoted = [...word.matchAll(/(?<!\\)[@=:]/g)].at(-1)?.index ?? -1;
  const left = quote === "" ? unquoted + 1 : quote === '"' ? 1 : word.lastIndexOf("'") + 1;
  const start = quote !== "" && put.startsWith(quote) ? left - 1 : left;
  return word.slice(0, start) + put + (quote !== "" && !put.endsWith(quote) ? quote : "");
}

test("every value that is put in is that value to bash, however it was begun", async () => {
  const random = makeRandom(20300101);
  const values = Array.from({ length: 3000 }, () => gen.text().make(random)).filter(
    (value) => value !== "" && printable(value) === value,
  );
  const cases = values.map((value) => {
    const points = [...value];
    const begun = points.slice(0, random.int(0, points.length)).join("");
    return { value, word: completed(begun, random.pick(["", "'", '"']), value) };
  });
  const script = cases.map(({ word }) => `printf '%s\\0' ${word}\n`).join("");
  const child = Bun.spawn(["bash", "--norc", "-s"], {
    env: { PATH: "/usr/bin:/bin", LC_ALL: "C.UTF-8" },
    stdin: new Blob([script]),
    stdout: "pipe",
    stderr: "pipe",
  });
  const [stdout, stderr] = await Promise.all([child.stdout.text(), child.stderr.text()]);
  expect(stderr).toBe("");
  expect(cases.length).toBeGreaterThan(1000);
  expect(stdout.split("\0").slice(0, -1)).toEqual(cases.map(({ value }) => value));
});
