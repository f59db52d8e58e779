// What a session's claude does, from the event that tells of it. Pure.

import { printable } from "../../core/text.ts";
import type { Activity } from "../roster/roster.ts";
import type { Told } from "./told.ts";

export interface Doing {
  activity: Activity;
  /** What is waited for, in a few words. */
  waitingFor: string | null;
}

const LONGEST = 80;

/** Tools that ask something themselves. */
const ASKS = new Map([
  ["AskUserQuestion", "an answer to its question"],
  ["ExitPlanMode", "approval of its plan"],
]);

/** Undefined where the event changes nothing of it. */
export function doingAt(event: string, told: Told): Doing | undefined {
  switch (event) {
    case "SessionStart":
      // In the middle of its work.
      return told.source === "compact" ? undefined : just("idle");
    case "UserPromptSubmit":
    case "PostToolUse":
    case "PostToolUseFailure":
      return just("working");
    case "PermissionRequest":
      return waiting(ASKS.get(told.tool_name ?? "") ?? `approval of ${told.tool_name ?? "a tool"}`);
    case "Notification":
      return doingAtNotification(told);
    case "Stop":
    case "StopFailure":
      return just("idle");
    case "SessionEnd":
      return goesOn(told) ? undefined : just("ended");
    default:
      return undefined;
  }
}

/** Whether one conversation ends only for another one of the same process. */
function goesOn({ reason }: Told): boolean {
  return reason === "clear" || reason === "resume";
}

function doingAtNotification({ notification_type: type, message = "" }: Told): Doing | undefined {
  // Clients before the types have only the sentences (2.0.77).
  if (type === "idle_prompt" || /^Claude is waiting for your input/.test(message)) return just("idle");
  const tool = /^Claude needs your permission to use (.+)$/s.exec(message)?.[1];
  if (tool !== undefined) return waiting(`approval of ${tool}`);
  if (type === "permission_prompt" || type === "agent_needs_input" || type === "elicitation_dialog") {
    return waiting(message === "" ? "an answer" : message);
  }
  return undefined;
}

function just(activity: Activity): Doing {
  return { activity, waitingFor: null };
}

function waiting(what: string): Doing {
  return { activity: "waiting", waitingFor: printable(what).slice(0, LONGEST) };
}
