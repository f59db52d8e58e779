// The branches whose landing concerns anybody: those of sessions and of kept worktrees, those that were seen not long ago
// (they may be gone by now), and those that somebody asked about.

import { parseUtc, utcText } from "../../db/db.ts";
import { branchRecord, recordedTip } from "../merges/merges.ts";
import { worktreesOf } from "../worktrees/worktrees.ts";
import { branchesOf, type Ground } from "./ground.ts";
import { recentTips } from "./store.ts";
import { isItself, type Target, targetCalled } from "./targets.ts";

export interface Candidate {
  branch: string;
  /** In full; of a deleted one where it was. */
  ref: string;
  tip: string;
  /** Where it stood before that, of one that is gone: it may have landed, and gone on. */
  earlier: readonly string[];
  /** Where it is known to have begun. */
  fork: string | undefined;
  /** Where it may land, itself not among them. */
  targets: readonly Target[];
  /** A remote has had it, so a forge may know of it. */
  isPushed: boolean;
}

/** A branch that nobody touched for so long is nobody's news. */
const RECENT_DAYS = 30;
const MOST_TIPS = 200;
const DAY_MS = 86_400_000;

export function candidatesOf(ground: Ground, now: string): Candidate[] {
  const { db, repository, sessions, subscriptions } = ground;
  const { gitDir } = repository;
  const since = utcText(new Date(parseUtc(now).getTime() - RECENT_DAYS * DAY_MS));
  const tips = recentTips(db, { gitDir, since, most: MOST_TIPS });
  const kept = worktreesOf(db, gitDir).filter(({ origin }) => origin === "created");
  const names = [
    ...sessions.flatMap((one) => branchesOf(ground, one)),
    ...kept.flatMap(({ branch }) => branch ?? []),
    ...subscriptions.map(({ branch_name }) => branch_name),
    ...tips.map(({ branch }) => branch),
  ];
  return [...new Set(names)].flatMap((branch) => {
    const asked = subscriptions.flatMap((one) => (one.branch_name === branch ? [one.target_branch] : []));
    return candidate(ground, { branch, asked }) ?? [];
  });
}

interface Named {
  branch: string;
  /** Targets that it is asked about, beside those that it is meant for. */
  asked: readonly string[];
}

const REMOTE = /^refs\/remotes\/[^/]+\//;

/** Undefined where there is no such branch and nobody has seen it before, or nothing that it could land in. */
export function candidate(ground: Ground, { branch, asked }: Named): Candidate | undefined {
  const { db, refs, usual, repository } = ground;
  const named = [`refs/heads/${branch}`, `refs/remotes/${branch}`];
  const own = named.flatMap((name) => refs.find((ref) => ref.name === name && ref.points === undefined) ?? [])[0];
  const recorded = own === undefined ? recordedTip(db, repository.gitDir, branch) : undefined;
  const tip = own?.commit ?? ground.stood.get(branch) ?? recorded;
  if (tip === undefined) return undefined;
  const record = branchRecord(db, repository.gitDir, branch);
  const wanted = [...asked, ...(record?.target_branch == null ? [] : [record.target_branch])];
  const found = [...wanted.map((name) => targetCalled(name, refs)), usual].flatMap((target) => target ?? []);
  const targets = new Map(found.filter((target) => !isItself(branch, target)).map((target) => [target.name, target]));
  if (targets.size === 0) return undefined;
  return {
    ...{ branch, tip, earlier: recorded === undefined ? [] : [recorded], ref: own?.name ?? `refs/heads/${branch}` },
    // Whoever was on it already when its session began did not begin it there.
    fork: record?.target_branch === branch ? undefined : (record?.fork_commit ?? undefined),
    targets: [...targets.values()],
    isPushed:
      own?.remote !== undefined || refs.some(({ name }) => REMOTE.test(name) && name.replace(REMOTE, "") === branch),
  };
}

/** What they are and where they stand: equal to that of the last look when nothing has moved. */
export function standingOf(candidates: readonly Candidate[], { refs }: Pick<Ground, "refs">) {
  const there = new Map(refs.map(({ name, commit }) => [name, commit]));
  const places = candidates.flatMap(({ ref, targets }) => [
    ref,
    ...targets.flatMap((target) => target.refs.map(({ name }) => name)),
  ]);
  const seen = Object.fromEntries([...new Set(places)].sort().map((name) => [name, there.get(name) ?? ""]));
  const questions = candidates.map(({ branch, tip, fork = "", targets, isPushed }) =>
    [branch, tip, fork, isPushed, ...targets.map(({ name }) => name)].join(" "),
  );
  const asked = new Bun.CryptoHasher("sha256").update(questions.sort().join("\n")).digest("hex");
  return { seen, asked };
}
