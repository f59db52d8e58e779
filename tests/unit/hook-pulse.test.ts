// What a session does, by the events of Claude Code as the client sends them (2.1.328, and the older 2.0.77).

import { describe, expect, test } from "bun:test";
import { eventsKnownTo, HOOK_EVENTS } from "../../src/features/hooks/hooks.ts";
import { doingAt } from "../../src/features/hooks/pulse.ts";
import { parseTold } from "../../src/features/hooks/told.ts";

const at = (event: string, told: object = {}) =>
  doingAt(event, parseTold(JSON.stringify({ session_id: "c", ...told })));

describe("a session", () => {
  test("is idle at its start, and goes on when it was only compacted", () => {
    expect(at("SessionStart", { source: "startup" })?.activity).toBe("idle");
    expect(at("SessionStart", { source: "compact" })).toBeUndefined();
  });

  test.each(["UserPromptSubmit", "PostToolUse", "PostToolUseFailure"])("works after %s", (event) => {
    expect(at(event)).toEqual({ activity: "working", waitingFor: null });
  });

  test("waits for the approval of the tool that needs one", () => {
    expect(at("PermissionRequest", { tool_name: "Bash" })).toEqual({
      activity: "waiting",
      waitingFor: "approval of Bash",
    });
  });

  test("waits for an answer when the tool is a question", () => {
    expect(at("PermissionRequest", { tool_name: "AskUserQuestion" })?.waitingFor).toBe("an answer to its question");
  });

  test("of a client without that event waits for it by its sentence", () => {
    const message = "Claude needs your permission to use Write";
    expect(at("Notification", { message })).toEqual({ activity: "waiting", waitingFor: "approval of Write" });
  });

  test("waits for what an agent asks", () => {
    const told = { notification_type: "agent_needs_input", message: "Which one?" };
    expect(at("Notification", told)).toEqual({ activity: "waiting", waitingFor: "Which one?" });
  });

  test("is idle when its client says that it waits for a prompt", () => {
    expect(at("Notification", { message: "Claude is waiting for your input" })?.activity).toBe("idle");
    expect(at("Notification", { notification_type: "idle_prompt", message: "anything" })?.activity).toBe("idle");
    expect(at("Stop")?.activity).toBe("idle");
  });

  test("has ended unless another conversation of the same process follows", () => {
    expect(at("SessionEnd", { reason: "other" })?.activity).toBe("ended");
    expect(at("SessionEnd", { reason: "prompt_input_exit" })?.activity).toBe("ended");
    expect(at("SessionEnd", { reason: "clear" })).toBeUndefined();
  });

  test("is left as it was by a notification or an event that means nothing to us", () => {
    expect(at("Notification", { message: "Signed in" })).toBeUndefined();
    expect(at("MessageDisplay")).toBeUndefined();
    expect(at("toString")).toBeUndefined();
  });

  test("waits for something that is shown escaped, and cut", () => {
    const told = { notification_type: "permission_prompt", message: `\u001b[31m${"x".repeat(500)}` };
    const waitingFor = at("Notification", told)?.waitingFor ?? "";
    expect(waitingFor).toStartWith("\\u{1b}[31mxxx");
    expect(waitingFor).toHaveLength(80);
  });
});

describe("what is told", () => {
  test.each(["", "broken{", "null", "[1]", '"text"', "7", '{"session_id":7,"cwd":{},"reason":null}'])(
    "is nothing when it is %p",
    (text) => expect(parseTold(text)).toEqual({}),
  );
});

describe("a client", () => {
  const names = (client?: string) => eventsKnownTo(client).map(({ event }) => event);

  test("of an unknown release gets the safe set", () => {
    const safe = [
      "SessionStart",
      "UserPromptSubmit",
      "PreToolUse",
      "PostToolUse",
      "Notification",
      "Stop",
      "SessionEnd",
    ];
    expect(names()).toEqual(safe);
  });

  test.each([
    ["1.0.84", "SessionEnd", "1.0.85"],
    ["2.0.44", "PermissionRequest", "2.0.45"],
    ["2.0.55", "PostToolUseFailure", "2.0.56"],
    ["2.1.77", "StopFailure", "2.1.78"],
  ])("of %s is not told of %s, which %s has", (before, event, since) => {
    expect(names(before)).not.toContain(event);
    expect(names(since)).toContain(event);
  });

  test("of today gets all", () => expect(eventsKnownTo("2.1.328")).toEqual([...HOOK_EVENTS]));
});
