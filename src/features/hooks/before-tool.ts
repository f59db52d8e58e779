// Before a tool is used: an edit, or a command of the shell. Either is refused only for another live session's sake.

import type { World } from "../../world.ts";
import type { HookAnswer } from "./hook.ts";
import type { Told } from "./told.ts";

interface Verdict {
  isRefused: boolean;
  /** For the agent. */
  words: string;
}

/** Errors: those of the database and of the settings. */
export async function beforeTool(world: World, told: Told): Promise<HookAnswer | undefined> {
  const { file_path, notebook_path, command } = told.tool_input ?? {};
  const path = file_path ?? notebook_path;
  if (path !== undefined) return answerTo(await (await import("./before-edit.ts")).beforeEdit(world, told, path));
  if (command === undefined || told.tool_name !== "Bash") return undefined;
  return answerTo(await beforeCommand(world, told, command));
}

async function beforeCommand(world: World, told: Told, command: string): Promise<Verdict | undefined> {
  const { isWatched, mayWrite } = await import("./beside.ts");
  // Most commands only read: for them nothing is opened.
  if (!mayWrite(told)) return undefined;
  const found = await (await import("./whose.ts")).whoseIn(world, told);
  if (found === undefined) return undefined;
  const { db, own } = found;
  const { judgeCommand } = await import("../guards/guards.ts");
  const verdict = await judgeCommand(world, db, own, { command, directory: told.cwd ?? world.cwd });
  if (verdict?.isRefused !== true && own !== undefined && isWatched(world, db, { own, told })) {
    // What it writes is seen by what stood there before.
    await (await import("../writes/writes.ts")).rememberCheckout(world, db, own);
  }
  return verdict;
}

function answerTo(verdict: Verdict | undefined): HookAnswer | undefined {
  if (verdict === undefined) return undefined;
  const { isRefused, words } = verdict;
  const said = isRefused
    ? ({ permissionDecision: "deny", permissionDecisionReason: words } as const)
    : { additionalContext: words };
  return { hookSpecificOutput: { hookEventName: "PreToolUse", ...said } };
}
