// The guard of commits, as git's pre-commit hook calls it: what another live session has claimed EXCLUSIVE does not get
// into a commit, unless its user says so, which is recorded. Whatever goes wrong here lets the commit through.

import { existsSync } from "node:fs";
import { relative } from "node:path";
import { asFailure, Failure } from "../../core/failure.ts";
import { type Db, utcText } from "../../db/db.ts";
import { checkoutAt, topOf } from "../../git/checkout.ts";
import type { World } from "../../world.ts";
import { postNews } from "../messages/messages.ts";
import { type KnownSession, session } from "../roster/roster.ts";
import { type ConflictAnswer, conflictAnswer } from "./answers.ts";
import { currentOf, type Held } from "./hold.ts";
import { overlap } from "./pattern.ts";
import { patternsAt } from "./place.ts";
import { editedIn, type Staged, stagedHere, unlikeCheckout } from "./staged-git.ts";
import { bypassedWords, bypassNews, type Met, refusedCommitWords, uncheckedWords } from "./staged-words.ts";
import { exclusiveClaims, insertBypass } from "./store.ts";

export interface StagedAnswer {
  /** What others have of it, EXCLUSIVE all of them. */
  conflicts: ConflictAnswer[];
  isBypassed: boolean;
  /** For who commits. */
  message: string | null;
}

const NOTHING: StagedAnswer = { conflicts: [], isBypassed: false, message: null };

/** Throws nothing: what is not known is said, and refuses nothing. */
export async function checkStaged(world: World): Promise<StagedAnswer> {
  try {
    const db = await registry(world);
    // What is asked further on waits for a lock no longer than a hook may, either.
    return db === undefined ? NOTHING : await judge({ ...world, db: async () => db }, db);
  } catch (thrown) {
    return { ...NOTHING, message: uncheckedWords(asFailure(thrown).message) };
  }
}

/** Undefined where there is none: nobody has claimed anything. */
async function registry(world: World): Promise<Db | undefined> {
  try {
    return await world.dbInHaste();
  } catch (thrown) {
    const isOutdated = thrown instanceof Failure && thrown.code === "db.outdated";
    if (isOutdated && !existsSync(world.paths.database)) return undefined;
    if (isOutdated) world.startInBackground(["update"]);
    throw thrown;
  }
}

/** A claim of another live session, and who that is. */
type Foreign = Pick<Held, "claim" | "holder">;

async function judge(world: World, db: Db): Promise<StagedAnswer> {
  // Of a submodule, the repository around it has the claims, unless a session works in the submodule alone.
  const around = checkoutAt(world.cwd);
  const inner = checkoutAt(world.cwd, topOf(world.cwd));
  const ids = new Set([around, inner].flatMap((one) => one?.gitDirId ?? []));
  const living = claimedBy(world, db, ids);
  if (living.length === 0) return NOTHING;
  const own = await committer(world, db, ids);
  const foreign = living.filter(({ holder }) => holder.id !== own?.id);
  const staged = foreign.length === 0 ? undefined : await stagedHere(world);
  if (staged === undefined) return NOTHING;
  const met = await metIn(staged, foreign, own);
  if (met.length === 0) return NOTHING;
  const conflicts = met.map(({ held }) => conflictAnswer(held));
  if (!world.env.isBypassed) {
    return { conflicts, isBypassed: false, message: refusedCommitWords(met, staged, world.now()) };
  }
  return { conflicts, isBypassed: true, message: bypassedWords(met, recorded(world, db, met, own)) };
}

function claimedBy(world: World, db: Db, ids: ReadonlySet<string>): Foreign[] {
  const found = [...ids].flatMap((id) => exclusiveClaims(db, id));
  const holders = new Map([...new Set(found.map((one) => one.session_id))].map((id) => [id, session(db, id)]));
  const held = found.flatMap((claim) => {
    const holder = holders.get(claim.session_id);
    return holder === undefined ? [] : [{ claim, holder }];
  });
  return currentOf(world, held, utcText(world.now()));
}

