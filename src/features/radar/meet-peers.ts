// With which other sessions' work a file would conflict as it is to be: three texts each, none of git's merges. What a
// session has is read from its disk, else from its last snapshot; what both came from, from the repository.

import type { Db } from "../../db/db.ts";
import type { Git } from "../../git/git.ts";
import type { World } from "../../world.ts";
import type { KnownSession } from "../roster/roster.ts";
import { isSame, type Judging, judgeFile, type What } from "./judge-file.ts";
import { objectsEnv, objectsOf } from "./objects.ts";
import { type FileNow, fileNow, headName, inTheWay, isIgnored } from "./peer-file.ts";
import { type Read, readObjects } from "./read-objects.ts";
import { type StoredSnapshot, storedVerdict, storeVerdict } from "./store.ts";
import { writeIfFree } from "./write-if-free.ts";

type Effects = Pick<World, "paths" | "git" | "log">;

/** More is not read while somebody waits. */
export const LARGEST_BYTES = 1024 * 1024;

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
  /** Bytes as latin1. */
  ours: string;
  /** Nothing is there as yet. */
  isNew: boolean;
  others: readonly Other[];
}

export interface Met extends Pick<Other, "peer" | "beside"> {
  what: What;
}

/** Errors: those of git and of reading the database. */
export async function meetPeers(world: Effects, db: Db, meant: Meant): Promise<Met[]> {
  const { own, gitDir, file, ours, isNew, others } = meant;
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
  const blocked: Met[] = [];
  for (const { other, now, head: name } of asked) {
    const theirHead = (name === undefined ? undefined : named.get(name))?.id ?? other.snapshot?.head ?? undefined;
    if (theirHead === undefined) continue;
    if (now === "gone" && atHead === undefined) blocked.push(...(await blockedBy(world, git, other, file)));
    // Ours may have another name there.
    const mayBeMoved = now === "gone" && atHead === undefined && !isNew;
    if (isAsIn(now, atHead) && !mayBeMoved) continue;
    const isOfDisk = now !== undefined && !(await isOfSetup(db, other.peer, file));
    const found = isOfDisk ? now : inSnapshot(other.snapshot, file, named);
    if (found === undefined || (isAsIn(found, atHead) && !mayBeMoved)) continue;
    stands.push({ ...{ other, found, isOfDisk }, head: theirHead });
  }
  const bases = await Promise.all(stands.map((one) => baseOf(world, git, db, { ours: head.id, theirs: one.head })));
  const known = stands.flatMap((stand, at) => (bases[at] === undefined ? [] : [{ stand, base: bases[at] }]));
  if (known.length === 0) return blocked;
  const before = await readObjects(
    git,
    known.map(({ base }) => `${base}:${file}`),
    LARGEST_BYTES,
  );
  const judging: Judging = { world, git, top: own.worktree_path, file, ours, isNew, origins: new Map() };
  const judged = await Promise.all(
    known.map(async ({ stand: { other, ...stand }, base }, at) => {
      const what = await judgeFile(judging, { ...stand, top: other.peer.worktree_path, base, atBase: before[at] });
      return what === undefined ? [] : [{ peer: other.peer, beside: other.beside, what }];
    }),
  );
  return [...blocked, ...judged.flat()];
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
  return found.kind !== "directory" && read?.bytes !== undefined && isSame(read.bytes, found.bytes);
}

/** A file or a link of its own where ours needs a directory. */
async function blockedBy(world: Effects, git: Git, { peer, beside }: Other, file: string): Promise<Met[]> {
  const way = inTheWay(peer.worktree_path, file, LARGEST_BYTES);
  if (way === undefined || (await isIgnored(world, peer.worktree_path, way.path))) return [];
  const [known] = await readObjects(git, [`HEAD:${way.path}`], LARGEST_BYTES);
  // Both may be too large to be compared.
  const isOurs = known !== undefined && (known.bytes === undefined || isSame(known.bytes, way.bytes ?? known.bytes));
  return isOurs ? [] : [{ peer, beside, what: { kind: "in-the-way", at: way.path } }];
}

/** What setting its worktree up wrote is told apart from its work by the snapshot alone. */
async function isOfSetup(db: Db, { worktree_path: top }: KnownSession, file: string): Promise<boolean> {
  const { baselineOf } = await import("../setup/setup.ts");
  const path = Buffer.from(file).toString("latin1");
  return baselineOf(db, top).some((one) => one.path === path);
}

/** Undefined where there is none, or it was pruned, or is too large. */
function inSnapshot(
  snapshot: StoredSnapshot | undefined,
  file: string,
  named: ReadonlyMap<string, Read | undefined>,
): FileNow {
  if (snapshot === undefined || named.get(snapshot.commit) === undefined) return undefined;
  const found = named.get(`${snapshot.commit}:${file}`);
  if (found === undefined) return "gone";
  return found.bytes === undefined ? undefined : { kind: "file", bytes: found.bytes };
}

/** Beside other judges of two commits. */
const BASE_JUDGE = 2001;

/** What two commits came from, which stays so for ever; undefined when nothing, or it cannot be told. */
async function baseOf(
  world: Effects,
  git: Git,
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
