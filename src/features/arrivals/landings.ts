// Which branches have landed, where, by what, and by whose hand: the judgement of `merge check`, without what only looks
// like a landing.

import { utcText } from "../../db/db.ts";
import type { Git } from "../../git/git.ts";
import type { World } from "../../world.ts";
import { bestLanding, type Landing, type Memory, type VerdictName } from "../merges/merges.ts";
import { hasCome } from "./came.ts";
import type { Candidate } from "./candidates.ts";
import type { Ground } from "./ground.ts";
import { eventOf } from "./store.ts";
import type { Target } from "./targets.ts";

const METHODS = ["merged", "ff", "rebased", "squashed"] as const;
export type Method = (typeof METHODS)[number];

/** A branch that has landed with this tip. */
export interface Arrival {
  branch: string;
  tip: string;
  target: Target;
  /** The commit of the target that shows it. */
  commit: string;
  /** Which of the refs of the target has it, as people write it: `main`, `origin/main`. */
  place: string;
  /** Where that stands by now. */
  stand: string;
  method: Method;
  /** In UTC, as the database has it. */
  mergedAt: string;
  mergedBy: string;
}

export interface Judged {
  landing: Landing;
  /** Undefined: it has not landed, or nothing shows that it did while it stood where it stands. */
  arrival: Arrival | undefined;
}

export interface Question {
  candidate: Candidate;
  target: Target;
  /** As `Found.seen`. */
  seen: Readonly<Record<string, string>>;
  isForgeAsked: boolean;
  memory: Memory;
}

type Effects = Pick<World, "db" | "git" | "log" | "signal" | "runProgram">;

/** Undefined where there is nothing to land in. Errors: `git.*`; `proc.cancelled` when the signal says so. */
export async function judge(world: Effects, ground: Ground, asked: Question): Promise<Judged | undefined> {
  const { candidate, target, seen, isForgeAsked, memory } = asked;
  const { db, git, repository } = ground;
  const { branch, tip, fork, ref } = candidate;
  const landing = await bestLanding(world, {
    ...{ gitDir: repository.gitDir, branch, tip, fork, targets: target.refs, memory },
    isForgeAsked: isForgeAsked && candidate.isPushed,
  });
  if (landing === undefined) return undefined;
  const method = methodOf(landing.verdict);
  if (method === undefined) return { landing, arrival: undefined };
  const isKnown = eventOf(db, repository.gitDir, { branch, tip, target: target.name }) !== undefined;
  const wasApart = ground.subscriptions.some(
    (one) => one.branch_name === branch && one.target_branch === target.name && one.apart_tip === tip,
  );
  const isOne = isKnown || wasApart || (await hasCome(git, { ref, tip, target, landing, seen }));
  const commit = landing.evidence.commit ?? landing.targetCommit;
  const made = isOne ? await factsOf(git, commit) : undefined;
  if (made === undefined) return { landing, arrival: undefined };
  const at = { target, commit, place: landing.target, stand: landing.targetCommit };
  return { landing, arrival: { branch, tip, ...at, method, ...made } };
}

function methodOf(verdict: VerdictName): Method | undefined {
  return METHODS.find((one) => one === verdict);
}

/** When and by whom it was committed; undefined when git cannot show the commit. */
async function factsOf(git: Git, commit: string): Promise<Pick<Arrival, "mergedAt" | "mergedBy"> | undefined> {
  const words = ["rev-list", "--no-walk", "--no-commit-header", "--format=%ct%x00%cn%x00%ce", "--end-of-options"];
  const { exit, stdout } = await git.attempt([...words, commit]);
  const [seconds = "", name = "", mail = ""] = stdout.replace(/\n$/, "").split("\0");
  if (exit !== 0 || !/^\d{1,11}$/.test(seconds)) return undefined;
  return {
    mergedAt: utcText(new Date(1000 * Number(seconds))),
    mergedBy: name.trim() || mail.trim() || "nobody named",
  };
}
