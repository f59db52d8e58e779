// May this worktree go? Everything is looked at anew each time it is asked: the answer lists what keeps it, and what
// was shown when nothing does.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { asFailure } from "../../core/failure.ts";
import { counted, printable, shellWord } from "../../core/text.ts";
import type { Git } from "../../git/git.ts";
import { branchTip } from "../../git/repository.ts";
import { type WorkingDirectories, workingIn } from "../../proc/alive.ts";
import type { World } from "../../world.ts";
import { bestLanding, type Landing, type Memory, type Ref, targetsFor } from "../merges/merges.ts";
import { baselineOf } from "../setup/setup.ts";
import { type KnownWorktree, worktreesOf } from "../worktrees/worktrees.ts";
import { landedWords, unlanded } from "./landing-words.ts";
import { isOurLock } from "./marker.ts";
import { lookBelow, type NestedWork, workBelowIgnored } from "./nested.ts";
import { belongTogether, isThere, SEEING_ALL, type TreePlace } from "./place.ts";
import { type IndexFacts, readStanding, type Standing } from "./standing.ts";
import { trashFor } from "./trash.ts";

export type KeepReason =
  | "live-session"
  | "possibly-live-session"
  | "in-use"
  | "locked"
  | "kept-on-request"
  | "not-ours"
  | "unreadable"
  | "operation-under-way"
  | "uncommitted-changes"
  | "nested-work"
  | "unlanded-commits"
  | "other-file-system"
  | "missing"
  | "recently-used"
  | "changed-meanwhile"
  | "pre-remove-failed"
  | "busy"
  | "failed";

/** What keeps a worktree, and the words for it. */
export interface Keep {
  reason: KeepReason;
  detail: string;
  hint?: string;
}

/** A worktree that parallel-cc made, as the registry has it. */
export interface Subject {
  row: KnownWorktree;
  gitDir: string;
  adminName: string;
  /** By name, as an owner has it; undefined when nobody does. Asked again each time. */
  owner(): Promise<Owner | undefined> | Owner | undefined;
}

export interface Owner {
  sessionId: string;
  name: string | null;
  /** Undefined when it lives for certain; else why it cannot be told. */
  unsure: string | undefined;
}

export interface Examined {
  standing: Standing | undefined;
  /** Where our own branch stands; null when there is none by its recorded name. */
  branchTip: string | null;
  landings: BranchLanding[];
  keeps: Keep[];
  proofs: string[];
  /** Nobody committed to it. */
  isUnused: boolean;
  /** Repositories below what git ignores, from its top; only looked for in what would go. */
  repositories: string[];
}

export interface BranchLanding {
  /** Null for a detached HEAD. */
  branch: string | null;
  tip: string;
  landing: Landing | undefined;
  /** Why it could not be told whether it has landed. */
  unjudged: string | undefined;
  /** Another branch than ours has the very commit. */
  isElsewhere: boolean;
}

export interface Known {
  /** The refs that the recorded target stands for, when they were read already. */
  targets?: readonly Ref[] | undefined;
  /** All that is in it is looked for, whatever keeps it. */
  isForced?: boolean | undefined;
  /** What its index said a moment ago, and where processes stood. */
  index?: IndexFacts | undefined;
  workers?: WorkingDirectories | undefined;
  /** Shared by what is examined together. */
  memory?: Memory | undefined;
}

export type Effects = Pick<World, "db" | "git" | "log" | "signal" | "runProgram" | "processes" | "pid">;

/** No `--force` takes a worktree that one of these keeps. */
const FIRM: readonly KeepReason[] = [
  ...(["live-session", "possibly-live-session", "in-use", "locked", "not-ours", "unreadable"] as const),
  ...(["other-file-system", "missing", "changed-meanwhile", "busy", "failed"] as const),
];

export function isFirm({ reason }: Keep): boolean {
  return FIRM.includes(reason);
}

