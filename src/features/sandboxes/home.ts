// What the sandbox has made, brought here: first into a git directory of the run's own, and, unless it holds keys, as
// commits on the real base under a ref of the user's repository.

import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { printable } from "../../core/text.ts";
import { withLock } from "../../db/lock.ts";
import { replaceFile } from "../../files/atomic.ts";
import type { Sandbox } from "../providers/providers.ts";
import {
  examine,
  type Findings,
  type Gathered,
  gather,
  gatheredBefore,
  type Replayed,
  redacted,
  replay,
} from "../results/results.ts";
import type { UploadPlan } from "../uploads/uploads.ts";
import type { Driving } from "./driving.ts";
import { identityOf } from "./identity.ts";
import { secretsKnownOf } from "./secrets.ts";

export interface Home {
  /** What the sandbox stood at, in its own commits. */
  tip: string;
  result: NonNullable<ReturnType<Driving["run"]>["facts"]["result"]>;
}

export interface HomeOptions {
  /** Of a result that holds keys the commits as well. Whoever judges it still says that it does. */
  withKeys?: boolean;
}

/** May be done again at any time: what is here already is not fetched twice. */
export async function bringHome(driving: Driving, sandbox: Sandbox, options: HomeOptions = {}): Promise<Home> {
  const { world, place } = driving;
  const run = driving.run();
  const { sent } = run.facts;
  if (sent === undefined) throw new Error(`run ${run.id} comes home and was never sent`);
  const identity = await identityOf(world, run.caller_path);
  const fetched = async () => {
    const gathered = await gather(world, sandbox, {
      ...{ runId: run.id, store: place.store, sent: sent.commit, identity, message: commitMessage(driving) },
      ...{ compression: (await driving.provider()).capabilities.compression, signal: world.signal() },
    });
    const { result, checkpoint } = driving.run().facts;
    // A checkpoint that brought nothing new is the one before.
    const isKnown = gathered.isUnchanged && checkpoint?.tip === gathered.tip;
    if (isKnown && result !== undefined && !(options.withKeys === true && result.heldBack !== null)) {
      return { tip: gathered.tip, result };
    }
    return keep(driving, gathered, options);
  };
  return alone(driving, fetched);
}

/** Somebody may take the result just when a checkpoint is due. */
async function alone<T>({ world, place }: Driving, bring: () => Promise<T>): Promise<T> {
  const doing = "been bringing this result home";
  return withLock(world, join(place.directory, "home.lock"), bring, { timeoutMs: HOME_MS, doing });
}

const HOME_MS = 600_000;

/** What the last checkpoint had brought; undefined when there was none. */
export async function bringHomeFromHere(driving: Driving, options: HomeOptions = {}): Promise<Home | undefined> {
  const gathered = await gatheredBefore(driving.world, driving.place);
  return gathered === undefined ? undefined : alone(driving, () => keep(driving, gathered, options));
}

async function keep(driving: Driving, gathered: Gathered, options: HomeOptions): Promise<Home> {
  const { place, secrets } = driving;
  const { findings, heldBack, replayed } = await lookedThrough(driving, gathered, options);
  const { runsOnHost, escaping } = findings;
  const isUnsearched = secrets.length === 0 && !driving.run().request.isDryRun;
  const remarks = [...redacted(secrets, remarksOn(gathered, findings)), ...(isUnsearched ? [UNSEARCHED] : [])];
  const found = { runsOnHost, escaping, heldBack };
  if (replayed === undefined) {
    const nothing = { commits: [], hasUncommitted: false, filesChanged: 0, left: [], ref: null };
    return { tip: gathered.tip, result: { ...nothing, ...found, remarks } };
  }
  replaceFile({ file: place.replayed, text: JSON.stringify(replayed), mode: 0o600, directoryMode: 0o700 });
  const { commits, uncommitted, filesChanged, left, ref, more } = replayed;
  const others = more.map(({ name, ref: at }) => `Also inside: ${printable(name)}, here as ${printable(at)}.`);
  const made = { commits, hasUncommitted: uncommitted !== null, filesChanged, left, ref };
  return { tip: gathered.tip, result: { ...made, ...found, remarks: [...remarks, ...others] } };
}

interface LookedThrough {
  findings: Findings;
  heldBack: string | null;
  /** undefined: it is held back. */
  replayed: Replayed | undefined;
}

