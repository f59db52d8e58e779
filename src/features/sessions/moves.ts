// Repositories and worktrees that were moved under their sessions. A path is where a thing was; what stays are the
// repository's git directory by device and inode, and a worktree's name in it.

import { existsSync } from "node:fs";
import type { Db } from "../../db/db.ts";
import { type Repository, worktreePathOf } from "../../git/repository.ts";
import { followTips } from "../merges/merges.ts";
import { followRemovals } from "../removals/removals.ts";
import {
  followRepository,
  followWorktree,
  type KnownSession,
  type RepositoryKey,
  sessionsOf,
} from "../roster/roster.ts";
import { worktreesOf } from "../worktrees/worktrees.ts";

export function keyOf({ gitDir, gitDirId, path }: RepositoryKey): RepositoryKey {
  return { gitDir, gitDirId, path };
}

/** Brings the paths of a repository's rows up to date; call it inside a transaction. */
export function followMoves(db: Db, repository: Repository): void {
  // By the paths that the rows of sessions and worktrees still have.
  followTips(db, repository);
  followRemovals(db, repository);
  followRepository(db, keyOf(repository));
  for (const { path, admin_name: name } of worktreesOf(db, repository.gitDir)) {
    const to = name === null || name === "" || existsSync(path) ? undefined : worktreePathOf(repository.gitDir, name);
    if (to !== undefined) followWorktree(db, { from: path, to });
  }
  const { here } = repository;
  for (const one of sessionsOf(db, repository)) {
    if (existsSync(one.worktree_path)) continue;
    const isHere = here.isLinked && one.admin_name === here.adminName;
    const to = currentPath(one) ?? (isHere ? here.top : undefined);
    if (to !== undefined) followWorktree(db, { from: one.worktree_path, to });
  }
}

/** Where a session's worktree stands, when git knows of its move; undefined when there is none at all. */
export function currentPath(one: KnownSession): string | undefined {
  if (existsSync(one.worktree_path)) return one.worktree_path;
  if (one.git_dir === null || one.admin_name === null || one.admin_name === "") return undefined;
  return worktreePathOf(one.git_dir, one.admin_name);
}
