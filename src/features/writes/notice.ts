// What stands changed in a checkout now and did not before: git is asked with an index of our own, the disk for the rest,
// and what both said is kept in mind.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Failure } from "../../core/failure.ts";
import type { Db } from "../../db/db.ts";
import { checkoutAt } from "../../git/checkout.ts";
import type { World } from "../../world.ts";
import type { KnownSession } from "../roster/roster.ts";
import { gitDirOf, isUnderWay, preparedMessage, type Standing, standingOf } from "./checkout.ts";
import { type Decision, decide, isIgnoreFile } from "./decide.ts";
import { type IndexStat, isAsInIndex, statsOfIndex } from "./index-stats.ts";
import { type Begun, type Look, lookAt } from "./look.ts";
import { type Move, movesSince } from "./moves.ts";
import { type Checkout, dropUnused, isDiskTrouble, setAwaited } from "./private-index.ts";
import { type LookKey, type Seen, type State, seenAt, storeSeen, usedIndexes } from "./store.ts";

export type Effects = Pick<World, "git" | "paths" | "now" | "pid" | "log">;
export type Own = Pick<KnownSession, "id" | "worktree_path">;

export interface Written {
  /** From the checkout's top. */
  files: string[];
  /** Beside them: too many, or without a name that is text. */
  more: number;
  /** From then on they are not told of again; until then they are, so that none is lost to who could not note them. */
  remember(): void;
}

const MOST_FILES = 200;
/** A checkout that takes too long, or has too much that stands changed, is let alone for so long. */
const REST_MS = 30 * 60_000;
/** More than this are not kept in mind. */
const MOST_CHANGED = 20_000;

/** See `writtenSince` of the door. */
export async function notice(world: Effects, db: Db, own: Own, begun?: Begun): Promise<Written | undefined> {
  const key = { sessionId: own.id, path: own.worktree_path };
  const isHere = begun?.top === key.path;
  if (!isHere) begun?.drop();
  const gitDir = gitDirOf(key.path);
  if (gitDir === undefined) return undefined;
  const seen = seenAt(db, key);
  if (seen?.restsUntil !== undefined && seen.restsUntil > world.now().getTime()) {
    begun?.drop();
    return undefined;
  }
  const checkout = { top: key.path, gitDir };
  try {
    return await written(world, db, { key, checkout, seen, begun: isHere ? begun : undefined });
  } catch (thrown) {
    if (!isDiskTrouble(thrown)) throw thrown;
    world.log("info", "writes.not-looked", { path: key.path, error: String(thrown) });
    return undefined;
  }
}

interface Looking {
  key: LookKey;
  checkout: Checkout;
  seen: Seen | undefined;
  begun: Begun | undefined;
}

async function written(world: Effects, db: Db, { key, checkout, seen, begun }: Looking): Promise<Written | undefined> {
  const before = seen?.state;
  const looking = lookAt(world, checkout, { isFirst: before === undefined, begun });
  // While git looks. A commit that comes later than what is read here is found next time.
  const { mark, moves } = movesSince(checkout.gitDir, before && { mark: before.reflog, head: before.head });
  const look = await looking;
  const isTooMuch = look === "late" || (look !== undefined && look.changed.length > MOST_CHANGED);
  setAwaited(world, { top: checkout.top, isAwaited: look !== undefined && !isTooMuch });
  if (isTooMuch) {
    const restsUntil = world.now().getTime() + REST_MS;
    db.write((now) => storeSeen(db, key, { ...(before && { state: before }), restsUntil }, now));
    return undefined;
  }
  if (look === undefined) return undefined;
  const message = preparedMessage(checkout.gitDir);
  const state = { head: look.head, index: look.index.name, reflog: mark, message, at: world.now().getTime() };
  const keep = (changed: State["changed"]) => {
    const after = { ...state, changed };
    if (before !== undefined && isSame(before, after)) return;
    db.write((now) => storeSeen(db, key, { state: after }, now));
    if (before?.index !== state.index) dropUnused(world, () => usedIndexes(db));
  };
  if (before === undefined) {
    keep(look.changed.map(({ path }) => [path, standingOf(checkout.top, path).print]));
    return { files: [], more: 0, remember: () => {} };
  }
  const found = await compare(world, { checkout, before, look, message, moves });
  if (found === undefined) return undefined;
  const own = await withoutSetup(world, db, { top: checkout.top, paths: found.written });
  if (own.length === 0) keep(found.changed);
  return { ...listed(own), remember: () => keep(found.changed) };
}

function isSame(before: State, after: State): boolean {
  return Bun.deepEquals({ ...before, at: 0 }, { ...after, at: 0 }, true);
}

