// How a run of claude looks to people, while it goes on and when it has ended.

import { describe, expect, test } from "bun:test";
import { PLAIN } from "../../src/cli/terminal.ts";
import {
  addLine,
  endingOf,
  liveText,
  makeReadable,
  newView,
  quietSince,
  type RunFacts,
  type View,
} from "../../src/features/claude-runs/claude-runs.ts";
import { durationText } from "../../src/features/claude-runs/look.ts";

const BEGAN = new Date("2030-01-01T12:00:00Z");
const later = (minutes: number) => new Date(BEGAN.getTime() + minutes * 60_000);
const FACTS: RunFacts = {
  ...{
    state: "RUNNING",
    title: "Ship the parser, in native",
    startedAt: BEGAN,
    limitAt: later(60),
    sandboxCost: 0.021,
  },
};
const BUSY: View = {
  ...newView(),
  ...{ login: "in", doing: { tool: "Bash", about: "npm test" }, turns: 3, files: ["/w/src/lexer.ts"], filesTouched: 1 },
  ...{ tokens: { input: 12_345, output: 999, cacheRead: 1_200_000, cacheWritten: 0 }, modelCost: 0.4235 },
  ...{ todo: { done: 3, total: 7 }, lastText: "I look.\nThen I write.", lastAt: later(12).toISOString() },
};

function shown(view: View, facts: Partial<RunFacts> = {}, { columns = 80, minutes = 12 } = {}): string[] {
  return liveText(view, { ...FACTS, ...facts }, { columns, now: later(minutes), paint: PLAIN });
}

describe("on a terminal", () => {
  test("a run shows what it does, how far it is, what it costs and what time is left", () => {
    expect(shown(BUSY)).toEqual([
      "RUNNING Ship the parser, in native",
      "[########................................] 12m 00s, 48m 00s left",
      "Bash npm test",
      "3 turns · 1 file (/w/src/lexer.ts) · 12k tokens in, 999 out, 1.2M cached",
      "3 of 7 tasks done · model $0.42 · sandbox $0.02",
      "> I look.",
    ]);
  });

  test("no line is wider than the terminal, whatever stands in it", () => {
    const wide = "長い道".repeat(100);
    const view = { ...BUSY, doing: { tool: wide, about: wide }, files: [wide], lastText: wide };
    for (const columns of [20, 21, 40, 79, 200]) {
      for (const line of shown(view, { title: wide }, { columns })) {
        expect(Bun.stringWidth(line)).toBeLessThanOrEqual(columns);
      }
    }
  });

  test.each<[string, Partial<View>, number]>([
    ["It begins.", { turns: 0, doing: null }, 1],
    ["It thinks.", { doing: null }, 12],
    ["The model is asked again (529).", { isRetrying: true, retries: { count: 2, why: "529" } }, 12],
    ["The model does not let it in.", { login: "refused" }, 12],
    ["Silent for 8m 00s.", {}, 20],
    ["It is done.", { result: { subtype: "success", isError: false, text: "" } }, 20],
    ["It ended early.", { result: { subtype: "error_max_turns", isError: true, text: "" } }, 12],
  ])("%s", (words, view, minutes) => {
    expect(shown({ ...BUSY, ...view }, {}, { minutes })[2]).toBe(words);
  });

  test("what is not known or costs nothing is left out", () => {
    const text = shown(newView(), { limitAt: undefined, sandboxCost: 0 }, { minutes: 0 }).join("\n");
    expect(text).toContain("0s so far\nIt begins.");
    expect(text).not.toContain("$");
  });

  test("time that is over leaves a full bar", () => {
    expect(shown(BUSY, {}, { minutes: 61 })[1]).toBe("[########################################] 1h 01m, 0s left");
  });
});

test.each([
  [0, "0s"],
  [59_999, "59s"],
  [725_000, "12m 05s"],
  [7_380_000, "2h 03m"],
])("%d ms are told as %s", (ms, words) => {
  expect(durationText(ms)).toBe(words);
});

test("silence is told after seven minutes, counted from the start while nothing was printed", () => {
  expect(quietSince(newView(), { startedAt: BEGAN, now: later(6.9) })).toBeUndefined();
  expect(quietSince(newView(), { startedAt: BEGAN, now: later(7) })).toEqual(BEGAN);
  const spoke = addLine(newView(), "{}", later(5));
  expect(quietSince(spoke, { startedAt: BEGAN, now: later(11.9) })).toBeUndefined();
  expect(quietSince(spoke, { startedAt: BEGAN, now: later(12) })).toEqual(later(5));
});