/** Targets are read when none are given. */
export async function examine(
  world: Effects,
  subject: Subject,
  place: TreePlace,
  known: Known = {},
): Promise<Examined> {
  const { row } = subject;
  const keeps: Keep[] = [];
  const proofs: string[] = [];
  const owner = await subject.owner();
  if (owner !== undefined) keeps.push(keptBy(owner));
  else proofs.push("no session works in it");
  keeps.push(...whatHoldsThePlace(subject, place));
  keeps.push(...whoStandsIn(world, place.top, known.workers));
  if (row.is_kept === 1) keeps.push(keptOnRequest(row));
  const git = world.git(subject.gitDir).trusting();
  const baseline = baselineOf(await world.db(), row.path);
  const standing = await readStanding(world, place, { isInTrash: false, known: known.index, baseline }).catch(
    (thrown: unknown) => {
      world.log("info", "standing.unreadable", { path: place.top, error: String(thrown) });
      return undefined;
    },
  );
  const tip = await tipOf(git, row, standing);
  if (standing === undefined) {
    keeps.push({
      reason: "unreadable",
      detail: "git cannot read what is in it",
      hint: `See: git -C ${shellWord(place.top)} status`,
    });
    return { standing, branchTip: tip ?? null, landings: [], keeps, proofs, isUnused: false, repositories: [] };
  }
  keeps.push(...changesIn(standing));
  const landings = await landingsOf(world, subject, { standing, tip, ...known });
  const weighed = weigh(row, landings, { keeps, proofs });
  // Reading all that is ignored takes longest, so it is only done for what would go.
  const isGoing = weighed.keeps.length === 0 || known.isForced === true;
  const anywhere = world.git(place.top).configured({ settings: SEEING_ALL });
  // Forced, what is untracked goes as well: the repositories in it are named then.
  const untracked = known.isForced === true ? standing.changed.filter((path) => path.endsWith("/")) : [];
  const { directories } = standing.index;
  const all = isGoing
    ? lookBelow(place.top, { directories, below: [...standing.ignored, ...untracked] })
    : NOTHING_BELOW;
  const { repositories } = all;
  const asked = { ...all, repositories: repositories.filter((path) => !standing.index.links.includes(path)) };
  const below = isGoing ? await workBelowIgnored(anywhere, place.top, { ...asked, ignored: standing.ignored }) : [];
  weighed.keeps.push(...nestedIn(below));
  const found = { ...standing, nested: [...standing.nested, ...below] };
  const isClean = found.changed.length === 0 && found.nested.length === 0;
  if (isClean) weighed.proofs.unshift("nothing in it is changed or untracked");
  return { standing: found, branchTip: tip ?? null, ...weighed, repositories };
}

/** git has told of our branch with the worktree's own HEAD when that stands on it. */
async function tipOf(git: Git, { branch }: KnownWorktree, standing: Standing | undefined): Promise<string | undefined> {
  if (branch === null) return undefined;
  return standing?.branch === branch && standing.head !== null ? standing.head : branchTip(git, branch);
}

/** Adds to what keeps it what has not landed, and to the proofs what has. */
export function weigh(row: KnownWorktree, landings: BranchLanding[], found: { keeps: Keep[]; proofs: string[] }) {
  const keeps = [...found.keeps, ...landings.flatMap((one) => unlanded(one, row.branch) ?? [])];
  const proofs = [
    ...found.proofs,
    ...landings.flatMap((one) => (unlanded(one, row.branch) === undefined ? [landedWords(one)] : [])),
  ];
  const isUnused = landings.every(({ landing, tip }) => landing?.verdict === "unused" || tip === row.fork_commit);
  return { landings, keeps, proofs, isUnused, repositories: [] };
}

export function keptBy(owner: Owner): Keep {
  const who = printable(owner.name ?? owner.sessionId);
  if (owner.unsure === undefined) return { reason: "live-session", detail: `the session ${who} works in it` };
  return {
    reason: "possibly-live-session",
    detail: `the session ${who} may still live: ${owner.unsure}`,
    hint: `If it is over: parallel-cc release --session-id ${owner.sessionId}`,
  };
}

function whatHoldsThePlace({ gitDir }: Subject, place: TreePlace): Keep[] {
  const keeps: Keep[] = [];
  if (!belongTogether(place)) {
    keeps.push({ reason: "not-ours", detail: "its directory and git's record of it do not name each other" });
  }
  keeps.push(...keptByLock(place, place.top));
  if (isThere(place.top) && trashFor(gitDir, place.top) === undefined) {
    keeps.push({
      reason: "other-file-system",
      detail: "it is a file system of its own, so it cannot be set aside whole",
    });
  }
  return keeps;
}

export function keptOnRequest({ name }: KnownWorktree): Keep {
  const hint = `Drop it with: parallel-cc worktree remove ${shellWord(name)}`;
  return { reason: "kept-on-request", detail: "its user keeps it (--keep, or undo)", hint };
}

export const BUSY: Keep = { reason: "busy", detail: "another command removes it or brings it back just now" };

export function keptByLock({ adminDir }: TreePlace, path: string): Keep[] {
  const lock = join(adminDir, "locked");
  if (!isThere(lock)) return [];
  const why = readFileSync(lock, "utf8").trim();
  if (isOurLock(why)) return [BUSY];
  const detail = why === "" ? "it is locked" : `it is locked: ${printable(why)}`;
  return [{ reason: "locked", detail, hint: `git worktree unlock ${shellWord(path)}` }];
}

