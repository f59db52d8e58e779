// What an agent is told of itself: its session, by the claude that started the asking process, and how many are at work
// in its repository. Without a session of its own it is told none, never another's that works in the same place.

import { type Db, isoText } from "../../db/db.ts";
import type { World } from "../../world.ts";
import { type KnownSession, livingOf, sessionOfClaude, sessionsOf } from "../roster/roster.ts";
import { repositoryAt } from "./here.ts";

export interface MySession {
  sessionId: string | null;
  worktreePath: string | null;
  worktreeName: string | null;
  isMainRepo: boolean | null;
  startedAt: string | null;
  /** Living sessions of the repository, this one included. */
  parallelSessions: number;
}

type Effects = Parameters<typeof repositoryAt>[0] & Pick<World, "env" | "parentPid">;

export async function mySession(world: Effects): Promise<MySession> {
  const db = await world.db();
  const mine = sessionOfClaude(world, db);
  const beside = mine === undefined ? await sessionsBeside(world, db) : sessionsBesideKnown(db, mine);
  return {
    sessionId: mine?.id ?? null,
    worktreePath: mine?.worktree_path ?? null,
    worktreeName: mine?.worktree_name ?? null,
    isMainRepo: mine === undefined ? null : mine.is_main_repo === 1,
    startedAt: mine === undefined ? null : isoText(mine.created_at),
    parallelSessions: livingOf(world, beside).length,
  };
}

async function sessionsBeside(world: Effects, db: Db): Promise<KnownSession[]> {
  const repository = await repositoryAt(world);
  return repository === undefined ? [] : sessionsOf(db, repository);
}

/** The registry knows its repository: git need not be asked. */
function sessionsBesideKnown(db: Db, { git_dir, git_dir_id, repo_path }: KnownSession): KnownSession[] {
  return sessionsOf(db, { gitDir: git_dir ?? "", gitDirId: git_dir_id ?? "", path: repo_path });
}
