// Results of runs are kept under their refs until they are safe elsewhere, and rows until nothing of a run is left: what
// has its time then goes for good. A ref that has the only copy of a commit stays, however old it is.

import { existsSync, rmSync } from "node:fs";
import { counted } from "../../core/text.ts";
import type { Git } from "../../git/git.ts";
import type { Repository } from "../../git/repository.ts";
import type { World } from "../../world.ts";
import { bestLanding, type Ref, shortRef, targetsFor } from "../merges/merges.ts";
import { isOfWorth } from "./left.ts";
import { placeOf } from "./place.ts";
import type { Run } from "./run.ts";
import { deleteRun, forgetResultRef, runsIn } from "./store.ts";

export interface RunPrune {
  id: string;
  name: string;
  /** The refs of its result, or its row with its log. */
  what: "result" | "run";
  why: string;
  refs: readonly KeptRef[];
}

interface KeptRef {
  ref: string;
  /** What it stood at when it was judged: it goes only as long as it does. */
  object: string;
}

export interface RunPruneLimits {
  keepDays: number;
  keepRefsDays: number;
}

type Effects = Pick<World, "db" | "git" | "log" | "now" | "paths" | "runProgram" | "signal">;

const DAY_MS = 86_400_000;
/** How long a run whose result is gone is told of. */
const TOLD_DAYS = 30;

/** Nothing is changed by planning; git is asked only of what is old enough. */
export async function planRunPrunes(
  world: Effects,
  { gitDir, gitDirId }: Pick<Repository, "gitDir" | "gitDirId">,
  { keepDays, keepRefsDays }: RunPruneLimits,
): Promise<RunPrune[]> {
  const db = await world.db();
  const now = world.now().getTime();
  const ageDays = ({ ended_at: end }: Run) => (end === null ? 0 : (now - Date.parse(end)) / DAY_MS);
  const old = runsIn(db, gitDirId).filter((run) => ageDays(run) >= keepDays && !isOfWorth(run));
  if (old.length === 0) return [];
  const git = world.git(gitDir).trusting();
  const [refs, targets] = [await refsOfRuns(git), await targetsFor(git, { branch: null, target: null })];
  const found: RunPrune[] = [];
  for (const run of old) {
    world.signal().throwIfAborted();
    const own = refs.get(run.id) ?? [];
    const named = { id: run.id, name: run.name ?? run.title, refs: own };
    const isOld = ageDays(run) >= keepRefsDays;
    if (own.length > 0) {
      const why = await whySafe(world, { git, gitDir, run, refs: own, targets, isOld });
      if (why !== undefined) found.push({ ...named, what: "result", why });
      continue;
    }
    // Its directory goes by itself, when it holds nothing that is only there.
    const isGone = !existsSync(placeOf(world.paths, run.id).directory);
    const days = keepRefsDays + TOLD_DAYS;
    if (isGone && ageDays(run) >= days) found.push({ ...named, what: "run", why: `over for ${counted(days, "day")}` });
  }
  return found;
}

/** Looked at as they were planned: what was changed since stays. */
export async function applyRunPrunes(
  world: Effects,
  { gitDir }: Pick<Repository, "gitDir">,
  planned: readonly RunPrune[],
): Promise<RunPrune[]> {
  const db = await world.db();
  const git = world.git(gitDir).trusting();
  const done: RunPrune[] = [];
  for (const one of planned) {
    world.signal().throwIfAborted();
    if (one.what === "run") {
      rmSync(placeOf(world.paths, one.id).log, { force: true });
      if (!db.write(() => deleteRun(db, one.id))) continue;
    } else {
      const lines = one.refs.map(({ ref, object }) => `delete ${ref}\0${object}\0`).join("");
      // All of them or none.
      if ((await git.attempt(["update-ref", "-z", "--stdin"], { input: lines })).exit !== 0) continue;
      db.write(() => forgetResultRef(db, one.id));
    }
    world.log("info", "sandbox.pruned", { id: one.id, what: one.what, why: one.why });
    done.push(one);
  }
  return done;
}

async function refsOfRuns(git: Git): Promise<Map<string, KeptRef[]>> {
  const places = ["refs/parallel-cc/sandbox/", "refs/parallel-cc/sandbox-more/"];
  const listed = await git.output(["for-each-ref", "--format=%(objectname) %(refname)", "--end-of-options", ...places]);
  const found = new Map<string, KeptRef[]>();
  for (const line of listed.split("\n")) {
    const [, object, ref, id] = /^(\S+) (refs\/parallel-cc\/sandbox(?:-more)?\/([^/]+).*)$/.exec(line) ?? [];
    if (object === undefined || ref === undefined || id === undefined) continue;
    found.set(id, [...(found.get(id) ?? []), { ref, object }]);
  }
  return found;
}

interface Judged {
  git: Git;
  gitDir: string;
  run: Run;
  refs: readonly KeptRef[];
  targets: readonly Ref[];
  /** As old as what is saved of a worktree before it goes. */
  isOld: boolean;
}

/** In words; undefined: some of it may be nowhere else. */
async function whySafe(
  world: Effects,
  { git, gitDir, run, refs, targets, isOld }: Judged,
): Promise<string | undefined> {
  const tips = refs.map(({ object }) => object);
  const isReached = async (from: readonly string[]) => {
    const { exit, stdout } = await git.attempt(["rev-list", "--count", ...tips, "--not", ...from, "--"]);
    return exit === 0 && stdout.trim() === "0";
  };
  for (const { name, commit } of targets) if (await isReached([commit])) return `all of it is in ${shortRef(name)}`;
  if (!isOld) return undefined;
  if (await isReached(["--branches", "--remotes", "--tags"])) return "all of it is on branches or tags";
  for (const tip of tips) {
    const fork = run.base_commit ?? undefined;
    const landing = await bestLanding(world, { gitDir, branch: null, tip, fork, targets, isForgeAsked: false });
    if (landing?.isSafeToDelete !== true) return undefined;
  }
  return "all of it has landed";
}
