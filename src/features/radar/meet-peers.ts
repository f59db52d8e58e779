// With which other sessions' work a file would conflict as it is to be: three texts each, none of git's merges. What a
// session has is read from its disk, else from its last snapshot; what both came from, from the repository.

import type { Db } from "../../db/db.ts";
import type { World } from "../../world.ts";
import type { KnownSession } from "../roster/roster.ts";
import { type Meeting, meetingsOf } from "./meeting.ts";
import { objectsEnv, objectsOf } from "./objects.ts";
import { type FileNow, fileNow, headName, isDeleted, isFiltered, isIgnored } from "./peer-file.ts";
import { type Read, readObjects } from "./read-objects.ts";
import { type StoredSnapshot, storedVerdict, storeVerdict } from "./store.ts";
import { writeIfFree } from "./write-if-free.ts";

type Effects = Pick<World, "paths" | "git" | "log">;

/** More is not read while somebody waits. */
export const LARGEST_BYTES = 1024 * 1024;

export function isUnfit(text: string): boolean {
  return text.length > LARGEST_BYTES || text.includes("\0");
}

export interface Other {
  peer: KnownSession;
  /** In its checkout. */
  beside: readonly KnownSession[];
  snapshot: StoredSnapshot | undefined;
}

export interface Meant {
  own: KnownSession;
  gitDir: string;
  file: string;
  ours: string;
  others: readonly Other[];
}

export interface Met extends Pick<Other, "peer" | "beside"> {
  /** "gone": it has deleted the file. */
  meetings: readonly Meeting[] | "gone";
}

/** Errors: those of git and of reading the database. */
export async function meetPeers(world: Effects, db: Db, { own, gitDir, file, ours, others }: Meant): Promise<Met[]> {
  const objects = objectsOf(world, gitDir);
  const git = world.git(own.worktree_path).configured({ env: { ...objectsEnv(objects), GIT_NO_LAZY_FETCH: "1" } });
  const asked = others.map((other) => ({
    ...{ other, now: fileNow(other.peer.worktree_path, file, LARGEST_BYTES), head: headName(other.peer) },
  }));
  const names = asked.flatMap(({ other: { snapshot }, head }) => [
    ...(head === undefined ? [] : [head]),
    ...(snapshot === undefined ? [] : [snapshot.commit, `${snapshot.commit}:${file}`]),
  ]);
  const wanted = ["HEAD", `HEAD:${file}`, ...new Set(names)];
  const read = await readObjects(git, wanted, LARGEST_BYTES);
  const named = new Map(wanted.map((name, at) => [name, read[at]]));
  const [head, atHead] = read;
  if (head === undefined) return [];
  const stands: Standing[] = [];
  for (const { other, now, head: name } of asked) {
    const theirHead = (name === undefined ? undefined : named.get(name))?.id ?? other.snapshot?.head ?? undefined;
    if (theirHead === undefined || isAsIn(now, atHead)) continue;
    const isOfDisk = now !== undefined && !(await isOfSetup(db, other.peer, file));
    const found = isOfDisk ? now : inSnapshot(other.snapshot, file, named);
    if (found !== undefined && !isAsIn(found, atHead)) stands.push({ ...{ other, found, isOfDisk }, head: theirHead });
  }
  const bases = await Promise.all(stands.map((one) => baseOf(world, git, db, { ours: head.id, theirs: one.head })));
  const known = stands.flatMap((stand, at) => (bases[at] === undefined ? [] : [{ stand, base: bases[at] }]));
  if (known.length === 0) return [];
  const before = await readObjects(
    git,
    known.map(({ base }) => `${base}:${file}`),
    LARGEST_BYTES,
  );
  const met = known.flatMap(({ stand }, at) => meetingWith(stand, { base: before[at], ours }));
  if (met.length === 0 || (await isFiltered(world, own.worktree_path, file))) return [];
  const sure = await Promise.all(met.map((one) => isTold(world, one, file)));
  return met.filter((_, at) => sure[at]);
}

interface Standing {
  other: Other;
  /** What stands there. */
  found: NonNullable<FileNow>;
  isOfDisk: boolean;
  head: string;
}

function isAsIn(found: FileNow, read: Read | undefined): boolean {
  if (found === undefined || found === "gone") return found === "gone" && read === undefined;
  return read?.text !== undefined && withoutReturns(read.text) === withoutReturns(found.text);
}

/** What setting its worktree up wrote is told apart from its work by the snapshot alone. */
async function isOfSetup(db: Db, { worktree_path: top }: KnownSession, file: string): Promise<boolean> {
  const { baselineOf } = await import("../setup/setup.ts");
  const path = Buffer.from(file).toString("latin1");
  return baselineOf(db, top).some((one) => one.path === path);
}

/** Undefined where there is none, or it was pruned, or holds no text that could be read. */
function inSnapshot(
  snapshot: StoredSnapshot | undefined,
  file: string,
  named: ReadonlyMap<string, Read | undefined>,
): FileNow {
  if (snapshot === undefined || named.get(snapshot.commit) === undefined) return undefined;
  const found = named.get(`${snapshot.commit}:${file}`);
  if (found === undefined) return "gone";
  return found.text === undefined ? undefined : { text: found.text };
}

interface MetThere extends Met {
  isOfDisk: boolean;
  isNew: boolean;
}

function meetingWith(
  { other: { peer, beside }, found, isOfDisk }: Standing,
  { base, ours }: { base: Read | undefined; ours: string },
): MetThere[] {
  // A text that is too large to read, or none.
  if (isAsIn(found, base) || (base !== undefined && base.text === undefined)) return [];
  const known = { peer, beside, isOfDisk, isNew: base === undefined };
  const from = base?.text ?? "";
  if (found === "gone") return withoutReturns(from) === withoutReturns(ours) ? [] : [{ ...known, meetings: "gone" }];
  const texts = [from, ours, found.text];
  if (texts.some(isUnfit)) return [];
  const [base0 = "", our = "", their = ""] = texts.some((text) => !text.includes("\r\n"))
    ? texts.map(withoutReturns)
    : texts;
  const meetings = meetingsOf({ base: base0, ours: our, theirs: their });
  return meetings.length === 0 ? [] : [{ ...known, meetings }];
}

/** What the disk leaves open: a file that is not there may have been left out, and a new one be nobody's work. */
async function isTold(world: Effects, { peer, meetings, isOfDisk, isNew }: MetThere, file: string): Promise<boolean> {
  if (!isOfDisk) return true;
  if (meetings === "gone") return isDeleted(world, peer.worktree_path, file);
  return !isNew || !(await isIgnored(world, peer.worktree_path, file));
}

/** On the disk a text may have other line ends than in the repository. */
function withoutReturns(text: string): string {
  return text.replaceAll("\r\n", "\n");
}

/** Beside other judges of two commits. */
const BASE_JUDGE = 2001;

/** What two commits came from, which stays so for ever; undefined when nothing, or it cannot be told. */
async function baseOf(
  world: Effects,
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
    writeIfFree(world, db, (now) => storeVerdict(db, { ours, theirs, judge: BASE_JUDGE, verdict: base ?? null }, now));
  return base;
}
