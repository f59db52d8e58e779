// A rebase is tried out first, so that nothing moves where it would conflict; what git itself then stops at is given up
// again, and what was done can be taken back. It forces nothing, asks nothing, and moves no other branch.

import { join } from "node:path";
import { Failure } from "../../core/failure.ts";
import { clause, counted, printable } from "../../core/text.ts";
import type { Db } from "../../db/db.ts";
import { withLock } from "../../db/lock.ts";
import type { World } from "../../world.ts";
import { giveUp, isStopped, meetingNow, pickAll } from "./git-rebase.ts";
import { requireNoneInTheWay, shortly } from "./in-the-way.ts";
import { type Onto, ontoFor } from "./onto.ts";
import { type Asker, type Place, requirePlace } from "./place.ts";
import { forgetBegun, leftWork, record, recorded, refOf, workRefOf } from "./records.ts";
import { type Meeting, type Replayed, replay } from "./replay.ts";
import { clearWork, dirtyPaths, putBack, requireNoneIntended, saveWork, tryWork } from "./set-aside.ts";
import { endOf, timeOfStop } from "./stopped.ts";
import { forkOf, moveFork } from "./store.ts";

export interface RebaseInput {
  asker: Asker;
  target?: string | undefined;
  /** Only says what would come of it, and touches nothing. */
  isCheck?: boolean | undefined;
  /** Stays inside where it conflicts, for somebody to go on. */
  stops?: boolean | undefined;
  /** Uncommitted work is set aside meanwhile. */
  setsAside?: boolean | undefined;
}

export interface Rebasing {
  outcome: "up-to-date" | "would-be-clean" | "rebased" | "conflicts" | "stopped";
  place: Place;
  onto: Onto;
  replayed: Replayed;
  /** Where it conflicts. */
  meeting: Meeting | null;
  /** Of a finished one: where the branch is. */
  after: string | null;
  /** What takes it back, or gives it up where it has stopped. */
  undoId: string | null;
  dirtyFiles: number;
  /** Whether these were tried out, too. */
  isWorkJudged: boolean;
}

type Effects = Parameters<typeof ontoFor>[0] &
  Parameters<typeof requirePlace>[0] &
  Pick<World, "paths" | "sleep" | "now" | "newId">;

/**
 * Errors: those of `requirePlace` and `ontoFor`; `rebase.dirty`, `rebase.busy`, `rebase.unknown`, `rebase.merges`,
 * `rebase.work-conflicts`, `rebase.intent-to-add`, `rebase.not-set-aside`, `rebase.left-over`, `rebase.in-the-way`,
 * `rebase.failed`, `rebase.not-given-up`.
 */
export async function rebase(world: Effects, input: RebaseInput): Promise<Rebasing> {
  const db = await world.db();
  const { adminDir } = await requirePlace(world, db, input.asker);
  if (input.isCheck === true) return check(world, db, input);
  return alone(world, adminDir, () => rebaseAlone(world, db, input));
}

/** Two at once in one worktree are refused, not queued: the second meant what it saw before the first. */
export async function alone<T>(
  world: Pick<World, "paths" | "sleep" | "signal">,
  adminDir: string,
  work: () => Promise<T>,
): Promise<T> {
  const name = new Bun.CryptoHasher("sha1").update(adminDir).digest("hex");
  const file = join(world.paths.locks, `rebase-${name}.lock`);
  return withLock(world, file, work, { timeoutMs: 0 }).catch((thrown: unknown) => {
    if (!(thrown instanceof Failure) || thrown.code !== "lock.held") throw thrown;
    throw new Failure({
      kind: "unavailable",
      code: "rebase.busy",
      message: "Another rebase is under way in this worktree.",
      hint: "Wait for it, and look at what it did.",
      cause: thrown,
    });
  });
}

async function check(world: Effects, db: Db, input: RebaseInput): Promise<Rebasing> {
  const place = await requirePlace(world, db, input.asker);
  await requireNothingLeft(place);
  const onto = await ontoFor(world, place, { target: input.target, fetch: false });
  const dirty = await dirtyPaths(place.git);
  const isJudged = dirty.length > 0 && input.setsAside === true;
  if (isJudged && input.stops === true) throw isDirty(place, dirty, input);
  if (isJudged) await requireNoneIntended(place);
  using work = isJudged ? await tryWork(place) : undefined;
  const replayed = await replay(place, { onto, work, signal: world.signal() });
  const nothing = { after: null, undoId: null };
  const known = { place, onto, replayed, meeting: replayed.meeting, dirtyFiles: dirty.length, isWorkJudged: isJudged };
  const found = { ...known, ...nothing };
  if (replayed.outcome === "up-to-date") return { ...found, outcome: "up-to-date" };
  if (replayed.outcome === "conflict") return { ...found, outcome: "conflicts" };
  if (replayed.outcome === "unknown") throw unknown(place, found.onto, replayed.why);
  const trouble = troubleWith(place, replayed);
  if (trouble !== undefined) throw trouble;
  await requireNoneInTheWay(place, { additions: replayed.additions, onto });
  return { ...found, outcome: "would-be-clean" };
}

