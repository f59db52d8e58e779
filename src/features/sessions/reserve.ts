// A place in the repository, decided and written down in one transaction, alone among all processes.

import { existsSync } from "node:fs";
import { join } from "node:path";
import { Failure } from "../../core/failure.ts";
import { printable, slug } from "../../core/text.ts";
import { type Db, isUniqueViolation } from "../../db/db.ts";
import type { Git } from "../../git/git.ts";
import { shortBranch } from "../../git/porcelain.ts";
import { adminNameOf, commitOf, type Repository, requireThere } from "../../git/repository.ts";
import type { ProcessIdentity } from "../../proc/alive.ts";
import type { World } from "../../world.ts";
import { loadConfig } from "../config/config.ts";
import { removalsUnderWay } from "../removals/removals.ts";
import {
  insertProcess,
  insertSession,
  isLocal,
  type KnownSession,
  lastEnded,
  livenessOfAll,
  type NewSession,
  type PastSession,
  type RepositoryKey,
  session,
  sessionsOf,
} from "../roster/roster.ts";
import { rememberWorktree, worktreeRow } from "../worktrees/worktrees.ts";
import { announceStart, atWorkBeside, endAndAnnounce } from "./announce.ts";
import { type Maker, makerFor } from "./maker.ts";
import { followMoves, keyOf } from "./moves.ts";
import { decidePlacement, type Holder, type Placement, whyNotContinue } from "./place.ts";

export interface RegisterInput {
  repo?: string | undefined;
  pid?: number | undefined;
  name?: string | undefined;
  base?: string | undefined;
  noWorktree?: boolean | undefined;
  continue?: boolean | undefined;
  /**
   * Whatever else the process has: for an agent that works apart from its claude. In a worktree of its own, or `there` in
   * the free one that is named.
   */
  apart?: "anywhere" | "there" | undefined;
  /** What it is to be called; nobody else ever was. */
  id?: string | undefined;
}

export interface Request {
  world: World;
  db: Db;
  git: Git;
  repository: Repository;
  owner: ProcessIdentity;
  input: RegisterInput;
  warnings: string[];
}

export interface Reserved {
  session: KnownSession;
  isNew: boolean;
  /** Who makes the worktree that was reserved. */
  maker?: Maker | undefined;
}

/** Nothing was written: the same is asked again once it is known how worktrees are made here. */
class MakerNeeded extends Error {}

/** `isNew` is false for a session that the same process has here already, or that another command just makes for it. */
export async function reserve(request: Request): Promise<Reserved> {
  const { world, db, repository, input } = request;
  const key = keyOf(repository);
  const start = await startOrFailure(request);
  const self = world.processes.identify(world.pid);
  const id = input.id ?? world.newId();
  // Looked at before the transaction, which stays short that way; whoever came or changed since counts as alive.
  const dead = deadSessions(world, db, key);
  // Only who needs a worktree looks at how one is made. That is known inside; beside others it is likely.
  const isLikely = sessionsOf(db, key).length > 0 && input.noWorktree !== true;
  let maker = isLikely ? await makerFor(world, repository).catch(() => undefined) : undefined;
  // Asked for, so that Ctrl-C does not end us between a session's row and the answer that tells of it.
  world.signal();
  const attempt = () =>
    db.write((now) => {
      recordDeaths(world, db, { key, dead }, now);
      followMoves(db, repository);
      const mine = input.apart === undefined ? sessionsOf(db, key) : [];
      const own = mine.find((one) => isOwnedBy(one, request.owner) && !dead.has(judged(one)));
      if (own !== undefined && (own.state === "creating" || existsSync(own.worktree_path))) {
        return { session: own, isNew: false };
      }
      // Somebody removed the place under it: it gets another one.
      if (own !== undefined) {
        const others = atWorkBeside(db, key, own.id);
        endAndAnnounce(world, db, { ended: own, by: "release", fate: "removed", others }, now);
      }
      const holding = holdingIn(db, key, dead);
      const holders = holding.map(holderOf);
      const going = new Set(removalsUnderWay(db).map(({ path }) => path));
      const last = input.continue === true ? lastToContinue(request, { holders, going }) : undefined;
      const isGoing = going.has(repository.here.top ?? null);
      const isApart = input.apart === "anywhere";
      const wants = { noWorktree: input.noWorktree === true, isApart, continueAt: last?.worktree_path, isGoing };
      const placement = decidePlacement(repository, holders, wants);
      // A removal that began and ended since git was asked is not under way any more.
      if (placement.kind === "checkout") requireThere(placement.path);
      const made = newSession(request, { id, placement, start, last, maker });
      insertSession(db, made, now);
      insertProcess(db, id, "owner", request.owner);
      if (made.state === "creating" && self !== undefined) insertProcess(db, id, "registrar", self);
      if (made.state === "active" && !made.isMainRepo) adopt(db, made, now);
      request.warnings.push(...placementWarnings({ placement, input, start }));
      const session = requireRow(db, id);
      const others = holding.filter(({ state }) => state === "active");
      if (made.state === "active") announceStart(world, db, { started: session, others }, now);
      return { session, isNew: true, maker };
    });
  try {
    try {
      return attempt();
    } catch (thrown) {
      if (!(thrown instanceof MakerNeeded)) throw thrown;
    }
    maker = await makerFor(world, repository);
    return attempt();
  } catch (thrown) {
    if (!isUniqueViolation(thrown)) throw thrown;
    throw new Failure({
      kind: "unavailable",
      code: "session.place-taken",
      message: "The place for this session is held by another session.",
      hint: "See who it is with `parallel-cc status`, and run the command again.",
      cause: thrown,
    });
  }
}

