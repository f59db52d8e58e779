// A command's way to a verdict: read, followed, compared with who works where.

import type { Db } from "../../db/db.ts";
import type { World } from "../../world.ts";
import type { KnownSession } from "../roster/roster.ts";
import { type Ground, onlyMatch } from "./builtins.ts";
import type { Call } from "./calls.ts";
import type { Claim } from "./claims.ts";
import { targetOf } from "./claims.ts";
import { FILE_COMMANDS } from "./file-claims.ts";
import { follow } from "./follow.ts";
import { gitClaims } from "./git-claims.ts";
import type { Judged } from "./guards.ts";
import { Others } from "./others.ts";
import { parseShell } from "./parse.ts";
import { checkoutAt, filesMatching, isDirectory, isThere } from "./places.ts";
import { wordOf } from "./values.ts";
import { firstHit } from "./verdict.ts";

/** Far more than a command has; it is waited for. */
const MOST_CHARACTERS = 256 * 1024;

type Effects = Pick<World, "processes" | "git" | "env" | "now" | "paths" | "db">;

export async function judge(
  world: Effects,
  db: Db,
  own: KnownSession | undefined,
  { command, directory }: { command: string; directory: string },
): Promise<Judged | undefined> {
  const claims = command.length > MOST_CHARACTERS ? [] : claimsOf(command, { directory, home: world.env.home });
  if (claims.length === 0) return undefined;
  const hit = await firstHit(world, new Others(world, db, own), claims);
  if (hit === undefined) return undefined;
  const { loadConfig } = await import("../config/config.ts");
  const { settings } = await loadConfig(world, own?.repo_path);
  if (settings.guards === "off") return undefined;
  const isRefused = settings.guards === "on";
  const { wordsFor } = await import("./telling.ts");
  return { isRefused, words: wordsFor(hit, { isRefused, now: world.now() }) };
}

/** With the directories of `git -C` that are patterns as a shell would name them. */
function placed(call: Call, ground: Pick<Ground, "matching">): Call {
  const args = call.args.map((one, at) => {
    return wordOf(call.args[at - 1]) === "-C" ? onlyMatch(one, call.directory, ground) : one;
  });
  return { ...call, args };
}

/** What it says it would destroy, in the order in which it would; nothing is asked of anybody yet. */
export function claimsOf(command: string, { directory, home }: { directory: string; home: string }): Claim[] {
  const script = parseShell(command);
  const claims: Claim[] = [];
  if (script === undefined) return claims;
  const topOf = (path: string) => checkoutAt(path)?.top;
  const ground = { directory, home, isDirectory, isThere, topOf, matching: filesMatching };
  follow(script, ground, {
    call: (call) => {
      const found = call.name === "git" ? gitClaims(placed(call, ground)) : (FILE_COMMANDS[call.name]?.(call) ?? []);
      if (call.isTold) for (const one of found) claims.push(one);
    },
    write: ({ path, directory: from }) => {
      const target = targetOf({ kind: "text", text: path }, from);
      if (target !== undefined) claims.push({ kind: "files", target, extent: "content", deed: ">" });
    },
  });
  return claims;
}
