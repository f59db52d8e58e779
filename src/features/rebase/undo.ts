// A finished rebase taken back: the branch where it was, as long as nothing was added since.

import { Failure } from "../../core/failure.ts";
import { printable } from "../../core/text.ts";
import { gitWords } from "../../git/git.ts";
import type { World } from "../../world.ts";
import { type Asker, type Place, requirePlace } from "./place.ts";
import { forget, type Rebased, rebasesHere } from "./records.ts";
import { alone } from "./run.ts";
import { moveFork } from "./store.ts";

export interface TakenBack {
  id: string;
  branch: string;
  target: string;
  /** Where it was rebased to, and where it is again. */
  from: string;
  to: string;
}

type Effects = Parameters<typeof requirePlace>[0] & Pick<World, "db" | "paths" | "sleep" | "signal">;

/** Errors: those of `requirePlace`; `rebase.none`, `rebase.moved-on`, `rebase.dirty`, `rebase.busy`. */
export async function undoRebase(
  world: Effects,
  { asker, id }: { asker: Asker; id: string | undefined },
): Promise<TakenBack> {
  const db = await world.db();
  const { adminDir } = await requirePlace(world, db, asker);
  return alone(world, adminDir, async () => {
    const place = await requirePlace(world, db, asker);
    const meant = await requireRebased(place, id);
    const { after, before, branch, target, fork } = meant;
    if (after !== place.head) throw movedOn(meant, place);
    // It refuses where a changed file would be written over.
    const result = await place.git.attempt(["reset", "--keep", "--quiet", before, "--"]);
    if (result.exit !== 0) throw isDirty(place, gitWords(result));
    if (fork !== undefined) db.write(() => moveFork(db, { gitDir: place.gitDir, branch, fork }));
    await forget(place.git, meant);
    return { id: meant.id, branch, target, from: after, to: before };
  });
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
    message: `Uncommitted changes stand in the way of taking ${printable(branch)} back: ${printable(words)}.`,
    hint: "Nothing was changed. Commit them first.",
  });
}
