// The shapes of what cleanups, lists of worktrees and undo answer, and how they are made.

import { basename } from "node:path";
import { NUMBER, orNull, TEXT, TEXT_OR_NULL, v, YES_OR_NO } from "../../core/shape.ts";
import { isoText } from "../../db/db.ts";
import { type KnownRebase, type TakenBack, takenBackShape } from "../rebase/rebase.ts";
import { type BroughtBack, type Keep, type Left, type Removal, rescueRef } from "../removals/removals.ts";
import type { Cleaned } from "./cleanup.ts";
import { goes, type Item } from "./plan.ts";

const keepShape = () => v.strictObject({ reason: TEXT, detail: TEXT, hint: TEXT_OR_NULL });

export const itemShape = () =>
  v.strictObject({
    kind: v.picklist(["session", "worktree", "registration", "branch"]),
    repoPath: TEXT,
    path: TEXT_OR_NULL,
    name: TEXT,
    branch: TEXT_OR_NULL,
    origin: v.picklist(["ours", "main", "foreign"]),
    owner: orNull(v.strictObject({ sessionId: TEXT, name: TEXT_OR_NULL, unsure: TEXT_OR_NULL })),
    mayGo: YES_OR_NO,
    proofs: v.array(TEXT),
    keeps: v.array(keepShape()),
    holds: v.strictObject({ commits: orNull(NUMBER), files: NUMBER, ignored: NUMBER }),
  });
export type ShownItem = v.InferOutput<ReturnType<typeof itemShape>>;

export function shownItem(item: Item): ShownItem {
  const { kind, repoPath, path, name, branch, origin, owner, proofs, holds } = item;
  return {
    ...{ kind, repoPath, path, name, branch, origin, proofs, holds },
    owner: owner === null ? null : { ...owner, unsure: owner.unsure ?? null },
    mayGo: goes(item),
    keeps: shownKeeps(item.keeps),
  };
}

function shownKeeps(keeps: readonly Keep[]) {
  return keeps.map(({ reason, detail, hint }) => ({ reason, detail, hint: hint ?? null }));
}

export const removedShape = () =>
  v.strictObject({
    id: TEXT,
    path: TEXT_OR_NULL,
    name: TEXT,
    branch: TEXT_OR_NULL,
    rescue: TEXT,
    proofs: v.array(TEXT),
    /** What only the trash has, beside what git ignores. */
    trashOnly: v.array(v.strictObject({ path: TEXT, why: TEXT })),
  });

export const cleanedShape = () =>
  v.strictObject({
    isDryRun: YES_OR_NO,
    /** How many sessions had ended. */
    removed: NUMBER,
    sessions: v.array(TEXT),
    worktreesRemoved: v.array(TEXT),
    removals: v.array(removedShape()),
    kept: v.array(
      v.strictObject({
        path: TEXT_OR_NULL,
        reason: TEXT,
        name: TEXT,
        branch: TEXT_OR_NULL,
        keeps: v.array(keepShape()),
      }),
    ),
    /** The plan: all that was looked at. */
    items: v.array(itemShape()),
    pruned: v.array(
      v.strictObject({
        id: TEXT,
        name: TEXT,
        what: v.picklist(["trash", "regenerable", "ref", "result", "run"]),
        why: TEXT,
      }),
    ),
  });
export type CleanedAnswer = v.InferOutput<ReturnType<typeof cleanedShape>>;

export function cleanedAnswer({ plans, applied, pruned }: Cleaned): CleanedAnswer {
  const items = plans.flatMap((plan) => plan.items);
  const going = items.filter(goes);
  const kept = applied?.kept ?? items.filter((item) => !goes(item)).map((item) => ({ item, keeps: item.keeps }));
  const sessions = applied?.sessions ?? going.flatMap(({ session }) => (session === undefined ? [] : [session.id]));
  const trees = applied?.removed ?? going.filter(({ kind }) => kind !== "session");
  return {
    isDryRun: applied === undefined,
    removed: sessions.length,
    sessions,
    worktreesRemoved: trees.flatMap(({ path }) => (path === null ? [] : [basename(path)])),
    removals: applied?.removed ?? [],
    kept: kept
      .filter(({ item }) => item.kind !== "session")
      .map(({ item: { path, name, branch }, keeps }) => {
        return { path, reason: keeps[0]?.reason ?? "failed", name, branch, keeps: shownKeeps(keeps) };
      }),
    items: items.map(shownItem),
    pruned: pruned.map(({ id, name, what, why }) => ({ id, name, what, why })),
  };
}

