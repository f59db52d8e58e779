// Asked about one branch: whether it has landed by now, and to be told when it does. Git itself is asked, and no remote.

import { Failure } from "../../core/failure.ts";
import { printable } from "../../core/text.ts";
import { isoText, utcText } from "../../db/db.ts";
import type { Git } from "../../git/git.ts";
import { recordTip, requireBranchName, type Verdict } from "../merges/merges.ts";
import type { KnownSession, RepositoryKey } from "../roster/roster.ts";
import { quoted } from "../roster/roster.ts";
import type { MergeStatus } from "./answers.ts";
import { type Candidate, candidate } from "./candidates.ts";
import { type Effects, type Ground, groundOf, isThere } from "./ground.ts";
import { type Arrival, type Judged, judge } from "./landings.ts";
import { lastStood } from "./last-stood.ts";
import { eventOf, lastPoll, subscribe } from "./store.ts";
import { isItself, type Target, targetCalled } from "./targets.ts";
import { landed } from "./words.ts";

export interface Question {
  branch: string;
  target: string | undefined;
}

interface Asked {
  ground: Ground;
  candidate: Candidate;
  target: Target;
  /** Undefined: the branch is gone, and git has thrown its commits away. */
  judged: Judged | undefined;
}

/** Errors: `branch.unknown`, `target.unknown`, `usage.bad-value`, `git.*`. */
async function ask(world: Effects, repository: RepositoryKey, { branch, target }: Question): Promise<Asked> {
  const name = requireBranchName(branch, "branch");
  const wanted = target === undefined ? undefined : requireBranchName(target, "targetBranch");
  const now = await groundOf(world, repository);
  const ground = { ...now, stood: await lastStood(now, [name]) };
  const named = wanted === undefined ? undefined : targetCalled(wanted, ground.refs);
  if (wanted !== undefined && (named === undefined || isItself(name, named))) throw unknownTarget(wanted);
  const found = candidate(ground, { branch: name, asked: named === undefined ? [] : [named.name] });
  const meant = found?.targets.find((one) => named === undefined || one.name === named.name);
  if (found === undefined || meant === undefined) throw isThere(ground, name) ? unknownTarget(wanted) : unknown(name);
  const asked = { ground, candidate: found, target: meant };
  if (!isThere(ground, name) && !(await isPresent(ground.git, found.tip))) return { ...asked, judged: undefined };
  const seen = lastPoll(ground.db, repository.gitDir)?.seen ?? {};
  const question = { candidate: found, target: meant, seen, isForgeAsked: false, memory: new Map() };
  const judged = await judge(world, ground, question);
  if (judged === undefined) throw unknownTarget(wanted);
  return { ...asked, judged };
}

async function isPresent(git: Git, commit: string): Promise<boolean> {
  const { exit } = await git.attempt(["cat-file", "-e", `${commit}^{commit}`]);
  return exit === 0;
}

export async function mergeStatus(world: Effects, repository: RepositoryKey, asked: Question): Promise<MergeStatus> {
  const { ground, target, judged, candidate: found } = await ask(world, repository, asked);
  if (judged === undefined) return lostStatus(ground, found, target);
  const { arrival, landing } = judged;
  if (arrival === undefined) {
    return { isMerged: false, mergeEvent: null, message: whyNot(found.branch, target.name, landing) };
  }
  const { branch, tip, commit, method, mergedBy, mergedAt } = arrival;
  return {
    isMerged: true,
    mergeEvent: {
      ...{ branchName: branch, targetBranch: target.name, sourceCommit: tip, targetCommit: commit },
      ...{ method, mergedBy, mergedAt: isoText(mergedAt), detectedAt: isoText(utcText(world.now())) },
    },
    message: `${sentence(arrival)}.`,
  };
}

