// The few kinds of field that an input has.

import { describe, expect, test } from "bun:test";
import { flag, orNull, text, v, whole, word } from "../../src/core/shape.ts";

describe("a word", () => {
  test("may be anything but empty", () => {
    expect(v.is(word("d"), " ")).toBe(true);
    expect(v.is(word("d"), "")).toBe(false);
  });

  test("carries its description and the name of its value", () => {
    expect(v.getDescription(word("Where it starts", "ref"))).toBe("Where it starts");
    expect(v.getMetadata(word("d", "ref"))).toMatchObject({ value: "ref" });
  });
});

test("a text may be empty", () => expect(v.is(text("d"), "")).toBe(true));

test.each([
  [1, true],
  [0, false],
  [-1, false],
  [1.5, false],
  [2 ** 53, false],
  [Number.NaN, false],
  [Number.POSITIVE_INFINITY, false],
  ["1", false],
])("a whole number from 1: %p is %p", (value, fits) => expect(v.is(whole("d", 1), value)).toBe(fits));

test("a flag is true or false and nothing like it", () => {
  expect([true, false, 1, "true", undefined].map((value) => v.is(flag("d"), value))).toEqual([
    true,
    true,
    false,
    false,
    false,
  ]);
});

test("what may be absent in an answer is null, never left out", () => {
  const answer = v.strictObject({ branch: orNull(v.string()) });
  expect(v.is(answer, { branch: null })).toBe(true);
  expect(v.is(answer, {})).toBe(false);
});
