// Registering: reserve a place in one transaction, make its worktree outside of it, confirm. A crash between the
// first and the last step leaves a reservation whose registrar is dead, which the next command takes back.

import { realpathSync, statSync } from "node:fs";
import { join, resolve } from "node:path";
import { Failure } from "../../core/failure.ts";
import { printable, slug } from "../../core/text.ts";
import { type Db, isUniqueViolation } from "../../db/db.ts";
import type { Git } from "../../git/git.ts";
import { shortBranch } from "../../git/porcelain.ts";
import { commitOf, defaultWorktreesDirectory, locate, type Repository } from "../../git/repository.ts";
import type { ProcessIdentity } from "../../proc/alive.ts";
import type { World } from "../../world.ts";
import { loadConfig } from "../config/config.ts";
import { createWorktree, rememberWorktree, worktreeRow } from "../worktrees/worktrees.ts";
import { healReservations, recordDeaths, takeBack } from "./heal.ts";
import { isLocal, mayLive } from "./liveness.ts";
import { decidePlacement, type Holder, type Placement, whyNotContinue } from "./place.ts";
import {
  activate,
  insertProcess,
  insertSession,
  type KnownSession,
  lastEnded,
  type NewSession,
  type RepositoryKey,
  session,
  sessionsOf,
} from "./store.ts";

export interface RegisterInput {
  repo?: string | undefined;
  pid?: number | undefined;
  name?: string | undefined;
  base?: string | undefined;
  noWorktree?: boolean | undefined;
  continue?: boolean | undefined;
}

export interface Registered {
  session: KnownSession;
  isNew: boolean;
  parallelSessions: number;
  warnings: string[];
}

type Effects = World;

/** Errors: `process.none`, `repository.none`, `repository.unborn`, `base.unknown`, `session.continue`, `worktree.*`. */
export async function register(world: Effects, input: RegisterInput): Promise<Registered> {
  const directory = startDirectory(world, input.repo);
  const owner = requireProcess(world, input.pid ?? world.parentPid);
  const git = world.git(directory);
  const [repository, db] = await Promise.all([locate(git), world.db()]);
  const key = { gitDir: repository.gitDir, path: repository.path };
  await healReservations(world, sessionsOf(db, key));
  recordDeaths(world, db, key);

  const own = ownSession(world, sessionsOf(db, key), owner);
  if (own !== undefined) {
    return { session: own, isNew: false, parallelSessions: othersThan(own, world, db, key).length + 1, warnings: [] };
  }

  const warnings = environmentWarnings(world);
  const request: Request = { world, db, git, repository, owner, input, warnings };
  const reserved = await reserve(request);
  if (reserved.state === "creating") await build(request, reserved);
  const others = othersThan(reserved, world, db, key);
  if (reserved.name !== null && others.some((one) => one.name === reserved.name)) {
    warnings.push(`Another live session is called "${printable(reserved.name)}" too.`);
  }
  return { session: reserved, isNew: true, parallelSessions: others.length + 1, warnings };
}

interface Request {
  world: Effects;
  db: Db;
  git: Git;
  repository: Repository;
  owner: ProcessIdentity;
  input: RegisterInput;
  warnings: string[];
}

