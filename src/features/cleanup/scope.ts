// Which repositories a command looks at: the one it names or stands in, or all that the registry knows.

import { existsSync } from "node:fs";
import { Failure } from "../../core/failure.ts";
import { TEXT, v } from "../../core/shape.ts";
import type { Db } from "../../db/db.ts";
import { existingDirectory } from "../../files/directory.ts";
import type { Repository } from "../../git/repository.ts";
import type { World } from "../../world.ts";
import { followMoves, locateHealed } from "../sessions/sessions.ts";

type Effects = Pick<World, "cwd" | "db" | "git" | "processes" | "paths" | "sleep" | "signal" | "log" | "pid">;

/** Errors: as `locate`. */
export async function repositoryAt(world: Effects, named: string | undefined): Promise<Repository> {
  const repository = await locateHealed(world, world.git(existingDirectory(world.cwd, named)));
  const db = await world.db();
  db.write(() => followMoves(db, repository));
  return repository;
}

/** The named one; else all that are known, and the one that the command was typed in. */
export async function repositoriesMeant(world: Effects, named: string | undefined): Promise<Repository[]> {
  if (named !== undefined) return [await repositoryAt(world, named)];
  const here = await repositoryAt(world, undefined).catch((thrown: unknown) => {
    if (thrown instanceof Failure && thrown.code.startsWith("repository.")) return undefined;
    throw thrown;
  });
  const found = here === undefined ? [] : [here];
  for (const gitDir of reachableRepositories(await world.db())) {
    if (found.some((one) => one.gitDir === gitDir)) continue;
    const other = await repositoryAt({ ...world, cwd: gitDir, git: (at) => world.git(at).trusting() }, gitDir).catch(
      (thrown: unknown) => {
        world.log("info", "repository.unreadable", { gitDir, error: String(thrown) });
        return undefined;
      },
    );
    if (other !== undefined && found.every((one) => one.gitDir !== other.gitDir)) found.push(other);
  }
  return found;
}

// Of one on a disk that is not there now nothing can be said, so nothing of it is touched.
export function reachableRepositories(db: Db): string[] {
  return knownRepositories(db).filter((gitDir) => existsSync(gitDir));
}

/** Git directories of all sessions, worktrees, removals and runs in sandboxes. */
function knownRepositories(db: Db): string[] {
  const rows = db.all(
    v.object({ git_dir: TEXT }),
    `SELECT git_dir FROM sessions WHERE git_dir IS NOT NULL
     UNION SELECT git_dir FROM worktrees UNION SELECT git_dir FROM removals
     UNION SELECT git_dir FROM sandbox_runs ORDER BY git_dir`,
  );
  return rows.map(({ git_dir }) => git_dir);
}