async function rebaseAlone(world: Effects, db: Db, input: RebaseInput): Promise<Rebasing> {
  const place = await requirePlace(world, db, input.asker);
  await requireNothingLeft(place);
  await settle(db, place);
  const dirty = await dirtyPaths(place.git);
  const isSetAside = input.setsAside === true && input.stops !== true;
  if (dirty.length > 0 && !isSetAside) throw isDirty(place, dirty, input);
  const onto = await ontoFor(world, place, { target: input.target, fetch: true });
  const id = world.newId().slice(0, 8);
  if (dirty.length > 0) await requireNoneIntended(place);
  const work = dirty.length === 0 ? undefined : await saveWork(place, id);
  const asked = work === undefined ? undefined : { work };
  const replayed = await replay(place, { onto, work: asked, signal: world.signal() });
  const found = {
    place,
    onto,
    replayed,
    meeting: replayed.meeting,
    after: null,
    undoId: null,
    dirtyFiles: dirty.length,
    isWorkJudged: work !== undefined,
  };
  const isLeft = replayed.outcome === "up-to-date" || (replayed.outcome === "conflict" && input.stops !== true);
  const trouble = troubleWith(place, replayed) ?? (isLeft ? undefined : await obstacle(place, { replayed, onto }));
  // It stands in the worktree still.
  if (work !== undefined && (isLeft || trouble !== undefined)) await forgetBegun(place.git, id);
  if (trouble !== undefined) throw trouble;
  if (isLeft) return { ...found, outcome: replayed.outcome === "up-to-date" ? "up-to-date" : "conflicts" };

  const fork = forkOf(db, place);
  const { branch, head: before } = place;
  const note = { branch, before, target: onto.target, onto: onto.commit, at: world.now().getTime() };
  const known = fork === null ? note : { ...note, fork };
  await record(place.git, id, known);
  const done = await carryOut(world, { place, onto, id, work, stops: input.stops === true });
  if (done.state !== "finished") {
    const { meeting, state } = done;
    if (state === "given-up") return { ...found, outcome: "conflicts", meeting };
    await record(place.git, id, { ...known, stoppedAt: await timeOfStop(place) });
    return { ...found, outcome: "stopped", meeting, undoId: id };
  }
  await record(place.git, id, { ...known, after: done.after });
  db.write(() => moveFork(db, { gitDir: place.gitDir, branch, fork: onto.commit }));
  return { ...found, outcome: "rebased", after: done.after, undoId: id };
}

async function requireNothingLeft(place: Place): Promise<void> {
  const left = await leftWork(place.git, place.branch);
  if (left !== undefined) throw isLeftOver(place, left.ref);
}

/** Of those that had stopped, and that somebody has gone on with since: nothing is under way here now. */
async function settle(db: Db, { git, gitDir, branch, head }: Place): Promise<void> {
  for (const { id, object: _, ...note } of await recorded(git)) {
    if (note.branch !== branch || note.stoppedAt === undefined || note.after !== undefined) continue;
    const after = await endOf(git, note);
    if (after !== undefined) {
      await record(git, id, { ...note, after });
      db.write(() => moveFork(db, { gitDir, branch, fork: note.onto }));
    } else if (head === note.before) await forgetBegun(git, id);
  }
}

async function obstacle(place: Place, { replayed, onto }: { replayed: Replayed; onto: Onto }): Promise<unknown> {
  return requireNoneInTheWay(place, { additions: replayed.additions, onto }).catch((thrown: unknown) => thrown);
}

function troubleWith(place: Place, replayed: Replayed): Failure | undefined {
  const { outcome, losesMerges, merges, workFits, stagedFits } = replayed;
  if (outcome !== "clean") return undefined;
  if (losesMerges) return mergesLost(place, merges);
  if (!workFits) return workConflicts(place, "not committed");
  return stagedFits ? undefined : workConflicts(place, "staged");
}

