// Before an edit: would what the file is to hold conflict with what another live session has written there? By that
// session's last snapshot, of this one file, without any merge of git's. Nothing is said where it would not, or where it
// cannot be told; and of the same place of the other's only once.

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
import { type Lines, type Meeting, meetingsOf } from "./meeting.ts";
import { objectsEnv, objectsOf } from "./objects.ts";
import { readObjects } from "./read-objects.ts";
import { type StoredSnapshot, snapshotsOf, storedVerdict, storeTold, storeVerdict, toldOf } from "./store.ts";

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

/** More is not read while somebody waits. */
const LARGEST_BYTES = 1024 * 1024;

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
  const standing = peers.flatMap((peer) => {
    const snapshot = snapshots.get(peer.id);
    return snapshot?.path === peer.worktree_path ? [{ peer, snapshot }] : [];
  });
  const ours = standing.length === 0 ? undefined : afterEdit(file, edit);
  if (ours === undefined) return undefined;
  const met = await meetAll(world, db, { own, gitDir, file: file.within, ours, standing }).catch((thrown: unknown) => {
    // git fails, or takes too long: then nobody knows.
    if (!(thrown instanceof Failure) || !/^(git|proc)\./.test(thrown.code)) throw thrown;
    world.log("info", "radar.not-told", { path: file.full, error: thrown.message });
    return [];
  });
  return tellNew(db, { own, file: file.within, met });
}

const EDITS: ReadonlySet<string> = new Set(["Edit", "MultiEdit", "Write"]);

function ageMs({ now }: Pick<World, "now">, snapshot: StoredSnapshot | undefined): number {
  return snapshot === undefined
    ? Number.POSITIVE_INFINITY
    : Math.abs(now().getTime() - parseUtc(snapshot.takenAt).getTime());
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

function isUnfit(text: string): boolean {
  return text.length > LARGEST_BYTES || text.includes("\0");
}

interface Meant {
  own: KnownSession;
  gitDir: string;
  file: string;
  ours: string;
  standing: readonly { peer: KnownSession; snapshot: StoredSnapshot }[];
}

interface Met {
  peer: KnownSession;
  /** "gone": it has deleted the file. */
  meetings: readonly Meeting[] | "gone";
}

async function meetAll(world: Effects, db: Db, { own, gitDir, file, ours, standing }: Meant): Promise<Met[]> {
  const objects = objectsOf(world, gitDir);
  const git = world.git(own.worktree_path).configured({ env: { ...objectsEnv(objects), GIT_NO_LAZY_FETCH: "1" } });
  const names = standing.flatMap(({ snapshot: { commit } }) => [commit, `${commit}:${file}`]);
  const [head, atHead, ...theirs] = await readObjects(git, ["HEAD", `HEAD:${file}`, ...names], LARGEST_BYTES);
  if (head === undefined) return [];
  const changed = standing.flatMap(({ peer, snapshot }, at) => {
    const [commit, found] = theirs.slice(2 * at, 2 * at + 2);
    // Pruned: what it stands at is not known, until the next one is taken.
    if (commit === undefined || snapshot.head === null || found?.id === atHead?.id) return [];
    return [{ peer, head: snapshot.head, found }];
  });
  if (changed.length === 0) return [];
  const bases = await Promise.all(changed.map((one) => baseOf(git, db, { ours: head.id, theirs: one.head })));
  const before = await readObjects(
    git,
    bases.map((base) => `${base ?? head.id}:${file}`),
    LARGEST_BYTES,
  );
  return changed.flatMap(({ peer, found }, at): Met[] => {
    const base = before[at];
    if (bases[at] === undefined || found?.id === base?.id) return [];
    if (found === undefined) return [{ peer, meetings: base?.text === undefined || base.text === ours ? [] : "gone" }];
    // A text that is too large to read, or none.
    if (found.text === undefined || (base !== undefined && base.text === undefined)) return [];
    const texts = [base?.text ?? "", ours, found.text];
    if (texts.some(isUnfit)) return [];
    const [from, our, their] = texts.some((text) => !text.includes("\r\n")) ? texts.map(withoutReturns) : texts;
    return [{ peer, meetings: meetingsOf({ base: from ?? "", ours: our ?? "", theirs: their ?? "" }) }];
  });
}

/** On the disk a text may have other line ends than in the repository. */
function withoutReturns(text: string): string {
  return text.replaceAll("\r\n", "\n");
}

/** Beside other judges of two commits. */
const BASE_JUDGE = 2001;

/** What two commits came from, which stays so for ever; undefined when nothing, or it cannot be told. */
async function baseOf(
  git: ReturnType<Effects["git"]>,
  db: Db,
  pair: { ours: string; theirs: string },
): Promise<string | undefined> {
  if (pair.ours === pair.theirs) return pair.ours;
  const [ours = "", theirs = ""] = [pair.ours, pair.theirs].sort();
  const known = storedVerdict(db, { ours, theirs }, BASE_JUDGE);
  if (known !== undefined) return /[0-9a-f]{40,64}/.exec(known)?.[0];
  const found = await git.attempt(["merge-base", "--end-of-options", ours, theirs]);
  const base = /^[0-9a-f]{40,64}$/m.exec(found.stdout)?.[0];
  if (found.exit <= 1)
    db.write((now) => storeVerdict(db, { ours, theirs, judge: BASE_JUDGE, verdict: base ?? null }, now));
  return base;
}

/** Kept in mind as told, so that the same is not told at every edit. */
function tellNew(
  db: Db,
  { own, file, met }: { own: KnownSession; file: string; met: readonly Met[] },
): string | undefined {
  const news = met.flatMap(({ peer, meetings }) => {
    const key = { sessionId: own.id, peerId: peer.id, path: file };
    const names = meetings === "gone" ? ["gone"] : meetings.map(({ theirChange }) => theirChange);
    const known = new Set(names.length === 0 ? [] : toldOf(db, key)?.split(" "));
    const fresh = names.filter((name) => !known.has(name));
    if (fresh.length === 0) return [];
    const told = meetings === "gone" ? meetings : meetings.filter(({ theirChange }) => fresh.includes(theirChange));
    return [{ key, names, line: lineFor(peer, told) }];
  });
  if (news.length === 0) return undefined;
  db.write((now) => {
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

function lineFor(peer: KnownSession, meetings: Met["meetings"]): string {
  const branch = peer.branch === null ? "on no branch" : `on branch ${quoted(peer.branch)}`;
  const who = `${whoIs(peer)}, ${branch}`;
  if (meetings === "gone") return `${who}: has deleted the file`;
  const places = meetings.slice(0, MOST_PLACES).map(({ ours, theirs }) => `your ${range(ours)}, its ${range(theirs)}`);
  const more = meetings.length > MOST_PLACES ? [`and ${meetings.length - MOST_PLACES} more places`] : [];
  return printable(`${who}: ${[...places, ...more].join("; ")}`);
}

function range({ from, to }: Lines): string {
  if (to < from) return `nothing at line ${from}`;
  return from === to ? `line ${from}` : `lines ${from}-${to}`;
}
