// Who is at work where: the registry's answer, with what is known of each checkout's changes.

import { existsSync } from "node:fs";
import { type Db, isoText, parseUtc } from "../../db/db.ts";
import { existingDirectory } from "../../files/directory.ts";
import type { Liveness } from "../../proc/alive.ts";
import type { World } from "../../world.ts";
import {
  activityOf,
  allSessions,
  isAnyUnderWay,
  isLocal,
  type KnownSession,
  livenessOfAll,
  sessionsOf,
} from "../roster/roster.ts";
import {
  type CheckoutChanges,
  cachedChanges,
  refreshChanges,
  worktreesWithoutSession,
} from "../worktrees/worktrees.ts";
import { doneSince } from "./client-state.ts";

export interface SessionStatus {
  sessionId: string;
  pid: number;
  name: string | null;
  repoPath: string;
  worktreePath: string;
  worktreeName: string | null;
  isMainRepo: boolean;
  branch: string | null;
  targetBranch: string | null;
  createdAt: string;
  lastHeartbeat: string;
  isAlive: boolean;
  durationMinutes: number;
  /** `running`: no hook tells what it does. */
  activity: "starting" | "running" | "working" | "waiting" | "idle" | "ended" | "gone";
  /** What its user is waited for, in a few words. */
  waitingFor: string | null;
  /** Claude Code's own id of its conversation. */
  conversationId: string | null;
  executionMode: string;
  sandboxId: string | null;
  status: string | null;
  /** Its checkout is not there (any more). */
  isMissing: boolean;
  /** As last measured; null when it never was. `status` for people measures first, within a deadline. */
  changes: Omit<CheckoutChanges, "branch"> | null;
}

export interface KeptWorktree {
  path: string;
  name: string;
  branch: string | null;
  sessionName: string | null;
}

export interface Status {
  repoPath: string;
  totalSessions: number;
  sessions: SessionStatus[];
  /** Worktrees of ours that no session works in. */
  keptWorktrees: KeptWorktree[];
}

type Effects = Pick<World, "db" | "git" | "cwd" | "env" | "now" | "processes"> &
  Pick<World, "paths" | "sleep" | "signal" | "log" | "pid">;

export async function status(
  world: Effects,
  input: { repo?: string | undefined; sandboxOnly?: boolean | undefined },
): Promise<Status> {
  const db = await world.db();
  const repository =
    input.repo === undefined
      ? undefined
      : await (await import("./heal.ts")).locateHealed(world, world.git(existingDirectory(world.cwd, input.repo)));
  const read = () => (repository === undefined ? allSessions(db) : sessionsOf(db, repository));
  let known = read();
  if (isAnyUnderWay(db)) {
    await (await import("./heal.ts")).heal(world, known);
    known = read();
  }
  const changes = cachedChanges(db);
  // The settings are asked only where a session can be idle: reading them costs a fifth of a small answer.
  const staleMs = known.some((one) => mayIdle(world, one))
    ? 60_000 * (await staleMinutes(world))
    : Number.POSITIVE_INFINITY;
  const liveness = livenessOfAll(world.processes, known);
  const shown = known.filter((one) => input.sandboxOnly !== true || !isLocal(one));
  return {
    repoPath: repository?.path ?? "all",
    totalSessions: shown.length,
    sessions: shown.map((one) =>
      describe(world, one, { staleMs, liveness: liveness.get(one.id), changes: changes.get(one.worktree_path) }),
    ),
    keptWorktrees: input.sandboxOnly === true ? [] : keptWorktrees(db, repository?.gitDir, changes),
  };
}

