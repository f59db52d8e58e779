// The room's door: a command that an agent's shell is about to run is refused when it would destroy another live session's
// work, and so is an edit in its checkout; and only then. One's own tree is one's own, and who has no session owns nothing
// here; what cannot be decided runs. It keeps nobody from anything who wants to hide what he does: it stops accidents.

import type { Db } from "../../db/db.ts";
import type { World } from "../../world.ts";
import type { KnownSession } from "../roster/roster.ts";

export interface Judged {
  isRefused: boolean;
  /** For the agent. */
  words: string;
}

type Effects = Pick<World, "processes" | "git" | "env" | "now" | "paths" | "db">;

const GIT_WORDS =
  /\b(stash|reset|clean|checkout|restore|switch|rebase|branch|update-ref|push|fetch|pull|worktree|reflog|rm|merge|cherry-pick|revert|am|amend|read-tree)\b/;
/** A `>` that empties a file; not of `>>`, `2>&1`, `=>` and `> /dev/null`. */
const FILE_WORDS = /\b(rm|mv|cp|find|rsync|unlink|shred|truncate|dd|tee)\b|(?<![>=-])>(?!>|=|&\s*[\d-]|\s*\/dev\/)/;

/** It may stand within a word. */
const QUOTING = /\\\n|["'\\]/g;

/** Whether a command could be one of those at all, by its text: most are not. */
export function mayDestroy(command: string): boolean {
  return hasWords(command) || hasWords(command.replace(QUOTING, ""));
}

function hasWords(text: string): boolean {
  return FILE_WORDS.test(text) || (GIT_WORDS.test(text) && text.includes("git"));
}

/** Undefined: nothing to say. Errors: those of the database and of git, `config.broken`. */
export async function judgeCommand(
  world: Effects,
  db: Db,
  own: KnownSession | undefined,
  asked: { command: string; directory: string },
): Promise<Judged | undefined> {
  if (!mayDestroy(asked.command)) return undefined;
  const { judge } = await import("./judge.ts");
  return judge(world, db, own, asked);
}

/** As `judgeCommand`, of a file that is about to be written by a tool. A new one is told of alone. git is not asked. */
export async function judgeEdit(
  world: Effects,
  db: Db,
  own: KnownSession | undefined,
  asked: { path: string; directory: string },
): Promise<Judged | undefined> {
  const { judgeFile } = await import("./edit.ts");
  return judgeFile(world, db, own, asked);
}
