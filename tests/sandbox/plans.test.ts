// Prompts and plans: what claude will read, byte for byte, and what people see of it.

import { describe, expect, test } from "bun:test";
import { mkdir, symlink, writeFile } from "node:fs/promises";
import { Failure } from "../../src/core/failure.ts";
import { findPlan, type Prompt, readPrompt } from "../../src/features/plans/plans.ts";
import { makePlace, type Place } from "../support/place.ts";

const PLAN = `# Ship the parser

Read docs/grammar.md first.

## Phase 1: Lexer

### Task 1.1
- [x] tokens
- [ ] errors

## Phase 2: Parser
- [ ] expressions

\`\`\`md
## Phase 3: not a phase
- [ ] not a box
\`\`\`

## Notes
Thanks.
`;

const textOf = ({ bytes }: Prompt): string => new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes);

async function planned(place: Place, text: string | Uint8Array, focusPhase?: number): Promise<Prompt> {
  await writeFile(place.at("plan.md"), text);
  return readPrompt(worldOf(place), { promptFile: "plan.md", focusPhase, top: place.path });
}

function worldOf(place: Place, input?: string) {
  return { cwd: place.path, readInput: () => input };
}

function codeOf(work: () => unknown): Failure {
  try {
    work();
  } catch (thrown) {
    if (thrown instanceof Failure) return thrown;
    throw thrown;
  }
  throw new Error("it did not fail");
}

describe("a typed prompt", () => {
  const TYPED = ' # Plan\r\n- [ ] fix (a) & b; `c` > 3? "it\'s" $HOME \\n 🙂 é\n\n';

  test("goes to claude byte for byte", async () => {
    await using place = await makePlace();
    const prompt = readPrompt(worldOf(place), { prompt: TYPED, top: place.path });
    expect(prompt).toEqual({ bytes: new TextEncoder().encode(TYPED), title: "Plan", source: null });
  });

  test("has a title of one printable line, and not more than 100 characters", async () => {
    await using place = await makePlace();
    const title = (prompt: string) => readPrompt(worldOf(place), { prompt, top: place.path }).title;
    expect(title("\n\n  Do \u001b[31mit\u0007\nnow")).toBe("Do \\u{1b}[31mit\\u{7}");
    expect(title("x".repeat(5000))).toHaveLength(100);
    expect([...title(`a${"\u0301".repeat(5000)}`)].length).toBeLessThanOrEqual(100);
  });

  test.each([
    [{ prompt: "a", promptFile: "b" }, "usage.prompt-twice"],
    [{}, "usage.prompt-missing"],
    [{ prompt: " \n" }, "usage.empty-prompt"],
    [{ prompt: "a\0b" }, "usage.prompt-nul"],
    [{ prompt: "a", focusPhase: 1 }, "usage.focus-phase"],
  ])("%j is refused as %s", async (given, code) => {
    await using place = await makePlace();
    const failure = codeOf(() => readPrompt(worldOf(place), { ...given, top: place.path }));
    expect(failure).toMatchObject({ kind: "usage", code });
  });
});

describe("a file", () => {
  test("without phases or boxes goes as it stands", async () => {
    await using place = await makePlace();
    const text = "Rename `a` to b.\r\n# Title\r\nno line end";
    const prompt = await planned(place, text);
    expect(textOf(prompt)).toBe(text);
    expect(prompt).toMatchObject({ title: "Title", source: "plan.md" });
    expect(prompt.phases).toBeUndefined();
  });

  test("that is a plan goes whole, behind the preamble, with its phases counted", async () => {
    await using place = await makePlace();
    const prompt = await planned(place, PLAN);
    expect(textOf(prompt).endsWith(`\n---\n\n${PLAN}`)).toBe(true);
    expect(textOf(prompt)).toContain("Ask nothing");
    expect(prompt.title).toBe("Ship the parser");
    expect(prompt.phases).toEqual([
      { number: 1, title: "Lexer", done: 1, total: 2 },
      { number: 2, title: "Parser", done: 0, total: 1 },
    ]);
  });

  test("with other line ends and a byte order mark is the same plan, and its line ends stay", async () => {
    await using place = await makePlace();
    const text = PLAN.replaceAll("\n", "\r\n").trimEnd();
    const prompt = await planned(place, `\uFEFF${text}`);
    expect(textOf(prompt).endsWith(`\n---\n\n${text}`)).toBe(true);
    expect(prompt.phases?.map(({ title }) => title)).toEqual(["Lexer", "Parser"]);
  });

  test("of 1 MB is read within a second, whatever it is made of", async () => {
    await using place = await makePlace();
    const began = performance.now();
    const line = "## Phase 1: again\n- [ ] box\n";
    const prompt = await planned(place, line.repeat(Math.floor((1024 * 1024) / line.length)));
    expect(prompt.phases?.length).toBe(100);
    expect(performance.now() - began).toBeLessThan(1000);
  });

  test.each([
    `# ${" ".repeat(1_000_000)}x`,
    `# ${"# ".repeat(500_000)}x`,
    "`".repeat(1_000_000),
    "[".repeat(1_000_000),
  ])("that is made to take long takes no time", async (text) => {
    await using place = await makePlace();
    const began = performance.now();
    await planned(place, `${text}\n- [ ] a`);
    expect(performance.now() - began).toBeLessThan(500);
  });

  test("is read from the standard input as well", async () => {
    await using place = await makePlace();
    const prompt = readPrompt(worldOf(place, PLAN), { promptFile: "-", top: place.path });
    expect(prompt).toMatchObject({ title: "Ship the parser", source: "-" });
  });

  test.each([
    ["", "plan.empty"],
    [" \r\n\t", "plan.empty"],
    ["a\0b", "plan.unreadable"],
    [new Uint8Array([0xc3, 0x28]), "plan.unreadable"],
    ["x".repeat(1024 * 1024 + 1), "plan.unreadable"],
  ])("that is of no use is refused", async (text, code) => {
    await using place = await makePlace();
    expect(await planned(place, text).catch((thrown: unknown) => thrown)).toMatchObject({ code });
  });

  test("that is not there, a directory or a pipe is unreadable", async () => {
    await using place = await makePlace();
    Bun.spawnSync(["mkfifo", place.at("pipe")]);
    for (const promptFile of ["absent.md", ".", "pipe"]) {
      const failure = codeOf(() => readPrompt(worldOf(place), { promptFile, top: place.path }));
      expect(failure.code).toBe("plan.unreadable");
    }
    const absent = codeOf(() => readPrompt(worldOf(place), { promptFile: "absent.md", top: place.path }));
    expect(absent.message).toBe("There is no file absent.md.");
  });
});