/** Decides the place and writes it down, alone among all processes. */
async function reserve(request: Request): Promise<KnownSession> {
  const { world, db, repository, input } = request;
  const key = { gitDir: repository.gitDir, path: repository.path };
  const start = await findStart(request);
  const self = world.processes.identify(world.pid);
  const id = world.newId();
  // Looked at before the transaction, which stays short that way; whoever came since counts as alive.
  const dead = deadIds(world, db, key);
  try {
    return db.write((now) => {
      const holders = holdersOf(db, key, dead);
      const continueAt = input.continue === true ? placeToContinue(request, holders) : undefined;
      const placement = decidePlacement(repository, holders, { noWorktree: input.noWorktree === true, continueAt });
      const made = newSession(request, { id, placement, start });
      insertSession(db, made, now);
      insertProcess(db, id, "owner", request.owner);
      if (made.state === "creating" && self !== undefined) insertProcess(db, id, "registrar", self);
      if (made.state === "active" && !made.isMainRepo) adopt(db, made, now);
      if (placement.kind === "checkout" && placement.sharedWith !== undefined) {
        request.warnings.push(sharingWarning(placement.sharedWith));
      }
      return requireRow(db, id);
    });
  } catch (thrown) {
    if (!isUniqueViolation(thrown)) throw thrown;
    throw new Failure({
      kind: "unavailable",
      code: "session.place-taken",
      message: "The place for this session is still held by a session that may live.",
      hint: "See `parallel-cc status`.",
      cause: thrown,
    });
  }
}

/** Makes the reserved worktree and confirms it, or takes everything back. */
async function build(request: Request, reserved: KnownSession): Promise<void> {
  const { world, db, repository, warnings } = request;
  const made = { path: reserved.worktree_path, branch: reserved.branch ?? "", commit: reserved.fork_commit ?? "" };
  try {
    warnings.push(...(await createWorktree(world, repository, made)));
    world.signal().throwIfAborted();
    db.write((now) => {
      if (!activate(db, reserved.id))
        throw new Failure({ kind: "internal", code: "session.lost", message: "The reservation is gone." });
      rememberWorktree(db, worktreeOf(reserved, "created"), now);
    });
  } catch (thrown) {
    await takeBack({ ...world, signal: () => new AbortController().signal }, reserved).catch((error: unknown) => {
      world.log("warn", "reservation.not-taken-back", { id: reserved.id, error: String(error) });
    });
    throw thrown;
  }
}

interface Start {
  commit: string | undefined;
  target: string | undefined;
}

