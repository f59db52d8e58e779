// Ending a session. Its worktree goes when everything in it has landed and nobody is in it; else it stays, and the answer
// says why, what is in it and where it is.

import { existsSync } from "node:fs";
import type { Db } from "../../db/db.ts";
import { shortBranch } from "../../git/porcelain.ts";
import { adminNameOf, branchTip } from "../../git/repository.ts";
import type { World } from "../../world.ts";
import { recordTip } from "../merges/merges.ts";
import { type Keep, type KeepReason, removeWorktree, rescueRef } from "../removals/removals.ts";
import {
  allSessions,
  followWorktree,
  type KnownSession,
  mayLive,
  type Named,
  session,
  sessionMeant,
} from "../roster/roster.ts";
import { baselineOf } from "../setup/setup.ts";
import { cacheChanges, type KnownWorktree, keepWorktree, measureChanges, worktreeRow } from "../worktrees/worktrees.ts";
import { endAndAnnounce, livingBeside } from "./announce.ts";
import { heal } from "./heal.ts";
import { currentPath } from "./moves.ts";
import { ownerOf, stillRunning } from "./owners.ts";
import { requireYours } from "./yours.ts";

export interface Kept {
  reason: KeepReason;
  path: string;
  branch: string | null;
  /** Since the session's fork commit; null when git could not say. */
  commits: number | null;
  dirtyFiles: number | null;
  /** Everything that keeps it, in words. */
  why: string[];
}

export interface Released {
  released: boolean;
  worktreeRemoved: boolean;
  kept: Kept | null;
  /** The ref under which the removed worktree is saved. */
  rescue: string | null;
  /** What `undo` takes. */
  undo: string | null;
  /** What was shown, so that it could go. */
  proofs: string[];
  /** Where the worktree was, when somebody else has removed it. */
  missing: string | null;
  /** The repository; null where nobody was released, and for sessions of earlier releases. */
  gitDir: string | null;
}

export interface ReleaseInput extends Named {
  keep?: boolean | undefined;
  /** Only when its processes have ended, for which it waits a while. */
  whenOver?: boolean | undefined;
}

const NOTHING: Released = {
  released: false,
  worktreeRemoved: false,
  kept: null,
  rescue: null,
  undo: null,
  proofs: [],
  missing: null,
  gitDir: null,
};

/**
 * An unknown session is an answer (`released: false`), not a failure: releasing twice is harmless.
 * Errors: `session.not-yours`, `usage.ambiguous`.
 */
export async function release(world: World, input: ReleaseInput): Promise<Released> {
  const db = await world.db();
  const meant = sessionMeant(world, db, input);
  if (meant !== undefined) requireYours(world, db, meant);
  await heal(world, allSessions(db));
  if (meant === undefined) return NOTHING;
  const found = input.whenOver === true ? await overSoon(world, db, meant.id) : meant;
  if (found === undefined) return NOTHING;
  return { ...(await releaseFound(world, db, found, input.keep === true)), gitDir: found.git_dir };
}

/** As `release`, of one that the caller itself has made for something and that nobody else lives in. */
export async function releaseMade(world: World, id: string): Promise<Released> {
  const db = await world.db();
  await heal(world, allSessions(db));
  const found = session(db, id);
  return found === undefined ? NOTHING : { ...(await releaseFound(world, db, found, false)), gitDir: found.git_dir };
}

/** A client that says goodbye ends some moments later. */
const FAREWELL_MS = 30_000;
const PAUSE_MS = 50;

/** As it stands once it is over; undefined also for one that another command has ended meanwhile. */
async function overSoon(
  world: Pick<World, "processes" | "signal" | "sleep">,
  db: Db,
  id: string,
): Promise<KnownSession | undefined> {
  for (let waitedMs = 0; waitedMs < FAREWELL_MS; waitedMs += PAUSE_MS) {
    const found = session(db, id);
    if (found === undefined || !mayLive(world.processes, found)) return found;
    world.signal().throwIfAborted();
    await world.sleep(PAUSE_MS);
  }
  return undefined;
}

