// Files that a command of the shell has written: noticed when it has run, so they are claimed where they can be, and
// their agent is told whose they are. Each is told once, as for an edit.

import { type Db, utcText } from "../../db/db.ts";
import type { World } from "../../world.ts";
import { loadConfig } from "../config/config.ts";
import type { KnownSession } from "../roster/roster.ts";
import { TTL_SECONDS } from "./edit.ts";
import { claim, currentOf, type Held, isCovered, othersNear, type Wanted } from "./hold.ts";
import { isIgnored } from "./ignored.ts";
import { tellHolders } from "./news.ts";
import { patternsAt } from "./place.ts";
import { writtenWords } from "./words.ts";

type Effects = Pick<World, "processes" | "newId" | "now" | "paths" | "db" | "log">;

/** `files` from the top of the session's checkout. Answers what its agent is told, if anything. Errors: as for an edit. */
export async function claimWritten(
  world: Effects,
  db: Db,
  { own, files }: { own: KnownSession; files: readonly string[] },
): Promise<string | undefined> {
  const gitDirId = own.git_dir_id;
  if (gitDirId === null || files.length === 0) return undefined;
  const at = utcText(world.now());
  const { settings } = await loadConfig(world, own.repo_path);
  const isQuiet = (path: string): boolean => isIgnored(settings["claims.ignore"], path);
  const patterns = patternsAt(own.worktree_path, files).filter(
    (pattern) => !isQuiet(pattern.path) && !isCovered(db, { gitDirId, ownId: own.id, pattern, now: at }),
  );
  const found = patterns.map((pattern) => {
    return { pattern, held: currentOf(world, othersNear(db, { gitDirId, ownId: own.id, pattern }), at) };
  });
  // In a shared checkout it was the one who has claimed it, as far as anybody can tell.
  const isTheirs = ({ held }: { held: readonly Held[] }): boolean =>
    held.some(({ holder }) => holder.worktree_path === own.worktree_path);
  const mine = found.filter((one) => !isTheirs(one));
  const wanted = mine.map(({ pattern }): Wanted => {
    return { gitDirId, pattern, mode: "INTENT", ttlSeconds: TTL_SECONDS, reason: null, source: "shell" };
  });
  claimWhatIsFree(world, db, own, wanted);
  const held = mine.flatMap((one) => one.held);
  if (held.length === 0) return undefined;
  tellHolders(world, db, { own, held, topic: "claim.shared" });
  const paths = [...new Set(held.map(({ pattern }) => pattern.path))];
  return writtenWords(paths, held, world.now());
}

/** What another has EXCLUSIVE stays its own: the rest is claimed. */
function claimWhatIsFree(world: Effects, db: Db, own: KnownSession, wanted: readonly Wanted[]): void {
  for (let left = wanted; left.length > 0; ) {
    const outcome = claim(world, db, { own, wanted: left });
    if (outcome.isGranted) return;
    const refused = new Set(outcome.held.map(({ pattern }: Held) => pattern.key));
    left = left.filter(({ pattern }) => !refused.has(pattern.key));
  }
}