describe("one phase", () => {
  test("goes with the plan's introduction, and without the others", async () => {
    await using place = await makePlace();
    const prompt = await planned(place, PLAN, 2);
    const text = textOf(prompt);
    expect(text).toContain("Read docs/grammar.md first.");
    expect(text).toContain("Only phase 2 is to be done now");
    expect(text.slice(text.indexOf("## Phase 2"))).toBe(
      PLAN.slice(PLAN.indexOf("## Phase 2"), PLAN.indexOf("## Notes")),
    );
    expect(text).not.toContain("Lexer");
    expect(text).not.toContain("Thanks");
    expect(prompt.title).toBe("Ship the parser: phase 2, Parser");
  });

  test("that the plan does not have is refused with those it has", async () => {
    await using place = await makePlace();
    const failure = await planned(place, PLAN, 3).catch((thrown: unknown) => thrown);
    expect(failure).toMatchObject({ code: "plan.no-phase", hint: "It has 1 (Lexer), 2 (Parser)." });
    const none = await planned(place, "Just do it.", 1).catch((thrown: unknown) => thrown);
    expect(none).toMatchObject({ code: "plan.no-phase", hint: 'A phase is a heading like "## Phase 1: …".' });
  });

  test.each([
    [
      "APM's own",
      "# APM\n\n## Phase 1: Set up – Agent_A\n### Task 1.1 – Do │ Agent_A\n## **Phase 2 – Build**\n- [ ] x\n",
    ],
    ["numbered headings", "Intro\n\n## 1. Set up\ntext\n## 2) Build\n### 2. again\ntext\n"],
    ["underlined headings", "Plan\n====\n\nPhase 1: Set up\n---------------\ntext\n\nPhase 2: Build\n---\ntext\n"],
    [
      "a fence that an other sign does not close",
      "## Phase 1 Set up\n~~~~\n```\n~~~\n## Phase 9 no\n~~~~\n## Phase 2 Build\n",
    ],
    ["a comment", "## Phase 1: Set up\n<!-- as it was:\n## Phase 2: old\n-->\n## Phase 2: Build\n"],
  ])("is found in %s form", async (_form, text) => {
    await using place = await makePlace();
    const prompt = await planned(place, text);
    expect(prompt.phases?.map(({ number }) => number)).toEqual([1, 2]);
    expect(prompt.phases?.map(({ title }) => title).join()).toMatch(/^Set up.*,Build$/);
  });
});

describe("the plan of a checkout", () => {
  test("is PLAN.md before APM's, and offered where no task is given", async () => {
    await using place = await makePlace();
    expect(findPlan(place.path)).toBeUndefined();
    await mkdir(place.at(".apm"));
    await writeFile(place.at(".apm/Implementation_Plan.md"), PLAN);
    expect(findPlan(place.path)).toBe(place.at(".apm/Implementation_Plan.md"));
    await writeFile(place.at("PLAN.md"), PLAN);
    expect(findPlan(place.path)).toBe(place.at("PLAN.md"));
    const failure = codeOf(() => readPrompt(worldOf(place), { top: place.path }));
    expect(failure.hint).toBe(`There is a plan: --prompt-file ${place.at("PLAN.md")}`);
  });

  test("is none that a link leads to outside of it", async () => {
    await using place = await makePlace();
    await mkdir(place.at("checkout"));
    await writeFile(place.at("secret"), "key");
    await symlink(place.at("secret"), place.at("checkout/PLAN.md"));
    expect(findPlan(place.at("checkout"))).toBeUndefined();
  });
});
