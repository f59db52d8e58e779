// What is known of a claude from the lines of its stream: those of the real client (2.0.77 and 2.1.328), and any others.

import { describe, expect, test } from "bun:test";
import { addLine, newView, type View } from "../../src/features/claude-runs/view.ts";

const AT = new Date("2030-01-01T12:00:00Z");

function viewOf(...lines: readonly (object | string | undefined)[]): View {
  return lines.reduce<View>(
    (view, line) => addLine(view, typeof line === "object" ? JSON.stringify(line) : line, AT),
    newView(),
  );
}

const usage = (output: number) => ({
  ...{ input_tokens: 1000, output_tokens: output },
  ...{ cache_creation_input_tokens: 10, cache_read_input_tokens: 20 },
});

function says(content: unknown, more: object = {}, id = "msg_1") {
  const message = { id, role: "assistant", model: "claude-opus-5-5", content, usage: usage(100) };
  return { type: "assistant", message, parent_tool_use_id: null, session_id: "s", ...more };
}

const text = (words: string) => [{ type: "text", text: words }];
const uses = (name: string, input: object) => [{ type: "tool_use", id: "toolu_1", name, input }];

const GIVEN = { type: "user", message: { content: [{ type: "tool_result", tool_use_id: "toolu_1", content: "a" }] } };

function result(more: object = {}) {
  // The type stands last, as the client has it.
  const words = { total_cost_usd: 0.024, usage: usage(400), permission_denials: [], num_turns: 4, is_error: false };
  return { duration_ms: 254, ...words, subtype: "success", result: "All done.", ...more, type: "result" };
}

const RETRY = { type: "system", subtype: "api_retry", attempt: 1, max_retries: 10, retry_delay_ms: 605 };

describe("a run of the real client", () => {
  test("shows its model, what it does now, and when it thinks", () => {
    const begun = [
      { type: "system", subtype: "init", model: "claude-opus-5-5", tools: ["Bash"] },
      says(text("I look.")),
    ];
    const busy = viewOf(...begun, says(uses("Bash", { command: "ls -la;\n echo hi", description: "List" })));
    expect(busy).toMatchObject({ model: "claude-opus-5-5", login: "in", lastText: "I look." });
    expect(busy.doing).toEqual({ tool: "Bash", about: "ls -la; echo hi" });
    expect(addLine(busy, JSON.stringify(GIVEN), AT).doing).toBeNull();
  });

  test("counts an answer's tokens and turn once, though it comes in several lines", () => {
    const view = viewOf(says(text("a")), says(uses("Bash", {})), says(text("b"), {}, "msg_2"));
    expect(view).toMatchObject({ turns: 2, tokens: { input: 2000, output: 200, cacheRead: 40, cacheWritten: 20 } });
  });

  test("does not take an agent's turns and words for its own", () => {
    const view = viewOf(says(text("mine")), says(text("its"), { parent_tool_use_id: "toolu_1" }, "msg_2"));
    expect(view).toMatchObject({ turns: 1, lastText: "mine" });
    expect(view.tokens.output).toBe(200);
  });

  test("ends with its result, its cost and the tokens that were paid for", () => {
    const view = viewOf(says(text("All done.")), result());
    expect(view.result).toEqual({ subtype: "success", isError: false, text: "All done." });
    expect(view).toMatchObject({ turns: 4, modelCost: 0.024, failure: null, endsInQuestion: false });
    expect(view.tokens.output).toBe(400);
  });

  test("names each file that its tools have written once, from where it stands", () => {
    const write = (path: string) => says(uses("Write", { file_path: path, content: "x" }));
    const init = { type: "system", subtype: "init", cwd: "/w" };
    const view = viewOf(init, write("/w/a"), GIVEN, write("/w/a"), GIVEN, write("/x/b"), GIVEN, write("/w/c"));
    expect(view).toMatchObject({ files: ["a", "/x/b"], filesTouched: 2, doing: { tool: "Write", about: "c" } });
    const failed = { ...GIVEN, message: { content: [{ ...GIVEN.message.content[0], is_error: true }] } };
    expect(addLine(view, JSON.stringify(failed), AT)).toMatchObject({ filesTouched: 2, writing: [], doing: null });
  });

  test("tells how far it is by its list of things to do, by its tasks, and by the boxes it ticks", () => {
    const todos = ["completed", "in_progress", "pending"].map((status) => ({ content: "x", status }));
    expect(viewOf(says(uses("TodoWrite", { todos }))).todo).toEqual({ done: 1, total: 3 });
    const created = [says(uses("TaskCreate", { subject: "a" })), says(uses("TaskCreate", { subject: "b" }))];
    const done = says(uses("TaskUpdate", { taskId: "2", status: "completed" }));
    expect(viewOf(...created, done).todo).toEqual({ done: 1, total: 2 });
    const edit = {
      file_path: "PLAN.md",
      old_string: "- [ ] a\n- [ ] b\n- [x] c",
      new_string: "- [x] a\n- [x] b\n- [x] c",
    };
    expect(viewOf(says(uses("Edit", edit))).ticks).toBe(2);
  });

  test("tells which tools it was not permitted", () => {
    const denied = ["Write", "Bash", "Write"].map((tool_name) => ({ tool_name }));
    expect(viewOf(result({ permission_denials: denied })).denials).toEqual({ count: 3, tools: ["Write", "Bash"] });
  });
});

