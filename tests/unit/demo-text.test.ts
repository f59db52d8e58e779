// What the demo takes for an answer, and the frame of its story.

import { describe, expect, test } from "bun:test";
import { PLAIN } from "../../src/cli/terminal.ts";
import { Failure } from "../../src/core/failure.ts";
import { TEXT, v } from "../../src/core/shape.ts";
import { answerIn } from "../../src/features/demo/answer.ts";
import { demoText } from "../../src/features/demo/text.ts";

describe("an answer of parallel-cc in the demo", () => {
  const shape = v.object({ branch: TEXT });
  const failure = (said: string) => {
    try {
      return answerIn(shape, { words: "status", said });
    } catch (thrown) {
      if (!(thrown instanceof Failure)) throw thrown;
      const { kind, code, message, hint } = thrown;
      return { kind, code, message, hint };
    }
  };

  test("is what the story needs of it", () => {
    expect(answerIn(shape, { words: "status", said: '{"branch":"main","more":1}\n' })).toEqual({ branch: "main" });
  });

  test("that is a failure is the demo's failure too, by its own code", () => {
    expect(failure('{"error":{"code":"db.full","message":"No room.","hint":"Make some.","details":{}}}')).toEqual({
      kind: "user",
      code: "db.full",
      message: "parallel-cc status failed in the demo: No room.",
      hint: "Make some.",
    });
  });

  test.each(["", "Segmentation fault", "{}", '{"branch":1}'])("is not %j", (said) => {
    expect(failure(said)).toMatchObject({
      kind: "internal",
      code: "demo.answer",
      message: `parallel-cc status answered in the demo: ${said}`,
    });
  });
});

describe("the text", () => {
  const page = { columns: 80, now: new Date(0), paint: PLAIN };
  const steps = [
    { step: "start", told: ["one", "two"], facts: {} },
    { step: "end", told: ["three"], facts: {} },
  ];

  test("names each step once, and ends with what to type next", () => {
    const lines = demoText({ steps, keptIn: null, next: ["claude-parallel"] }, page).split("\n");
    expect(lines.slice(2, 5)).toEqual(["start    one", "         two", "end      three"]);
    expect(lines.slice(-3)).toEqual([expect.stringContaining("Nothing of this is left."), "  claude-parallel", ""]);
  });

  test("says first where a demo that is kept is, and last how to look around", () => {
    const keptIn = { directory: "/tmp/a b", repository: "/tmp/a b/shop", dataDirectory: "/tmp/a b/home" };
    const text = demoText({ steps, keptIn, next: ["claude-parallel"] }, page);
    expect(text.split("\n")[1]).toBe("  '/tmp/a b'");
    expect(text).toContain("\nLook around: export PARALLEL_CC_HOME='/tmp/a b/home'; cd '/tmp/a b/shop'\n");
    expect(text).not.toContain("Nothing of this is left");
  });
});
