// What people see of names that others chose: nothing in them acts, and nothing runs over the line.

import { describe, expect, test } from "bun:test";
import { age, counted, cutStart, nearest, printable, printableLines, table } from "../../src/core/text.ts";
import { forAll, gen } from "../support/random.ts";

const NASTY: [string, ...string[]] = [
  "a",
  ..."b é漢",
  "🙂",
  "\u{1f468}\u200d\u{1f469}",
  "e\u0301",
  "\0",
  "\x07",
  "\x1b[31m",
  "\x1b]0;title\x07",
  "\u009b1m",
  "\r",
  "\n",
  "\t",
  "\x7f",
  "\u00ad",
  "\u200b",
  "\u200e",
  "\u202e",
  "\u2028",
  "\u2029",
  "\u2066",
  "\ufeff",
  "\ud800",
  "\udfff",
  "\u{e0041}",
];

describe("printable", () => {
  test.each([
    ["plain text, as it is", "plain text, as it is"],
    ["漢字 é 🙂", "漢字 é 🙂"],
    ["", ""],
    ["a\nb\tc\rd", "a\\nb\\tc\\u{d}d"],
    ["\x1b[31mred\x1b[0m", "\\u{1b}[31mred\\u{1b}[0m"],
    ["\x1b]8;;http://x\x07link\x1b]8;;\x07", "\\u{1b}]8;;http://x\\u{7}link\\u{1b}]8;;\\u{7}"],
    ["\u009b2J", "\\u{9b}2J"],
    ["user\u202egnp.exe", "user\\u{202e}gnp.exe"],
    ["\u2066isolated\u2069", "\\u{2066}isolated\\u{2069}"],
    ["zero\u200bwidth\ufeff", "zero\\u{200b}width\\u{feff}"],
    ["two\u2028lines\u2029", "two\\u{2028}lines\\u{2029}"],
    ["half \ud83d of a pair", "half \\u{d83d} of a pair"],
    ["tag \u{e0041}", "tag \\u{e0041}"],
    ["\0", "\\u{0}"],
  ])("shows %j as %j", (text, shown) => expect(printable(text)).toBe(shown));

  test("leaves nothing that a terminal acts on, whatever the text", async () => {
    await forAll("inert", gen.text(20, NASTY), (text) => !/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/u.test(printable(text)));
  });

  test("changes nothing that is printable already", async () => {
    await forAll("idempotent", gen.text(20, NASTY), (text) => printable(printable(text)) === printable(text));
  });
});

test("printableLines keeps line ends and escapes the rest", () => {
  expect(printableLines("one\r\ntwo\x1b[2J\n")).toBe("one\\u{d}\ntwo\\u{1b}[2J\n");
});

describe("nearest", () => {
  const commands = ["register", "release", "status", "list", "update", "doctor"];
  test.each([
    ["stauts", "status"],
    ["STATUS", "status"],
    ["statu", "status"],
    ["regster", "register"],
    ["lst", "list"],
    ["dcotor", "doctor"],
    ["xyzzy", undefined],
    ["", undefined],
    ["hooks", undefined],
  ])("of %j is %j", (typed, meant) => expect(nearest(typed, commands)).toBe(meant));

  test("knows nothing among no candidates", () => expect(nearest("status", [])).toBeUndefined());

  test("takes the first of two that are as close", () => expect(nearest("lisp", ["list", "lisa"])).toBe("list"));

  test("is the word itself when it is a candidate", async () => {
    const words = gen.list(gen.text(6), 5);
    await forAll("itself", words, (found) =>
      found.every((word) => nearest(word, found)?.toLowerCase() === word.toLowerCase()),
    );
  });
});

describe("table", () => {
  test("lines columns up by what a terminal shows, not by characters", () => {
    const lines = table(
      [
        ["漢字", "x"],
        ["abcd", "y"],
        ["e\u0301", "z"],
      ],
      { flexible: 0 },
    );
    expect(lines).toEqual(["漢字  x", "abcd  y", "e\u0301     z"]);
  });

  test("cuts the flexible column alone, from its start", () => {
    const lines = table([["name", "/home/someone/project", "end"]], { width: 24, flexible: 1 });
    expect(lines).toEqual(["name  …eone/project  end"]);
  });

  test("cuts nothing where there is no width", () => {
    expect(table([["a".repeat(300), "b"]], { flexible: 0 })).toEqual([`${"a".repeat(300)}  b`]);
  });

  test("of no rows is no lines", () => expect(table([], { width: 10, flexible: 0 })).toEqual([]));

  test("fits the width whenever the other columns leave the flexible one eight", async () => {
    const rows = gen.list(gen.record({ label: gen.text(5), path: gen.text(60, NASTY) }), 5);
    await forAll("fits", rows, (made) => {
      const lines = table(
        made.map(({ label, path }) => [printable(label), printable(path)]),
        { width: 40, flexible: 1 },
      );
      return lines.every((line) => Bun.stringWidth(line) <= 40);
    });
  });
});

describe("cutStart", () => {
  test.each([
    ["/home/someone/project", 8, "…project"],
    ["漢字漢字", 5, "…漢字"],
    ["漢字漢字", 4, "…字"],
    ["abc", 1, "…"],
  ])("of %j at %d is %j", (text, width, cut) => expect(cutStart(text, width)).toBe(cut));

  test("never is wider than asked", async () => {
    const made = gen.record({ text: gen.text(30), width: gen.int(1, 20) });
    await forAll("width", made, ({ text, width }) => Bun.stringWidth(cutStart(printable(text), width)) <= width);
  });
});

describe("age", () => {
  const now = new Date("2030-01-02T00:00:00Z");
  test.each([
    [0, "0s"],
    [59, "59s"],
    [60, "1m"],
    [3599, "59m"],
    [3600, "1h"],
    [86_399, "23h"],
    [86_400, "1d"],
    [400 * 86_400, "400d"],
    [-30, "0s"],
  ])("of %d seconds is %s", (seconds, shown) => {
    expect(age(new Date(now.getTime() - seconds * 1000), now)).toBe(shown);
  });
});

test.each([
  [0, "0 files"],
  [1, "1 file"],
  [2, "2 files"],
])("%d counted is %s", (count, shown) => expect(counted(count, "file")).toBe(shown));
