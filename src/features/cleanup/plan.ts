// What a cleanup would do, as a value: every session, worktree, branch and registration of a repository that git or the
// registry knows of, whose it is, what was shown of it and what keeps it. Nothing is changed by planning.

import { existsSync } from "node:fs";
import { inParallel } from "../../core/limiter.ts";
import { printable, shellWord } from "../../core/text.ts";
import type { Db } from "../../db/db.ts";
import type { WorktreeEntry } from "../../git/porcelain.ts";
import { adminNameOf, branchTip, type Repository } from "../../git/repository.ts";
import type { World } from "../../world.ts";
import { type Memory, type Ref, targetsFor } from "../merges/merges.ts";
import {
  BUSY,
  type Examined,
  type Keep,
  type Known,
  look,
  type Owner,
  removalsOf,
  removalsUnderWay,
  type Standing,
  type Subject,
} from "../removals/removals.ts";
import { isLocal, type KnownSession, livenessOfAll, sessionsOf } from "../roster/roster.ts";
import { ownerOf } from "../sessions/sessions.ts";
import { type KnownWorktree, worktreeRow, worktreesOf } from "../worktrees/worktrees.ts";

export type ItemKind = "session" | "worktree" | "registration" | "branch";

export interface Item {
  kind: ItemKind;
  repoPath: string;
  /** Null for a branch without a worktree. */
  path: string | null;
  name: string;
  branch: string | null;
  /** Who made it: only what parallel-cc made ("ours") is ever removed. */
  origin: "ours" | "main" | "foreign";
  owner: Owner | null;
  /** What held, so that it may go. */
  proofs: string[];
  /** What keeps it; it goes when there is nothing. */
  keeps: Keep[];
  /** What is only there: commits (null when they were not counted), uncommitted files, ignored paths. */
  holds: { commits: number | null; files: number; ignored: number };
  subject: Subject | undefined;
  standing: Standing | undefined;
  landings: Examined["landings"];
  session: KnownSession | undefined;
}

export interface Plan {
  repository: Repository;
  items: Item[];
  /** What git said of commits while it was made. */
  memory: Memory;
  /** Worktrees of ours of which nothing is left: their rows are forgotten. */
  gone: string[];
}

export function goes(item: Item): boolean {
  return item.origin === "ours" && item.keeps.length === 0;
}

/** git's own work is in other processes; more at once than this only waits for the disk. */
const AT_ONCE = 4;

/** Counting the commits that are only there takes longest where there are many branches: done when it is explained. */
export async function planCleanup(
  world: World,
  repository: Repository,
  { isExplained = false }: { isExplained?: boolean } = {},
): Promise<Plan> {
  const db = await world.db();
  const sessions = sessionsOf(db, repository);
  const liveness = livenessOfAll(world.processes, sessions);
  const isDead = (one: KnownSession) => isLocal(one) && liveness.get(one.id)?.state === "dead";
  const dead = sessions.filter((one) => one.state === "active" && isDead(one));
  const rows = worktreesOf(db, repository.gitDir).filter(({ origin }) => origin === "created");
  const memory: Memory = new Map();
  const workers = world.processes.workingDirectories();
  const known = knownOf(targetsByName(world, repository), { memory, workers });
  const worktrees = await inParallel(repository.worktrees, AT_ONCE, (entry) =>
    itemOfEntry(world, db, { repository, entry, rows, known }),
  );
  const registered = new Set(worktrees.flatMap(({ subject }) => (subject === undefined ? [] : [subject.row.path])));
  const left = rows.filter((row) => !registered.has(row.path));
  const others = await inParallel(left, AT_ONCE, (row) => itemOfLostRow(world, db, { repository, row, known }));
  const ended = dead.map((one) => itemOfDeadSession(repository, one));
  const found = [...ended, ...worktrees, ...others.filter((one) => one !== undefined)];
  const items = isExplained ? await inParallel(found, AT_ONCE, (item) => withCommits(world, item)) : found;
  return { repository, items, memory, gone: left.filter((_, i) => others[i] === undefined).map(({ path }) => path) };
}

type Targets = (target: string | null) => Promise<readonly Ref[]>;
type KnownOf = (row: KnownWorktree) => Promise<Known>;

function knownOf(targets: Targets, shared: Known): KnownOf {
  return async (row) => ({ ...shared, targets: await targets(row.target_branch) });
}

/** Read once for each name. */
export function targetsByName(world: Pick<World, "git">, { gitDir }: Repository): Targets {
  const read = new Map<string | null, Promise<readonly Ref[]>>();
  return (target) => {
    const known = read.get(target) ?? targetsFor(world.git(gitDir).trusting(), { branch: null, target });
    read.set(target, known);
    return known;
  };
}

interface OfEntry {
  repository: Repository;
  entry: WorktreeEntry;
  rows: readonly KnownWorktree[];
  known: KnownOf;
}