/** What a look has recorded of it holds, though nobody can look again. */
function lostStatus({ db, repository }: Ground, { branch, tip }: Candidate, { name }: Target): MergeStatus {
  const event = eventOf(db, repository.gitDir, { branch, tip, target: name });
  const lost = `Branch ${quoted(branch)} is gone, and so is commit ${tip.slice(0, 7)} where it was last seen`;
  if (event === undefined || event.method === null || event.merged_by === null) {
    const message = `${lost}: whether it has landed in ${quoted(name)} cannot be told.`;
    return { isMerged: false, mergeEvent: null, message };
  }
  const { target_commit: targetCommit, method, merged_by: mergedBy } = event;
  return {
    isMerged: true,
    mergeEvent: {
      ...{ branchName: branch, targetBranch: name, sourceCommit: tip, targetCommit, method, mergedBy },
      ...{ mergedAt: isoText(event.merged_at), detectedAt: isoText(event.detected_at) },
    },
    message: `${lost}; it was seen to have landed in ${quoted(name)} as ${targetCommit.slice(0, 7)}.`,
  };
}

export interface Subscribed {
  subscribed: boolean;
  message: string;
}

/** What has landed already is told at once, and what comes after it when it does. */
export async function notifyWhenMerged(world: Effects, own: KnownSession, asked: Question): Promise<Subscribed> {
  const { git_dir: gitDir, git_dir_id: gitDirId, repo_path: path, id: sessionId } = own;
  if (gitDir === null || gitDirId === null) throw unregistered();
  const repository = { gitDir, gitDirId, path };
  const { ground, candidate: found, target, judged } = await ask(world, repository, asked);
  if (judged === undefined) throw unknown(found.branch);
  const { arrival, landing } = judged;
  const { branch } = found;
  const answeredTip = arrival?.tip ?? null;
  const apartTip = isApart(landing) ? found.tip : null;
  const made = { id: world.newId(), sessionId, repository, branch, target: target.name, answeredTip, apartTip };
  const isNew = ground.db.write((now) => {
    // It may land and be deleted before anybody looks.
    recordTip(ground.db, { gitDir, branch, tip: found.tip }, now);
    return subscribe(ground.db, made, now);
  });
  const then = "You will be told, with a prompt or a tool use of yours,";
  const again = isNew ? "" : " You had asked for it before.";
  if (arrival !== undefined) {
    return {
      subscribed: true,
      message: `${sentence(arrival)} already. ${then} when what comes after it lands.${again}`,
    };
  }
  return { subscribed: true, message: `${whyNot(branch, target.name, landing)} ${then} when it lands.${again}` };
}

function sentence(arrival: Arrival): string {
  const text = landed({ ...arrival, branches: [arrival.branch] });
  return `${text[0]?.toUpperCase()}${text.slice(1)} at ${isoText(arrival.mergedAt)}`;
}

function whyNot(branch: string, target: string, { verdict, landed: count, total, isComplete }: Verdict): string {
  const [it, there] = [`Branch ${quoted(branch)}`, quoted(target)];
  if (!isComplete) return `Whether branch ${quoted(branch)} has landed in ${there} could not be found out in time.`;
  switch (verdict) {
    case "unused":
      return `${it} has no work of its own yet.`;
    case "partial":
      return `${it} has landed in ${there} only in part: ${count ?? 0} of ${total ?? 0} commits.`;
    case "reverted":
      return `${it} landed in ${there} and was reverted.`;
    case "contained":
    case "landed-earlier":
      return `${it} would bring nothing to ${there}, but no commit of it was found there.`;
    case "not-merged":
      return `${it} has not landed in ${there}, as far as that was fetched.`;
    default:
      return `${there} has all of branch ${quoted(branch)}, but nothing shows that it ever had work that ${there} did not have.`;
  }
}

/** By a verdict that no commit which the target reaches can get. */
function isApart({ verdict, isComplete }: Verdict): boolean {
  return isComplete && (verdict === "not-merged" || verdict === "partial");
}

function unknown(branch: string): Failure {
  return new Failure({
    code: "branch.unknown",
    message: `There is no branch "${printable(branch)}", and nothing left of where it stood.`,
    hint: "`git branch --all` lists the branches of this repository; one that is on a remote alone has to be fetched once.",
  });
}

function unknownTarget(target: string | undefined): Failure {
  return new Failure({
    code: "target.unknown",
    message:
      target === undefined
        ? "There is no default branch that the branch could land in."
        : `There is no other branch "${printable(target)}" that it could land in.`,
    hint: "Name one as targetBranch.",
  });
}

function unregistered(): Failure {
  return new Failure({
    code: "session.none",
    message: "Your session is one of an earlier release: it cannot be told.",
    hint: "Register it anew: parallel-cc register --no-worktree",
  });
}
