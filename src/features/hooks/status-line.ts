// One line for Claude Code's status line: who is at work in the repository of this session. From the registry alone.

import { counted, printable } from "../../core/text.ts";
import type { World } from "../../world.ts";
import {
  activityOf,
  allSessions,
  isLocal,
  type KnownSession,
  livenessOfAll,
  sessionOfClaude,
} from "../roster/roster.ts";
import { claudeOf } from "./claude.ts";
import { readyDb } from "./ready.ts";
import { MOST_BYTES, parseTold } from "./told.ts";

/** "" where no session works. */
export async function statusLine(world: World): Promise<string> {
  const { cwd = world.cwd } = parseTold(world.readInput(MOST_BYTES));
  const db = await readyDb(world);
  if (db === undefined) return "";
  const all = allSessions(db).filter((one) => one.state === "active" && isLocal(one));
  const own =
    sessionOfClaude(world, db, claudeOf(world)) ?? all.filter((one) => isIn(cwd, one)).toSorted(deepestFirst)[0];
  if (own === undefined) return "";
  const beside = all.filter((one) => one.repo_path === own.repo_path);
  const liveness = livenessOfAll(world.processes, beside);
  const living = beside.filter((one) => liveness.get(one.id)?.state !== "dead");
  if (living.length === 0) return "";
  const others = living.filter(({ id }) => id !== own.id);
  const waiting = others.filter((one) => activityOf(one) === "waiting").length;
  const sharing = others.filter((one) => one.worktree_path === own.worktree_path);
  const parts = [
    counted(living.length, "session"),
    ...(waiting > 0 ? [`${waiting} waiting for you`] : []),
    own.is_main_repo === 1 ? "main checkout" : printable(own.worktree_name ?? own.worktree_path),
    ...(sharing.length > 0 ? [`shared with ${counted(sharing.length, "other")}`] : []),
  ];
  return `parallel-cc: ${parts.join(" · ")}\n`;
}

function isIn(cwd: string, { worktree_path: path }: KnownSession): boolean {
  return cwd === path || cwd.startsWith(`${path}/`);
}

function deepestFirst(one: KnownSession, other: KnownSession): number {
  return other.worktree_path.length - one.worktree_path.length;
}
