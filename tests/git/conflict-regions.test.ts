// The lines of a conflict are those between git's own markers, on either side, case by case.

import { describe, expect, test } from "bun:test";
import { linesText } from "../../src/features/conflicts/file-text.ts";
import { type Range, regionsOf } from "../../src/git/conflict-regions.ts";
import { makePlace } from "../support/place.ts";
import { makeRandom } from "../support/random.ts";

type Edit = (lines: string[]) => void;

const set =
  (changed: Readonly<Record<number, string>>): Edit =>
  (lines) => {
    for (const [line, text] of Object.entries(changed)) lines[Number(line) - 1] = text;
  };
const add =
  (after: number, text: string): Edit =>
  (lines) =>
    void lines.splice(after, 0, text);
const drop =
  (line: number, count: number): Edit =>
  (lines) =>
    void lines.splice(line - 1, count);

/** Of twelve lines, and where each side conflicts: a line, lines, or after which line. */
const CASES: Readonly<Record<string, { ours: Edit; theirs: Edit; told: readonly string[] }>> = {
  "one line on both sides": { ours: set({ 5: "a" }), theirs: set({ 5: "b" }), told: ["line 5", "line 5"] },
  "the first line": { ours: set({ 1: "a" }), theirs: set({ 1: "b" }), told: ["line 1", "line 1"] },
  "the last line": { ours: set({ 12: "a" }), theirs: set({ 12: "b" }), told: ["line 12", "line 12"] },
  "lines side by side, which git takes together": {
    ours: set({ 5: "a" }),
    theirs: set({ 6: "b" }),
    told: ["lines 5-6", "lines 5-6"],
  },
  "a line and two lines, of which git shows both sides": {
    ours: set({ 5: "a" }),
    theirs: set({ 5: "b", 6: "c" }),
    told: ["lines 5-6", "lines 5-6"],
  },
  "what both changed alike beside it": {
    ours: set({ 5: "same", 6: "a" }),
    theirs: set({ 5: "same", 6: "b" }),
    told: ["line 6", "line 6"],
  },
  "a line that has become two": { ours: set({ 5: "a\nb" }), theirs: set({ 5: "c" }), told: ["lines 5-6", "line 5"] },
  "a line behind a changed one": { ours: set({ 5: "a" }), theirs: add(5, "b"), told: ["line 5", "lines 5-6"] },
  "a line before a changed one": { ours: set({ 5: "a" }), theirs: add(4, "b"), told: ["line 5", "lines 5-6"] },
  "new lines at one place": { ours: add(5, "a"), theirs: add(5, "b"), told: ["line 6", "line 6"] },
  "new lines at the end": { ours: add(12, "a"), theirs: add(12, "b"), told: ["line 13", "line 13"] },
  "a deleted line": { ours: drop(5, 1), theirs: set({ 5: "b" }), told: ["after line 4", "line 5"] },
  "two deleted lines": { ours: drop(5, 2), theirs: set({ 5: "b" }), told: ["after line 4", "lines 5-6"] },
  "a deleted first line": { ours: drop(1, 1), theirs: set({ 1: "b" }), told: ["before line 1", "line 1"] },
};

function textOf(edit: Edit): string {
  const lines = Array.from({ length: 12 }, (_, at) => `line ${at + 1}`);
  edit(lines);
  return `${lines.join("\n")}\n`;
}

type Texts = Record<"base" | "ours" | "theirs", string>;

/** What git leaves, and what stands on either side of its markers. */
async function merged(texts: Texts) {
  await using place = await makePlace();
  for (const [name, text] of Object.entries(texts)) await Bun.write(place.at(name), text);
  const words = ["merge-file", "-p", "--quiet", "ours", "base", "theirs"];
  const text = await Bun.spawn(["git", ...words], { cwd: place.at("."), env: place.env() }).stdout.text();
  const found = [...text.matchAll(/^<{7} ours\n([\s\S]*?)^={7}\n([\s\S]*?)^>{7} theirs$/gm)];
  return { text, sides: found.map(([, ours = "", theirs = ""]) => ({ ours, theirs })) };
}

function cut(text: string, { from, to }: Range): string {
  return text
    .split(/(?<=\n)/)
    .slice(from - 1, to)
    .join("");
}

describe("the lines of a conflict are those between git's markers", () => {
  for (const [name, { ours, theirs, told }] of Object.entries(CASES)) {
    test(name, async () => {
      const texts = { base: textOf(() => undefined), ours: textOf(ours), theirs: textOf(theirs) };
      const { text, sides } = await merged(texts);
      const regions = regionsOf({ ...texts, merged: text }) ?? [];
      expect(regions.map((one) => [linesText(one.ours), linesText(one.theirs)])).toEqual([[...told]]);
      const found = regions.map((one) => ({ ours: cut(texts.ours, one.ours), theirs: cut(texts.theirs, one.theirs) }));
      expect(found).toEqual(sides);
    });
  }

  test("whatever is changed, also in texts that repeat their lines", async () => {
    const random = makeRandom(7);
    let conflicts = 0;
    for (let round = 0; round < 60; round++) {
      const words = round % 2 === 0 ? ["a", "b", "c"] : Array.from({ length: 90 }, (_, at) => `word ${at}`);
      const line = () => `${words[random.int(0, words.length - 1)]}\n`;
      const base = Array.from({ length: 14 }, line);
      const side = () => base.map((one) => (random.int(0, 4) > 0 ? one : random.bool() ? line() : "")).join("");
      const texts = { base: base.join(""), ours: side(), theirs: side() };
      const { text, sides } = await merged(texts);
      const regions = regionsOf({ ...texts, merged: text }) ?? [];
      const found = regions.map((one) => ({ ours: cut(texts.ours, one.ours), theirs: cut(texts.theirs, one.theirs) }));
      expect({ round, found }).toEqual({ round, found: sides });
      conflicts += sides.length;
    }
    expect(conflicts).toBeGreaterThan(30);
  });
});
