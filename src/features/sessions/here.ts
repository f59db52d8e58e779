// Who is at work in the checkout, or the repository, that a directory is in.

import { Failure } from "../../core/failure.ts";
import type { Db } from "../../db/db.ts";
import type { Place, Repository } from "../../git/repository.ts";
import type { World } from "../../world.ts";
import { type KnownSession, livingOf, sessionsOf } from "../roster/roster.ts";
import { locateHealed } from "./heal.ts";

type Effects = Parameters<typeof locateHealed>[0] & Pick<World, "cwd">;

/** Live sessions of the very checkout that the directory is in. */
export async function sessionsHere(world: Effects, db: Db): Promise<KnownSession[]> {
  const repository = await repositoryAt(world);
  if (repository === undefined) return [];
  return livingOf(
    world,
    sessionsOf(db, repository).filter((one) => isAt(repository.here, one)),
  );
}

/** The repository of the current directory; undefined where there is none. */
export async function repositoryAt(world: Effects): Promise<Repository | undefined> {
  try {
    return await locateHealed(world, world.git(world.cwd));
  } catch (thrown) {
    if (thrown instanceof Failure && thrown.code === "repository.none") return undefined;
    throw thrown;
  }
}

// By its name in the repository too: the worktree may have been moved under its session.
function isAt({ top, isLinked, adminName }: Place, one: KnownSession): boolean {
  if (top === undefined) return false;
  if (one.worktree_path === top) return true;
  return one.git_dir !== null && (one.is_main_repo === 1 ? !isLinked : isLinked && one.admin_name === adminName);
}
