// Whom a landing concerns: whose branch it is, whose base lacks it now, and who asked to be told. Each is told once, in
// the words that fit.

import type { Git } from "../../git/git.ts";
import { parseWorktrees, type WorktreeEntry } from "../../git/porcelain.ts";
import type { World } from "../../world.ts";
import type { KnownSession } from "../roster/roster.ts";
import { changedFiles } from "../worktrees/worktrees.ts";
import { reaches } from "./came.ts";
import { branchesOf, type Ground, targetOfSession } from "./ground.ts";
import type { Arrival } from "./landings.ts";
import type { Part } from "./words.ts";

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

export async function concernedBy(
  world: Pick<World, "git" | "signal">,
  ground: Ground,
  landing: Landing,
): Promise<Concerned[]> {
  const [{ target, commit }] = landing.arrivals;
  const { git, sessions, subscriptions } = ground;
  const names = landing.arrivals.map(({ branch }) => branch);
  const askers = new Set(
    subscriptions.flatMap((one) =>
      names.includes(one.branch_name) && one.target_branch === target.name ? [one.session_id] : [],
    ),
  );
  const checkouts = await checkoutsOf(git);
  const theirs = once(() => filesOf(git, landing));
  const found: Concerned[] = [];
  for (const session of sessions) {
    if (branchesOf(ground, session).some((branch) => names.includes(branch))) {
      found.push({ session, part: { is: "own" } });
      continue;
    }
    const head = checkouts.get(session.worktree_path)?.head;
    const isMeant = targetOfSession(ground, session)?.name === target.name;
    const isBehind = isMeant && head !== undefined && (await reaches(git, head, commit)) === false;
    if (isBehind) {
      const mine = await filesSince(world, git, { session, head, commit });
      const shared = (await theirs()).filter((path) => mine.has(path));
      const mayRebase = session.is_main_repo === 0;
      found.push({ session, part: { is: "behind", mayRebase, shared, outlook: undefined } });
    } else if (askers.has(session.id)) {
      found.push({ session, part: { is: "asked" } });
    }
  }
  return found;
}

async function checkoutsOf(git: Git): Promise<Map<string, WorktreeEntry>> {
  const { exit, stdout } = await git.attempt(["worktree", "list", "--porcelain", "-z"]);
  return new Map(exit === 0 ? parseWorktrees(stdout).map((entry) => [entry.path, entry]) : []);
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
  commit: string;
}

/** What the session changed beside the target, committed or not. */
async function filesSince(world: Pick<World, "git" | "signal">, git: Git, mine: Mine): Promise<Set<string>> {
  const forkCommit = (await mergeBase(git, mine.commit, mine.head)) ?? mine.session.fork_commit;
  const signal = AbortSignal.any([world.signal(), AbortSignal.timeout(CHANGES_MS)]);
  const { worktree_path: path } = mine.session;
  return new Set(await changedFiles(world, { path, forkCommit }, signal));
}

async function mergeBase(git: Git, one: string, other: string): Promise<string | undefined> {
  const { exit, stdout } = await git.attempt(["merge-base", "--end-of-options", one, other]);
  return exit === 0 ? stdout.trim() : undefined;
}

function once<T>(work: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => {
    made ??= work();
    return made;
  };
}
