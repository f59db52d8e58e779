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

export interface Asked {
  /** Any directory of the repository; else the current one, if it is in one, and else that of the caller's session. */
  repo: string | undefined;
  /** An agent's is its session's, wherever the server of its tools was started. */
  isAgents: boolean;
}

export interface Found {
  scanned: Scanned;
  repoPath: string;
  /** The current directory is in it. */
  isHere: boolean;
  ownId: string | undefined;
}

/** Errors: `repository.none`, and those of `scan`. */
export async function radarAt(world: World, { repo, isAgents }: Asked): Promise<Found> {
  const db = await world.db();
  const own = sessionOfClaude(world, db);
  const home = own?.worktree_path;
  const given = repo ?? (isAgents ? home : undefined);
  const here = given === undefined || !isAgents ? await repositoryHere(world, given ?? home) : undefined;
  const repository = given === undefined && here !== undefined ? here : await repositoryAt(world, given ?? home);
  const scanned = await scanHealed(world, db, repository);
  pruneObjects(world, repository.gitDir);
  const ids = scanned.sessions.map(({ session }) => session.id);
  const atHand = scanned.sessions.find(({ session }) => session.worktree_path === repository.here.top);
  return {
    ...{ scanned, repoPath: repository.path, isHere: isAgents || here?.gitDir === repository.gitDir },
    ownId: own !== undefined && ids.includes(own.id) ? own.id : atHand?.session.id,
  };
}

/** Undefined where the current directory is in none, and there is another one to go by. */
async function repositoryHere(world: World, other: string | undefined): Promise<Repository | undefined> {
  return repositoryAt(world, undefined).catch((thrown: unknown) => {
    const isNone = thrown instanceof Failure && /^(repository|directory|git)\./.test(thrown.code);
    if (!isNone || other === undefined) throw thrown;
    return undefined;
  });
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
    return radarAnswer({ ...nothing, sessions }, { repoPath: repository.path, isHere: true, ownId: undefined });
  } catch (thrown) {
    if (!(thrown instanceof Failure) || thrown.code !== "lock.held") throw thrown;
    return radarAnswer({ ...nothing, sessions: [] }, { repoPath: repository.path, isHere: true, ownId: undefined });
  }
}
