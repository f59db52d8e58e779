// Before an edit: its file is claimed; it is refused where another live session has the file for itself or works in that
// very checkout, and told where both will have to merge.

import { statSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { asFailure } from "../../core/failure.ts";
import type { Db } from "../../db/db.ts";
import { topOf } from "../../git/checkout.ts";
import type { World } from "../../world.ts";
import { claimEdit, meetClaims, type Verdict } from "../claims/claims.ts";
import { judgeEdit } from "../guards/guards.ts";
import { tellOwn } from "../messages/messages.ts";
import { wouldConflict } from "../radar/radar.ts";
import type { KnownSession } from "../roster/roster.ts";
import { isBlocking } from "./in-doubt.ts";
import type { Told } from "./told.ts";
import { noteTrouble } from "./trouble.ts";
import { whoseIn } from "./whose.ts";

interface Edit {
  db: Db;
  /** Undefined: a claude that nothing is known of. */
  own: KnownSession | undefined;
  path: string;
  directory: string;
  told: Told;
}

/** Errors: those of the database and of the settings, unless the edit is refused for them. */
export async function beforeEdit(world: World, told: Told, path: string): Promise<Verdict | undefined> {
  const directory = told.cwd ?? world.cwd;
  if (!mayBeFile(resolve(directory, path))) return undefined;
  try {
    const found = await whoseIn(world, told);
    if (found === undefined) return undefined;
    const verdict = await judged(world, { ...found, path, directory, told });
    if (verdict === undefined || verdict.isRefused || takesWords(world, told)) return verdict;
    if (found.own !== undefined) tellOwn(world, found.db, { own: found.own, words: verdict.words.split(BETWEEN) });
    return undefined;
  } catch (thrown) {
    if (!(await isBlocking(world, topOf(directory)))) throw thrown;
    const why = asFailure(thrown).message;
    const words = `parallel-cc: not changed, since it could not be told whether another session has it: ${why}`;
    return { isRefused: true, words: `${words} (claims.onConflict is block.)` };
  }
}

/** Not through another file, nor of a name that no file can have: there the tool fails by itself. */
function mayBeFile(path: string): boolean {
  try {
    statSync(path, { throwIfNoEntry: false });
    return statSync(dirname(path), { throwIfNoEntry: false })?.isDirectory() ?? true;
  } catch (thrown) {
    const code = thrown instanceof Error && "code" in thrown ? thrown.code : undefined;
    return code !== "ENOTDIR" && code !== "ENAMETOOLONG" && code !== "ERR_INVALID_ARG_VALUE";
  }
}

const BETWEEN = "\n\n";

/**
 * Clients before 2.1.9 pass over a word that does not refuse; for them it comes after the edit. Of these signs 2.0.77
 * gives none, and clients since 2.1.133 at least one (2.1.328: all).
 */
function takesWords({ env }: Pick<World, "env">, { prompt_id, effort }: Told): boolean {
  return env.claudePid !== undefined || prompt_id !== undefined || effort !== undefined;
}

async function judged(world: World, edit: Edit): Promise<Verdict | undefined> {
  const { db, own, path, directory } = edit;
  const inCheckout = await judgeEdit(world, db, own, { path, directory });
  if (inCheckout?.isRefused === true) return inCheckout;
  const claimed = await (own === undefined
    ? meetClaims(world, db, { path, directory })
    : claimEdit(world, db, { own, path, directory }));
  if (claimed?.isRefused === true) return claimed;
  const words = [inCheckout?.words, claimed?.words, await foreseen(world, edit)].filter((one) => one !== undefined);
  return words.length === 0 ? undefined : { isRefused: false, words: words.join(BETWEEN) };
}

/** With whose work the edit would conflict. What goes wrong there keeps nobody from being told whose the file is. */
async function foreseen(world: World, { db, own, path, directory, told }: Edit): Promise<string | undefined> {
  if (own === undefined) return undefined;
  try {
    const edit = { path, directory, tool: told.tool_name ?? "", input: told.tool_input };
    return await wouldConflict(world, db, own, edit);
  } catch (thrown) {
    noteTrouble(world, "PreToolUse", asFailure(thrown));
    return undefined;
  }
}