describe("as lines", () => {
  const line = (event: object) => JSON.stringify(event);
  const answer = (content: unknown, parent: string | null = null) =>
    line({ type: "assistant", parent_tool_use_id: parent, message: { id: "m", content, usage: {} } });
  const gave = (content: unknown, is_error = false) =>
    line({ type: "user", message: { content: [{ type: "tool_result", content, is_error }] } });

  test.each<[string | undefined, string[]]>([
    [line({ type: "system", subtype: "init", model: "opus" }), ["Claude began (opus)."]],
    [answer([{ type: "text", text: "One\n\tTwo\u001b[2J\r\n" }]), ["One", "    Two\\u{1b}[2J"]],
    [answer([{ type: "tool_use", name: "Bash", input: { command: "a\nb" } }]), ["* Bash a b"]],
    [answer([{ type: "tool_use", name: "Grep", input: { pattern: "x" } }], "t"), ["    * Grep x"]],
    [gave("total 8\nfile"), ["  total 8 file"]],
    [gave([{ type: "text", text: "ok" }, { type: "image" }]), ["  ok"]],
    [gave("Exit code 1", true), ["  failed: Exit code 1"]],
    [gave(""), ["  (nothing)"]],
    [
      line({ type: "system", subtype: "api_retry", error_status: 529, error: "overloaded" }),
      ["The model gave no answer and is asked again (529 overloaded)."],
    ],
    [
      line({ type: "system", subtype: "api_retry", error_status: 401, error: "authentication_failed" }),
      ["The model did not let it in and is asked again (401 authentication_failed)."],
    ],
    [line({ subtype: "success", result: "Done.", type: "result" }), ["Claude is done."]],
    [
      line({ subtype: "error_max_turns", errors: ["Reached maximum number of turns (1)"], type: "result" }),
      ["Claude ended early: Reached maximum number of turns (1)"],
    ],
    ["npm warn \u001b[31mred", ["npm warn \\u{1b}[31mred"]],
    ["{broken", []],
    ["", []],
    [undefined, ["(a line that is too long to be shown)"]],
  ])("%s is shown as %j", (printed, lines) => {
    expect(makeReadable().lines(printed)).toEqual(lines);
  });

  test("a step is one line, and nothing where there is nothing to say", () => {
    const { step } = makeReadable();
    expect(step(answer([{ type: "text", text: "\n\nOne\nTwo" }]))).toBe("One");
    expect(step("{}")).toBeUndefined();
    expect(step(undefined)).toBeUndefined();
  });

  test("what came of a step is a step of its own only when it failed", () => {
    const { step } = makeReadable();
    expect(step(gave("total 8"))).toBeUndefined();
    expect(step(gave("No such file", true))).toBe("failed: No such file");
  });

  test("files are named from where claude stands", () => {
    const { lines } = makeReadable();
    lines(line({ type: "system", subtype: "init", cwd: "/boxes/1/work" }));
    expect(lines(answer([{ type: "tool_use", name: "Read", input: { file_path: "/boxes/1/work/src/a.ts" } }]))).toEqual(
      ["* Read src/a.ts"],
    );
    expect(lines(gave("Written: /boxes/1/work/src/a.ts"))).toEqual(["  Written: src/a.ts"]);
    const doing = { tool: "Read", about: "/boxes/1/work/src/a.ts" };
    expect(shown({ ...BUSY, doing, directory: "/boxes/1/work" })[2]).toBe("Read src/a.ts");
  });
});

describe("an end in words", () => {
  const done: View = { ...BUSY, result: { subtype: "success", isError: false, text: "Done." } };
  const failed: View = { ...BUSY, result: { subtype: "success", isError: true, text: "It broke." } };

  test("is none of a run that is done", () => {
    expect(endingOf({ view: done, end: { exit: 0, by: "itself" } })).toEqual({ isDone: true });
  });

  test.each<[string, Parameters<typeof endingOf>[0], string, string]>([
    ["a login", { view: { ...BUSY, failure: "login" }, end: { exit: 143, by: "stop" } }, "claude.login", "did not let"],
    [
      "turns",
      { view: { ...failed, failure: "max-turns" }, end: { exit: 1, by: "itself" } },
      "claude.max-turns",
      "turns",
    ],
    ["its memory", { view: BUSY, end: { exit: 137, by: "itself" } }, "claude.killed", "no memory left"],
    [
      "a loss over memory",
      { view: BUSY, end: { exit: null, by: "loss" }, ranOutOfMemory: true },
      "claude.killed",
      "was all used",
    ],
    ["a loss", { view: BUSY, end: { exit: null, by: "loss" } }, "claude.lost", "was killed"],
    ["its result", { view: failed, end: { exit: 1, by: "itself" } }, "claude.failed", "status 1. It said: It broke."],
    [
      "its standard error",
      { view: newView(), end: { exit: 1, by: "itself", said: "cannot be used with root" } },
      "claude.failed",
      "It said: cannot be used with root",
    ],
    ["a signal", { view: BUSY, end: { exit: 134, by: "itself" } }, "claude.failed", "ended by signal 6."],
    ["nothing", { view: newView(), end: { exit: 0, by: "itself" } }, "claude.failed", "without a result. It did not"],
  ])("is told for %s", (_what, input, code, words) => {
    const ending = endingOf(input);
    expect(ending).toMatchObject({ isDone: false, code });
    expect("message" in ending && ending.message).toContain(words);
  });
});
