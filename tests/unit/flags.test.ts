// From typed words to an operation's input.

import { describe, expect, test } from "bun:test";
import { fieldsOf, kebab, parseWords, refusal, shapeInput } from "../../src/cli/flags.ts";
import { Failure } from "../../src/core/failure.ts";
import { flag, v, whole, word } from "../../src/core/shape.ts";

const SAMPLE = {
  input: () =>
    v.strictObject({
      branch: v.optional(word("A branch", "branch")),
      paths: v.optional(v.array(v.string())),
      repo: v.optional(word("A path", "path")),
      ttlHours: v.optional(whole("Hours", 0)),
      dryRun: v.optional(flag("Only say it")),
      mode: v.optional(v.picklist(["shared", "exclusive"]), "shared"),
      tasks: v.optional(v.pipe(v.array(v.string()), v.metadata({ value: "task" }))),
      sandboxId: v.optional(word("A sandbox")),
    }),
  cli: { path: ["x"], positionals: ["branch", "paths"], flagNames: { tasks: "task" }, examples: [] },
};

function parsed(...words: string[]): unknown {
  return taken(SAMPLE, words);
}

function taken(operation: Parameters<typeof parseWords>[0], words: readonly string[]): unknown {
  const { input, wrong } = shapeInput(operation, parseWords(operation, words));
  if (wrong.length > 0) throw refusal(wrong.map(({ failure }) => failure));
  return input;
}

function refused(...words: string[]): { code: string; message: string; hint: string | undefined } {
  try {
    parsed(...words);
  } catch (thrown) {
    if (!(thrown instanceof Failure)) throw thrown;
    expect(thrown.kind).toBe("usage");
    return { code: thrown.code, message: thrown.message, hint: thrown.hint };
  }
  throw new Error(`${words.join(" ")} was taken`);
}

test("a list is called after what it holds", () => {
  const input = () =>
    v.strictObject({ branches: v.pipe(v.array(word("A branch", "branch")), v.description("Branches")) });
  expect(fieldsOf({ input, cli: { path: ["x"], examples: [] } })).toMatchObject([{ kind: "array", value: "branch" }]);
});

describe("every kind of flag", () => {
  test.each([
    [["--repo", "/x"], { repo: "/x" }],
    [["--repo=/x"], { repo: "/x" }],
    [["--repo=a=b"], { repo: "a=b" }],
    [["--repo=-x"], { repo: "-x" }],
    [["--repo", "-"], { repo: "-" }],
    [["--repo", "a b\n"], { repo: "a b\n" }],
    [["--ttl-hours", "24"], { ttlHours: 24 }],
    [["--ttl-hours=0"], { ttlHours: 0 }],
    [["--dry-run"], { dryRun: true }],
    [["--mode", "exclusive"], { mode: "exclusive" }],
    [["--task", "A", "--task=B"], { tasks: ["A", "B"] }],
    [["--sandbox-id", "s"], { sandboxId: "s" }],
    [["main"], { branch: "main" }],
    [["main", "a", "b"], { branch: "main", paths: ["a", "b"] }],
    [["a", "--repo", "/x", "b"], { branch: "a", repo: "/x", paths: ["b"] }],
  ])("%j", (words, input) => expect(parsed(...words)).toEqual({ mode: "shared", ...input }));

  test("may be left out", () => expect(parsed()).toEqual({ mode: "shared" }));

  test("takes what came last when one that is no list is repeated", () => {
    expect(parsed("--repo", "a", "--repo", "b")).toMatchObject({ repo: "b" });
  });
});

describe("behind --", () => {
  test("every word is bare", () => {
    expect(parsed("--", "--repo", "-x")).toEqual({ mode: "shared", branch: "--repo", paths: ["-x"] });
  });

  test("--json is no flag", () => {
    expect(parseWords(SAMPLE, ["--", "--json"])).toMatchObject({
      common: { json: false },
      input: { branch: "--json" },
    });
  });
});