/** Where a new worktree would start and where its work is meant to land. */
async function findStart({ world, git, repository, input }: Request): Promise<Start> {
  const named = input.base ?? loadConfig(world, repository.path).worktreeBase;
  if (named === undefined) return { commit: repository.here.head, target: repository.here.branch };
  const commit = await commitOf(git, named);
  if (commit === undefined) {
    throw new Failure({
      code: "base.unknown",
      message: `There is no commit "${printable(named)}" in ${repository.path} to start from.`,
      hint: "Name a branch, tag or commit that exists (git fetch first when it is on a remote).",
    });
  }
  const full = await git.attempt(["rev-parse", "--symbolic-full-name", "--end-of-options", named]);
  const ref = full.stdout.trim();
  const isBranch = full.exit === 0 && /^refs\/(heads|remotes)\/./.test(ref);
  return { commit, target: isBranch ? shortBranch(ref).replace(/^refs\/remotes\//, "") : repository.here.branch };
}

function newSession(request: Request, chosen: { id: string; placement: Placement; start: Start }): NewSession {
  const { repository, input, owner, db } = request;
  const { id, placement, start } = chosen;
  const common = {
    id,
    pid: owner.pid,
    repository: { gitDir: repository.gitDir, path: repository.path },
    name: input.name ?? null,
    subdirectory: repository.here.subdirectory,
  };
  if (placement.kind === "checkout") {
    const isMainRepo = placement.path === repository.path;
    const entry = repository.worktrees.find((one) => one.path === placement.path);
    const known = worktreeRow(db, placement.path);
    return {
      ...common,
      name: common.name ?? known?.session_name ?? null,
      worktreePath: placement.path,
      worktreeName: isMainRepo ? null : (known?.name ?? nameOf(placement.path)),
      isMainRepo,
      isSharing: placement.sharedWith !== undefined,
      state: "active",
      branch: (entry ?? repository.here).branch ?? null,
      forkCommit: known?.fork_commit ?? (entry ?? repository.here).head ?? null,
      targetBranch: known?.target_branch ?? (isMainRepo ? (entry ?? repository.here).branch : undefined) ?? null,
    };
  }
  if (start.commit === undefined) throw unborn(repository);
  const label = input.name === undefined ? "" : slug(input.name);
  const name = ["parallel", ...(label === "" ? [] : [label]), id.slice(0, 8)].join("-");
  return {
    ...common,
    worktreePath: join(defaultWorktreesDirectory(repository), name),
    worktreeName: name,
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

function worktreeOf(row: KnownSession, origin: "created" | "adopted") {
  return {
    path: row.worktree_path,
    git_dir: row.git_dir ?? "",
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

function deadIds(world: Effects, db: Db, key: RepositoryKey): ReadonlySet<string> {
  return new Set(sessionsOf(db, key).flatMap((one) => (mayLive(world.processes, one) ? [] : [one.id])));
}

function holdersOf(db: Db, key: RepositoryKey, dead: ReadonlySet<string>): Holder[] {
  return sessionsOf(db, key)
    .filter((one) => isLocal(one) && !dead.has(one.id))
    .map((one) => ({ sessionId: one.id, name: one.name, worktreePath: one.worktree_path }));
}

function othersThan(own: KnownSession, world: Effects, db: Db, key: RepositoryKey): Holder[] {
  return holdersOf(db, key, deadIds(world, db, key)).filter((holder) => holder.sessionId !== own.id);
}

/** The session this very process has here already: registering twice is one session. */
function ownSession(
  world: Effects,
  sessions: readonly KnownSession[],
  owner: ProcessIdentity,
): KnownSession | undefined {
  return sessions.find(
    (one) =>
      one.state === "active" &&
      one.processes.some((row) => row.pid === owner.pid && row.start_time === owner.startTime) &&
      mayLive(world.processes, one),
  );
}

function placeToContinue({ repository, db }: Request, holders: readonly Holder[]): string | undefined {
  const last = lastEnded(db, { gitDir: repository.gitDir, path: repository.path });
  if (last === undefined) {
    if (holders.length === 0) return undefined;
    throw cannotContinue("no session of this repository has ended yet, and others are at work");
  }
  const place = { worktreePath: last.worktree_path, isMain: last.is_main_repo === 1 };
  const reason = whyNotContinue(repository, holders, place);
  if (reason !== undefined) throw cannotContinue(`the last session worked in ${last.worktree_path}: ${reason}`);
  return last.worktree_path;
}

function cannotContinue(why: string): Failure {
  return new Failure({
    code: "session.continue",
    message: `The last conversation cannot be continued: ${why}.`,
    hint: "Start without --continue for a worktree of its own, or go into the worktree you mean and continue there.",
  });
}

function startDirectory(world: Pick<World, "cwd">, repo: string | undefined): string {
  const directory = resolve(world.cwd, repo ?? ".");
  try {
    if (statSync(directory).isDirectory()) return realpathSync(directory);
  } catch {
    // Told below, like a file.
  }
  throw new Failure({
    code: "directory.none",
    message: `There is no directory ${directory}.`,
    hint: "Name a repository that exists with --repo <path>.",
  });
}

function requireProcess(world: Pick<World, "processes">, pid: number): ProcessIdentity {
  const identity = world.processes.identify(pid);
  if (identity !== undefined) return identity;
  throw new Failure({
    code: "process.none",
    message: `No process has the pid ${pid}.`,
    hint: "A session lives as long as its process: pass the pid of one that runs.",
  });
}

function environmentWarnings({ env }: Pick<World, "env">): string[] {
  if (env.gitVariables.length === 0) return [];
  return [`${env.gitVariables.join(", ")} is set and was not followed: the repository is the one of the directory.`];
}

function sharingWarning(holder: Holder): string {
  return `This checkout is shared with the live session ${printable(holder.name ?? holder.sessionId)}: both see every change.`;
}
