// Help on every level, from the operations themselves.

import { describe, expect, test } from "bun:test";
import { fieldsOf } from "../../src/cli/flags.ts";
import { helpFor, helpText, pageOr } from "../../src/cli/help.ts";
import { TOPICS } from "../../src/cli/topics.ts";
import { operation } from "../../src/core/operation.ts";
import { v, word } from "../../src/core/shape.ts";
import { allOperations } from "../../src/registry.ts";
import type { World } from "../../src/world.ts";
import { makePlace } from "../support/place.ts";
import { testWorld } from "../support/world.ts";

const operations = await allOperations();

async function help(...words: string[]): Promise<string> {
  return Bun.stripANSI(await helpFor(operations, words, "3.0.0"));
}

describe("help of everything", () => {
  test("names each command with its summary, and none that only parallel-cc itself types", async () => {
    const text = await help();
    for (const { cli, summary } of operations) {
      const line = new RegExp(`\\b${cli.path.join(" ")}\\s+${RegExp.escape(summary)}`);
      if (cli.isOwn === true) expect(text).not.toMatch(line);
      else expect(text).toMatch(line);
    }
  });

  test("names the version and each topic", async () => {
    const text = await help();
    expect(text).toContain("3.0.0");
    for (const topic of Object.keys(TOPICS)) expect(text).toContain(topic);
  });
});

describe.each(operations.map((one) => [one.cli.path.join(" "), one] as const))("help of %s", (words, one) => {
  test("names each of its flags, and what each is for", async () => {
    const text = await help(...one.cli.path);
    for (const field of fieldsOf(one)) {
      expect(text).toMatch(
        field.isPositional ? new RegExp(`\\b${field.flag}\\b`, "i") : new RegExp(`--${field.flag}\\b`),
      );
      expect(field.description).not.toBe("");
      expect(text).toContain(field.description);
    }
    expect(text).toContain("--json");
  });

  test("shows examples that begin with what is typed", async () => {
    const text = await help(...one.cli.path);
    expect(one.cli.examples).not.toBeEmpty();
    for (const example of one.cli.examples) {
      expect(example).toContain(`parallel-cc ${words}`);
      expect(text).toContain(`  ${example}\n`);
    }
  });

  test("is the same for each of its other names, and tells them", async () => {
    const text = await help(...one.cli.path);
    for (const alias of one.cli.aliases ?? []) {
      expect(await help(...alias)).toBe(text);
      expect(text).toContain(`parallel-cc ${alias.join(" ")}`);
    }
  });

  test("ends each line at its last word, and the page in one line end", async () => {
    const text = await help(...one.cli.path);
    expect(text).not.toMatch(/[ \t]\n/);
    expect(text).toMatch(/[^\n]\n$/);
  });
});

describe("topics", () => {
  test.each(Object.entries(TOPICS))("help %s is that page, and names the command's own help", async (topic, page) => {
    expect(page).toStartWith("# ");
    const isCommand = operations.some((one) => one.cli.path[0] === topic);
    const last = isCommand ? `\nHow it is typed: parallel-cc ${topic} --help\n` : "";
    expect(await pageOr(operations, [topic], "3.0.0")).toBe(`${page.trim()}\n${last}`);
    if (isCommand) expect(await help(topic)).not.toContain(page.trim());
  });

  test("help of what is none is that of the command", async () => {
    expect(Bun.stripANSI(await pageOr(operations, ["claims", "claim"], "3.0.0"))).toBe(await help("claims", "claim"));
    expect(Bun.stripANSI(await pageOr(operations, ["register"], "3.0.0"))).toBe(await help("register"));
  });

  test.each([[["sesions"]], [["wrappers"]]])("%j is answered with what may be meant", async (words) => {
    await expect(help(...words)).rejects.toMatchObject({
      kind: "usage",
      code: "usage.unknown-topic",
      hint: expect.stringContaining("Did you mean"),
    });
  });

  test.each([[["quux"]], [["toString"]], [["__proto__"]], [["register", "quux"]], [["sessions", "quux"]], [[""]]])(
    "%j is none",
    async (words) => {
      await expect(help(...words)).rejects.toMatchObject({ kind: "usage", code: "usage.unknown-topic" });
    },
  );
});

describe("a noun with verbs", () => {
  const verb = (name: string) =>
    operation({
      name: `merges.${name}`,
      summary: `To ${name}`,
      input: () => v.strictObject({ branch: word("The branch", "branch"), paths: v.optional(v.array(v.string())) }),
      output: () => v.strictObject({}),
      cli: { path: ["merge", name], positionals: ["branch"], examples: [`parallel-cc merge ${name} x`] },
      run: async (_world: World) => ({}),
      text: () => "",
    });
  const merges = [verb("check"), verb("status")];

  test("lists its verbs", async () => {
    const text = Bun.stripANSI(await helpFor(merges, ["merge"], "3.0.0"));
    expect(text).toMatch(/check\s+To check/);
    expect(text).toMatch(/status\s+To status/);
  });

  test("stands among the commands with each of its verbs", async () => {
    const text = Bun.stripANSI(await helpFor(merges, [], "3.0.0"));
    expect(text.match(/^\s+merge (check|status)\s+To \1$/gm)).toHaveLength(2);
  });

  test("shows a verb's bare words and lists", async () => {
    const text = Bun.stripANSI(await helpFor(merges, ["merge", "check"], "3.0.0"));
    expect(text).toMatch(/BRANCH/);
    expect(text).toContain("--paths=<value>...");
  });
});

describe("colour", () => {
  test("is left out of what is no terminal", async () => {
    await using place = await makePlace();
    await using world = testWorld(place);
    expect(await helpText(world, { words: [] })).toBe(Bun.stripANSI(await helpText(world, { words: [] })));
  });
});
