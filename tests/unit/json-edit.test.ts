// Entries of ours in JSON files of others, by example: where they get, what they look like, and what is left of them.

import { describe, expect, test } from "bun:test";
import { v } from "../../src/core/shape.ts";
import { settle } from "../../src/files/json-edit.ts";
import { NOTE } from "../../src/files/json-note.ts";
import type { Addition } from "../../src/files/json-put.ts";
import { FILE, HOOKS, hookOf, OURS, SERVER, SERVER_ENTRY, uninstall } from "../props/json-edit-entries.ts";

/** A short entry: what is seen is where it gets. */
const RULE: Addition = { at: ["permissions", "allow"], append: "ours" };
const RULES = { at: ["permissions", "allow", "*"], is: (value: unknown) => value === "ours" };

const put = (text: string | undefined, wanted: Addition[] = [RULE]) =>
  settle(text, { file: FILE, ours: [RULES, ...OURS], wanted, note: undefined });
const take = (text: string | undefined, note = put(undefined, []).note) =>
  settle(text, { file: FILE, ours: [RULES, ...OURS], wanted: [], note });

describe("an entry gets behind the others", () => {
  test.each([
    [
      "in the lines of its neighbours",
      '{\n\t"permissions": {\n\t\t"allow": [\n\t\t\t"a"\n\t\t]\n\t}\n}',
      '"a",\n\t\t\t"ours"\n\t\t]',
    ],
    [
      "with the file's line ends",
      '{\r\n  "a": 1\r\n}\r\n',
      '"a": 1,\r\n  "permissions": {\r\n    "allow": [\r\n      "ours"\r\n    ]\r\n  }\r\n}\r\n',
    ],
    ["on the one line there is", '{ "permissions": { "allow": ["a", "b"] } }', '["a", "b", "ours"]'],
    ["without spaces where there are none", '{"permissions":{"allow":["a"]},"b":1}', '{"allow":["a","ours"]},"b":1}'],
    ["and keeps the comma at the end", '{"permissions": {"allow": ["a",]}}', '["a", "ours",]'],
    ["behind the comment of the last one", '{\n  "a": 1 // one\n}', '"a": 1, // one\n  "permissions": {'],
    ["before comments on lines of their own", '{\n  "a": 1\n  // "b": 2\n}', '  }\n  // "b": 2\n}'],
    [
      "on a line of its own behind a comment that ends one",
      '{"permissions": {"allow": ["a" // one\n]}}',
      '["a", // one\n"ours"\n]',
    ],
    [
      "in an empty array, on lines",
      '{\n  "permissions": {\n    "allow": []\n  }\n}',
      '"allow": [\n      "ours"\n    ]\n',
    ],
    [
      "in an empty array that is open already",
      '{\n  "permissions": {"allow": [\n  ]}\n}',
      '"allow": [\n    "ours"\n  ]}',
    ],
    [
      "under a name written with escapes",
      '{"permi\\u0073sions": {"allow": ["a"]}}',
      '{"permi\\u0073sions": {"allow": ["a", "ours"]}}',
    ],
    [
      "under the last of two names, which counts",
      '{"permissions": {"allow": []}, "permissions": {"allow": ["b"]}}',
      '["b", "ours"]',
    ],
    [
      "behind a mark of byte order",
      '\uFEFF{"permissions":{"allow":["a"]}}',
      '\uFEFF{"permissions":{"allow":["a","ours"]}}',
    ],
    [
      "beside a name that objects have of themselves",
      '{"__proto__": {"permissions": 1}}',
      '"permissions": { "allow": [ "ours" ] }',
    ],
  ])("%s", (_what, text, part) => {
    const { text: installed = "", note } = put(text);
    expect(installed).toContain(part);
    expect(take(installed, note)).toMatchObject({ text, note: undefined });
  });

  test("with two spaces where nothing tells how the file is indented", () => {
    expect(put("{}").text).toBe('{\n  "permissions": {\n    "allow": [\n      "ours"\n    ]\n  }\n}');
  });

  test("with indentation of any depth", () => {
    const { text } = put(`{\n${" ".repeat(12)}"a": 1\n}`);
    expect(text).toContain(`\n${" ".repeat(24)}"allow": [\n${" ".repeat(36)}"ours"`);
  });
});

describe("a file with nothing in it", () => {
  test.each([undefined, "", "\n", " \t\r\n\r\n", "\uFEFF", "// mine\n", "/* mine */", "\n// mine"])(
    "%j becomes an object, and what it was",
    (text) => {
      const { text: installed, note } = put(text);
      expect(installed).toContain('"permissions": {');
      expect(put(installed)).toMatchObject({ text: installed });
      expect(take(installed, note)).toMatchObject({ text, note: undefined });
    },
  );

  test("stays when others have put something in", () => {
    const { text, note } = put(undefined);
    const shared = text?.replace("{\n", '{\n  "theirs": 1,\n');
    expect(take(shared, note)).toMatchObject({ text: '{\n  "theirs": 1\n}\n' });
  });
});

