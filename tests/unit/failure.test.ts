// The one error: a kind, a code, a message, a hint; and what people see of it.

import { describe, expect, test } from "bun:test";
import { failureText } from "../../src/cli/output.ts";
import { asFailure, Failure, usage } from "../../src/core/failure.ts";

describe("a failure", () => {
  test("is the user's to mend unless it says otherwise", () => {
    const failure = new Failure({ code: "worktree.dirty", message: "It has changes." });
    expect({ ...failure, message: failure.message }).toEqual({
      name: "Failure",
      kind: "user",
      code: "worktree.dirty",
      message: "It has changes.",
      hint: undefined,
      details: {},
    });
  });

  test("keeps what caused it", () => {
    const cause = new Error("disk");
    expect(new Failure({ code: "a.b", message: "m", cause }).cause).toBe(cause);
    expect("cause" in new Failure({ code: "a.b", message: "m" })).toBe(false);
  });

  test("of usage says so in kind and code", () => {
    expect(usage("bad-value", "No.", "Yes.")).toMatchObject({ kind: "usage", code: "usage.bad-value", hint: "Yes." });
  });
});

describe("whatever is thrown", () => {
  test("stays the failure that it was", () => {
    const failure = usage("x", "y");
    expect(asFailure(failure)).toBe(failure);
  });

  test("is a bug when it is no failure", () => {
    const messages = [new TypeError("x is not a function"), "a text", null, undefined].map((thrown) =>
      asFailure(thrown),
    );
    expect(messages.map(({ kind, code, message }) => [kind, code, message])).toEqual([
      ["internal", "internal.bug", "Unexpected error: x is not a function"],
      ["internal", "internal.bug", "Unexpected error: a text"],
      ["internal", "internal.bug", "Unexpected error: null"],
      ["internal", "internal.bug", "Unexpected error: undefined"],
    ]);
  });
});

describe("what people see", () => {
  test("is the message, and the hint below it", () => {
    expect(failureText(new Failure({ code: "a.b", message: "It broke.", hint: "Mend it." }))).toBe(
      "error: It broke.\n  Mend it.\n",
    );
  });

  test("is one line when there is no hint", () => {
    expect(failureText(new Failure({ code: "a.b", message: "It broke." }))).toBe("error: It broke.\n");
  });

  test("shows where a bug is", () => {
    const cause = new Error("deep");
    expect(failureText(asFailure(cause))).toContain("failure.test.ts");
  });

  test("says nothing of the stack of what is no bug", () => {
    const failure = new Failure({ kind: "unavailable", code: "a.b", message: "Away.", cause: new Error("deep") });
    expect(failureText(failure)).toBe("error: Away.\n");
  });

  test("never acts on the terminal, whatever is in a name", () => {
    const text = failureText(new Failure({ code: "a.b", message: "\x1b[2J\u202e", hint: "\x1b]0;x\x07" }));
    expect(text).toBe("error: \\u{1b}[2J\\u{202e}\n  \\u{1b}]0;x\\u{7}\n");
  });
});