/** While it is written anew; nothing of it leaves the run's own directory before. */
async function lookedThrough(
  { world, place, secrets, ...driving }: Driving,
  gathered: Gathered,
  { withKeys = false }: HomeOptions,
): Promise<LookedThrough> {
  const run = driving.run();
  const { sent, startCommit, result } = run.facts;
  const { worktree_path: worktree } = run;
  if (sent === undefined || startCommit === undefined || worktree === null) {
    throw new Error(`run ${run.id} comes home and was never sent`);
  }
  const repository = existsSync(worktree) ? worktree : run.git_dir;
  const from = { repository, store: place.store, sent: sent.commit, gathered };
  const { extras, altered, submodules }: Sent = JSON.parse(readFileSync(place.manifest, "utf8"));
  const apart = { extras, altered, submodules: submodules.map(({ path }) => path) };
  // What was seen to hold a key stays held back by who does not know that key; who does judges anew.
  const isBlind = secretsKnownOf(world, run).unknown.length > 0;
  const judging = examine(world, { ...from, secrets }).then((findings) => {
    const heldBack = whyHeldBack(findings) ?? (isBlind ? (result?.heldBack ?? null) : null);
    return { findings, heldBack, isAllowed: heldBack === null || withKeys };
  });
  const allowed = judging.then(({ isAllowed }) => {
    if (!isAllowed) throw new Error("the result is held back");
  });
  // `replay` may have failed before it asks.
  allowed.catch(() => undefined);
  const replaying = replay(world, { ...from, ...apart, base: startCommit, runId: run.id, secrets, allowed });
  const [judged, replayed] = await Promise.allSettled([judging, replaying]);
  if (judged.status === "rejected") throw judged.reason;
  const { isAllowed, ...said } = judged.value;
  if (!isAllowed) return { ...said, replayed: undefined };
  if (replayed.status === "rejected") throw replayed.reason;
  return { ...said, replayed: replayed.value };
}

const UNSEARCHED = "The run's key is not set where this was brought home, so the result was not searched for it.";
const MOST_NAMED = 5;

/** What of the sandbox is not as one would think from its commits. */
function remarksOn({ form, operation, nested, unread, refs, ignored }: Gathered, { impossible }: Findings): string[] {
  const named = (paths: readonly string[]) => {
    const shown = paths.slice(0, MOST_NAMED).map(printable).join(", ");
    return paths.length > MOST_NAMED ? `${shown} and ${paths.length - MOST_NAMED} more` : shown;
  };
  const forms = {
    commits: [],
    line: ["Of the commits inside only those of the current branch could be read."],
    files: ["The commits inside could not be read: all that changed came home as files."],
  };
  return [
    ...forms[form],
    ...(operation === undefined ? [] : [`Inside, a ${printable(operation)} was not finished.`]),
    ...(nested.length === 0 ? [] : [`Repositories of their own came home without their history: ${named(nested)}.`]),
    ...(unread.length === 0 ? [] : [`Could not be read inside: ${named(unread)}.`]),
    ...(refs.length === 0 ? [] : [`Stayed inside, being neither branches nor tags: ${named(refs)}.`]),
    ...(ignored.length === 0 ? [] : [`Stayed inside, since git ignores them: ${named(ignored)}.`]),
    ...impossible.slice(0, MOST_NAMED).map(({ path, why }) => `Cannot stand on this disk: ${printable(path)}: ${why}.`),
  ];
}

type Sent = Pick<UploadPlan, "extras" | "altered" | "submodules">;

function whyHeldBack({ secrets }: Findings): string | null {
  const [first] = secrets;
  if (first === undefined) return null;
  const places = [...new Set(secrets.map(({ where }) => printable(where)))];
  const named = places.slice(0, 5).join(", ");
  return `it holds the value of ${printable(first.name)}${places.length > 0 ? ` (in ${named})` : ""}`;
}

const LONGEST_SUBJECT = 100;

/** Of what claude left uncommitted. */
export function commitMessage(driving: Pick<Driving, "run">): string {
  const run = driving.run();
  const provider = `${run.provider[0]?.toUpperCase()}${run.provider.slice(1)}`;
  const cut = run.title.length > LONGEST_SUBJECT ? `${run.title.slice(0, LONGEST_SUBJECT)}...` : run.title;
  return `${provider} execution: ${cut}\n\nSandbox run: ${run.id}\n`;
}