describe("what was empty before", () => {
  const both = '{\n  "permissions": {\n    "allow": [\n      "ours"\n    ]\n  }\n}';

  test.each([
    "{}",
    "{\n}",
    '{\n  "permissions": {}\n}',
    '{\n  "permissions": {\n  }\n}',
    '{\n  "permissions": {\n    "allow": []\n  }\n}',
    '{\n  "permissions": {\n    "allow": [\n    ]\n  }\n}',
  ])("%j stays so, though with ours in it all look the same", (text) => {
    const { text: installed, note } = put(text);
    expect(installed).toBe(both);
    expect(take(installed, note)).toMatchObject({ text, note: undefined });
  });

  test("goes where nobody noted it, but not what is not empty, and not the root", () => {
    expect(take(both).text).toBe("{}");
    expect(take('{\n  "permissions": {\n    "allow": ["ours"],\n    "deny": []\n  }\n}').text).toBe(
      '{\n  "permissions": {\n    "deny": []\n  }\n}',
    );
  });

  test("goes though others have taken our entry out of it, when we made it", () => {
    const { note } = put('{"a": 1}');
    expect(take('{"a": 1, "permissions": {"allow": []}}', note)).toMatchObject({ text: '{"a": 1}', note: undefined });
  });

  test("stays when it would bring back a value under the same name", () => {
    const text = '{"permissions": {"allow": ["old"]}, "permissions": {"allow": ["ours"]}}';
    expect(take(text).text).toBe('{"permissions": {"allow": ["old"]}, "permissions": {}}');
  });

  test("is noted as data that can be kept", () => {
    const { note } = put('{"permissions": {}}');
    expect(v.parse(NOTE, JSON.parse(JSON.stringify(note)))).toEqual({
      made: [["permissions", "allow"]],
      filled: [{ at: ["permissions"], after: "" }],
    });
  });
});

describe("with others' edits in between", () => {
  test.each([
    ["before ours", '{"permissions": {"allow": ["a", "new", "ours"]}}', '["a", "new"]'],
    ["behind ours", '{"permissions": {"allow": ["a", "ours", "new"]}}', '["a", "new"]'],
    ["alone behind ours", '{"permissions": {"allow": ["ours",  "new"]}}', '["new"]'],
    ["on both sides", '{"permissions": {"allow": ["ours", "new", "ours"]}}', '["new"]'],
    ["a comment on our line", '{"permissions": {"allow": ["a",\n"ours", // theirs\n"b"]}}', '["a", // theirs\n"b"]'],
    ["a comment before our comma", '{"permissions": {"allow": ["a", "ours" /* x */, "b"]}}', '["a", /* x */ "b"]'],
    [
      "a comment above ours, with the next on the same line",
      '{"permissions": {"allow": ["a", // x\n"ours", "b"]}}',
      '["a", // x\n "b"]',
    ],
    ["a comment in what we made", '{"permissions": {"allow": [\n// theirs\n"ours"\n]}}', "[\n// theirs\n]"],
    ["a comma at the end", '{"permissions": {"allow": ["a", "ours",]}}', '["a",]'],
  ])("%s, theirs stays to the byte", (_what, text, part) => {
    expect(take(text).text).toBe(`{"permissions": {"allow": ${part}}}`);
  });

  test("a hook of theirs in our group keeps the group", () => {
    const ours = '{"type": "command", "command": "parallel-cc hook Stop"}';
    const group = (hooks: string) => `{"hooks": {"Stop": [{"matcher": "*", "hooks": [${hooks}]}]}}`;
    const theirs = '{"type": "command", "command": "mine.sh"}';
    expect(uninstall(group(`${ours}, ${theirs}`)).text).toBe(group(theirs));
    expect(uninstall(group(`${theirs}, ${ours}`)).text).toBe(group(theirs));
    const settled = settle(group(ours), { file: FILE, ours: OURS, wanted: [hookOf("Stop", "*")], note: undefined });
    expect(settled.text).toBe(group(ours));
  });

  test("our hook in a group of theirs goes, and the group stays with what else it says", () => {
    const group = '{"hooks": {"Stop": [{"note": 1, "hooks": [{"command": "parallel-cc hook Stop"}]}]}}';
    expect(uninstall(group).text).toBe('{"hooks": {"Stop": [{"note": 1, "hooks": []}]}}');
  });

  test("hooks that only look like ours stay", () => {
    const text = '{"hooks": {"Stop": [{"hooks": [{"command": "/src/parallel-cc/mine.sh"}]}]}}';
    expect(uninstall(text)).toMatchObject({ text, found: 0 });
  });
});