function describe(
  world: Pick<World, "now" | "env">,
  one: KnownSession,
  seen: { staleMs: number; liveness: Liveness | undefined; changes: CheckoutChanges | undefined },
): SessionStatus {
  const createdAt = parseUtc(one.created_at);
  const isAlive = isLocal(one)
    ? seen.liveness?.state !== "dead"
    : one.status === "RUNNING" || one.status === "INITIALIZING";
  const over = activityOf(one) === "ended" ? "ended" : "gone";
  const activity = isAlive ? activityNow(world, one, seen.staleMs) : over;
  return {
    sessionId: one.id,
    pid: one.pid,
    name: one.name,
    repoPath: one.repo_path,
    worktreePath: one.worktree_path,
    worktreeName: one.worktree_name,
    isMainRepo: one.is_main_repo === 1,
    branch: seen.changes === undefined ? one.branch : seen.changes.branch,
    targetBranch: one.target_branch,
    createdAt: isoText(one.created_at),
    lastHeartbeat: isoText(one.last_heartbeat),
    isAlive,
    durationMinutes: Math.max(0, Math.floor((world.now().getTime() - createdAt.getTime()) / 60_000)),
    activity,
    waitingFor: activity === "waiting" ? one.waiting_for : null,
    conversationId: one.conversation_id,
    executionMode: one.execution_mode ?? "local",
    sandboxId: one.sandbox_id,
    status: one.status,
    isMissing: !existsSync(one.worktree_path),
    changes: shown(seen.changes),
  };
}

function activityNow(world: Pick<World, "now" | "env">, one: KnownSession, staleMs: number): SessionStatus["activity"] {
  if (one.state === "creating") return "starting";
  const told = activityOf(one);
  const since = doneSince(world, one);
  if (since !== undefined) return since;
  // Of other clients nothing is known when Esc has stopped them.
  if (told !== null && told !== "working") return told;
  return isIdle(world, one, staleMs) ? "idle" : (told ?? "running");
}

/** Who has sent no heartbeat after its first minute sends none: nothing is known of what it does. */
const FIRST_MINUTE_MS = 60_000;

function mayIdle(world: Pick<World, "now">, one: KnownSession): boolean {
  // No shorter time can be set.
  return isIdle(world, one, FIRST_MINUTE_MS);
}

function isIdle({ now }: Pick<World, "now">, one: KnownSession, staleMs: number): boolean {
  if (activityOf(one) === null && one.created_at === one.last_heartbeat) return false;
  const last = parseUtc(one.last_heartbeat).getTime();
  const isTold = activityOf(one) !== null || last - parseUtc(one.created_at).getTime() > FIRST_MINUTE_MS;
  return isTold && now().getTime() - last > staleMs;
}

/** A broken settings file hides no session. */
async function staleMinutes(world: Pick<World, "paths" | "db">): Promise<number> {
  const { KEYS, loadConfig } = await import("../config/config.ts");
  const config = await loadConfig(world, undefined).catch(() => undefined);
  return config?.settings["status.staleMinutes"] ?? KEYS["status.staleMinutes"].fallback;
}

function shown(changes: CheckoutChanges | undefined): SessionStatus["changes"] {
  if (changes === undefined) return null;
  const { branch: _, ...counts } = changes;
  return counts;
}

function keptWorktrees(
  db: Db,
  gitDir: string | undefined,
  changes: ReadonlyMap<string, CheckoutChanges>,
): KeptWorktree[] {
  return worktreesWithoutSession(db, gitDir)
    .filter(({ path }) => existsSync(path))
    .map(({ path, name, branch, session_name: sessionName }) => {
      const measured = changes.get(path);
      return { path, name, branch: measured === undefined ? branch : measured.branch, sessionName };
    });
}

/** How long people wait for fresh numbers before they see the ones last measured. */
const REFRESH_DEADLINE_MS = 400;

/** As `status`, with every living session's changes measured first as far as the deadline lets it. */
export async function statusForPeople(world: Effects, input: Parameters<typeof status>[1]): Promise<Status> {
  const before = await status(world, input);
  const db = await world.db();
  const forks = new Map(allSessions(db).map((one) => [one.id, one.fork_commit]));
  const living = before.sessions.filter(
    (one) => one.isAlive && one.executionMode === "local" && one.activity !== "starting",
  );
  const checkouts = living.map((one) => ({
    path: one.worktreePath,
    forkCommit: forks.get(one.sessionId) ?? null,
    targetBranch: one.targetBranch,
  }));
  await refreshChanges(world, checkouts, REFRESH_DEADLINE_MS);
  return status(world, input);
}