export function isOwnedBy(one: KnownSession, owner: ProcessIdentity): boolean {
  // A row of an earlier release knows the pid alone; whether that process still lives was judged before.
  if (one.git_dir === null) return one.pid === owner.pid;
  return one.processes.some((row) => row.pid === owner.pid && row.start_time === owner.startTime);
}

/** Moves the sessions that are certainly dead into the history. Their worktrees stay. */
function recordDeaths(
  world: Pick<World, "newId">,
  db: Db,
  { key, dead }: { key: RepositoryKey; dead: Dead },
  now: string,
): void {
  const local = sessionsOf(db, key).filter((one) => one.state === "active" && isLocal(one));
  const others = local.filter((one) => !dead.has(judged(one)));
  for (const one of local) {
    if (!dead.has(judged(one))) continue;
    const fate = one.is_main_repo === 1 ? "none" : "kept";
    endAndAnnounce(world, db, { ended: one, by: "death", fate, others }, now);
  }
}

interface Start {
  commit: string | undefined;
  target: string | undefined;
}

/** As `findStart`, or why the settings name none: that matters only to a session that needs a worktree. */
async function startOrFailure(request: Request): Promise<Start | Failure> {
  return findStart(request).catch((thrown: unknown) => {
    if (thrown instanceof Failure && request.input.base === undefined) return thrown;
    throw thrown;
  });
}

