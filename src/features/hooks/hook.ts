// What a hook of Claude Code answers. It is waited for, at every tool use: it reads the registry, writes it seldom, and
// loads what an event needs; whatever is slow is left to a process of its own. It says no only before a tool is used, and
// only for another live session's sake.

import type { Db } from "../../db/db.ts";
import type { World } from "../../world.ts";
import { startPollIfDue } from "../arrivals/arrivals.ts";
import { sessionOfClaude, sessionsMeant } from "../roster/roster.ts";
import { claudeOf } from "./claude.ts";
import { notePulse } from "./note.ts";
import { doingAt } from "./pulse.ts";
import { readyDb } from "./ready.ts";
import { MOST_BYTES, parseTold } from "./told.ts";

/** As the client reads it. */
export interface HookAnswer {
  hookSpecificOutput?: {
    hookEventName: string;
    additionalContext?: string;
    /** Of PreToolUse: the tool is not used, and its agent told why. */
    permissionDecision?: "deny";
    permissionDecisionReason?: string;
  };
  /** Shown to the user. */
  systemMessage?: string;
  /** Of Stop: the turn goes on, for this reason. */
  decision?: "block";
  reason?: string;
  /** Of WorktreeCreate, which reads this alone, as a line. */
  worktreePath?: string;
}

/** Undefined when there is nothing to say. Errors: those of the database, above all `db.locked` after 200 ms. */
export async function answerHook(world: World, event: string): Promise<HookAnswer | undefined> {
  const told = parseTold(world.readInput(MOST_BYTES));
  // Typed by a person, or broken: every client says which conversation it is.
  if (told.session_id === undefined) return undefined;
  if (event === "SessionStart") return (await import("./session-start.ts")).startSession(world, told);
  if (event === "WorktreeCreate") {
    return { worktreePath: await (await import("./worktree.ts")).createWorktree(world, told) };
  }
  if (event === "WorktreeRemove") {
    await (await import("./worktree.ts")).removeWorktree(world, told);
    return undefined;
  }
  if (event === "PreToolUse") return (await import("./before-tool.ts")).beforeTool(world, told);
  const doing = doingAt(event, told);
  if (doing === undefined) return undefined;
  const begun = isAfterTool(event) ? (await import("./beside.ts")).beginBeside(world, told) : undefined;
  const db = await readyDb(world);
  const claudePid = claudeOf(world);
  const own = db === undefined ? undefined : sessionOfClaude(world, db, claudePid);
  if (own === undefined) begun?.drop();
  if (db === undefined) return undefined;
  if (own === undefined) {
    if (event === "UserPromptSubmit") (await import("./whose.ts")).startLate(world, told, claudePid);
    return undefined;
  }
  notePulse(world, db, own, { ...doing, claudePid, conversationId: told.session_id });
  if (doing.activity === "ended") releaseWhenOver(world, db, claudePid);
  if (event === "UserPromptSubmit" || event === "PostToolUse") startPollIfDue(world, db, own);
  if (event === "Stop") return (await import("./inbox.ts")).answerStop(world, db, { own, told });
  if (isAfterTool(event)) {
    return (await import("./after-tool.ts")).afterTool(world, db, { event, own, told, begun });
  }
  if (event !== "UserPromptSubmit") return undefined;
  const { inboxText } = await import("./inbox.ts");
  const context = inboxText(db, own, told);
  return context === undefined
    ? undefined
    : { hookSpecificOutput: { hookEventName: event, additionalContext: context } };
}

function isAfterTool(event: string): event is "PostToolUse" | "PostToolUseFailure" {
  return event === "PostToolUse" || event === "PostToolUseFailure";
}

/** All that live by this claude alone, its worktrees for agents too; what the wrapper started is its to release. */
function releaseWhenOver(
  world: Pick<World, "processes" | "parentPid" | "startInBackground">,
  db: Db,
  claudePid: number,
): void {
  for (const { id, processes } of sessionsMeant(world, db, { pid: claudePid })) {
    const isAlone = processes.every(({ pid }) => pid === claudePid);
    if (isAlone) world.startInBackground(["release", "--session-id", id, "--when-over"]);
  }
}