/** Our own ancestors stand where the command was typed, or are the wrapper whose session has just ended. */
export function whoStandsIn(
  { processes, pid }: Pick<World, "processes" | "pid">,
  directory: string,
  found = processes.workingDirectories(),
): Keep[] {
  if (found === undefined) {
    return [{ reason: "in-use", detail: "it cannot be seen here which processes work in it" }];
  }
  const own = new Set<number>();
  for (let one: number | undefined = pid; one !== undefined && !own.has(one); one = processes.parent(one)) own.add(one);
  const inside = workingIn(found, directory).filter((one) => !own.has(one));
  if (inside.length > 0) {
    const who = inside.length === 1 ? "a process works" : `${inside.length} processes work`;
    return [{ reason: "in-use", detail: `${who} in it: ${inside.slice(0, 5).join(", ")}` }];
  }
  const hidden = found.hidden.filter((one) => !own.has(one));
  if (hidden.length === 0) return [];
  return [
    {
      reason: "in-use",
      detail: `process ${hidden[0]} at a terminal may work in it: another user's, it cannot be looked into`,
    },
  ];
}

export function changesIn(standing: Standing): Keep[] {
  const keeps: Keep[] = [];
  if (standing.operation !== null) {
    keeps.push({ reason: "operation-under-way", detail: `a ${standing.operation} is under way in it` });
  }
  const { changed } = standing;
  if (changed.length > 0) {
    keeps.push({
      reason: "uncommitted-changes",
      detail: `${counted(changed.length, "uncommitted file")}: ${someOf(changed)}`,
    });
  }
  keeps.push(...nestedIn(standing.nested));
  return keeps;
}

const NOTHING_BELOW = { repositories: [], unreadable: [] };

function nestedIn(nested: readonly NestedWork[]): Keep[] {
  return nested.map(({ path, why, isWorktree }) => {
    return { reason: isWorktree === true ? "not-ours" : "nested-work", detail: `${printable(path)} is ${why}` };
  });
}

function someOf(paths: readonly string[]): string {
  const shown = paths.slice(0, 3).map(printable).join(", ");
  return paths.length > 3 ? `${shown}, …` : shown;
}

interface Judged extends Known {
  standing: Standing;
  tip: string | undefined;
}

/** Of our branch, and of what is checked out when that is something else. */
export async function landingsOf(
  world: Effects,
  { row, gitDir }: Subject,
  { standing, tip, targets, memory }: Judged,
): Promise<BranchLanding[]> {
  const git = world.git(gitDir).trusting();
  const wanted: { branch: string | null; tip: string }[] = [];
  if (tip !== undefined) wanted.push({ branch: row.branch, tip });
  if (standing.head !== null && standing.head !== tip) wanted.push({ branch: standing.branch, tip: standing.head });
  const found: BranchLanding[] = [];
  for (const one of wanted) found.push(await landingOf(world, git, { ...one, row, gitDir, targets, memory }));
  return found;
}

interface OneBranch extends Known {
  branch: string | null;
  tip: string;
  row: KnownWorktree;
  gitDir: string;
}

async function landingOf(
  world: Effects,
  git: Git,
  { branch, tip, row, gitDir, targets, memory }: OneBranch,
): Promise<BranchLanding> {
  const read = targets ?? (await targetsFor(git, { branch, target: row.target_branch }));
  let unjudged: string | undefined;
  const landing = await bestLanding(world, {
    gitDir,
    branch,
    tip,
    fork: row.fork_commit ?? undefined,
    targets: read.filter((ref) => ref.name !== `refs/heads/${branch}`),
    isForgeAsked: false,
    memory,
  }).catch((thrown: unknown) => {
    const failure = asFailure(thrown);
    if (failure.kind === "cancelled") throw thrown;
    unjudged = failure.message;
    return undefined;
  });
  const isStart = tip === row.fork_commit && landing?.isSafeToDelete !== true;
  return { branch, tip, landing, unjudged, isElsewhere: isStart && (await isOnAnother(world, git, { tip, gitDir })) };
}

/** Branches of our own do not count: each of two could be deleted because of the other. */
async function isOnAnother(
  world: Effects,
  git: Git,
  { tip, gitDir }: { tip: string; gitDir: string },
): Promise<boolean> {
  const refs = ["refs/heads/", "refs/remotes/", "refs/tags/"];
  const listed = await git.attempt([
    "for-each-ref",
    "--format=%(refname)",
    "--contains",
    tip,
    "--end-of-options",
    ...refs,
  ]);
  if (listed.exit !== 0) return false;
  const ours = new Set(worktreesOf(await world.db(), gitDir).map(({ branch }) => `refs/heads/${branch}`));
  return listed.stdout.split("\n").some((ref) => ref !== "" && !ours.has(ref));
}
