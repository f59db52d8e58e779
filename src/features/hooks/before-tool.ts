// Before a tool is used: an edit claims its file, and is refused or warned where another live session has it.

import type { World } from "../../world.ts";
import { claimEdit, type Verdict } from "../claims/claims.ts";
import { sessionOfClaude } from "../roster/roster.ts";
import { claudeOf } from "./claude.ts";
import type { HookAnswer } from "./hook.ts";
import { readyDb } from "./ready.ts";
import type { Told } from "./told.ts";

/** Errors: those of the database and of the settings. */
export async function beforeTool(world: World, told: Told): Promise<HookAnswer | undefined> {
  const { file_path, notebook_path } = told.tool_input ?? {};
  const path = file_path ?? notebook_path;
  if (path === undefined) return undefined;
  const db = await readyDb(world);
  const own = db === undefined ? undefined : sessionOfClaude(world, db, claudeOf(world));
  if (db === undefined || own === undefined) return undefined;
  return answerTo(await claimEdit(world, db, { own, path, directory: told.cwd ?? world.cwd }));
}

function answerTo(verdict: Verdict | undefined): HookAnswer | undefined {
  if (verdict === undefined) return undefined;
  const { isRefused, words } = verdict;
  const said = isRefused
    ? ({ permissionDecision: "deny", permissionDecisionReason: words } as const)
    : { additionalContext: words };
  return { hookSpecificOutput: { hookEventName: "PreToolUse", ...said } };
}