describe("what is there", () => {
  test("is left alone, also when its user has added to it", () => {
    const text =
      '{"mcpServers": {"parallel-cc": {"command": "parallel-cc", "args": ["mcp", "serve"], "alwaysLoad": true, "env": {}}}}';
    expect(settle(text, { file: FILE, ours: [SERVER], wanted: [SERVER_ENTRY], note: undefined })).toMatchObject({
      text,
      found: 1,
    });
  });

  test("is replaced when it is of an earlier release, and goes without a trace", () => {
    const earlier =
      '{\n  "hooks": {\n    "PostToolUse": [\n      {\n        "matcher": "*",\n        "hooks": [\n          {"command": "old.sh"}\n        ]\n      }\n    ]\n  }\n}\n';
    const ours = [HOOKS, { ...HOOKS, is: (value: unknown) => JSON.stringify(value) === '{"command":"old.sh"}' }];
    const { text, note, found } = settle(earlier, { file: FILE, ours, wanted: [hookOf("Stop")], note: undefined });
    expect(found).toBe(1);
    expect(text).not.toContain("PostToolUse");
    expect(settle(text, { file: FILE, ours, wanted: [], note })).toMatchObject({ text: "{}\n", note: undefined });
  });

  test("under our name and is not ours is not overwritten, but named", () => {
    const text = '{"mcpServers": {"parallel-cc": {"command": "/my/own"}}}';
    const settled = settle(text, { file: FILE, ours: [SERVER], wanted: [SERVER_ENTRY], note: undefined });
    expect(settled).toMatchObject({ text, occupied: [["mcpServers", "parallel-cc"]] });
  });

  test("twice is once afterwards", () => {
    const text = '{"permissions": {"allow": ["ours", "a", "ours"]}}';
    expect(put(text).text).toBe('{"permissions": {"allow": ["a", "ours"]}}');
  });
});

describe("what cannot be used is refused, with its place", () => {
  test.each([
    ['{\n  "a" 1\n}', "2:7", "a colon is expected"],
    ['{"a": 1', "1:8", "a comma or } is expected"],
    ["[1 2]", "1:4", "a comma or ] is expected"],
    ["{\r\n  a: 1}", "2:3", "a name in double quotes or } is expected"],
    ['{"a": ]}', "1:7", "a value is expected"],
    ['{"a": nul}', "1:7", "a value is expected"],
    ["{} {}", "1:4", "nothing more is expected"],
    ['{"a": "b\n"}', "1:7", "a text is broken"],
    ["{} /* open", "1:4", "it cannot be read"],
    ["\uFEFF{,}", "1:2", "a name in double quotes or } is expected"],
    ["{\r,}", "2:1", "a name in double quotes or } is expected"],
  ])("%j", (text, place, what) => {
    const refused = expect.objectContaining({
      code: "json.broken",
      message: `${FILE}:${place} cannot be used: ${what}.`,
    });
    expect(() => put(text)).toThrow(refused);
    expect(() => take(text)).toThrow(refused);
  });

  test.each([
    ["[]", "1:1", "it should be an object, and is array"],
    ['"x"', "1:1", "it should be an object, and is string"],
    ['{"permissions": []}', "1:17", '"permissions" should be an object, and is array'],
    ['{"permissions": null}', "1:17", '"permissions" should be an object, and is null'],
    ['{"permissions": {\n"allow": {}}}', "2:10", '"allow" in "permissions" should be an array, and is object'],
  ])("%j for entries, and left alone when there are none to take out", (text, place, what) => {
    const message = `${FILE}:${place} cannot be used: ${what}.`;
    expect(() => put(text)).toThrow(expect.objectContaining({ code: "json.shape", message }));
    expect(take(text)).toMatchObject({ text });
  });
});

describe("size", () => {
  test("a million brackets in each other are no crash", () => {
    const deep = `{"permissions": {"allow": ${"[".repeat(500_000)}${"]".repeat(500_000)}}}`;
    const { text, note } = put(deep);
    expect(take(text, note).text === deep).toBe(true);
  });

  test("five megabytes take seconds at most", () => {
    const projects = Array.from({ length: 40_000 }, (_, i) => [
      `/home/u/${i}`,
      { history: [{ display: "x".repeat(80) }] },
    ]);
    const large = JSON.stringify({ projects: Object.fromEntries(projects) }, null, 2);
    expect(large.length).toBeGreaterThan(5_000_000);
    const start = performance.now();
    const { text, note } = put(large);
    expect(take(text, note).text === large).toBe(true);
    expect(performance.now() - start).toBeLessThan(10_000);
  });
});