interface Compared {
  checkout: Checkout;
  before: State;
  look: Look;
  message: string;
  moves: readonly Move[];
}

async function compare(
  world: Effects,
  { checkout, before, look, message, moves }: Compared,
): Promise<Decision | undefined> {
  const isMoved = look.index.name !== before.index || look.head !== before.head || moves.length > 0;
  const committed = await filesOf(world, checkout.top, moves);
  if (committed === undefined) return undefined;
  const named = new Set([...look.changed.map(({ path }) => path), ...committed]);
  const isWanted = (path: string) => named.has(path) || isIgnoreFile(path);
  const asked = { hashBytes: look.digits / 2, isWanted };
  let isRead = false;
  let stats: ReturnType<typeof indexStats>;
  const then = () => {
    // Read only when somebody asks.
    if (!isRead && isMoved) stats = indexStats(world, before.index, asked);
    isRead = true;
    return stats;
  };
  const stood = new Map<string, Standing>();
  const standing = (path: string) => {
    const found = stood.get(path) ?? standingOf(checkout.top, path);
    stood.set(path, found);
    return found;
  };
  return decide({
    before,
    now: { head: look.head, changed: look.changed, message },
    hasMoves: moves.length > 0 || look.head !== before.head,
    isUnderWay: isUnderWay(checkout.gitDir),
    committed,
    standing,
    isWorktree: (path) => standing(path).stats?.isDirectory() === true && isSameRepository(checkout.top, shown(path)),
    isUntouched: (path) => {
      const [known, found] = [then()?.get(path), standing(path).stats];
      return known !== undefined && found !== undefined && isAsInIndex(known, found);
    },
    isAbsent: (path) => then()?.has(path) === false && standing(path).stats === undefined,
    ignoreFiles: () => [...(then()?.keys() ?? [])].filter(isIgnoreFile),
  });
}

function isSameRepository(top: string, path: string): boolean {
  const inner = join(top, path);
  return checkoutAt(top, top)?.gitDirId === checkoutAt(inner, inner)?.gitDirId;
}

interface Asked {
  hashBytes: number;
  isWanted: (path: string) => boolean;
}

/** Undefined where another look has taken it away. */
function indexStats({ paths }: Pick<World, "paths">, name: string, asked: Asked): Map<string, IndexStat> | undefined {
  try {
    return statsOfIndex(readFileSync(join(paths.looks, name)), asked);
  } catch {
    return undefined;
  }
}

const COMMITS_MS = 1_500;
const DIFF_TREE = [
  ...["diff-tree", "--stdin", "-r", "--root", "--no-renames", "--name-only", "-z", "--no-commit-id"],
  "--ignore-submodules=dirty",
];

/** What the commits changed that were made here; undefined when git does not say. */
async function filesOf(world: Effects, top: string, moves: readonly Move[]): Promise<string[] | undefined> {
  const commits = moves.filter(({ isCommit }) => isCommit);
  if (commits.length === 0) return [];
  const input = commits.map(({ from, to }) => (/^0+$/.test(from) ? `${to}\n` : `${to} ${from}\n`)).join("");
  try {
    const said = await world.git(top).bytes(DIFF_TREE, { input, timeoutMs: COMMITS_MS });
    return [...new Set(Buffer.from(said).toString("latin1").split("\0").slice(0, -1))];
  } catch (thrown) {
    if (!(thrown instanceof Failure)) throw thrown;
    world.log("info", "writes.no-commits", { top, error: thrown.message });
    return undefined;
  }
}

/** What setting the checkout up wrote, and nobody since, is nobody's work. */
async function withoutSetup(
  world: Effects,
  db: Db,
  { top, paths }: { top: string; paths: readonly string[] },
): Promise<readonly string[]> {
  if (paths.length === 0) return paths;
  const { baselineOf, notOfBaseline } = await import("../setup/setup.ts");
  const baseline = baselineOf(db, top);
  const made = new Set(baseline.map(({ path }) => path));
  const changed = paths.filter((path) => made.has(path)).map(shown);
  if (changed.length === 0) return paths;
  const own = new Set(await notOfBaseline(world.git(top), top, { changed, baseline }));
  return paths.filter((path) => !made.has(path) || own.has(shown(path)));
}

function shown(path: string): string {
  return Buffer.from(path, "latin1").toString();
}

function listed(paths: readonly string[]): Pick<Written, "files" | "more"> {
  const strict = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  const names = paths.flatMap((path) => {
    try {
      return [strict.decode(Buffer.from(path, "latin1"))];
    } catch {
      return [];
    }
  });
  const files = names.slice(0, MOST_FILES);
  return { files, more: paths.length - files.length };
}
