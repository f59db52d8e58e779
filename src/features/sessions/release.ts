// Ending a session. Its worktree stays, and the answer says where it is and what is in it.

import { existsSync } from "node:fs";
import { branchTip } from "../../git/repository.ts";
import type { World } from "../../world.ts";
import { recordTip } from "../merges/merges.ts";
import { cacheChanges, measureChanges } from "../worktrees/worktrees.ts";
import { type Named, sessionMeant } from "./find.ts";
import { healReservations } from "./heal.ts";
import { currentPath } from "./moves.ts";
import { allSessions, endSession, followWorktree, type KnownSession } from "./store.ts";

export interface Kept {
  reason: "uncommitted-changes" | "unlanded-commits" | "nothing-removed-yet" | "unreadable";
  path: string;
  branch: string | null;
  /** Since the session's fork commit; null when git could not say. */
  commits: number | null;
  dirtyFiles: number | null;
}

export interface Released {
  released: boolean;
  worktreeRemoved: boolean;
  kept: Kept | null;
  rescue: string | null;
  /** Where the worktree was, when somebody else has removed it. */
  missing: string | null;
}

type Effects = Pick<World, "db" | "git" | "processes" | "parentPid" | "paths" | "sleep" | "signal" | "log">;

/** An unknown session is an answer (`released: false`), not a failure: releasing twice is harmless. */
export async function release(world: Effects, named: Named): Promise<Released> {
  const db = await world.db();
  const meant = sessionMeant(world, db, named);
  await healReservations(world, allSessions(db));
  if (meant === undefined) return { released: false, worktreeRemoved: false, kept: null, rescue: null, missing: null };
  const path = currentPath(meant) ?? meant.worktree_path;
  const found = { ...meant, worktree_path: path };
  const isMain = found.is_main_repo === 1;
  const changes = isMain ? undefined : await changesOf(world, found);
  const isMissing = !isMain && !existsSync(found.worktree_path);
  const kept = isMain || isMissing ? null : whatIsKept(found, changes);
  const tips = isMain ? [] : await tipsOf(world, found, [found.branch, changes?.branch ?? null]);
  const released = db.write((now) => {
    if (path !== meant.worktree_path) followWorktree(db, { from: meant.worktree_path, to: path });
    for (const tip of tips) recordTip(db, tip, now);
    if (changes !== undefined) cacheChanges(db, found.worktree_path, changes, now);
    return endSession(db, { id: found.id, by: "release", fate: kept === null ? "none" : "kept" }, now);
  });
  return { released, worktreeRemoved: false, kept, rescue: null, missing: isMissing ? found.worktree_path : null };
}

async function changesOf(world: Effects, found: KnownSession) {
  const checkout = { path: found.worktree_path, forkCommit: found.fork_commit, targetBranch: found.target_branch };
  return measureChanges(world.git(found.worktree_path), checkout).catch(() => undefined);
}

/** Where its branches stand, for whoever asks whether they have landed once they are deleted. */
async function tipsOf(world: Effects, { git_dir: gitDir }: KnownSession, branches: readonly (string | null)[]) {
  if (gitDir === null) return [];
  const git = world.git(gitDir).trusting();
  const named = [...new Set(branches)].filter((branch) => branch !== null);
  const tips = await Promise.all(named.map((branch) => branchTip(git, branch).catch(() => undefined)));
  return named.flatMap((branch, i) => (tips[i] === undefined ? [] : [{ gitDir, branch, tip: tips[i] }]));
}

// The branch that holds the work is the one it is on by now, which need not be the one it was made on.
function whatIsKept(found: KnownSession, changes: Awaited<ReturnType<typeof changesOf>>): Kept {
  const path = found.worktree_path;
  if (changes === undefined)
    return { reason: "unreadable", path, branch: found.branch, commits: null, dirtyFiles: null };
  const { dirtyFiles, ahead: commits, branch } = changes;
  const reason = dirtyFiles > 0 ? "uncommitted-changes" : commits > 0 ? "unlanded-commits" : "nothing-removed-yet";
  return { reason, path, branch, commits, dirtyFiles };
}
