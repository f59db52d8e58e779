// Before a tool is used: an edit claims its file, and is refused or warned where another live session has it; a command
// that would destroy another's work is refused.

import { asFailure } from "../../core/failure.ts";
import type { Db } from "../../db/db.ts";
import { topOf } from "../../git/checkout.ts";
import type { World } from "../../world.ts";
import { type KnownSession, sessionOfClaude } from "../roster/roster.ts";
import { claudeOf } from "./claude.ts";
import type { HookAnswer } from "./hook.ts";
import { readyDb } from "./ready.ts";
import type { Told } from "./told.ts";
import { noteTrouble } from "./trouble.ts";

interface Verdict {
  isRefused: boolean;
  /** For the agent. */
  words: string;
}

/** Errors: those of the database and of the settings, unless the edit is refused for them. */
export async function beforeTool(world: World, told: Told): Promise<HookAnswer | undefined> {
  const { file_path, notebook_path, command } = told.tool_input ?? {};
  const path = file_path ?? notebook_path;
  if (path !== undefined) return answerTo(await beforeEdit(world, told, path));
  if (command === undefined || told.tool_name !== "Bash") return undefined;
  const { isWatched, mayWrite } = await import("./beside.ts");
  // Most commands only read: for them nothing is opened.
  if (!mayWrite(told)) return undefined;
  const found = await ownIn(world);
  if (found === undefined) return undefined;
  const { db, own } = found;
  const { judgeCommand } = await import("../guards/guards.ts");
  const verdict = await judgeCommand(world, db, own, { command, directory: told.cwd ?? world.cwd });
  if (verdict?.isRefused !== true && isWatched(world, db, { own, told })) {
    // What it writes is seen by what stood there before.
    await (await import("../writes/writes.ts")).rememberCheckout(world, db, own);
  }
  return answerTo(verdict);
}

async function beforeEdit(world: World, told: Told, path: string): Promise<Verdict | undefined> {
  try {
    const found = await ownIn(world);
    if (found === undefined) return undefined;
    const { claimEdit, tellOwn } = await import("../claims/claims.ts");
    const { db, own } = found;
    const verdict = await claimEdit(world, db, { own, path, directory: told.cwd ?? world.cwd });
    if (verdict?.isRefused === true) return verdict;
    const words = [verdict?.words, await foreseen(world, { ...found, told, path })].filter((one) => one !== undefined);
    if (words.length === 0) return undefined;
    const warning = { isRefused: false, words: words.join("\n\n") };
    if (world.env.claudePid !== undefined) return warning;
    // A client that does not say which process it is takes no word here either (2.0.77): it comes after the edit.
    tellOwn(world, db, { own, words: warning.words });
    return undefined;
  } catch (thrown) {
    const { isBlocking } = await import("./in-doubt.ts");
    if (!(await isBlocking(world, topOf(told.cwd ?? world.cwd)))) throw thrown;
    const why = asFailure(thrown).message;
    const words = `parallel-cc: not changed, since it could not be told whether another session has it: ${why}`;
    return { isRefused: true, words: `${words} (claims.onConflict is block.)` };
  }
}

interface Foreseen {
  db: Db;
  own: KnownSession;
  told: Told;
  path: string;
}

/** With whose work the edit would conflict. What goes wrong there keeps nobody from being told whose the file is. */
async function foreseen(world: World, { db, own, told, path }: Foreseen): Promise<string | undefined> {
  try {
    const { wouldConflict } = await import("../radar/radar.ts");
    const edit = { path, directory: told.cwd ?? world.cwd, tool: told.tool_name ?? "", input: told.tool_input };
    return await wouldConflict(world, db, own, edit);
  } catch (thrown) {
    noteTrouble(world, "PreToolUse", asFailure(thrown));
    return undefined;
  }
}

/** Undefined where nothing is known of this claude. */
async function ownIn(world: World): Promise<{ db: Db; own: KnownSession } | undefined> {
  const db = await readyDb(world);
  const own = db === undefined ? undefined : sessionOfClaude(world, db, claudeOf(world));
  return db === undefined || own === undefined ? undefined : { db, own };
}

function answerTo(verdict: Verdict | undefined): HookAnswer | undefined {
  if (verdict === undefined) return undefined;
  const { isRefused, words } = verdict;
  const said = isRefused
    ? ({ permissionDecision: "deny", permissionDecisionReason: words } as const)
    : { additionalContext: words };
  return { hookSpecificOutput: { hookEventName: "PreToolUse", ...said } };
}