describe("a refused login", () => {
  test.each([
    ["the first answer is 401", { ...RETRY, error_status: 401, error: "authentication_failed" }],
    ["there is no login", says(text("Not logged in · Please run /login"), { error: "authentication_failed" })],
    ["the result says so", result({ is_error: true, api_error_status: 401, result: "Invalid API key" })],
  ])("is known as soon as %s", (_when, line) => {
    expect(viewOf(line)).toMatchObject({ login: "refused", failure: "login" });
  });

  const WORDS = [
    'Failed to authenticate. API Error: 401 {"type":"error","error":{"type":"authentication_error","message":"OAuth token has expired."}}',
    'API Error: 401 {"type":"error","error":{"type":"authentication_error"}} · Please run /login',
    "Not logged in · Please run /login",
    "Invalid API key · Please run /login",
    "OAuth token revoked · Please run /login",
  ];
  test.each(WORDS)("is known by the words of a result that is an error: %s", (words) => {
    const early = viewOf(says(text(words)), result({ is_error: true, result: words }));
    expect(early).toMatchObject({ login: "refused", failure: "login" });
    const listed = result({ is_error: true, subtype: "error_during_execution", result: undefined, errors: [words] });
    expect(viewOf(listed).failure).toBe("login");
  });

  test.each(WORDS)("is not known by the same words of a result that is none: %s", (words) => {
    expect(viewOf(says(text(words)), result({ result: words }))).toMatchObject({ login: "in", failure: null });
  });

  test("is not what an error is about that only names such words", () => {
    const words = "The tests fail with: Not logged in, see API Error: 401 in log.txt";
    expect(viewOf(says(text("Hi")), result({ is_error: true, result: words })).failure).toBeNull();
  });

  test("of one that was let in before is known when it is refused again and again", () => {
    const refusal = { ...RETRY, error_status: 401 };
    expect(viewOf(says(text("Hi")), refusal, refusal)).toMatchObject({ login: "in", failure: null });
    expect(viewOf(says(text("Hi")), refusal, refusal, refusal)).toMatchObject({ login: "refused", failure: "login" });
    const passing = { ...RETRY, error_status: 529 };
    expect(viewOf(says(text("Hi")), refusal, refusal, passing, refusal)).toMatchObject({ failure: null });
  });

  test("is none any more once the model answers", () => {
    const view = viewOf({ ...RETRY, error_status: 401 }, says(text("Hello")));
    expect(view).toMatchObject({ login: "in", failure: null, retries: { count: 1, why: "401" } });
  });
});

describe("an early end", () => {
  test.each([
    [{ subtype: "error_max_turns", is_error: true, terminal_reason: "max_turns", result: undefined }, "max-turns"],
    // 2.0.77
    [{ subtype: "error_max_turns", is_error: false, result: undefined }, "max-turns"],
    [{ subtype: "error_max_budget_usd", is_error: true, terminal_reason: "budget_exhausted" }, "budget"],
    [{ is_error: true, api_error_status: 429 }, "rate-limit"],
    [{ is_error: true, api_error_status: 529 }, "rate-limit"],
  ])("%j is known as %s", (more, failure) => {
    const view = viewOf(result({ errors: ["Reached maximum number of turns (1)"], ...more }));
    expect(view).toMatchObject({ failure, result: { isError: true } });
  });

  test("for want of credit is known", () => {
    const view = viewOf(
      says(text("Credit balance is too low"), { error: "billing_error" }),
      result({ is_error: true }),
    );
    expect(view).toMatchObject({ failure: "billing", login: "unknown" });
  });

  test("shows that the model is asked again, until it answers", () => {
    const view = viewOf({ ...RETRY, error_status: 529, error: "overloaded" });
    expect(view).toMatchObject({ isRetrying: true, retries: { count: 1, why: "529" }, failure: null });
    expect(addLine(view, JSON.stringify(says(text("Hi"))), AT).isRetrying).toBe(false);
  });
});