async function itemOfEntry(world: World, db: Db, { repository, entry, rows, known: knownFor }: OfEntry): Promise<Item> {
  const isMain = entry.path === repository.path || entry === repository.worktrees[0];
  const adminName = adminNameOf(entry.path);
  const row = isMain ? undefined : rows.find((one) => isOf(one, { entry, adminName }));
  const name = row?.name ?? entry.path.slice(entry.path.lastIndexOf("/") + 1);
  const known = adminName ?? row?.admin_name ?? null;
  const owner = ownerOf(world, db, { path: entry.path, gitDir: repository.gitDir, adminName: isMain ? null : known });
  const item: Item = {
    ...{ kind: "worktree" as const, repoPath: repository.path, path: entry.path, name, branch: entry.branch ?? null },
    ...{
      origin: isMain ? "main" : "foreign",
      owner: owner ?? null,
      proofs: [],
      keeps: [],
      subject: undefined,
      standing: undefined,
      landings: [],
    },
    ...{ holds: { commits: null, files: 0, ignored: 0 }, session: undefined },
  };
  if (row === undefined && isJustMoving(db, repository, entry.path)) {
    return { ...item, origin: "ours", keeps: [BUSY] };
  }
  if (row === undefined || known === null) {
    const detail = isMain ? "it is the repository's main checkout" : "parallel-cc did not make it";
    return { ...item, keeps: [{ reason: "not-ours", detail }] };
  }
  const place = { path: entry.path, gitDir: repository.gitDir, adminName: known };
  const subject: Subject = {
    row: { ...row, path: entry.path, git_dir: repository.gitDir },
    gitDir: repository.gitDir,
    adminName: known,
    owner: () => ownerOf(world, db, place),
  };
  const ours = { ...item, origin: "ours" as const, subject };
  const kind = existsSync(entry.path) ? ("worktree" as const) : ("registration" as const);
  return filled({ ...ours, kind }, await look(world, { kind, subject }, await knownFor(row)));
}

/** One of ours that another command removes or brings back, or has since git and the registry were asked. */
function isJustMoving(db: Db, { gitDir }: Repository, path: string): boolean {
  if (removalsUnderWay(db).some((one) => one.path === path)) return true;
  if (worktreeRow(db, path)?.origin === "created") return true;
  return !existsSync(path) && removalsOf(db, gitDir).some((one) => one.path === path);
}

/** By the name below `worktrees/`, which a move keeps; a directory that is gone has only its path. */
function isOf(
  row: KnownWorktree,
  { entry, adminName }: { entry: WorktreeEntry; adminName: string | undefined },
): boolean {
  if (adminName !== undefined && row.admin_name !== null) return row.admin_name === adminName;
  return row.path === entry.path;
}

function filled(item: Item, found: Examined): Item {
  const { standing, landings } = found;
  return {
    ...item,
    branch: standing === undefined || item.kind === "branch" ? item.branch : standing.branch,
    standing,
    landings,
    proofs: found.proofs,
    keeps: found.keeps,
    holds: { commits: null, files: standing?.changed.length ?? 0, ignored: standing?.ignored.length ?? 0 },
  };
}

/** Commits that no other branch, remote-tracking ref or tag reaches; where all has landed none is counted. */
async function withCommits(world: Pick<World, "git">, item: Item): Promise<Item> {
  const { subject, holds } = item;
  const unlanded = item.landings.filter(({ landing, isElsewhere }) => landing?.isSafeToDelete !== true && !isElsewhere);
  if (subject === undefined || unlanded.length === 0) return { ...item, holds: { ...holds, commits: 0 } };
  const git = world.git(subject.gitDir).trusting();
  const own = subject.row.branch === null ? [] : [`--exclude=refs/heads/${subject.row.branch}`];
  const others = [...own, "--exclude=refs/parallel-cc/*", "--exclude=refs/stash", "--glob=refs/*"];
  const counted = await git.attempt([
    "rev-list",
    "--count",
    ...unlanded.map(({ tip }) => tip),
    "--not",
    ...others,
    "--",
  ]);
  return { ...item, holds: { ...holds, commits: counted.exit === 0 ? Number(counted.stdout.trim()) : null } };
}

interface OfRow {
  repository: Repository;
  row: KnownWorktree;
  known: KnownOf;
}

/** A worktree that git does not know any longer: its branch may be left, or a directory that git cannot read. */
async function itemOfLostRow(world: World, db: Db, { repository, row, known }: OfRow): Promise<Item | undefined> {
  const git = world.git(repository.gitDir).trusting();
  const tip = row.branch === null ? undefined : await branchTip(git, row.branch);
  const isThere = existsSync(row.path);
  if (tip === undefined && !isThere) return undefined;
  const place = { path: row.path, gitDir: repository.gitDir, adminName: row.admin_name };
  const owner = ownerOf(world, db, place);
  const subject: Subject = {
    row,
    gitDir: repository.gitDir,
    adminName: row.admin_name ?? "",
    owner: () => ownerOf(world, db, place),
  };
  const item: Item = {
    ...{ kind: "branch" as const, repoPath: repository.path, path: null, name: row.name, branch: row.branch },
    ...{
      origin: "ours" as const,
      owner: owner ?? null,
      proofs: [],
      keeps: [],
      subject,
      standing: undefined,
      landings: [],
      session: undefined,
    },
    holds: { commits: null, files: 0, ignored: 0 },
  };
  if (isThere) {
    if (removalsUnderWay(db).some(({ path }) => path === row.path)) {
      return { ...item, kind: "worktree", path: row.path, keeps: [BUSY] };
    }
    const detail = `git does not know ${printable(row.path)} any longer`;
    const hint = `git -C ${shellWord(repository.path)} worktree repair ${shellWord(row.path)}`;
    return { ...item, kind: "worktree", path: row.path, keeps: [{ reason: "unreadable", detail, hint }] };
  }
  return filled(item, await look(world, { kind: "branch", subject }, await known(row)));
}

function itemOfDeadSession(repository: Repository, session: KnownSession): Item {
  return {
    ...{ kind: "session" as const, repoPath: repository.path, path: session.worktree_path, session },
    ...{ name: session.name ?? session.id, branch: session.branch, origin: "ours" as const, owner: null },
    ...{ proofs: ["its processes have ended"], keeps: [], subject: undefined, standing: undefined, landings: [] },
    holds: { commits: null, files: 0, ignored: 0 },
  };
}