/** Where a new worktree would start and where its work is meant to land. */
async function findStart({ world, git, repository, input }: Request): Promise<Start> {
  const named = input.base ?? (await loadConfig(world, repository.path)).settings["worktree.base"];
  const { head, branch } = repository.here;
  // A bare repository is no checkout: git does not say in the list of worktrees where its HEAD stands.
  if (named === undefined && (head !== undefined || !repository.isBare)) return { commit: head, target: branch };
  const commit = await commitOf(git, named ?? "HEAD");
  if (commit === undefined) {
    if (named === undefined) return { commit, target: branch };
    throw new Failure({
      code: "base.unknown",
      message: `There is no commit "${printable(named)}" in ${repository.path} to start from.`,
      hint: "Name a branch, tag or commit that exists (git fetch first when it is on a remote).",
    });
  }
  // Without --verify rev-parse repeats --end-of-options in its answer (git 2.39).
  const full = await git.attempt([
    "rev-parse",
    "--verify",
    "--symbolic-full-name",
    "--end-of-options",
    named ?? "HEAD",
  ]);
  const ref = full.stdout.trim();
  const isBranch = full.exit === 0 && /^refs\/(heads|remotes)\/./.test(ref);
  return { commit, target: isBranch ? shortBranch(ref).replace(/^refs\/remotes\//, "") : branch };
}

interface Chosen {
  id: string;
  placement: Placement;
  start: Start | Failure;
  /** The session whose place is taken up. */
  last: PastSession | undefined;
  maker: Maker | undefined;
}

function newSession(request: Request, { id, placement, start, last, maker }: Chosen): NewSession {
  const { repository, input, owner, db } = request;
  // claude finds a conversation by the directory it was held in, so one in another checkout goes on where it was.
  const isElsewhere = last !== undefined && last.worktree_path !== repository.here.top;
  const common = {
    id,
    pid: owner.pid,
    repository: keyOf(repository),
    name: input.name ?? null,
    subdirectory: isElsewhere ? last.subdirectory : repository.here.subdirectory,
  };
  if (placement.kind === "checkout") {
    const isMainRepo = placement.path === repository.path;
    const entry = repository.worktrees.find((one) => one.path === placement.path);
    const known = worktreeRow(db, placement.path);
    return {
      ...common,
      name: common.name ?? known?.session_name ?? null,
      worktreePath: placement.path,
      adminName: adminNameOf(placement.path) ?? null,
      worktreeName: isMainRepo ? null : (known?.name ?? nameOf(placement.path)),
      isMainRepo,
      isSharing: placement.sharedWith !== undefined,
      state: "active",
      branch: (entry ?? repository.here).branch ?? null,
      forkCommit: known?.fork_commit ?? (entry ?? repository.here).head ?? null,
      targetBranch: known?.target_branch ?? (isMainRepo ? (entry ?? repository.here).branch : undefined) ?? null,
    };
  }
  if (start instanceof Failure) throw start;
  if (start.commit === undefined) throw unborn(repository);
  if (maker === undefined) throw new MakerNeeded();
  const label = input.name === undefined ? "" : slug(input.name);
  const name = [maker.prefix, ...(label === "" ? [] : [label]), id.slice(0, 8)].join("-");
  return {
    ...common,
    worktreePath: join(maker.directory, `${maker.folderPrefix}${name}`),
    adminName: null,
    worktreeName: `${maker.folderPrefix}${name}`,
    isMainRepo: false,
    isSharing: false,
    state: "creating",
    branch: name,
    forkCommit: start.commit,
    targetBranch: start.target ?? null,
  };
}

function unborn(repository: Repository): Failure {
  return new Failure({
    code: "repository.unborn",
    message: `${repository.path} has no commit yet, so there is nothing a worktree could start from.`,
    hint: "Make a first commit, or start from an existing one with --base <ref>.",
  });
}

function nameOf(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}

function adopt(db: Db, made: NewSession, now: string): void {
  rememberWorktree(db, worktreeOf(requireRow(db, made.id), "adopted"), now);
}

export function worktreeOf(row: KnownSession, origin: "created" | "adopted") {
  return {
    path: row.worktree_path,
    git_dir: row.git_dir ?? "",
    git_dir_id: row.git_dir_id,
    admin_name: row.admin_name ?? adminNameOf(row.worktree_path) ?? null,
    repo_path: row.repo_path,
    name: row.worktree_name ?? nameOf(row.worktree_path),
    origin,
    branch: row.branch,
    session_name: row.name,
    fork_commit: row.fork_commit,
    target_branch: row.target_branch,
  };
}

function requireRow(db: Db, id: string): KnownSession {
  const row = session(db, id);
  if (row === undefined) throw new Error(`session ${id} was just written and is not there`);
  return row;
}

/** As they were judged: the reservation of one that is confirmed meanwhile, or a claude told of, makes it another. */
type Dead = ReadonlySet<string>;

function judged({ id, state, processes }: KnownSession): string {
  return JSON.stringify([id, state, processes]);
}

function deadSessions(world: World, db: Db, key: RepositoryKey): Dead {
  const sessions = sessionsOf(db, key);
  const liveness = livenessOfAll(world.processes, sessions);
  return new Set(sessions.filter((one) => liveness.get(one.id)?.state === "dead").map(judged));
}

function holdingIn(db: Db, key: RepositoryKey, dead: Dead): KnownSession[] {
  return sessionsOf(db, key).filter((one) => isLocal(one) && !dead.has(judged(one)));
}

function holderOf({ id, name, worktree_path, admin_name }: KnownSession): Holder {
  return { sessionId: id, name, worktreePath: worktree_path, adminName: admin_name };
}

/** Live sessions of the repository beside this one. */
export function othersThan(own: KnownSession, world: World, db: Db, key: RepositoryKey): Holder[] {
  const holding = holdingIn(db, key, deadSessions(world, db, key));
  return holding.filter(({ id }) => id !== own.id).map(holderOf);
}

interface Taken {
  holders: readonly Holder[];
  /** Paths of worktrees that another command removes just now. */
  going: ReadonlySet<string | null>;
}

function lastToContinue({ repository, db, input }: Request, { holders, going }: Taken): PastSession | undefined {
  // Who stays where the command was typed continues there, whatever the last session did.
  const { top, isLinked } = repository.here;
  if (input.noWorktree === true || (isLinked && holders.every((one) => one.worktreePath !== top))) return undefined;
  const last = lastEnded(db, repository);
  if (last === undefined) {
    if (holders.length === 0) return undefined;
    throw cannotContinue("no session of this repository has ended yet, and others are at work");
  }
  const place = { worktreePath: last.worktree_path, isMain: last.is_main_repo === 1 };
  const reason = going.has(last.worktree_path)
    ? "it is being removed just now"
    : whyNotContinue(repository, holders, place);
  if (reason !== undefined) throw cannotContinue(`the last session worked in ${last.worktree_path}: ${reason}`);
  return last;
}

function cannotContinue(why: string): Failure {
  return new Failure({
    code: "session.continue",
    message: `The last conversation cannot be continued: ${why}.`,
    hint: "Start without --continue for a worktree of its own, or go into the worktree you mean and continue there.",
  });
}

function placementWarnings(made: { placement: Placement; input: RegisterInput; start: Start | Failure }): string[] {
  const { placement, input, start } = made;
  if (placement.kind !== "checkout") return [];
  const warnings: string[] = [];
  if (input.base !== undefined) warnings.push("--base was not used: no new worktree was needed.");
  else if (start instanceof Failure) warnings.push(`The next session will get no worktree: ${start.message}`);
  return placement.sharedWith === undefined ? warnings : [...warnings, sharingWarning(placement.sharedWith)];
}

function sharingWarning(holder: Holder): string {
  return `This checkout is shared with the live session ${printable(holder.name ?? holder.sessionId)}: both see every change.`;
}
