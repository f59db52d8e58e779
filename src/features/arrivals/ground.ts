// What a look for merges starts from: the branches that there are, who is at work, and who asked to be told.

import type { Db } from "../../db/db.ts";
import type { Git } from "../../git/git.ts";
import type { World } from "../../world.ts";
import { allBranches, type Branch, defaultTargets } from "../merges/merges.ts";
import { isLocal, type KnownSession, livingOf, type RepositoryKey, sessionsOf } from "../roster/roster.ts";
import { activeSubscriptions, type SubscriptionRow } from "./store.ts";
import { type Target, targetCalled, targetOf } from "./targets.ts";

export type Effects = Pick<
  World,
  "db" | "git" | "now" | "log" | "signal" | "runProgram" | "processes" | "paths" | "newId" | "sleep" | "env"
>;

export interface Ground {
  db: Db;
  /** In the repository itself. */
  git: Git;
  repository: RepositoryKey;
  refs: readonly Branch[];
  /** The default branch. */
  usual: Target | undefined;
  /** Those that may live. */
  sessions: readonly KnownSession[];
  subscriptions: readonly SubscriptionRow[];
  /** Where branches stood when they were deleted, as far as that was looked for (last-stood.ts). */
  stood: ReadonlyMap<string, string>;
}

/** One git, and another where nothing says which branch is the default one. */
export async function groundOf(world: Effects, repository: RepositoryKey): Promise<Ground> {
  const db = await world.db();
  const git = world.git(repository.gitDir).trusting();
  const refs = await allBranches(git);
  const known = sessionsOf(db, repository).filter((one) => isLocal(one) && one.git_dir !== null);
  return {
    ...{ db, git, repository, refs },
    usual: targetOf(await defaultTargets(git, refs), refs),
    sessions: livingOf(world, known),
    subscriptions: activeSubscriptions(db, repository.gitDir),
    stood: new Map(),
  };
}

/** Whether it is a branch of here or, called by its remote's name, of there. */
export function isThere({ refs }: Pick<Ground, "refs">, branch: string): boolean {
  return refs.some(({ name }) => name === `refs/heads/${branch}` || name === `refs/remotes/${branch}`);
}

/** Where a session's work is meant to land. */
export function targetOfSession({ refs, usual }: Ground, { branch, target_branch: name }: KnownSession) {
  // In the main checkout it may be the branch itself.
  const named = name === null ? undefined : targetCalled(name, refs);
  return named === undefined || (name === branch && usual !== undefined) ? usual : named;
}

/** The branches that a session has: the one it began with, and the one its checkout is on. */
export function branchesOf({ refs }: Pick<Ground, "refs">, { branch, worktree_path: path }: KnownSession): string[] {
  const now = refs.flatMap(({ name, checkout }) => (checkout === path ? [name.replace("refs/heads/", "")] : []));
  return [...new Set([...now, ...(branch === null ? [] : [branch])])];
}
