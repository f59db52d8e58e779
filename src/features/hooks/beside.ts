// Whether a command of the shell is looked at: one that may write, while another session of the repository lives.

import type { Db } from "../../db/db.ts";
import { topOf } from "../../git/checkout.ts";
import type { World } from "../../world.ts";
import { type KnownSession, livingOf, sessionsOf } from "../roster/roster.ts";
import { type Begun, beginLook, cannotWrite } from "../writes/writes.ts";
import type { Told } from "./told.ts";

export function mayWrite({ tool_name, tool_input }: Told): boolean {
  return tool_name === "Bash" && tool_input?.command !== undefined && !cannotWrite(tool_input.command);
}

export function isWatched(
  world: Pick<World, "processes">,
  db: Db,
  { own, told }: { own: KnownSession; told: Told },
): boolean {
  if (!mayWrite(told)) return false;
  const { id, git_dir, git_dir_id, repo_path } = own;
  const all = sessionsOf(db, { gitDir: git_dir ?? "", gitDirId: git_dir_id ?? "", path: repo_path });
  return livingOf(world, all).some((one) => one.id !== id);
}

/** While it is found out whose it is and whether anybody is beside it. */
export function beginBeside(world: World, told: Told): Begun | undefined {
  const top = mayWrite(told) ? topOf(told.cwd ?? world.cwd) : undefined;
  return top === undefined ? undefined : beginLook(world, top);
}
