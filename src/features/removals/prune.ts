// What was removed long ago goes for good: the trash after `cleanup.keepDays`, or oldest first while it takes more than
// `cleanup.trashMaxSize`; the rescue refs after `cleanup.keepRefsDays`. All of it is logged and stays in `undo --list`.

import { chmodSync, lstatSync, readdirSync, rmSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { type Db, parseUtc, utcText } from "../../db/db.ts";
import { removeIfEmpty } from "../../files/directory.ts";
import type { Git } from "../../git/git.ts";
import { branchTip, commitOf } from "../../git/repository.ts";
import type { World } from "../../world.ts";
import type { Settings } from "../config/config.ts";
import { isThere } from "./place.ts";
import { rescueRef } from "./rescue.ts";
import {
  deleteRemoval,
  isAnyDue,
  type Removal,
  recordPruned,
  recordRefPruned,
  recordSize,
  recordTrashPruned,
  removalsOf,
} from "./store.ts";
import { trashOf, trashRoot, whileTrashIsOurs } from "./trash.ts";

export interface PruneLimits {
  keepDays: number;
  keepRefsDays: number;
  trashMaxBytes: number;
}

/** Rescue refs are kept at least as long as the trash. */
export function limitsOf(settings: Settings): PruneLimits {
  const keepDays = settings["cleanup.keepDays"];
  const keepRefsDays = Math.max(settings["cleanup.keepRefsDays"], keepDays);
  return { keepDays, keepRefsDays, trashMaxBytes: settings["cleanup.trashMaxSize"] };
}

export interface Pruned {
  id: string;
  name: string;
  /** Directories that can be made again, all that the trash held, or the rescue ref. */
  what: "regenerable" | "trash" | "ref";
  why: string;
}

type Effects = Pick<World, "db" | "git" | "log" | "now" | "paths" | "sleep" | "signal">;

const DAY_MS = 86_400_000;
/** How long `undo --list` tells of what is gone. */
const TOLD_DAYS = 30;

/** Waits for an `undo` at work in that repository. */
export async function prune(
  world: Effects,
  gitDir: string,
  limits: PruneLimits & { measureMs: number },
): Promise<Pruned[]> {
  const db = await world.db();
  if (removalsOf(db, gitDir).length === 0) return [];
  const done = await whileTrashIsOurs(world, gitDir, async () => {
    removeHalfBuilt(gitDir);
    return [
      ...pruneOld(world, db, removalsOf(db, gitDir), limits),
      ...pruneLarge(db, measured(world, db, removalsOf(db, gitDir), limits.measureMs), limits.trashMaxBytes),
      ...(await pruneRefs(world, db, removalsOf(db, gitDir), limits)),
    ];
  });
  for (const { id, name, what, why } of done) world.log("info", "pruned", { id, name, what, why });
  return done;
}

/** What has its time by now, for a plan; how much room the trash takes is not looked at. */
export function duePrunes(world: Pick<World, "now">, db: Db, gitDir: string, limits: PruneLimits): Pruned[] {
  return removalsOf(db, gitDir).flatMap((one): Pruned[] => {
    const { id, name } = one;
    const age = ageDays(world, one.removed_at);
    const isInTrash = one.state === "removed" && one.path !== null && one.trash_pruned_at === null;
    const hasRef = /ed$/.test(one.state) && one.ref_pruned_at === null;
    return [
      ...(isInTrash && age >= limits.keepDays
        ? [{ id, name, what: "trash" as const, why: olderThan(limits.keepDays) }]
        : []),
      ...(hasRef && age >= limits.keepRefsDays
        ? [{ id, name, what: "ref" as const, why: olderThan(limits.keepRefsDays) }]
        : []),
    ];
  });
}

function olderThan(days: number): string {
  return `older than ${days} days`;
}

/** What an `undo` that was killed had begun to make again from a rescue ref. */
function removeHalfBuilt(gitDir: string): void {
  const left = entriesOf(trashRoot(gitDir)).filter(({ name }) => name.endsWith(".new"));
  for (const { name } of left) removeTree(join(trashRoot(gitDir), name));
}

/** One session ends, the next begins: that one need not share the machine with whoever measures. */
const MEASURED_AFTER_DAYS = 10 / (24 * 60);

/** Whether something is old enough, or was not measured for ten minutes. Asks the registry alone. */
export function isPruningDue(world: Pick<World, "now">, db: Db, gitDir: string, limits: PruneLimits): boolean {
  const before = (days: number) => utcText(new Date(world.now().getTime() - days * DAY_MS));
  return isAnyDue(db, {
    gitDir,
    trashBefore: before(limits.keepDays),
    sizesBefore: before(MEASURED_AFTER_DAYS),
    refsBefore: before(limits.keepRefsDays),
  });
}

function ageDays(world: Pick<World, "now">, since: string): number {
  return (world.now().getTime() - parseUtc(since).getTime()) / DAY_MS;
}

function pruneOld(world: Effects, db: Db, removals: readonly Removal[], { keepDays }: PruneLimits): Pruned[] {
  return removals.flatMap((one) => {
    if (one.path === null || !/ed$/.test(one.state)) return [];
    // A crash may have left a part of one that was to go, or of one that was brought back from its ref.
    const isLeft = one.trash_pruned_at !== null && (isThere(trashOf(one).home) || isThere(trashOf(one).tree));
    const isOld = one.trash_pruned_at === null && one.state === "removed" && ageDays(world, one.removed_at) >= keepDays;
    if (!isLeft && !isOld) return [];
    const gone = pruneTrash(db, one);
    return gone && isOld ? [{ id: one.id, name: one.name, what: "trash" as const, why: olderThan(keepDays) }] : [];
  });
}

/** Said in the row first: what is half deleted is never brought back. */
function pruneTrash(db: Db, one: Removal): boolean {
  if (!db.write((now) => recordTrashPruned(db, one.id, now))) return false;
  const { home, tree } = trashOf(one);
  for (const path of [tree, home]) {
    removeTree(path);
    removeIfEmpty(dirname(path));
  }
  return true;
}

function pruneLarge(db: Db, removals: readonly Removal[], maxBytes: number): Pruned[] {
  const oldest = removals.filter((one) => one.state === "removed" && one.path !== null && one.trash_pruned_at === null);
  oldest.reverse();
  const sizes = new Map(oldest.map((one) => [one.id, one.size_bytes ?? 0]));
  const total = () => [...sizes.values()].reduce((sum, size) => sum + size, 0);
  const done: Pruned[] = [];
  const why = `the trash took more than ${Math.round(maxBytes / 1024 / 1024)} MB`;
  for (const one of oldest) {
    if (total() <= maxBytes) break;
    const left = pruneRegenerable(db, one);
    if (left === undefined) continue;
    sizes.set(one.id, left);
    done.push({ id: one.id, name: one.name, what: "regenerable", why });
  }
  for (const one of oldest) {
    if (total() <= maxBytes) return done;
    if (!pruneTrash(db, one)) continue;
    sizes.delete(one.id);
    done.push({ id: one.id, name: one.name, what: "trash", why });
  }
  return done;
}

/** What package managers and builds make again, when git ignores it. */
const REGENERABLE = new Set([
  ...[
    "node_modules",
    "bower_components",
    ".pnpm-store",
    ".yarn",
    ".next",
    ".nuxt",
    ".svelte-kit",
    ".turbo",
    ".parcel-cache",
  ],
  ...["target", "dist", "build", "out", "coverage", ".cache", ".gradle", "Pods", "DerivedData", "_build"],
  ...[".venv", "venv", "__pycache__", ".tox", ".mypy_cache", ".pytest_cache", ".ruff_cache", ".eggs"],
]);

/** Answers the size left; undefined when there was nothing of the kind. */
function pruneRegenerable(db: Db, one: Removal): number | undefined {
  const { tree } = trashOf(one);
  const found = one.record.ignored.filter(
    (path) => path.endsWith("/") && REGENERABLE.has(basename(path)) && isThere(join(tree, path)),
  );
  if (found.length === 0) return undefined;
  const record = { ...one.record, pruned: [...(one.record.pruned ?? []), ...found] };
  db.write(() => recordPruned(db, { id: one.id, record, sizeBytes: one.size_bytes ?? 0 }));
  for (const path of found) removeTree(join(tree, path));
  const sizeBytes = sizeInTrash(one);
  db.write(() => recordPruned(db, { id: one.id, record, sizeBytes }));
  return sizeBytes;
}

async function pruneRefs(world: Effects, db: Db, removals: readonly Removal[], limits: PruneLimits): Promise<Pruned[]> {
  const done: Pruned[] = [];
  for (const one of removals) {
    if (!/ed$/.test(one.state)) continue;
    const age = ageDays(world, one.removed_at);
    if (one.ref_pruned_at !== null) {
      if (age >= limits.keepRefsDays + TOLD_DAYS) db.write(() => deleteRemoval(db, one.id));
      continue;
    }
    if (age < limits.keepRefsDays || !db.write((now) => recordRefPruned(db, one.id, now))) continue;
    const git = world.git(one.git_dir).trusting();
    const commit = await commitOf(git, rescueRef(one.id));
    if (commit !== undefined) await git.output(["update-ref", "-d", "--end-of-options", rescueRef(one.id), commit]);
    await forgetBranchSettings(git, one);
    done.push({ id: one.id, name: one.name, what: "ref", why: olderThan(limits.keepRefsDays) });
  }
  return done;
}

/** What `git push -u` wrote of the branch stays as long as the branch may come back. */
async function forgetBranchSettings(git: Git, { branch, branch_tip: tip, state }: Removal): Promise<void> {
  if (branch === null || tip === null || state !== "removed" || (await branchTip(git, branch)) !== undefined) return;
  await git.attempt(["config", "--local", "--remove-section", `branch.${branch}`]);
}

/** Also what was made read-only (Go's module cache is); what will not go is tried again by the next pruning. */
function removeTree(path: string): void {
  try {
    rmSync(path, { recursive: true, force: true });
  } catch {
    openDirectories(path);
    try {
      rmSync(path, { recursive: true, force: true });
    } catch {
      // Another user's files, or a disk that is read-only now.
    }
  }
}

function openDirectories(directory: string): void {
  const left = [directory];
  for (let path = left.pop(); path !== undefined; path = left.pop()) {
    try {
      chmodSync(path, 0o700);
    } catch {
      continue;
    }
    for (const entry of entriesOf(path)) if (entry.isDirectory()) left.push(join(path, entry.name));
  }
}

/** With the sizes that nobody knew, as far as the time lets it. */
function measured(world: Effects, db: Db, removals: readonly Removal[], measureMs: number): Removal[] {
  const end = world.now().getTime() + measureMs;
  return removals.map((one) => {
    const isKnown = one.size_bytes !== null || one.state !== "removed" || one.path === null;
    if (isKnown || world.now().getTime() >= end) return one;
    const sizeBytes = sizeInTrash(one);
    db.write(() => recordSize(db, { id: one.id, sizeBytes }));
    return { ...one, size_bytes: sizeBytes };
  });
}

function sizeInTrash(one: Removal): number {
  const { home, tree } = trashOf(one);
  return sizeOf(home) + (tree.startsWith(home) ? 0 : sizeOf(tree));
}

/** What it takes on the disk. */
function sizeOf(directory: string): number {
  let bytes = 0;
  const left = [directory];
  for (let path = left.pop(); path !== undefined; path = left.pop()) {
    for (const entry of entriesOf(path)) {
      const inside = join(path, entry.name);
      if (entry.isDirectory()) left.push(inside);
      else bytes += (lstatSync(inside, { throwIfNoEntry: false })?.blocks ?? 0) * 512;
    }
  }
  return bytes;
}

function entriesOf(path: string) {
  try {
    return readdirSync(path, { withFileTypes: true });
  } catch {
    return [];
  }
}
