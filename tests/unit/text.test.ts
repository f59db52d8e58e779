// What people see of names that others chose: nothing in them acts, and nothing runs over the line.

import { describe, expect, test } from "bun:test";
import {
  age,
  counted,
  cutEnd,
  cutStart,
  nearest,
  printable,
  printableLines,
  quotedLines,
  table,
} from "../../src/core/text.ts";
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

test("quotedLines marks each line, breaks those that are too long between words, and escapes the rest", () => {
  expect(quotedLines("one two three\r\n\tx\x1b[2J\n\n", 8)).toEqual([
    ...["  > one two", "  > three", "  >     x\\u{", "  > 1b}[2J"],
  ]);
  expect(quotedLines("one two three", Number.POSITIVE_INFINITY)).toEqual(["  > one two three"]);
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
    expect(
      table([
        ["漢字", "x"],
        ["abcd", "y"],
        ["e\u0301", "z"],
      ]),
    ).toEqual(["漢字  x", "abcd  y", "e\u0301     z"]);
  });

  test("cuts the columns it is told to alone, from the side that tells less", () => {
    const row = ["name", "/home/someone/project", "end"];
    const cut = (keeps: "start" | "end") => table([row], { width: 24, cuts: [{ column: 1, floor: 8, keeps }] });
    expect(cut("end")).toEqual(["name  …eone/project  end"]);
    expect(cut("start")).toEqual(["name  /home/someon…  end"]);
  });

  test("cuts the second column when the first is at its floor, and none further than needed", () => {
    const cuts = [
      { column: 0, floor: 6, keeps: "start" },
      { column: 1, floor: 4, keeps: "end" },
    ] as const;
    const cut = (width: number) => table([["abcdefghij", "0123456789"]], { width, cuts });
    expect(cut(22)).toEqual(["abcdefghij  0123456789"]);
    expect(cut(20)).toEqual(["abcdefg…  0123456789"]);
    expect(cut(15)).toEqual(["abcde…  …456789"]);
    expect(cut(5)).toEqual(["abcde…  …789"]);
  });

  test("makes no column wider than it is for its floor", () => {
    expect(table([["ab", "c".repeat(9)]], { width: 9, cuts: [{ column: 0, floor: 8, keeps: "end" }] })).toEqual([
      `ab  ${"c".repeat(9)}`,
    ]);
  });

  test("cuts nothing where there is no width", () => {
    const cuts = [{ column: 0, floor: 1, keeps: "end" }] as const;
    expect(table([["a".repeat(300), "b"]], { cuts })).toEqual([`${"a".repeat(300)}  b`]);
  });

  test("of no rows is no lines", () => expect(table([], { width: 10 })).toEqual([]));

  test("fits the width whenever the floors do", async () => {
    const rows = gen.list(gen.record({ label: gen.text(5), path: gen.text(60, NASTY) }), 5);
    const cuts = [{ column: 1, floor: 8, keeps: "end" }] as const;
    await forAll("fits", rows, (made) => {
      const lines = table(
        made.map(({ label, path }) => [printable(label), printable(path)]),
        { width: 40, cuts },
      );
      return lines.every((line) => Bun.stringWidth(line) <= 40);
    });
  });
});

describe("a text that is cut", () => {
  test.each([
    ["/home/someone/project", 8, "…project", "/home/s…"],
    ["漢字漢字", 5, "…漢字", "漢字…"],
    ["漢字漢字", 4, "…字", "漢…"],
    ["e\u0301e\u0301e\u0301", 2, "…e\u0301", "e\u0301…"],
    ["👍🏽👍🏽", 3, "…👍🏽", "👍🏽…"],
    ["🇩🇪🇫🇷", 3, "…🇫🇷", "🇩🇪…"],
    ["👍🏽👍🏽", 2, "…", "…"],
    ["각각", 3, "…각", "각…"],
    ["abc", 1, "…", "…"],
    ["abc", 3, "abc", "abc"],
    ["漢字", 4, "漢字", "漢字"],
    ["", 0, "", ""],
  ])("of %j at %d is %j or %j", (text, width, start, end) => {
    expect([cutStart(text, width), cutEnd(text, width)]).toEqual([start, end]);
  });

  test("never is wider than asked", async () => {
    const made = gen.record({ text: gen.text(30, [...NASTY, "🇩🇪", "👍🏽", "क्षि", "❤\ufe0f"]), width: gen.int(1, 20) });
    await forAll("width", made, ({ text, width }) =>
      [cutStart, cutEnd].every((cut) => Bun.stringWidth(cut(printable(text), width)) <= width),
    );
  });

  test("consists of whole clusters of its text", async () => {
    const clusters = ["a", "漢", "e\u0301", "👍🏽", "🇩🇪", "각", "❤\ufe0f"] as const;
    const made = gen.record({ text: gen.list(gen.pick<string>(...clusters), 12), width: gen.int(1, 20) });
    await forAll("clusters", made, ({ text, width }) => {
      const whole = text.join("");
      const starts = text.map((_, i) => text.slice(0, i).join(""));
      const start = cutEnd(whole, width).replace(/…$/, "");
      const end = cutStart(whole, width).replace(/^…/, "");
      return (
        [whole, ...starts].includes(start) && [whole, ...starts].includes(whole.slice(0, whole.length - end.length))
      );
    });
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
