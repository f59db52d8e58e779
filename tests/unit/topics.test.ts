// The pages of `help <topic>`: what they say of commands and variables is so.

import { describe, expect, test } from "bun:test";
import { fieldsOf } from "../../src/cli/flags.ts";
import { TOPICS } from "../../src/cli/topics.ts";
import { allOperations, ROOMS } from "../../src/registry.ts";

const operations = await allOperations();
const flags = new Set(["json", "help", "version", "color", "no-color"]);
for (const one of operations) for (const field of fieldsOf(one)) flags.add(field.flag);
/** Its flags are claude-parallel's and claude's, which no operation has. */
const OF_OTHERS = "wrapper";

test("no word that an object has by itself is a topic", () => {
  for (const word of ["toString", "constructor", "__proto__", "hasOwnProperty"]) expect(TOPICS[word]).toBeUndefined();
});

describe.each(Object.entries(TOPICS))("the page %s", (topic, page) => {
  test("names only commands that are there", () => {
    for (const [, word = ""] of page.matchAll(/`parallel-cc ([a-z][a-z-]*)/g)) {
      if (word !== "help") expect(Object.keys(ROOMS)).toContain(word);
    }
  });

  test("names only flags that are there", () => {
    for (const [, flag = ""] of page.matchAll(/`--([a-z][a-z-]*)/g)) {
      if (topic !== OF_OTHERS) expect([...flags]).toContain(flag);
    }
  });

  test("fits a terminal of 120 columns", () => {
    for (const line of page.split("\n")) expect(Bun.stringWidth(line)).toBeLessThanOrEqual(120);
  });
});
