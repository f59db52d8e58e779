// The pages of `help <topic>`: what they say of commands and variables is so.

import { describe, expect, test } from "bun:test";
import { fieldsOf } from "../../src/cli/flags.ts";
import { TOPICS } from "../../src/cli/topics.ts";
import { allOperations, ROOMS } from "../../src/registry.ts";

const operations = await allOperations();
const flags = new Set(["json", "help", "version", "color", "no-color"]);
for (const one of operations) for (const field of fieldsOf(one)) flags.add(field.flag);
/** claude-parallel's own and claude's flags, which no operation has. */
const OTHERS = new Set(["uncoordinated", "worktree", "resume"]);

test("no word that an object has by itself is a topic", () => {
  for (const word of ["toString", "constructor", "__proto__", "hasOwnProperty"]) expect(TOPICS[word]).toBeUndefined();
});

describe.each(Object.entries(TOPICS))("the page %s", (_topic, page) => {
  test("names only commands that are there", () => {
    for (const [, word = ""] of page.matchAll(/\bparallel-cc ([a-z][a-z-]*)/g)) {
      if (word !== "help") expect(Object.keys(ROOMS)).toContain(word);
    }
  });

  test("names only flags that are there", () => {
    for (const [, flag = ""] of page.matchAll(/`--([a-z][a-z-]*)/g)) {
      if (!OTHERS.has(flag)) expect([...flags]).toContain(flag);
    }
  });

  test("fits a terminal of 120 columns", () => {
    for (const line of page.split("\n")) expect(Bun.stringWidth(line)).toBeLessThanOrEqual(120);
  });
});
