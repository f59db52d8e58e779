// The registry is whole: every word leads to an operation that answers to it, and every operation is one that all doors
// can serve. What each answers when it runs is in tests/git/answers.test.ts.

import { describe, expect, test } from "bun:test";
import { fieldsOf } from "../../src/cli/flags.ts";
import { v } from "../../src/core/shape.ts";
import { allOperations, ROOMS } from "../../src/registry.ts";

const operations = await allOperations();
const named = operations.map((one) => [one.name, one] as const);
/** First words of an operation's command lines. */
const wordsOf = (one: (typeof operations)[number]) => [one.cli.path, ...(one.cli.aliases ?? [])].map(([word]) => word);

const SCHEMA = v.looseObject({
  type: v.string(),
  entries: v.optional(v.record(v.string(), v.unknown())),
  item: v.optional(v.unknown()),
  /** Of a union schemas, of a picklist words. */
  options: v.optional(v.array(v.unknown())),
  wrapped: v.optional(v.unknown()),
});

/** A schema and all that stand in it, by where they stand. */
function* schemasIn(schema: unknown, at = "."): Generator<[string, v.InferOutput<typeof SCHEMA>]> {
  const found = v.parse(SCHEMA, schema);
  yield [at, found];
  for (const [key, entry] of Object.entries(found.entries ?? {})) yield* schemasIn(entry, `${at}${key}.`);
  for (const one of found.type === "union" ? (found.options ?? []) : []) yield* schemasIn(one, at);
  for (const inner of [found.item, found.wrapped]) if (inner !== undefined) yield* schemasIn(inner, at);
}

describe("words", () => {
  test.each(Object.entries(ROOMS))("%s leads to a room with an operation that answers to it", async (word, load) => {
    const room = await load();
    expect(room.operations.flatMap(wordsOf)).toContain(word);
  });

  test.each(named)("%s is reached by every first word it has", async (name, one) => {
    for (const word of wordsOf(one)) {
      const room = await ROOMS[word ?? ""]?.();
      expect(room?.operations.map((other) => other.name)).toContain(name);
    }
  });

  test("are each an operation's alone", () => {
    const lines = operations.flatMap((one) => [one.cli.path, ...(one.cli.aliases ?? [])].map((path) => path.join(" ")));
    expect(lines.toSorted()).toEqual([...new Set(lines)].toSorted());
  });

  test("that every object has are no commands", () => {
    for (const word of ["toString", "constructor", "__proto__"]) expect(ROOMS[word]).toBeUndefined();
  });
});

test("no two operations have one name", () => {
  expect(named.map(([name]) => name).toSorted()).toEqual([...new Set(named.map(([name]) => name))].toSorted());
});

describe.each(named)("%s", (name, one) => {
  test("is called after its room and what it does", () => expect(name).toMatch(/^[a-z]+\.[a-z]+(-[a-z]+)*$/));

  test("is summed up in a line without a full stop", () => {
    expect(one.summary).toMatch(/^[A-Z].{5,70}[^.]$/);
  });

  test("takes only fields that can be flags", () => {
    for (const field of fieldsOf(one)) expect(field.flag).toMatch(/^[a-z]+(-[a-z]+)*$/);
    for (const [at, { type, item }] of schemasIn(one.input())) {
      if (at === ".") expect(type).toBe("strict_object");
      else expect(["optional", "string", "number", "boolean", "picklist", "array"]).toContain(type);
      if (type === "array") expect(v.parse(SCHEMA, item).type).toBe("string");
    }
  });

  test("has no flag twice, and none of those that every command has", () => {
    const flags = fieldsOf(one).flatMap(({ flag, isPositional }) => (isPositional ? [] : [flag]));
    expect([...flags, "json", "help", "color", "no-color"]).toBeArrayOfSize(new Set(flags).size + 4);
    for (const common of ["json", "help", "color", "no-color"]) expect(flags).not.toContain(common);
  });

  test("takes bare words only into fields that it has, a list last", () => {
    const keys = one.cli.positionals ?? [];
    const kinds = keys.map((key) => fieldsOf(one).find((field) => field.key === key)?.kind);
    expect(kinds).not.toContain(undefined);
    expect(kinds.slice(0, -1)).not.toContain("array");
  });

  test("describes each field with a text for people", () => {
    for (const { description } of fieldsOf(one)) expect(description).toMatch(/^[A-Z].*[^.]$/);
  });

  test("answers with one object, and no object in it may hold more than is promised", () => {
    const objects = [...schemasIn(one.output())].filter(([, { entries }]) => entries !== undefined);
    expect(objects[0]?.[0]).toBe(".");
    for (const [, { type }] of objects) expect(type).toBe("strict_object");
  });

  test("answers only with what JSON can carry", () => {
    const kinds = [
      "strict_object",
      "array",
      "nullable",
      "optional",
      "string",
      "number",
      "boolean",
      "picklist",
      "union",
      "null",
    ];
    for (const [, { type }] of schemasIn(one.output())) expect(kinds).toContain(type);
  });
});