/** Of this repository: whose process commits, wherever it stands; else who works in this checkout. */
async function committer(world: World, db: Db, ids: ReadonlySet<string>): Promise<KnownSession | undefined> {
  // Mostly nobody has anything EXCLUSIVE: it is not loaded then.
  const [{ writerOfCaller }, { ownIfAny }] = await Promise.all([import("../sessions/sessions.ts"), import("./own.ts")]);
  const writer = await writerOfCaller(world, db, {});
  return writer?.git_dir_id != null && ids.has(writer.git_dir_id) ? writer : ownIfAny(world, db);
}

/** What is neither as git merged it nor as its holder has committed it. */
async function metIn(staged: Staged, foreign: readonly Foreign[], own: KnownSession | undefined): Promise<Met[]> {
  const named = namedBy(staged, foreign, own);
  if (named.length === 0) return [];
  const edited = new Set(await editedIn(staged, pathsOf(named)));
  const left = named.filter(({ path }) => edited.has(path));
  const unlike = await Promise.all(
    [...byHolder(left)].map(async ([id, theirs]) => {
      const holder = theirs[0]?.held.holder;
      const at = { isMain: holder?.is_main_repo === 1, adminName: holder?.admin_name ?? null };
      return [id, new Set(await unlikeCheckout(staged, pathsOf(theirs), at))] as const;
    }),
  );
  const unlikeOf = new Map(unlike);
  return left.filter(({ path, held }) => unlikeOf.get(held.holder.id)?.has(path) === true);
}

function namedBy({ top, paths }: Staged, foreign: readonly Foreign[], own: KnownSession | undefined): Met[] {
  const checkout = checkoutAt(top, own?.worktree_path);
  if (checkout === undefined) return [];
  const below = relative(checkout.top, top);
  const claimed = foreign.filter(({ claim }) => claim.git_dir_id === checkout.gitDirId);
  const ofFile = Map.groupBy(
    claimed.filter(({ claim }) => claim.kind === "file"),
    ({ claim }) => claim.path_key,
  );
  const wide = claimed.filter(({ claim }) => claim.kind !== "file");
  const whole = paths.map((path) => (below === "" ? path : `${below}/${path}`));
  return patternsAt(checkout.top, whole).flatMap((pattern, i) => {
    const around = wide.filter(({ claim }) => overlap({ kind: claim.kind, key: claim.path_key }, pattern));
    // Of several claims of one session the nearest is told.
    const all = [...around, ...(ofFile.get(pattern.key) ?? [])];
    const each = new Map(all.map((one) => [one.holder.id, one]));
    return [...each.values()].map((one) => ({ path: paths[i] ?? "", held: { ...one, pattern } }));
  });
}

function pathsOf(met: readonly Met[]): string[] {
  return [...new Set(met.map(({ path }) => path))];
}

function byHolder(met: readonly Met[]): Map<string, Met[]> {
  return Map.groupBy(met, ({ held }) => held.holder.id);
}

/** Answers why it could not be; it passes all the same. */
function recorded(world: World, db: Db, met: readonly Met[], own: KnownSession | undefined): string | undefined {
  try {
    db.write((now) => record(world, db, { met, own, now }));
    return undefined;
  } catch (thrown) {
    return asFailure(thrown).message;
  }
}

interface Recording {
  met: readonly Met[];
  own: KnownSession | undefined;
  now: string;
}

function record(world: World, db: Db, { met, own, now }: Recording): void {
  for (const { claim, holder, pattern } of met.map(({ held }) => held)) {
    const by = { sessionId: own?.id ?? null, holderId: holder.id, holder: holder.name ?? holder.id };
    insertBypass(db, { ...by, id: world.newId(), gitDirId: claim.git_dir_id, path: pattern.path }, now);
  }
  for (const [id, theirs] of byHolder(met)) {
    const gitDirId = theirs[0]?.held.claim.git_dir_id ?? "";
    const news = { gitDirId, topic: "claim.bypassed", body: bypassNews(theirs, own), to: [id] };
    postNews(world, db, { ...news, ...(own !== undefined && { about: own }) }, now);
  }
}
