// Whom a landing concerns: whose branch it is, whose base lacks it now, and who asked to be told. Each is told once, in
// the words that fit.

import { inParallel } from "../../core/limiter.ts";
import type { Git } from "../../git/git.ts";
import { mergePairs } from "../../git/merge-tree.ts";
import { parseWorktrees, type WorktreeEntry } from "../../git/porcelain.ts";
import type { World } from "../../world.ts";
import type { KnownSession } from "../roster/roster.ts";
import { changedFiles } from "../worktrees/worktrees.ts";
import { reaches } from "./came.ts";
import { branchesOf, type Ground, targetOfSession } from "./ground.ts";
import type { Arrival } from "./landings.ts";
import type { SubscriptionRow } from "./store.ts";
import { withoutFilters } from "./unasked.ts";
import type { Outlook, Part } from "./words.ts";

/** What landed at once: branches that one commit brought into one target. */
export interface Landing {
  arrivals: readonly [Arrival, ...Arrival[]];
  /** Where the target stood at the last look. */
  before: readonly string[];
}

export interface Concerned {
  session: KnownSession;
  part: Part;
}

/** Asking git in a checkout must not hold up the others. */
const CHANGES_MS = 5_000;
const MERGES_MS = 20_000;
const AT_ONCE = 4;

export async function concernedBy(
  world: Pick<World, "git" | "signal">,
  ground: Ground,
  landing: Landing,
): Promise<Concerned[]> {
  const [{ target, commit, stand }] = landing.arrivals;
  const { git, sessions } = ground;
  const names = landing.arrivals.map(({ branch }) => branch);
  const isOwner = (one: KnownSession) => branchesOf(ground, one).some((branch) => names.includes(branch));
  const checkouts = await checkoutsOf(git);
  const behind: Behind[] = [];
  for (const session of sessions) {
    const head = checkouts.get(session.worktree_path)?.head;
    const isMeant = targetOfSession(ground, session)?.name === target.name;
    if (isOwner(session) || !isMeant || head === undefined) continue;
    if ((await reaches(git, head, commit)) === false) behind.push({ session, head });
  }
  const parts = await partsOf(world, ground, { landing, behind, stand });
  const asked = subscriptionsTo(landing.arrivals, ground.subscriptions);
  const askers = new Set(asked.map(({ session_id }) => session_id));
  return sessions.flatMap((session): Concerned[] => {
    if (isOwner(session)) return [{ session, part: { is: "own" } }];
    const part = parts.get(session.id) ?? (askers.has(session.id) ? ASKED : undefined);
    return part === undefined ? [] : [{ session, part }];
  });
}

const ASKED: Part = { is: "asked" };

/** Those that are answered by it: a tip that had landed when it was asked for is none. */
export function subscriptionsTo(arrivals: readonly Arrival[], all: readonly SubscriptionRow[]): SubscriptionRow[] {
  return all.filter((one) =>
    arrivals.some(
      ({ branch, target, tip }) =>
        one.branch_name === branch && one.target_branch === target.name && one.answered_tip !== tip,
    ),
  );
}

interface Behind {
  session: KnownSession;
  head: string;
}

interface Lacking {
  landing: Landing;
  behind: readonly Behind[];
  /** Where the target stands. */
  stand: string;
}

/** What it means for each of them, by session. */
async function partsOf(
  world: Pick<World, "git" | "signal">,
  { git, repository: { gitDir } }: Ground,
  { landing, behind, stand }: Lacking,
): Promise<Map<string, Part>> {
  if (behind.length === 0) return new Map();
  const theirs = await filesOf(git, landing);
  const pairs = behind.map(({ head }) => ({ ours: head, theirs: stand }));
  const merged = await mergePairs(git, pairs, { objects: { gitDir }, signal: world.signal(), timeoutMs: MERGES_MS });
  const work = async ([index, { session, head }]: [number, Behind]): Promise<[string, Part]> => {
    const files = await filesSince(world, git, { session, head, stand });
    const shared = theirs.filter((path) => files.mine.has(path));
    const found = merged[index];
    const looked = mineOf(files, theirs);
    const outlook: Outlook | undefined =
      found === undefined || found.verdict === "unknown"
        ? undefined
        : found.verdict === "clean"
          ? looked && { verdict: "clean", mine: looked }
          : { verdict: "conflict", files: found.files.map(({ path }) => path) };
    return [session.id, { is: "behind", mayRebase: session.is_main_repo === 0, shared, outlook }];
  };
  return new Map(await inParallel([...behind.entries()], AT_ONCE, work));
}

/** What a clean merge tells of; undefined when that is not known. */
function mineOf({ uncommitted, isAtStart }: Files, theirs: readonly string[]) {
  if (uncommitted === undefined) return undefined;
  const isUnlooked = isAtStart ? uncommitted.length > 0 : theirs.some((path) => uncommitted.includes(path));
  return isUnlooked ? "uncommitted" : isAtStart ? "nothing" : "committed";
}

async function checkoutsOf(git: Git): Promise<Map<string, WorktreeEntry>> {
  // Where git cannot list them just now, nothing is recorded, and the next look tells it.
  const listed = await git.output(["worktree", "list", "--porcelain", "-z"]);
  return new Map(parseWorktrees(listed).map((entry) => [entry.path, entry]));
}

const NAMES = ["diff-tree", "-r", "-z", "--name-only", "--no-renames", "--no-ext-diff", "--no-textconv"];

/** What the branches changed, from where they left the target. */
async function filesOf(git: Git, { arrivals, before }: Landing): Promise<string[]> {
  const files = new Set<string>();
  for (const { tip, commit } of arrivals) {
    for (const start of [...before, `${commit}^1`]) {
      const base = await mergeBase(git, start, tip);
      if (base === undefined || base === tip) continue;
      const { exit, stdout } = await git.attempt([...NAMES, "--end-of-options", base, tip, "--"]);
      if (exit === 0) for (const path of stdout.split("\0")) if (path !== "") files.add(path);
      break;
    }
  }
  return [...files];
}

interface Mine {
  session: KnownSession;
  head: string;
  stand: string;
}

interface Files {
  mine: ReadonlySet<string>;
  /** Undefined when git could not tell in time. */
  uncommitted: readonly string[] | undefined;
  /** It has committed nothing that the target does not have. */
  isAtStart: boolean;
}

/** What the session changed beside the target, committed or not. */
async function filesSince(world: Pick<World, "git" | "signal">, git: Git, mine: Mine): Promise<Files> {
  const forkCommit = (await mergeBase(git, mine.stand, mine.head)) ?? mine.session.fork_commit;
  const signal = AbortSignal.any([world.signal(), AbortSignal.timeout(CHANGES_MS)]);
  const { worktree_path: path } = mine.session;
  const isAtStart = forkCommit === mine.head;
  const still = await withoutFilters(world.git(path)).catch(() => undefined);
  const changedSince = async (fork: string | null) =>
    still === undefined ? undefined : changedFiles({ git: () => still }, { path, forkCommit: fork }, signal);
  const uncommitted = await changedSince(null);
  const all = isAtStart ? uncommitted : await changedSince(forkCommit);
  return { mine: new Set(all), uncommitted, isAtStart };
}

async function mergeBase(git: Git, one: string, other: string): Promise<string | undefined> {
  const { exit, stdout } = await git.attempt(["merge-base", "--end-of-options", one, other]);
  return exit === 0 ? stdout.trim() : undefined;
}