async function releaseFound(world: World, db: Db, meant: KnownSession, isKept: boolean): Promise<Released> {
  const path = currentPath(meant) ?? meant.worktree_path;
  if (path !== meant.worktree_path) db.write(() => followWorktree(db, { from: meant.worktree_path, to: path }));
  const found = { ...meant, worktree_path: path };
  // Looked at before the transaction that ends it, which stays short that way.
  const others = livingBeside(world, db, found);
  const end = (now: string, fate: "none" | "kept"): boolean =>
    endAndAnnounce(world, db, { ended: found, by: "release", fate, others }, now);
  if (found.is_main_repo === 1) return { ...NOTHING, released: db.write((now) => end(now, "none")) };
  if (!existsSync(path)) return { ...NOTHING, released: db.write((now) => end(now, "none")), missing: path };
  return endInWorktree(world, db, { found, isKept, end: (now) => end(now, "kept") });
}

interface Leaving {
  found: KnownSession;
  isKept: boolean;
  /** False when it had ended already. */
  end(now: string): boolean;
}

async function endInWorktree(world: World, db: Db, { found, isKept, end }: Leaving): Promise<Released> {
  const path = found.worktree_path;
  const tips = await tipsOf(world, found);
  // Also by a removal that began and was put back, because somebody came in.
  let isEnded = false;
  const begin = (_db: Db, now: string) => {
    for (const tip of tips) recordTip(db, tip, now);
    isEnded = end(now) || isEnded;
  };
  if (isKept) db.write(() => keepWorktree(db, { path, isKept }));
  const row = worktreeRow(db, path);
  const adminName = adminNameOf(path);
  const isOurs = row?.origin === "created" && adminName !== undefined && found.git_dir !== null;
  const outcome =
    isOurs && !isKept
      ? await tryToRemove(world, db, { found, row, adminName, begin })
      : { kind: "kept" as const, keeps: [isOurs ? keptOnRequest() : notOurs()] };
  if (outcome.kind === "removed") {
    const { id } = outcome.removal;
    const { proofs } = outcome;
    return { ...NOTHING, released: true, worktreeRemoved: true, rescue: rescueRef(id), undo: id, proofs };
  }
  const kept = await whatIsKept(world, db, found, outcome.keeps);
  db.write((now) => begin(db, now));
  return { ...NOTHING, released: isEnded, kept };
}

interface Ending {
  found: KnownSession;
  row: KnownWorktree;
  adminName: string;
  begin: (db: Db, now: string) => void;
}

function tryToRemove(world: World, db: Db, { found, row, adminName, begin }: Ending) {
  const gitDir = found.git_dir ?? row.git_dir;
  const checkout = { path: row.path, gitDir, adminName };
  const owner = () => stillRunning(world, found) ?? ownerOf(world, db, checkout, found.id);
  return removeWorktree(world, {
    subject: { row, gitDir, adminName, owner },
    kind: "worktree",
    isForced: false,
    isAsked: false,
    begin,
  });
}

function keptOnRequest(): Keep {
  return { reason: "kept-on-request", detail: "--keep asked for it" };
}

function notOurs(): Keep {
  return { reason: "not-ours", detail: "parallel-cc did not make it" };
}

/** Where its branches stand, for whoever asks whether they have landed once they are deleted. */
async function tipsOf(world: Pick<World, "git">, { git_dir: gitDir, branch, worktree_path: path }: KnownSession) {
  if (gitDir === null) return [];
  const git = world.git(gitDir).trusting();
  const head = await world.git(path).attempt(["symbolic-ref", "--quiet", "HEAD"]);
  const named = new Set([branch, head.exit === 0 ? shortBranch(head.stdout.trim()) : null]);
  const tips = [...named].map(async (one) => {
    const tip = one === null ? undefined : await branchTip(git, one).catch(() => undefined);
    return one === null || tip === undefined ? [] : [{ gitDir, branch: one, tip }];
  });
  return (await Promise.all(tips)).flat();
}

// The branch that holds the work is the one it is on by now, which need not be the one it was made on.
async function whatIsKept(world: World, db: Db, found: KnownSession, keeps: readonly Keep[]): Promise<Kept> {
  const path = found.worktree_path;
  const checkout = {
    ...{ path, forkCommit: found.fork_commit, targetBranch: found.target_branch },
    baseline: baselineOf(db, path),
  };
  const changes = await measureChanges(world.git(path), checkout).catch(() => undefined);
  if (changes !== undefined) db.write((now) => cacheChanges(db, path, changes, now));
  const { dirtyFiles, ahead, branch } = changes ?? { dirtyFiles: null, ahead: null, branch: found.branch };
  const why = keeps.map(({ detail }) => detail);
  return { reason: keeps[0]?.reason ?? "failed", path, branch, commits: ahead, dirtyFiles, why };
}
