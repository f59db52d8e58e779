// `undo`: which removal is meant, where it goes, and what of it there still is.

import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Failure } from "../../core/failure.ts";
import { printable } from "../../core/text.ts";
import type { Db } from "../../db/db.ts";
import type { Git } from "../../git/git.ts";
import { branchTip } from "../../git/repository.ts";
import type { World } from "../../world.ts";
import { whileNobodyCreates } from "../worktrees/worktrees.ts";
import { isBranchFree } from "./branch.ts";
import { abandon, giveUpRebuilding, type Effects as RestoreEffects, restore } from "./bring-back.ts";
import { destinationOf } from "./destination.ts";
import { adminDirOf, isThere } from "./place.ts";
import { rebuild, rebuildMissing } from "./rebuild.ts";
import { beginRestoring, type Removal, type Restoring, recordRestoring, removalsOf } from "./store.ts";
import { isWhole, trashOf, whileTrashIsOurs } from "./trash.ts";

export interface BroughtBack {
  id: string;
  /** Null when only a branch was removed. */
  path: string | null;
  name: string;
  /** What HEAD stands on, or the branch that was removed alone; null when detached. */
  branch: string | null;
  /** Branches that came back under another name, since theirs was taken. */
  renamed: { from: string; to: string }[];
  /** Of a pruned one: what is not there any more. */
  missing: { path: string; why: string }[];
}

type Effects = RestoreEffects & Pick<World, "paths" | "sleep" | "signal">;

/** Errors: `undo.none`, `undo.unknown`, `undo.ambiguous`, `undo.busy`, `undo.place-taken`, `undo.pruned`. */
export async function bringBack(
  world: Effects,
  asked: { id: string | undefined; gitDir: string | undefined; to: string | undefined },
): Promise<BroughtBack> {
  const db = await world.db();
  const meant = removalMeant(db, asked);
  requireRepository(meant);
  return whileTrashIsOurs(world, meant.git_dir, () =>
    // Nobody makes a worktree meanwhile: both take names below the repository's worktrees/.
    whileNobodyCreates(world, meant.git_dir, () =>
      bringBackAlone(world, db, removalMeant(db, { ...asked, id: meant.id }), asked.to),
    ),
  );
}

function requireRepository(meant: Removal): void {
  if (existsSync(meant.git_dir)) return;
  throw new Failure({
    code: "undo.repository-gone",
    message: `${printable(meant.git_dir)} is not there, and what was removed is kept in it.`,
    hint: "Bring the repository (or its disk) back first.",
  });
}

async function bringBackAlone(world: Effects, db: Db, meant: Removal, to: string | undefined): Promise<BroughtBack> {
  const git = world.git(meant.git_dir).trusting();
  const isPruned = !isWhole(meant);
  const by = world.processes.identify(world.pid);
  const { restoring: _, ...record } = meant.record;
  if (by === undefined || !db.write(() => beginRestoring(db, { id: meant.id, record, by }))) throw busy(meant);
  const giveUp = (thrown: unknown) => {
    giveUpRebuilding(db, meant);
    throw thrown;
  };
  const chosen = await (async () => {
    await (isPruned ? rebuild(world, meant) : rebuildMissing(world, meant));
    return choose(git, meant, to);
  })().catch(giveUp);
  db.write(() => recordRestoring(db, { id: meant.id, record: { ...record, restoring: chosen } }));
  const restoring = { ...meant, record: { ...record, restoring: chosen } };
  await restore(world, db, restoring, chosen).catch(async (thrown: unknown) => {
    const isAsBefore = await abandon(world, db, restoring, chosen);
    throw failed(meant, { path: chosen.path, isAsBefore, cause: thrown });
  });
  const head =
    meant.path === null
      ? (chosen.make[0]?.branch ?? null)
      : (chosen.head ?? headBranch(adminDirOf(meant.git_dir, chosen.adminName)));
  return {
    id: meant.id,
    path: meant.path === null ? null : chosen.path,
    name: meant.name,
    branch: head,
    renamed: chosen.make.filter(({ of, branch }) => of !== branch).map(({ of, branch }) => ({ from: of, to: branch })),
    missing: isPruned ? allThatTrashHeld(meant) : (meant.record.pruned ?? []).map((path) => ({ path, why: "pruned" })),
  };
}

