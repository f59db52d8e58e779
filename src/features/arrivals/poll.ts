// One look at a repository for merges, under a lock: the remotes are asked where the targets stand, each branch that
// concerns anybody is judged, and what has landed is recorded and told. Where nothing moved it costs one git.

import { join } from "node:path";
import { asFailure, Failure } from "../../core/failure.ts";
import { parseUtc, utcText } from "../../db/db.ts";
import { withLock } from "../../db/lock.ts";
import type { World } from "../../world.ts";
import { loadConfig, type Settings } from "../config/config.ts";
import { type Memory, recordTip } from "../merges/merges.ts";
import type { RepositoryKey } from "../roster/roster.ts";
import { type Candidate, candidatesOf, standingOf } from "./candidates.ts";
import { type Effects, type Ground, groundOf } from "./ground.ts";
import { type Arrival, judge } from "./landings.ts";
import { notify } from "./notify.ts";
import { fetchFor } from "./remotes.ts";
import { eventOf, lastPoll, storePoll } from "./store.ts";
import type { Target } from "./targets.ts";
import { type Recorded, record } from "./tell.ts";
import { noteTrouble } from "./trouble.ts";

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
}

/** Errors: `lock.held`, `git.*`, those of the database; `proc.cancelled` when the signal says so. */
export async function pollMerges(
  world: Effects,
  repository: RepositoryKey,
  { patienceMs = 60_000 }: PollOptions = {},
): Promise<Polled> {
  const name = new Bun.CryptoHasher("sha1").update(repository.gitDir).digest("hex");
  const lock = join(world.paths.locks, `${name}.merges.lock`);
  const options = { timeoutMs: patienceMs, doing: "been looking for merges" };
  return withLock(world, lock, () => look(world, repository), options);
}

async function look(world: Effects, repository: RepositoryKey): Promise<Polled> {
  const { settings, error } = await settingsOf(world, repository);
  const first = await groundOf(world, repository);
  const { db } = first;
  const last = lastPoll(db, repository.gitDir);
  const fetched =
    settings?.["merges.fetch"] === true
      ? await fetchFor(world, first.git, first)
      : { isDone: false, trouble: undefined };
  const trouble = fetched.trouble ?? null;
  if (trouble !== null && trouble !== last?.trouble) {
    noteTrouble(world, "merges.not-fetched", { repository: repository.path, trouble });
  }
  const ground = fetched.isDone ? await groundOf(world, repository) : first;
  const errors = [error, fetched.trouble].flatMap((one) => one ?? []);
  const now = utcText(world.now());
  const candidates = candidatesOf(ground, now);
  const { seen, asked } = standingOf(candidates, ground);
  const subscriptionsChecked = ground.subscriptions.length;
  const isUnmoved = last !== undefined && last.asked === asked && isSame(last.seen, seen);
  if (isUnmoved) {
    db.write((at) => storePoll(db, { gitDir: repository.gitDir, seen, asked, trouble }, at));
    return { ...NOTHING, subscriptionsChecked, errors };
  }
  const { arrivals, unjudged } = await judgeAll(world, ground, {
    candidates,
    seen: last?.seen ?? {},
    isForgeAsked: settings?.["merges.fetch"] === true,
  });
  const recorded = await record(world, ground, { arrivals, seen: last?.seen ?? {} });
  db.write((at) => {
    for (const { branch, tip } of candidates) recordTip(db, { gitDir: repository.gitDir, branch, tip }, at);
    // What was not judged is judged against the same beginning the next time.
    const stand = unjudged.length === 0 ? { seen, asked } : { seen: last?.seen ?? {}, asked: "unjudged" };
    storePoll(db, { gitDir: repository.gitDir, ...stand, trouble }, at);
  });
  const command = settings?.["notify.command"];
  if (command !== undefined) await notify(world, command, last === undefined ? ofToday(ground, recorded) : recorded);
  const sent = new Map(
    recorded.map(({ event, told }) => [`${event.target_branch} ${event.target_commit}`, told.length]),
  );
  return {
    recorded,
    notificationsSent: [...sent.values()].reduce((sum, one) => sum + one, 0),
    subscriptionsChecked,
    errors: [...errors, ...unjudged],
  };
}

interface Looked {
  candidates: readonly Candidate[];
  seen: Readonly<Record<string, string>>;
  isForgeAsked: boolean;
}

async function judgeAll(world: Effects, ground: Ground, { candidates, seen, isForgeAsked }: Looked) {
  const arrivals: Arrival[] = [];
  const unjudged: string[] = [];
  const memory: Memory = new Map();
  for (const candidate of candidates) {
    for (const target of candidate.targets) {
      try {
        for (const tip of tipsOf(candidate, seen)) {
          if (isRecorded(ground, { ...candidate, tip }, target)) break;
          const question = { candidate: { ...candidate, tip }, target, seen, isForgeAsked, memory };
          const judged = await judge(world, ground, question);
          if (judged?.landing.isComplete === false) unjudged.push(`${candidate.branch}: the search was cut short.`);
          if (judged?.arrival === undefined) continue;
          arrivals.push(judged.arrival);
          break;
        }
      } catch (thrown) {
        const failure = asFailure(thrown);
        if (failure.kind === "internal" || world.signal().aborted) throw thrown;
        unjudged.push(`${candidate.branch}: ${failure.message}`);
      }
    }
  }
  return { arrivals, unjudged };
}

/** Where it stands, and where it stood at the last look: it may have landed and gone on since. */
function tipsOf({ ref, tip }: Candidate, seen: Readonly<Record<string, string>>): string[] {
  return [...new Set([tip, seen[ref] || tip])];
}

function isRecorded({ db, repository }: Ground, { branch, tip }: Candidate, target: Target): boolean {
  return eventOf(db, repository.gitDir, { branch, tip, target: target.name }) !== undefined;
}

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
