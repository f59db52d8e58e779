// Who begins and who ends is told to the others of the repository, in the transaction that makes it so.

import { counted } from "../../core/text.ts";
import type { Db } from "../../db/db.ts";
import type { World } from "../../world.ts";
import { postNews, unreadSenders } from "../messages/messages.ts";
import {
  endSession,
  isLocal,
  type KnownSession,
  livingOf,
  type RepositoryKey,
  sessionsOf,
  whereIs,
  whoIs,
} from "../roster/roster.ts";

type Effects = Pick<World, "newId">;

/** Those at work in the repository beside one, the dead that nobody has recorded included. */
export function atWorkBeside(db: Db, key: RepositoryKey, id: string): KnownSession[] {
  return sessionsOf(db, key).filter((one) => one.id !== id && one.state === "active" && isLocal(one));
}

/** As `atWorkBeside`, without the dead. */
export function livingBeside(world: Pick<World, "processes">, db: Db, own: KnownSession): KnownSession[] {
  const { id, git_dir, git_dir_id, repo_path } = own;
  const key = { gitDir: git_dir ?? "", gitDirId: git_dir_id ?? "", path: repo_path };
  return livingOf(world, atWorkBeside(db, key, id));
}

/** `others`: all that are to be told. */
export function announceStart(
  world: Effects,
  db: Db,
  { started, others }: { started: KnownSession; others: readonly KnownSession[] },
  now: string,
): void {
  if (started.git_dir_id === null) return;
  const { git_dir_id: gitDirId, worktree_path: path } = started;
  for (const isHere of [true, false]) {
    const to = others.filter((one) => (one.worktree_path === path) === isHere).map(({ id }) => id);
    const body = `${whoIs(started)} has begun to work ${whereIs(started, isHere)}.`;
    if (to.length > 0) postNews(world, db, { gitDirId, topic: "session.started", body, about: started, to }, now);
  }
}

export interface Ending {
  ended: KnownSession;
  by: "release" | "death";
  fate: "none" | "kept" | "removed";
  others: readonly KnownSession[];
}

/** As `endSession`; whose messages it has not read is told so. */
export function endAndAnnounce(world: Effects, db: Db, { ended, by, fate, others }: Ending, now: string): boolean {
  const unread = others.length === 0 ? new Map<string, number>() : unreadSenders(db, ended.id);
  if (!endSession(db, { id: ended.id, by, fate }, now)) return false;
  const gitDirId = ended.git_dir_id;
  if (gitDirId === null) return true;
  for (const [count, told] of Map.groupBy(others, ({ id }) => unread.get(id) ?? 0)) {
    const unreadWords = count === 0 ? "" : ` It has not read ${counted(count, "message")} of yours.`;
    const body = `${whoIs(ended)} has ended; it worked ${whereIs(ended, false)}.${unreadWords}`;
    const to = told.map(({ id }) => id);
    postNews(world, db, { gitDirId, topic: "session.ended", body, about: ended, to }, now);
  }
  return true;
}