/** By its id or the beginning of it; else the last one, of the repository when there is one. */
function removalMeant(db: Db, { id, gitDir }: { id: string | undefined; gitDir: string | undefined }): Removal {
  if (id === undefined) {
    const last = removalsOf(db, gitDir).find((one) => one.state === "removed" && one.ref_pruned_at === null);
    if (last !== undefined) return last;
    throw new Failure({
      code: "undo.none",
      message:
        gitDir === undefined
          ? "Nothing was removed that could be brought back."
          : "Nothing of this repository was removed that could be brought back.",
      hint: "parallel-cc undo --list tells what was removed, and what became of it.",
    });
  }
  const found = removalsOf(db, undefined).filter((one) => id !== "" && one.id.startsWith(id));
  const [one] = found;
  if (one === undefined || found.length > 1) {
    throw new Failure({
      code: one === undefined ? "undo.unknown" : "undo.ambiguous",
      message:
        one === undefined
          ? `Nothing was removed as "${printable(id)}".`
          : `"${printable(id)}" begins the ids of ${found.length} removals.`,
      hint: "parallel-cc undo --list tells the ids.",
    });
  }
  if (one.state === "removed") return one;
  if (one.state !== "restored") throw busy(one);
  throw new Failure({
    code: "undo.done",
    message: `${one.name} was brought back already.`,
    hint: "parallel-cc worktree list shows where it is.",
  });
}

function failed(
  { name, id }: Removal,
  { path, isAsBefore, cause }: { path: string; isAsBefore: boolean; cause: unknown },
): Failure {
  const why = (cause instanceof Error ? cause.message : String(cause)).replace(/\.$/, "");
  const again = `It is kept as it was. Mend the cause, or name another place: parallel-cc undo ${id} --to <path>`;
  return new Failure({
    code: "undo.failed",
    message: isAsBefore
      ? `${name} could not be brought back to ${path}: ${why}.`
      : `${name} is at ${path} again, but not all of git's record of it: ${why}.`,
    hint: isAsBefore
      ? again
      : "Nothing is lost. Mend the cause (a full disk?): the next command of parallel-cc ends it.",
    cause,
  });
}

function busy({ name }: Removal): Failure {
  return new Failure({
    kind: "unavailable",
    code: "undo.busy",
    message: `Another command removes ${name} or brings it back just now.`,
    hint: "Wait a moment and run the command again.",
  });
}

async function choose(git: Git, removed: Removal, to: string | undefined): Promise<Restoring> {
  const { id, path, branch, branch_tip: tip } = removed;
  const make: Restoring["make"] = [];
  const made = async (of: string, at: string) => {
    const name = await freeName(git, { branch: of, tip: at, id });
    const one = { of, branch: name, tip: at, isNew: (await branchTip(git, name)) === undefined };
    if (one.isNew || of === branch) make.push(one);
    return one;
  };
  const own = branch === null || tip === null ? undefined : await made(branch, tip);
  if (path === null) return { path: "", adminName: "", make, head: null };
  const wanted = destinationOf(removed, to);
  const on = headBranch(trashOf(removed).admin);
  // Another one was not removed, but may have been since, or be checked out elsewhere.
  const head =
    on === null ? undefined : on === own?.of ? own : removed.head === null ? undefined : await made(on, removed.head);
  const standsOn = head === undefined || head.branch === on ? null : head.branch;
  return { path: wanted, adminName: freeAdminName(removed), make, head: standsOn };
}

/** The branch's own name while it is free or stands there unused; else one beside it. */
async function freeName(git: Git, { branch, tip, id }: { branch: string; tip: string; id: string }): Promise<string> {
  for (let n = 0; ; n++) {
    const name = n === 0 ? branch : `${branch}-${id}${n === 1 ? "" : `-${n}`}`;
    const current = await branchTip(git, name);
    if (current === undefined && (await canBeMade(git, name))) return name;
    if (current === tip && isBranchFree(git.directory, name)) return name;
  }
}

/** A branch `a` and a branch `a/b` cannot both be. */
async function canBeMade(git: Git, branch: string): Promise<boolean> {
  const parts = branch.split("/");
  const above = parts.slice(1).map((_, i) => `refs/heads/${parts.slice(0, i + 1).join("/")}`);
  const listed = await git.output([
    "for-each-ref",
    "--format=%(refname)",
    "--end-of-options",
    `refs/heads/${branch}/`,
    ...above,
  ]);
  return !listed.split("\n").some((ref) => ref.startsWith(`refs/heads/${branch}/`) || above.includes(ref));
}

function freeAdminName({ git_dir: gitDir, admin_name: name, id }: Removal): string {
  for (let n = 0; ; n++) {
    const free = n === 0 ? (name ?? id) : `${name}-${id}${n === 1 ? "" : `-${n}`}`;
    if (!isThere(adminDirOf(gitDir, free))) return free;
  }
}

function headBranch(adminDir: string): string | null {
  const text = existsSync(join(adminDir, "HEAD")) ? readFileSync(join(adminDir, "HEAD"), "utf8") : "";
  return /^ref: refs\/heads\/(.+)\n?$/.exec(text)?.[1] ?? null;
}

function allThatTrashHeld({ record }: Removal): { path: string; why: string }[] {
  return [...record.unsaved, ...record.ignored.map((path) => ({ path, why: "ignored by git" }))];
}
