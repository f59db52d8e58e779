// What stands in a checkout beside its base: uncommitted files, commits ahead and behind. Measuring costs git calls,
// so `status` shows a cached answer and refreshes it only as far as a deadline lets it.

import type { Db } from "../../db/db.ts";
import { isoText } from "../../db/db.ts";
import type { Git } from "../../git/git.ts";
import { pathsOfStatus, shortBranch } from "../../git/porcelain.ts";
import type { World } from "../../world.ts";
import { type Baseline, baselineOf, notOfBaseline } from "../setup/setup.ts";
import { ownFilters } from "./filters.ts";
import { changesRows, storeChanges } from "./store.ts";

export interface CheckoutChanges {
  dirtyFiles: number;
  /** Commits since the session's fork commit. */
  ahead: number;
  /** Commits its target branch has and it has not. */
  behind: number;
  checkedAt: string;
  /** The branch its HEAD stands on by now; null when detached. */
  branch: string | null;
}

export interface Measured {
  path: string;
  forkCommit: string | null;
  targetBranch: string | null;
  /** What setting it up left there, which counts as no change. */
  baseline?: Baseline;
}

export function cachedChanges(db: Db): Map<string, CheckoutChanges> {
  return new Map(
    changesRows(db).map((row) => [
      row.path,
      {
        dirtyFiles: row.dirty_files,
        ahead: row.ahead,
        behind: row.behind,
        checkedAt: isoText(row.checked_at),
        branch: row.branch,
      },
    ]),
  );
}

// All of it said: settings of the user's may hide untracked files and submodules.
const STATUS = ["status", "--porcelain", "-z", "--no-renames", "--untracked-files=normal", "--ignore-submodules=none"];

/** Asks git. Undefined when the checkout does not answer (gone, or no repository any more). */
export async function measureChanges(
  git: Git,
  checkout: Measured,
  signal?: AbortSignal,
): Promise<Omit<CheckoutChanges, "checkedAt"> | undefined> {
  const options = signal === undefined ? {} : { signal };
  const count = async (range: string) => {
    const result = await git.attempt(["rev-list", "--count", "--end-of-options", range], options);
    return result.exit === 0 ? Number(result.stdout.trim()) : undefined;
  };
  // In full, so that a tag of the same name is not taken for the branch.
  const countBehind = async (branch: string) =>
    (await count(`HEAD..refs/heads/${branch}`)) ?? (await count(`HEAD..refs/remotes/${branch}`));
  const [status, head, ahead = 0, behind = 0] = await Promise.all([
    git.attempt(STATUS, options),
    git.attempt(["symbolic-ref", "--quiet", "HEAD"], options),
    checkout.forkCommit === null ? 0 : count(`${checkout.forkCommit}..HEAD`),
    checkout.targetBranch === null ? 0 : countBehind(checkout.targetBranch),
  ]);
  if (status.exit !== 0) return undefined;
  const branch = head.exit === 0 ? shortBranch(head.stdout.trim()) : null;
  const { path, baseline = [] } = checkout;
  const changed = pathsOfStatus(status.stdout);
  const own = baseline.length === 0 ? changed : await notOfBaseline(git, path, { changed, baseline });
  return { dirtyFiles: own.length, ahead, behind, branch };
}

/** Files that differ from where the work began, committed or not, new ones too. Undefined when git does not answer in time. */
export async function changedFiles(
  world: Pick<World, "git">,
  { path, forkCommit }: Pick<Measured, "path" | "forkCommit">,
  signal: AbortSignal,
): Promise<string[] | undefined> {
  // The index alone: what stands on the disk is looked at once, by the status.
  const words = ["diff-index", "--cached", "--no-renames", "--name-only", "-z", "--end-of-options"];
  try {
    const filtering = await ownFilters(world.git(path), { signal });
    const [diff, status] = await Promise.all([
      filtering.git.attempt([...words, forkCommit ?? "HEAD", "--"], { signal }),
      filtering.git.attempt(STATUS, { signal }),
    ]);
    if (diff.exit !== 0 || status.exit !== 0) return undefined;
    const [edited, others]: [string[], string[]] = [[], []];
    for (const record of status.stdout.split("\0")) (record.startsWith(" M ") ? edited : others).push(record.slice(3));
    // What is under way first.
    const names = [...(await filtering.known(edited)), ...others, ...diff.stdout.split("\0")];
    return [...new Set(names.filter((name) => name !== ""))];
  } catch {
    return undefined;
  }
}

const FRESH_MS = 2_000;

/** Refreshes the cache for what is older than two seconds, two at a time, until the deadline. */
export async function refreshChanges(
  world: Pick<World, "db" | "git" | "now" | "log">,
  checkouts: readonly Measured[],
  deadlineMs: number,
): Promise<void> {
  const db = await world.db();
  const cached = cachedChanges(db);
  const end = world.now().getTime() + deadlineMs;
  const due = checkouts.filter((one) => {
    const known = cached.get(one.path);
    return known === undefined || world.now().getTime() - Date.parse(known.checkedAt) > FRESH_MS;
  });
  // Oldest first, so that nothing starves behind a deadline.
  due.sort((a, b) => (cached.get(a.path)?.checkedAt ?? "").localeCompare(cached.get(b.path)?.checkedAt ?? ""));
  const results: { path: string; changes: Omit<CheckoutChanges, "checkedAt"> }[] = [];
  const work = async () => {
    for (let next = due.shift(); next !== undefined; next = due.shift()) {
      const left = end - world.now().getTime();
      if (left <= 0) return;
      const checkout = { ...next, baseline: baselineOf(db, next.path) };
      const changes = await measureChanges(world.git(next.path), checkout, AbortSignal.timeout(left)).catch(
        () => undefined,
      );
      if (changes !== undefined) results.push({ path: next.path, changes });
    }
  };
  await Promise.all([work(), work()]);
  if (results.length === 0) return;
  db.write((now) => {
    for (const { path, changes } of results) cacheChanges(db, path, changes, now);
  });
}

/** Remembers what was measured, for the next `status`. */
export function cacheChanges(db: Db, path: string, changes: Omit<CheckoutChanges, "checkedAt">, now: string): void {
  const { dirtyFiles, ahead, behind, branch } = changes;
  storeChanges(db, { path, branch, dirty_files: dirtyFiles, ahead, behind }, now);
}