describe("flags that every command has", () => {
  test.each([
    [[], { json: false, help: false, colour: undefined }],
    [["--json"], { json: true, help: false, colour: undefined }],
    [["--help"], { json: false, help: true, colour: undefined }],
    [["-h"], { json: false, help: true, colour: undefined }],
    [["--color"], { json: false, help: false, colour: true }],
    [["--no-color"], { json: false, help: false, colour: false }],
    [["--color", "--no-color"], { json: false, help: false, colour: false }],
  ])("%j", (words, common) => expect(parseWords(SAMPLE, words)).toEqual({ input: {}, common, wrong: [] }));
});

describe("refused", () => {
  test.each([
    [["--rpeo", "x"], "usage.unknown-flag", "Unknown flag --rpeo.", "Did you mean --repo?"],
    [["--tasks", "x"], "usage.unknown-flag", "Unknown flag --tasks.", "Did you mean --task?"],
    [["--jsno"], "usage.unknown-flag", "Unknown flag --jsno.", "Did you mean --json?"],
    [["--ttlHours", "1"], "usage.unknown-flag", "Unknown flag --ttlHours.", "Did you mean --ttl-hours?"],
    [["--quux"], "usage.unknown-flag", "Unknown flag --quux.", "See --help for the flags of this command."],
    [["-x"], "usage.unknown-flag", "Unknown flag -x.", "See --help for the flags of this command."],
    [["--__proto__"], "usage.unknown-flag", "Unknown flag --__proto__.", "See --help for the flags of this command."],
    [["--toString=1"], "usage.unknown-flag", "Unknown flag --toString.", "See --help for the flags of this command."],
    [["--\x1b[2J"], "usage.unknown-flag", "Unknown flag --\\u{1b}[2J.", "See --help for the flags of this command."],
    [["--repo"], "usage.flag-value", "--repo needs a value: --repo <path>.", undefined],
    [["--repo", "--dry-run"], "usage.flag-value", "--repo needs a value: --repo <path>.", undefined],
    [["--ttl-hours", "-1"], "usage.flag-value", "--ttl-hours needs a value: --ttl-hours <n>.", undefined],
    [["--task"], "usage.flag-value", "--task needs a value: --task <task>.", undefined],
    [["--dry-run=yes"], "usage.flag-value", "--dry-run takes no value.", undefined],
    [["--json=1"], "usage.flag-value", "--json takes no value.", undefined],
    [["--repo="], "usage.bad-value", 'Bad value for --repo: "" (expected a text that is not empty).', undefined],
    [
      ["--mode", "soft"],
      "usage.bad-value",
      'Bad value for --mode: "soft" (expected one of shared, exclusive).',
      undefined,
    ],
    [[""], "usage.bad-value", 'Bad value for <branch>: "" (expected a text that is not empty).', undefined],
  ])("%j", (words, code, message, hint) => expect(refused(...words)).toEqual({ code, message, hint }));

  test.each(["abc", "", "1e3", "0x10", "1.5", " 1", "1 ", "+1", "Infinity", "NaN", "99999999999999999999", "١"])(
    "%j as a number",
    (value) => {
      const { code, message } = refused(`--ttl-hours=${value}`);
      expect(code).toBe("usage.bad-value");
      expect(message).toBe(`Bad value for --ttl-hours: "${value}" (expected a whole number from 0).`);
    },
  );

  test("-1 as a number from 0", () => expect(refused("--ttl-hours=-1").code).toBe("usage.bad-value"));

  test("a word too many, escaped", () => {
    const one = { ...SAMPLE, cli: { ...SAMPLE.cli, positionals: ["branch"] } };
    expect(() => taken(one, ["a", "b\x1b"])).toThrow('Unexpected argument "b\\u{1b}".');
  });

  test("several at once, in one failure that names each", () => {
    const words = ["--mode", "soft", "--ttl-hours", "abc", "--repo=", "--rpeo", "x"];
    const { code, message } = refused(...words);
    expect(code).toBe("usage.several");
    expect(message.split("\n")).toEqual([
      "4 things are wrong with this call:",
      '- Bad value for --ttl-hours: "abc" (expected a whole number from 0).',
      "- Unknown flag --rpeo. Did you mean --repo?",
      '- Bad value for --repo: "" (expected a text that is not empty).',
      '- Bad value for --mode: "soft" (expected one of shared, exclusive).',
    ]);
    expect(shapeInput(SAMPLE, parseWords(SAMPLE, words)).input).toEqual({ mode: "shared" });
  });

  test("words that are meant for a flag, with a command to copy that repeats no list", () => {
    const meant = (words: readonly string[]) => ({ flag: "repo", value: words.join(" ") });
    const one = { ...SAMPLE, cli: { ...SAMPLE.cli, path: ["a", "b"], positionals: [], meant } };
    const hintOf = (...words: string[]) => {
      const [wrong] = parseWords(one, words).wrong;
      return wrong?.failure.hint;
    };
    expect(hintOf("it's", "--dry-run", "here", "--repo", "x")).toBe(
      "Did you mean: parallel-cc a b --repo 'it'\\''s here' --dry-run",
    );
    expect(hintOf("here", "--task", "NAME=secret")).toBe("Did you mean --repo here?");
  });

  test("a word missing", () => {
    const needed = {
      input: () => v.strictObject({ fromBranch: word("A branch", "branch") }),
      cli: { path: ["x"], positionals: ["fromBranch"], examples: [] },
    };
    expect(() => taken(needed, [])).toThrow("<from-branch> is missing (expected a text that is not empty).");
  });

  test("a bad number among the bare words, by the name that help shows", () => {
    const numbered = {
      input: () => v.strictObject({ markerSize: v.optional(whole("Size", 1)) }),
      cli: { path: ["x"], positionals: ["markerSize"], examples: [] },
    };
    expect(parseWords(numbered, ["7"]).input).toEqual({ markerSize: 7 });
    expect(() => taken(numbered, ["x"])).toThrow('Bad value for <marker-size>: "x"');
  });

  test("an input with a key that the operation does not have", () => {
    expect(shapeInput(SAMPLE, { input: { other: 1 }, wrong: [] }).wrong).toMatchObject([
      { failure: { code: "usage.bad-input" } },
    ]);
  });
});

