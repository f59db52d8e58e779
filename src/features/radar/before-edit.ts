// Before an edit: would what the file is to hold conflict with what another live session has written there? By that
// session's file as it stands on the disk, else by its last snapshot, without any merge of git's. Nothing is said where it
// would not, or where it cannot be told; and of the same place of the other's only once.

import { existsSync, readFileSync, realpathSync, statSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { Failure } from "../../core/failure.ts";
import type { Db } from "../../db/db.ts";
import { parseUtc } from "../../db/db.ts";
import { checkoutAt } from "../../git/checkout.ts";
import type { World } from "../../world.ts";
import { loadConfig } from "../config/config.ts";
import { isLocal, type KnownSession, livingOf, sessionsOf } from "../roster/roster.ts";
import { FRESH_MS, startRefresh } from "./due.ts";
import { editWords } from "./edit-words.ts";
import { editedBytes } from "./edited.ts";
import type { What } from "./judge-file.ts";
import { LARGEST_BYTES, type Met, meetPeers } from "./meet-peers.ts";
import { type StoredSnapshot, snapshotsOf, storeTold, toldOf } from "./store.ts";
import { writeIfFree } from "./write-if-free.ts";

export type Effects = Pick<World, "processes" | "paths" | "db" | "git" | "now" | "startInBackground" | "log">;

export interface Edit {
  path: string;
  /** What it is relative to. */
  directory: string;
  /** As the client calls it. */
  tool: string;
  /** What the tool is given. */
  input: unknown;
}

/** For the agent; undefined where there is nothing to say. Errors: those of the database, `config.broken`. */
export async function wouldConflict(
  world: Effects,
  db: Db,
  own: KnownSession,
  edit: Edit,
): Promise<string | undefined> {
  const { git_dir: gitDir, git_dir_id: gitDirId, repo_path: path } = own;
  if (gitDir === null || gitDirId === null || !EDITS.has(edit.tool)) return undefined;
  const peers = livingOf(world, sessionsOf(db, { gitDir, gitDirId, path }))
    .filter(isLocal)
    .filter(({ id, worktree_path: at }) => id !== own.id && at !== own.worktree_path);
  if (peers.length === 0) return undefined;
  const file = fileMeant(own, edit);
  if (file === undefined) return undefined;
  const { settings } = await loadConfig(world, own.repo_path);
  if (settings["radar.onEdit"] === "off") return undefined;
  const snapshots = snapshotsOf(db, gitDirId);
  const isOld = ({ id }: KnownSession) => ageMs(world, snapshots.get(id)) > FRESH_MS;
  if (peers.some(isOld)) startRefresh(world, { gitDir, path: own.repo_path });
  const after = afterEdit(file, edit);
  if (after === undefined) return undefined;
  const others = byCheckout(peers).map(([peer, ...beside]) => {
    const snapshot = snapshots.get(peer.id);
    return { peer, beside, snapshot: snapshot?.path === peer.worktree_path ? snapshot : undefined };
  });
  const meant = { own, gitDir, file: file.within, ours: after.bytes, isNew: after.isNew, others };
  const met = await meetPeers(world, db, meant).catch((thrown: unknown) => {
    // git fails, or takes too long: then nobody knows.
    if (!(thrown instanceof Failure) || !/^(git|proc)\./.test(thrown.code)) throw thrown;
    world.log("info", "radar.not-told", { path: file.full, error: thrown.message });
    return [];
  });
  return tellNew(world, db, { own, file: file.within, met });
}

const EDITS: ReadonlySet<string> = new Set(["Edit", "MultiEdit", "Write"]);

function ageMs({ now }: Pick<World, "now">, snapshot: StoredSnapshot | undefined): number {
  return snapshot === undefined
    ? Number.POSITIVE_INFINITY
    : Math.abs(now().getTime() - parseUtc(snapshot.takenAt).getTime());
}

/** Who shares a checkout has the same file. */
function byCheckout(peers: readonly KnownSession[]): [KnownSession, ...KnownSession[]][] {
  const found = new Map<string, [KnownSession, ...KnownSession[]]>();
  for (const peer of peers) {
    const known = found.get(peer.worktree_path);
    if (known === undefined) found.set(peer.worktree_path, [peer]);
    else known.push(peer);
  }
  return [...found.values()];
}

interface FileMeant {
  full: string;
  /** From the checkout's top. */
  within: string;
}

/** In the session's own checkout, and in no repository within; as an edit follows symbolic links. */
function fileMeant(own: KnownSession, { path, directory }: Edit): FileMeant | undefined {
  const absolute = resolve(directory, path);
  try {
    const there = nearestThere(absolute);
    const full = join(realpathSync(there), relative(there, absolute));
    if (checkoutAt(dirname(full), own.worktree_path)?.top !== own.worktree_path) return undefined;
    const within = relative(own.worktree_path, full);
    // What git keeps for itself is in no commit.
    return within.split("/").includes(".git") ? undefined : { full, within };
  } catch {
    // Gone in between, or a circle of links.
    return undefined;
  }
}

function nearestThere(path: string): string {
  return existsSync(path) || path === dirname(path) ? path : nearestThere(dirname(path));
}

interface After {
  /** As latin1. */
  bytes: string;
  isNew: boolean;
}

function afterEdit({ full }: FileMeant, { tool, input }: Edit): After | undefined {
  const stats = statSync(full, { throwIfNoEntry: false });
  if (stats !== undefined && (!stats.isFile() || stats.size > LARGEST_BYTES)) return undefined;
  const bytes = editedBytes(tool, input, stats === undefined ? undefined : readFileSync(full));
  return bytes === undefined || bytes.length > LARGEST_BYTES
    ? undefined
    : { bytes: bytes.toString("latin1"), isNew: stats === undefined };
}

/** Kept in mind as told, so that the same is not told at every edit. */
function tellNew(
  world: Effects,
  db: Db,
  { own, file, met }: { own: KnownSession; file: string; met: readonly Met[] },
): string | undefined {
  const news = met.flatMap((one) => {
    const key = { sessionId: own.id, peerId: one.peer.id, path: file };
    const names = namesOf(one);
    const known = new Set(toldOf(db, key)?.split(" "));
    const fresh = names.filter((name) => !known.has(name));
    return fresh.length === 0 ? [] : [{ key, names, met: { ...one, what: only(one.what, fresh) } }];
  });
  if (news.length === 0) return undefined;
  writeIfFree(world, db, (now) => {
    for (const { key, names } of news) storeTold(db, { ...key, regions: names.join(" ") }, now);
  });
  return editWords(
    file,
    news.map((one) => one.met),
  );
}

/** What is told goes by these: each of them once. */
function namesOf({ what }: Met): string[] {
  return what.kind === "lines" ? what.meetings.map(({ theirChange }) => theirChange) : [what.kind];
}

function only(what: What, fresh: readonly string[]): What {
  if (what.kind !== "lines") return what;
  return { ...what, meetings: what.meetings.filter(({ theirChange }) => fresh.includes(theirChange)) };
}
