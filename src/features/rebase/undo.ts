// A finished rebase taken back: the branch where it was, as long as nothing was added since. One that has stopped is given
// up. What a killed one has set aside comes first, and only that.

import { Failure } from "../../core/failure.ts";
import { clause, printable } from "../../core/text.ts";
import type { Db } from "../../db/db.ts";
import type { World } from "../../world.ts";
import type { TakenBack } from "./answers.ts";
import { requireNoneThere, shortly } from "./in-the-way.ts";
import { rebasesHere } from "./known.ts";
import { moveBranch } from "./move-back.ts";
import { type Asker, type Place, requireCheckout, requirePlace } from "./place.ts";
import { forget, forgetLeft, keepUndone, type LeftWork, leftWork, type Rebased, recorded } from "./records.ts";
import { alone, isLeftOver } from "./run.ts";
import { dirtyPaths, isInPlace, putBack } from "./set-aside.ts";
import { giveUpStopped, isStopOf, rebaseUnderWay } from "./stopped.ts";
import { moveFork } from "./store.ts";

type Effects = Parameters<typeof requirePlace>[0] & Pick<World, "db" | "paths" | "sleep" | "signal" | "now">;

/**
 * Errors: those of `requirePlace`; `rebase.none`, `rebase.moved-on`, `rebase.dirty`, `rebase.busy`, `rebase.left-over`,
 * `rebase.in-the-way`, `rebase.work-conflicts`, `rebase.not-given-up`.
 */
export async function undoRebase(
  world: Effects,
  { asker, id }: { asker: Asker; id: string | undefined },
): Promise<TakenBack> {
  const db = await world.db();
  const { adminDir } = await requireCheckout(world, db, asker);
  return alone(world, adminDir, async () => {
    const stopped = await stoppedHere(world, db, { asker, id });
    if (stopped !== undefined) {
      const { place, meant } = stopped;
      const { ref, from } = await giveUpStopped(world, place, meant);
      const { branch, before: to, target } = meant;
      return { id: meant.id, branch, target, from, to, work: null, isGivenUp: true, kept: ref };
    }
    const place = await requirePlace(world, db, asker);
    const left = await leftWork(place.git, place.branch);
    if (left !== undefined) {
      if (id !== undefined && !left.id.startsWith(id)) throw isLeftOver(place, left.ref);
      await bringBack(place, left, world.signal());
      const { head, branch } = place;
      return {
        id: left.id,
        branch,
        target: left.target,
        from: head,
        to: head,
        work: left.work,
        isGivenUp: false,
        kept: null,
      };
    }
    const meant = await requireRebased(place, id);
    const { after, before, branch, target, fork } = meant;
    if (after !== place.head) throw movedOn(meant, place);
    await requireNoneThere(place, { from: after, to: before, as: `${branch} before` }, world.signal());
    const moved = await moveBranch(place.git, {
      from: after,
      to: before,
      why: `parallel-cc: rebase ${meant.id} undone`,
    });
    if (!moved.isDone) throw isDirty(place, moved.words);
    if (fork !== undefined) db.write(() => moveFork(db, { gitDir: place.gitDir, branch, fork }));
    const at = world.now().getTime();
    const kept =
      meant.stoppedAt === undefined ? null : await keepUndone(place.git, { id: meant.id, commit: after, at });
    await forget(place.git, meant);
    return { id: meant.id, branch, target, from: after, to: before, work: null, isGivenUp: false, kept };
  });
}

interface StoppedHere {
  place: Place;
  meant: Rebased;
}

/** One of ours that is under way there; undefined also where another one is meant. */
async function stoppedHere(
  world: Effects,
  db: Db,
  { asker, id }: { asker: Asker; id: string | undefined },
): Promise<StoppedHere | undefined> {
  const { top, gitDir, adminDir } = await requireCheckout(world, db, asker);
  const underWay = rebaseUnderWay(adminDir);
  if (underWay === undefined) return undefined;
  const git = world.git(top);
  const meant = (await recorded(git)).find((one) => isStopOf(one, underWay));
  if (meant === undefined || (id !== undefined && !meant.id.startsWith(id))) return undefined;
  return { place: { top, git, gitDir, adminDir, branch: underWay.branch, head: underWay.before }, meant };
}

/** Onto files as they are committed, or it is there still. */
async function bringBack(place: Place, left: LeftWork, signal: AbortSignal): Promise<void> {
  const { git, head } = place;
  if (!(await isInPlace(place, left.work))) {
    const dirty = await dirtyPaths(git);
    if (dirty.length > 0) throw isMixed(left, dirty);
    await requireNoneThere(place, { from: head, to: left.work, as: "the work that was set aside" }, signal);
    if (!(await putBack(place, left.work))) throw doesNotFit(place, left);
  }
  await forgetLeft(git, left, head);
}

async function requireRebased({ git, branch }: Place, id: string | undefined): Promise<Rebased & { after: string }> {
  const all = await rebasesHere(git);
  const meant = id === undefined ? all[0] : all.find((one) => one.id.startsWith(id));
  if (meant?.after !== undefined) return { ...meant, after: meant.after };
  throw new Failure({
    code: "rebase.none",
    message:
      id === undefined || id === ""
        ? `No rebase of ${printable(branch)} is known that could be taken back.`
        : `No rebase of ${printable(branch)} is known by "${printable(id)}".`,
    hint: "What git itself did is in its reflog: git reflog.",
  });
}

function isMixed({ ref }: LeftWork, dirty: readonly string[]): Failure {
  return new Failure({
    code: "rebase.dirty",
    message: `A killed rebase has set work aside as ${ref}, and there are uncommitted changes: ${shortly(dirty)}.`,
    hint: `Nothing was changed. Commit them, and ask again. Or if they are all of that work: git update-ref -d ${ref}`,
    details: { files: dirty, ref },
  });
}

function doesNotFit({ branch }: Place, { ref }: LeftWork): Failure {
  return new Failure({
    code: "rebase.work-conflicts",
    message: `What a killed rebase has set aside as ${ref} does not go onto ${printable(branch)} as it is now.`,
    hint: `Nothing was changed. Resolve it yourself: git stash apply ${ref}, and then git update-ref -d ${ref}`,
    details: { ref },
  });
}

function movedOn({ before, after, id }: Rebased, { branch }: Place): Failure {
  return new Failure({
    code: "rebase.moved-on",
    message: `${printable(branch)} has moved on since rebase ${id}.`,
    hint: `To carry what came since to where it was: git rebase --onto ${before} ${after ?? ""}`.trimEnd(),
    details: { before, after },
  });
}

function isDirty({ branch }: Place, words: string): Failure {
  return new Failure({
    code: "rebase.dirty",
    message: `Uncommitted changes stand in the way of taking ${printable(branch)} back: ${clause(words)}.`,
    hint: "Nothing was changed. Commit them first.",
  });
}