describe("fields", () => {
  test("are told by the schema alone, in its order", () => {
    expect(fieldsOf(SAMPLE).map(({ key, flag, kind, value }) => [key, flag, kind, value])).toEqual([
      ["branch", "branch", "string", "branch"],
      ["paths", "paths", "array", "value"],
      ["repo", "repo", "string", "path"],
      ["ttlHours", "ttl-hours", "number", "n"],
      ["dryRun", "dry-run", "boolean", "value"],
      ["mode", "mode", "picklist", "shared|exclusive"],
      ["tasks", "task", "array", "task"],
      ["sandboxId", "sandbox-id", "string", "text"],
    ]);
  });

  test("say what may be left out, and what is taken then", () => {
    const [field] = fieldsOf({ input: () => v.strictObject({ a: v.optional(whole("A", 1), 7) }), cli: SAMPLE.cli });
    expect(field).toMatchObject({ isOptional: true, fallback: 7 });
  });

  test("of a richer kind cannot be", () => {
    const rich = { input: () => v.strictObject({ a: v.object({ b: v.string() }) }), cli: SAMPLE.cli };
    expect(() => fieldsOf(rich)).toThrow();
  });
});

test.each([
  ["noWorktree", "no-worktree"],
  ["pid", "pid"],
  ["aBC", "a-b-c"],
])("%s is typed --%s", (key, typed) => expect(kebab(key)).toBe(typed));
