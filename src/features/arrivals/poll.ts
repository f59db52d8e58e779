// One look at a repository for merges, under a lock: the remotes are asked where the targets stand, each branch that
// concerns anybody is judged, and what has landed is recorded and told. Where nothing moved it costs one git.

import { join } from "node:path";
import { Failure } from "../../core/failure.ts";
import { parseUtc, utcText } from "../../db/db.ts";
import { withLock } from "../../db/lock.ts";
import type { World } from "../../world.ts";
import { loadConfig, type Settings } from "../config/config.ts";
import { recordTip } from "../merges/merges.ts";
import type { RepositoryKey } from "../roster/roster.ts";
import { candidatesOf, standingOf } from "./candidates.ts";
import { endWaiting, waitingInVain } from "./gone.ts";
import { type Effects, type Ground, groundOf } from "./ground.ts";
import { judgeAll } from "./judge-all.ts";
import { lastStood } from "./last-stood.ts";
import { notify } from "./notify.ts";
import { fetchFor } from "./remotes.ts";
import { reversalsSince, tellReversals } from "./reverted.ts";
import { lastPoll, storePoll } from "./store.ts";
import { type Recorded, record } from "./tell.ts";
import { noteTrouble } from "./trouble.ts";
import { namedByRepository, unasked, withoutRemotes } from "./unasked.ts";

export interface Polled {
  recorded: readonly Recorded[];
  /** Pieces of news. */
  notificationsSent: number;
  subscriptionsChecked: number;
  /** What could not be asked or judged, for people. */
  errors: readonly string[];
}

export const NOTHING: Polled = { recorded: [], notificationsSent: 0, subscriptionsChecked: 0, errors: [] };

export interface PollOptions {
  /** How long another look is waited for (60 s). */
  patienceMs?: number;
  /** Whether remotes are asked, where the settings allow it (yes). */
  isFetching?: boolean;
}

/** Errors: `lock.held`, `git.*`, those of the database; `proc.cancelled` when the signal says so. */
export async function pollMerges(
  world: Effects,
  repository: RepositoryKey,
  { patienceMs = 60_000, isFetching = true }: PollOptions = {},
): Promise<Polled> {
  const name = new Bun.CryptoHasher("sha1").update(repository.gitDir).digest("hex");
  const lock = join(world.paths.locks, `${name}.merges.lock`);
  const options = { timeoutMs: patienceMs, doing: "been looking for merges" };
  const { polled, command, toldOf } = await withLock(
    world,
    lock,
    () => look(world, repository, { isFetching }),
    options,
  );
  // The user's command may take its time, and nobody waits for it.
  if (command !== undefined) await notify(world, command, toldOf);
  return polled;
}

interface Looked {
  polled: Polled;
  /** The user's own, and what it is told of. */
  command: string | undefined;
  toldOf: readonly Recorded[];
}

