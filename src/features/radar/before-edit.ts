// Before an edit: would what the file is to hold conflict with what another live session has written there? By that
// session's file as it stands on the disk, else by its last snapshot, without any merge of git's. Nothing is said where it
// would not, or where it cannot be told; and of the same place of the other's only once.

import { existsSync, readFileSync, realpathSync, statSync } from "node:fs";
import { basename, dirname, join, relative, resolve } from "node:path";
import { Failure } from "../../core/failure.ts";
import { counted, printable } from "../../core/text.ts";
import type { Db } from "../../db/db.ts";
import { parseUtc } from "../../db/db.ts";
import { checkoutAt } from "../../git/checkout.ts";
import type { World } from "../../world.ts";
import { loadConfig } from "../config/config.ts";
import { isLocal, type KnownSession, livingOf, quoted, sessionsOf, whoIs } from "../roster/roster.ts";
import { FRESH_MS, startRefresh } from "./due.ts";
import { editedText } from "./edited.ts";
import { isUnfit, LARGEST_BYTES, type Met, meetPeers } from "./meet-peers.ts";
import type { Lines } from "./meeting.ts";
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
  const ours = afterEdit(file, edit);
  if (ours === undefined) return undefined;
  const others = byCheckout(peers).map(([peer, ...beside]) => {
    const snapshot = snapshots.get(peer.id);
    return { peer, beside, snapshot: snapshot?.path === peer.worktree_path ? snapshot : undefined };
  });
  const met = await meetPeers(world, db, { own, gitDir, file: file.within, ours, others }).catch((thrown: unknown) => {
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
    const full = existsSync(absolute)
      ? realpathSync(absolute)
      : join(realpathSync(dirname(absolute)), basename(absolute));
    if (checkoutAt(dirname(full), own.worktree_path)?.top !== own.worktree_path) return undefined;
    return { full, within: relative(own.worktree_path, full) };
  } catch {
    // A directory that is not there yet: nobody else has the file either, as far as snapshots tell.
    return undefined;
  }
}

function afterEdit({ full }: FileMeant, { tool, input }: Edit): string | undefined {
  const stats = statSync(full, { throwIfNoEntry: false });
  if (stats !== undefined && (!stats.isFile() || stats.size > LARGEST_BYTES)) return undefined;
  const after = editedText(tool, input, stats === undefined ? undefined : readFileSync(full, "utf8"));
  return after === undefined || isUnfit(after) ? undefined : after;
}

/** Kept in mind as told, so that the same is not told at every edit. */
function tellNew(
  world: Effects,
  db: Db,
  { own, file, met }: { own: KnownSession; file: string; met: readonly Met[] },
): string | undefined {
  const news = met.flatMap(({ peer, beside, meetings }) => {
    const key = { sessionId: own.id, peerId: peer.id, path: file };
    const names = meetings === "gone" ? ["gone"] : meetings.map(({ theirChange }) => theirChange);
    const known = new Set(names.length === 0 ? [] : toldOf(db, key)?.split(" "));
    const fresh = names.filter((name) => !known.has(name));
    if (fresh.length === 0) return [];
    const told = meetings === "gone" ? meetings : meetings.filter(({ theirChange }) => fresh.includes(theirChange));
    return [{ key, names, line: lineFor([peer, ...beside], told) }];
  });
  if (news.length === 0) return undefined;
  writeIfFree(world, db, (now) => {
    for (const { key, names } of news) storeTold(db, { ...key, regions: names.join(" ") }, now);
  });
  const which = `What you are writing to ${quoted(file, Number.POSITIVE_INFINITY)}`;
  return [
    `parallel-cc: ${which} will conflict with uncommitted or unlanded work of ${counted(news.length, "other session")}:`,
    ...news.slice(0, MOST_PEERS).map(({ line }) => `- ${line}`),
    ...(news.length > MOST_PEERS ? [`- and ${news.length - MOST_PEERS} more: get_conflict_radar`] : []),
    "It is not refused. Agree with them (send_message) who changes these lines, or keep out of them.",
  ].join("\n");
}

const MOST_PEERS = 5;
const MOST_PLACES = 5;

function lineFor(peers: readonly KnownSession[], meetings: Met["meetings"]): string {
  const branch = peers[0]?.branch ?? null;
  const on = branch === null ? "on no branch" : `on branch ${quoted(branch)}`;
  const who = `${peers.map(whoIs).join(" and ")}, ${on}`;
  if (meetings === "gone") return `${who}: has deleted the file.`;
  const places = meetings.slice(0, MOST_PLACES).map(({ ours, theirs }) => `your ${range(ours)}, its ${range(theirs)}`);
  const more = meetings.length > MOST_PLACES ? [`and ${meetings.length - MOST_PLACES} more places`] : [];
  return printable(`${who}: ${[...places, ...more].join("; ")}.`);
}

function range({ from, to }: Lines): string {
  if (to < from) return `nothing at line ${from}`;
  return from === to ? `line ${from}` : `lines ${from}-${to}`;
}
