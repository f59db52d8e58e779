// Cleaning up by itself: whoever registers has it done by a process of its own, at most one a repository, and the line
// that it leaves is told by that command when it is there in time, else by the next one.

import { join } from "node:path";
import { Failure } from "../../core/failure.ts";
import { withLock } from "../../db/lock.ts";
import { branchTip, type Repository } from "../../git/repository.ts";
import type { World } from "../../world.ts";
import { loadConfig } from "../config/config.ts";
import { fetchTargets, targetsFor } from "../merges/merges.ts";
import { forgetOldRebases } from "../rebase/rebase.ts";
import { storeReport } from "../upkeep/upkeep.ts";
import { together } from "./apply.ts";
import { type Cleaned, cleanup, summary } from "./cleanup.ts";
import type { Item } from "./plan.ts";
import { repositoryAt } from "./scope.ts";

/** Whatever holds it up then: the next command starts it again. */
const DEADLINE_MS = 10 * 60_000;

/** What the process in the background does. It ends at once when another one is at it. */
export async function cleanUnattended(started: World, repo: string | undefined): Promise<Cleaned> {
  const end = AbortSignal.any([started.signal(), AbortSignal.timeout(DEADLINE_MS)]);
  const world = { ...started, signal: () => end };
  const repository = await repositoryAt(world, repo);
  const name = new Bun.CryptoHasher("sha1").update(repository.gitDir).digest("hex");
  const lock = join(world.paths.locks, `${name}.cleanup.lock`);
  try {
    return await withLock(world, lock, () => clean(world, repository), { timeoutMs: 0, doing: "been cleaning up" });
  } catch (thrown) {
    if (thrown instanceof Failure && thrown.code === "lock.held") return { plans: [], applied: undefined, pruned: [] };
    throw thrown;
  }
}

async function clean(world: World, repository: Repository): Promise<Cleaned> {
  const once = () => cleanup(world, { repo: repository.path, measureMs: Number.POSITIVE_INFINITY });
  const first = await once();
  const hasFetched = await fetchWhatMayHaveLanded(world, repository, first).catch((thrown: unknown) => {
    // Nobody is there who could do something about it.
    world.log("info", "cleanup.not-fetched", { gitDir: repository.gitDir, error: String(thrown) });
    return false;
  });
  const cleaned = hasFetched ? after(first, await once()) : first;
  await forgetOldRebases(world, repository.gitDir);
  const told = summary(cleaned.applied ?? { removed: [], kept: [] });
  const db = await world.db();
  db.write((now) => storeReport(db, { gitDir: repository.gitDir, ...told }, now));
  return cleaned;
}

/** What both did, and what stays in the end. */
function after(first: Cleaned, second: Cleaned): Cleaned {
  if (first.applied === undefined || second.applied === undefined) return second;
  const applied = { ...together([first.applied, second.applied]), kept: second.applied.kept };
  return { plans: second.plans, applied, pruned: [...first.pruned, ...second.pruned] };
}

/** Only what was pushed can have landed on a forge; for anything else no remote is asked. */
async function fetchWhatMayHaveLanded(world: World, repository: Repository, { applied }: Cleaned): Promise<boolean> {
  const { settings } = await loadConfig(world, repository.path);
  if (!settings["cleanup.fetch"]) return false;
  const waiting = (applied?.kept ?? []).map(({ item }) => item).filter(isUnlandedOnly);
  const git = world.git(repository.gitDir).trusting();
  const names = new Set<string | null>();
  for (const item of waiting) {
    if (item.subject !== undefined && (await wasPushed(world, repository, item)))
      names.add(item.subject.row.target_branch);
  }
  for (const target of names) await fetchTargets(world, git, await targetsFor(git, { branch: null, target }));
  return names.size > 0;
}

function isUnlandedOnly({ origin, keeps }: Item): boolean {
  return origin === "ours" && keeps.length > 0 && keeps.every(({ reason }) => reason === "unlanded-commits");
}

/** Followed by a remote's branch, or seen there, by whatever name the remote has. */
async function wasPushed(world: World, { gitDir }: Repository, { subject }: Item): Promise<boolean> {
  const branch = subject?.row.branch;
  if (branch === null || branch === undefined) return false;
  const git = world.git(gitDir).trusting();
  if ((await branchTip(git, branch)) === undefined) return false;
  const [followed, seen] = await Promise.all([
    git.attempt(["config", "--get", `branch.${branch}.remote`]),
    git.attempt(["for-each-ref", "--count=1", "--format=%(refname)", "--end-of-options", `refs/remotes/*/${branch}`]),
  ]);
  return followed.exit === 0 || seen.stdout.trim() !== "";
}
