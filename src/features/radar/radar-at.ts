// The radar of the repository that is meant, and the process in the background that only takes the snapshots, for who is
// about to edit and cannot wait for them.

import { join } from "node:path";
import { Failure } from "../../core/failure.ts";
import type { Db } from "../../db/db.ts";
import { withLock } from "../../db/lock.ts";
import { existingDirectory } from "../../files/directory.ts";
import type { Repository } from "../../git/repository.ts";
import type { World } from "../../world.ts";
import { sessionOfClaude } from "../roster/roster.ts";
import { followMoves, locateHealed } from "../sessions/sessions.ts";
import { type RadarAnswer, radarAnswer } from "./answers.ts";
import { gather } from "./gather.ts";
import { dropDamaged } from "./heal.ts";
import { nameOf, objectsOf, pruneObjects } from "./objects.ts";
import { type Scanned, scan } from "./scan.ts";
import { writeIfFree } from "./write-if-free.ts";

/** Errors: `repository.none`, and those of `scan`. */
export async function radarAt(
  world: World,
  repo: string | undefined,
): Promise<{ scanned: Scanned; repoPath: string; ownId: string | undefined }> {
  const db = await world.db();
  const own = sessionOfClaude(world, db);
  const repository = await repositoryAt(world, repo ?? own?.worktree_path);
  const scanned = await scanHealed(world, db, repository);
  pruneObjects(world, repository.gitDir);
  const here = scanned.sessions.find(({ session }) => session.worktree_path === repository.here.top);
  return { scanned, repoPath: repository.path, ownId: own?.id ?? here?.session.id };
}

/** Where something could not be told, once more if it was for what we keep ourselves. Errors: those of `scan`. */
async function scanHealed(world: World, db: Db, repository: Repository): Promise<Scanned> {
  const found = await scan(world, db, repository).catch((thrown: unknown) => {
    if (!(thrown instanceof Failure) || !thrown.code.startsWith("git.")) throw thrown;
    return thrown;
  });
  const isTold = !(found instanceof Failure) && isWhollyTold(found);
  if (!isTold && dropDamaged(world, repository.gitDir)) return scan(world, db, repository);
  if (found instanceof Failure) throw found;
  return found;
}

function isWhollyTold({ sessions, pairs, targets }: Scanned): boolean {
  const isSeen = sessions.every(({ snapshot }) => !("error" in snapshot));
  return isSeen && [...pairs, ...targets].every(({ judged }) => judged.verdict !== "unknown");
}

/** Errors: `repository.none`, `directory.none`. */
async function repositoryAt(world: World, named: string | undefined): Promise<Repository> {
  const repository = await locateHealed(world, world.git(existingDirectory(world.cwd, named)));
  const db = await world.db();
  // Where that cannot be written now, a checkout that was moved is told of as gone.
  writeIfFree(world, db, () => followMoves(db, repository));
  return repository;
}

/** Whatever holds it up then: the next edit starts it again. */
const DEADLINE_MS = 2 * 60_000;

/** Takes the snapshots alone. It ends at once when another one is at it. */
export async function refreshUnattended(started: World, repo: string | undefined): Promise<RadarAnswer> {
  const end = AbortSignal.any([started.signal(), AbortSignal.timeout(DEADLINE_MS)]);
  const world = { ...started, signal: () => end };
  const repository = await repositoryAt(world, repo);
  const objects = objectsOf(world, repository.gitDir);
  const lock = join(world.paths.locks, `${nameOf(repository.gitDir)}.radar.lock`);
  const nothing = {
    checkouts: [],
    pairs: [],
    targets: [],
    order: [],
    timing: { snapshotMs: 0, mergeMs: 0, merged: 0 },
  };
  try {
    const db = await world.db();
    const options = { timeoutMs: 0, doing: "been looking at what sessions stand at" };
    const look = () => {
      // Who is about to edit reads these objects, and asks nobody what to do about them.
      dropDamaged(world, repository.gitDir);
      return gather(world, db, { repository, objects });
    };
    const sessions = await withLock(world, lock, look, options);
    pruneObjects(world, repository.gitDir);
    return radarAnswer({ ...nothing, sessions }, { repoPath: repository.path, ownId: undefined });
  } catch (thrown) {
    if (!(thrown instanceof Failure) || thrown.code !== "lock.held") throw thrown;
    return radarAnswer({ ...nothing, sessions: [] }, { repoPath: repository.path, ownId: undefined });
  }
}