describe("a question at the end", () => {
  test.each([
    ["All done.\nShall I go on with phase 2?", true],
    ["**Which one do you want?**\n\n- A: the first\n- B: the second\n", true],
    ["Which?\n1. a\n2. b", true],
    ["Is it fast? It is: see the numbers.", false],
    ["Done. Let me know if anything is missing.", false],
    ["", false],
  ])("%j: %p", (words, isQuestion) => {
    expect(viewOf(says(text(words)), result({ result: words })).endsInQuestion).toBe(isQuestion);
  });

  test("is one that claude's own tool was to ask, unless claude went on without an answer", () => {
    const asked = [says(uses("AskUserQuestion", { questions: [] })), says(text("I wait."), {}, "msg_2")];
    const end = result({ result: "I wait." });
    expect(viewOf(...asked, end).endsInQuestion).toBe(true);
    expect(viewOf(...asked, says(uses("Write", { file_path: "a" }), {}, "msg_3"), end).endsInQuestion).toBe(false);
  });

  test("is none of a run that failed", () => {
    expect(viewOf(result({ is_error: true, result: "What?" })).endsInQuestion).toBe(false);
  });
});

describe("whatever else is printed", () => {
  const MANY = Array.from({ length: 1000 }, (_, i) => [
    says(uses("Write", { file_path: `/w/${i}` }), {}, `m${i}`),
    ...(i < 500 ? [GIVEN] : []),
  ]).flat();

  const OTHERS: (string | object)[] = [
    ...["", "null", "[]", "7", "{", '{"type":"result"', "plain words", "{}", '{"type":"__proto__"}'],
    ...[{ type: "assistant" }, { type: "assistant", message: { content: 7 } }, { type: "rate_limit_event" }],
  ];

  test.each(OTHERS)("%j changes nothing", (line) => {
    const { lines, lastAt, ...rest } = viewOf(line);
    const { lines: _lines, lastAt: _lastAt, ...fresh } = newView();
    expect(rest).toEqual(fresh);
    expect({ lines, lastAt }).toEqual({ lines: 1, lastAt: AT.toISOString() });
  });

  test("numbers and words of a wrong kind are left out, and the rest of the line counts", () => {
    const view = viewOf(says([7, { type: "thinking" }, ...text("Hi")], { error: 7 }), result({ total_cost_usd: -1 }));
    expect(view).toMatchObject({ lastText: "All done.", modelCost: null });
    expect(viewOf(result({ num_turns: "many", usage: "none", result: 7, errors: null })).result?.subtype).toBe(
      "success",
    );
  });

  test("control characters can do nothing where it is shown", () => {
    const evil = "\u001b]0;owned\u0007\u202e";
    const view = viewOf(
      { type: "system", subtype: "init", model: evil },
      says(uses(`Bash${evil}`, { command: evil })),
      { type: "system", subtype: "init", cwd: evil },
      says(uses("Write", { file_path: evil })),
      GIVEN,
      says(text(evil)),
      { ...RETRY, error: evil },
      result({ subtype: evil, result: evil, permission_denials: [{ tool_name: evil }] }),
    );
    expect(JSON.stringify(view)).not.toMatch(/\\u001b|\\u0007|\u202e|\\r/);
  });

  test.each<[string, string | object]>([
    ["blank lines in an edit", says(uses("Edit", { old_string: "", new_string: "\n".repeat(900_000) }))],
    ["blanks in a line of it", says(uses("Edit", { old_string: "", new_string: `- ${" ".repeat(900_000)}` }))],
    ["signs at the end of a text", says(text(`${"*".repeat(900_000)}x`))],
    ["brackets in brackets", `{"type":"assistant","message":{"content":${"[".repeat(900_000)}`],
    ["brackets that are closed", `{"type":"user","message":{"content":${"[".repeat(400_000)}${"]".repeat(400_000)}}}`],
  ])("%s by the hundred thousand take no time", (_what, line) => {
    const began = performance.now();
    viewOf(line, result({ result: `${"*".repeat(500_000)}x` }));
    expect(performance.now() - began).toBeLessThan(500);
  });

  test("a view stays small, whatever is printed", () => {
    const long = "x".repeat(500_000);
    const tasks = Array.from({ length: 1000 }, () => says(uses("TaskCreate", { subject: long.slice(0, 100) })));
    const view = viewOf(...MANY, ...tasks, says(text(long), {}, long), says(uses(long, { command: long })), undefined);
    expect(view.skipped).toBe(1);
    expect(view.files).toHaveLength(200);
    expect(JSON.stringify(view).length).toBeLessThan(64 * 1024);
    expect(JSON.parse(JSON.stringify(view))).toEqual(view);
  });
});