const removalShape = () =>
  v.strictObject({
    id: TEXT,
    name: TEXT,
    repoPath: TEXT,
    path: TEXT_OR_NULL,
    branch: TEXT_OR_NULL,
    state: v.picklist(["removed", "restored", "removing", "restoring"]),
    reason: TEXT,
    proofs: v.array(TEXT),
    removedAt: TEXT,
    restoredAt: TEXT_OR_NULL,
    trashPrunedAt: TEXT_OR_NULL,
    refPrunedAt: TEXT_OR_NULL,
    prunedPaths: v.array(TEXT),
    sizeBytes: orNull(NUMBER),
    rescue: TEXT,
    /** What undo can bring back: all of it, what git saved, nothing. */
    left: v.picklist(["everything", "saved", "nothing"]),
  });
export type ShownRemoval = v.InferOutput<ReturnType<typeof removalShape>>;

function shownRemoval(one: Removal, left: Left): ShownRemoval {
  const { id, name, repo_path: repoPath, path, state, reason, record, size_bytes: sizeBytes } = one;
  return {
    ...{ id, name, repoPath, path, state, reason, sizeBytes },
    branch: one.branch_tip === null ? null : one.branch,
    proofs: record.proofs,
    removedAt: iso(one.removed_at) ?? one.removed_at,
    restoredAt: iso(one.restored_at),
    trashPrunedAt: iso(one.trash_pruned_at),
    refPrunedAt: iso(one.ref_pruned_at),
    prunedPaths: record.pruned ?? [],
    rescue: rescueRef(id),
    left,
  };
}

function iso(at: string | null): string | null {
  return at === null ? null : isoText(at);
}

const rebaseShape = () =>
  v.strictObject({
    id: TEXT,
    branch: TEXT,
    target: TEXT,
    rebasedAt: TEXT,
    before: TEXT,
    after: TEXT_OR_NULL,
    path: TEXT_OR_NULL,
    /** What undo can take back: the branch, also while it has stopped, what a killed one has set aside, or nothing. */
    left: v.picklist(["branch", "stopped", "work", "moved-on", "gone"]),
  });
export type ShownRebase = v.InferOutput<ReturnType<typeof rebaseShape>>;

function shownRebase({ at, ...known }: KnownRebase): ShownRebase {
  return { ...known, rebasedAt: new Date(at).toISOString() };
}

/** Of `undo`: what came back, or with --list the removals and rebases there are. */
export const undoneShape = () =>
  v.strictObject({
    id: TEXT_OR_NULL,
    path: TEXT_OR_NULL,
    name: TEXT_OR_NULL,
    branch: TEXT_OR_NULL,
    renamed: v.array(v.strictObject({ from: TEXT, to: TEXT })),
    missing: v.array(v.strictObject({ path: TEXT, why: TEXT })),
    /** Of a rebase: where the branch was, and where it is again. */
    rebase: orNull(takenBackShape()),
    removals: orNull(v.array(removalShape())),
    rebases: orNull(v.array(rebaseShape())),
  });
export type Undone = v.InferOutput<ReturnType<typeof undoneShape>>;

const NOTHING = { id: null, path: null, name: null, branch: null, rebase: null };

export interface Listed {
  removals: readonly Removal[];
  left: ReadonlyMap<string, Left>;
  rebases: readonly KnownRebase[];
}

export function listedAnswer({ removals, left, rebases }: Listed): Undone {
  return {
    ...{ ...NOTHING, renamed: [], missing: [] },
    removals: removals.map((one) => shownRemoval(one, left.get(one.id) ?? "nothing")),
    rebases: rebases.map(shownRebase),
  };
}

export function broughtBackAnswer(brought: BroughtBack): Undone {
  return { ...brought, rebase: null, removals: null, rebases: null };
}

export function takenBackAnswer({ path }: KnownRebase, rebase: TakenBack): Undone {
  const { id, branch } = rebase;
  return { ...NOTHING, renamed: [], missing: [], id, path, branch, rebase, removals: null, rebases: null };
}