type Done = { state: "finished"; after: string } | { state: "stopped" | "given-up"; meeting: Meeting };

interface Job {
  place: Place;
  onto: Onto;
  id: string;
  work: string | undefined;
  stops: boolean;
}

/** Whatever happens, the worktree is either rebased, stopped as asked, or as it was. */
async function carryOut(world: Effects, job: Job): Promise<Done> {
  const { place, onto, work, stops } = job;
  if (work !== undefined) await clearWork(place);
  let words = "";
  try {
    const result = await pickAll(place, onto, world.signal());
    if (result.isDone) return await finished(job);
    words = result.words;
  } catch (thrown) {
    await restore(job);
    throw thrown;
  }
  const meeting = isStopped(place) ? await meetingNow(place, onto, world.signal()) : undefined;
  if (meeting !== undefined && stops) return { state: "stopped", meeting };
  await restore(job);
  if (meeting !== undefined) return { state: "given-up", meeting };
  throw new Failure({
    code: "rebase.failed",
    message: `git did not rebase ${printable(place.branch)}: ${clause(words) || "it said nothing"}.`,
    hint: "Everything is as it was. Mend what git says.",
  });
}

async function finished(job: Job): Promise<Done> {
  const { place, work } = job;
  const after = (await place.git.output(["rev-parse", "--verify", "HEAD"])).trim();
  if (work === undefined || (await putBack(place, work))) return { state: "finished", after };
  // Tried out it did fit: a filter or a hook has changed files since.
  await place.git.output(["reset", "--quiet", "--keep", place.head, "--"]);
  await restore(job);
  throw workConflicts(place, "not committed");
}

/** As it was before. */
async function restore(job: Job): Promise<void> {
  const { place, work } = job;
  if (!(await giveUp(place))) throw notGivenUp(job);
  if (work !== undefined && !(await putBack(place, work))) throw notGivenUp(job);
  await forgetBegun(place.git, job.id);
}

function isDirty(place: Place, dirty: readonly string[], { setsAside, stops }: RebaseInput): Failure {
  const both = setsAside === true && stops === true;
  return new Failure({
    code: "rebase.dirty",
    message: `${counted(dirty.length, "file")} in ${printable(place.top)} ${dirty.length === 1 ? "has" : "have"} uncommitted changes: ${shortly(dirty)}.`,
    hint: both
      ? "Commit them: what is set aside cannot be put back while a rebase is stopped."
      : "Commit them, or at a command line: parallel-cc rebase --autostash.",
    details: { files: dirty },
  });
}

export function isLeftOver({ branch }: Pick<Place, "branch">, ref: string): Failure {
  return new Failure({
    code: "rebase.left-over",
    message: `A rebase of ${printable(branch)} was killed, and the uncommitted work that it had set aside is ${ref}.`,
    hint: "Bring it back first: parallel-cc rebase undo",
    details: { ref },
  });
}

function unknown({ branch }: Place, { target }: Onto, why: string | null): Failure {
  return new Failure({
    kind: "unavailable",
    code: "rebase.unknown",
    message: `Whether ${printable(branch)} rebases onto ${printable(target)} could not be told: ${clause(why ?? "")}.`,
    hint: "Without the check it is tried by git itself, and given up where it conflicts.",
  });
}

function mergesLost({ branch }: Place, merges: number): Failure {
  return new Failure({
    code: "rebase.merges",
    message: `${printable(branch)} has ${counted(merges, "merge commit")} that a rebase leaves out, and work that is only there.`,
    hint: "Merge the target into the branch instead: git merge <target>.",
  });
}

function workConflicts({ branch }: Place, which: "not committed" | "staged"): Failure {
  return new Failure({
    code: "rebase.work-conflicts",
    message: `What is ${which} on ${printable(branch)} does not go onto the rebased files.`,
    hint: "Everything is as it was. Commit it, and its conflicts are told.",
  });
}

function notGivenUp({ place, id, work }: Job): Failure {
  const kept = work === undefined ? "" : `, uncommitted work is ${workRefOf(id)} (git stash apply --index ${work})`;
  return new Failure({
    kind: "unavailable",
    code: "rebase.not-given-up",
    message: `The rebase in ${printable(place.top)} could not be given up: something else is at work there.`,
    hint: `Nothing is lost: ${printable(place.branch)} was at ${place.head} (${refOf(id)})${kept}. Try git rebase --abort.`,
  });
}