async function look(
  given: Effects,
  repository: RepositoryKey,
  { isFetching }: Required<Pick<PollOptions, "isFetching">>,
): Promise<Looked> {
  const { gitDir } = repository;
  const world = unasked(given);
  const { settings, error } = await settingsOf(world, repository);
  const mayAsk = settings?.["merges.fetch"] === true;
  const first = await groundOf(world, repository);
  const { db } = first;
  const last = lastPoll(db, gitDir);
  const fetched = mayAsk && isFetching ? await fetchFor(world, first) : undefined;
  const trouble = (fetched === undefined && mayAsk ? last?.trouble : fetched?.trouble) ?? null;
  if (trouble !== null && trouble !== last?.trouble) {
    noteTrouble(world, "merges.not-fetched", { repository: repository.path, trouble });
  }
  const now = fetched?.isDone === true ? await groundOf(world, repository) : first;
  const ground = { ...now, stood: await lastStood(now, [...wantedOf(now), ...branchesAt(last?.seen ?? {})]) };
  const candidates = candidatesOf(ground, utcText(world.now()));
  const { seen, asked } = standingOf(candidates, ground);
  const before = last?.seen ?? {};
  const errors = [error, trouble].flatMap((one) => one ?? []);
  const answer = { ...NOTHING, subscriptionsChecked: ground.subscriptions.length, errors };
  const vain = waitingInVain(ground, fetched?.gone ?? []);
  if (last?.asked === asked && isSame(before, seen) && vain.length === 0) {
    db.write((at) => storePoll(db, { gitDir, seen, asked, trouble }, at));
    return { polled: answer, command: undefined, toldOf: [] };
  }
  const judging = await reachingNone(world, ground);
  const judged = await judgeAll(judging.world, judging.ground, { candidates, seen: before, isForgeAsked: mayAsk });
  const recorded = await record(judging.world, judging.ground, { arrivals: judged.arrivals, seen: before });
  const reversals = judged.isCut ? [] : await reversalsSince(world, judging.ground, before);
  const reverted = db.write((at) => {
    for (const { branch, tip } of candidates) recordTip(db, { gitDir, branch, tip }, at);
    // What there was no time for is judged against the same beginning the next time.
    storePoll(db, { gitDir, ...(judged.isCut ? { seen: before, asked: CUT } : { seen, asked }), trouble }, at);
    return tellReversals(world, db, { ground, reversals, now: at });
  });
  const ended = judged.isCut ? 0 : endWaiting(world, ground, vain);
  const sent = new Map(recorded.map(({ event, told }) => [`${event.target_branch} ${event.target_commit}`, told]));
  const polled = {
    ...answer,
    recorded,
    notificationsSent: [...sent.values()].flat().length + ended + reverted,
    errors: [...errors, ...judged.errors],
  };
  const toldOf = last === undefined ? ofToday(ground, recorded) : recorded;
  return { polled, command: settings?.["notify.command"], toldOf };
}

/** Of a partial clone git fetches what it lacks, by whatever is named for that. */
async function reachingNone(world: Effects, ground: Ground): Promise<{ world: Effects; ground: Ground }> {
  if ((await namedByRepository(ground.git)).length === 0) return { world, ground };
  const git = (directory: string) => withoutRemotes(world.git(directory));
  return { world: { ...world, git }, ground: { ...ground, git: withoutRemotes(ground.git) } };
}

/** What those who can still be told have asked about. */
function wantedOf({ sessions, subscriptions }: Ground): string[] {
  const living = new Set(sessions.map(({ id }) => id));
  return subscriptions.flatMap(({ session_id: id, branch_name: name }) => (living.has(id) ? [name] : []));
}

/** The branches of here that there were then. */
function branchesAt(seen: Readonly<Record<string, string>>): string[] {
  return Object.keys(seen).flatMap((ref) => (seen[ref] === "" ? [] : (/^refs\/heads\/(.+)$/.exec(ref)?.[1] ?? [])));
}

/** No hash is it. */
const CUT = "cut short";

/** Of what the first look in a repository finds, that which landed since its sessions began: the rest is history. */
function ofToday({ sessions }: Ground, recorded: readonly Recorded[]): Recorded[] {
  const began = sessions.map(({ created_at }) => parseUtc(created_at).getTime());
  const start = Math.min(...began);
  return recorded.filter(({ event }) => parseUtc(event.merged_at).getTime() >= start);
}

interface Loaded {
  settings?: Settings;
  error?: string;
}

/** Broken settings keep nobody from being told; only what they would allow is not done. */
async function settingsOf(world: Pick<World, "paths" | "db">, { path }: RepositoryKey): Promise<Loaded> {
  try {
    return { settings: (await loadConfig(world, path)).settings };
  } catch (thrown) {
    if (thrown instanceof Failure && thrown.code === "config.broken") return { error: thrown.message };
    throw thrown;
  }
}

function isSame(one: Readonly<Record<string, string>>, other: Readonly<Record<string, string>>): boolean {
  const names = Object.keys(one);
  return names.length === Object.keys(other).length && names.every((name) => one[name] === other[name]);
}
