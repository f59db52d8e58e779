// `merge check`: a branch by its name, judged against every ref that stands for its target, with what is recorded of it.

import { realpathSync } from "node:fs";
import { Failure } from "../../core/failure.ts";
import { printable } from "../../core/text.ts";
import type { Db } from "../../db/db.ts";
import { type Git, gitWords } from "../../git/git.ts";
import { commitOf } from "../../git/repository.ts";
import type { World } from "../../world.ts";
import { bestLanding, type Landing, targetsOf } from "./landing.ts";
import { type LastSeen, lastSightings, type Sought } from "./last-seen.ts";
import { type BranchRecord, branchRecord, recordedTip, recordTip } from "./store.ts";
import { patternsFor, type Ref, readRefs, requireBranchName, shortRef, withUpstreams } from "./targets.ts";

export interface CheckInput {
  branch: string;
  target?: string | undefined;
  fork?: string | undefined;
  fetch?: boolean | undefined;
}

export interface Checked extends Landing {
  branch: string;
  tip: string;
  fork: string | null;
  /** Of a branch that is not there: by what its tip is known. */
  lastSeen: LastSeen | null;
}

type Effects = Pick<World, "cwd" | "db" | "git" | "log" | "signal" | "runProgram">;

/** Errors: those of `mergeMeant`, and `commit.unknown`. */
export async function checkMerge(world: Effects, input: CheckInput): Promise<Checked> {
  const { git, gitDir, branch, tip, targets, record, isLocal, lastSeen } = await mergeMeant(world, input);
  const fork = input.fork === undefined ? (record?.fork_commit ?? undefined) : await requireCommit(git, input.fork);
  const db = await world.db();
  if (isLocal && record !== undefined && recordedTip(db, gitDir, branch) !== tip) {
    db.write((now) => recordTip(db, { gitDir, branch, tip }, now));
  }
  const landing = await bestLanding(world, { gitDir, branch, tip, fork, targets, isForgeAsked: true });
  if (landing === undefined) throw unknownTarget(input.target);
  return { ...landing, branch, tip, fork: fork ?? null, lastSeen };
}

export interface MergeMeant {
  /** In the git directory. */
  git: Git;
  gitDir: string;
  branch: string;
  tip: string;
  /** Whether it is a branch of this repository, not gone or one of a remote's. */
  isLocal: boolean;
  /** Of one that is not there: by what its tip is known. */
  lastSeen: LastSeen | null;
  record: BranchRecord | undefined;
  /** Every ref that stands for the target, one at least. */
  targets: [Ref, ...Ref[]];
}

/**
 * A branch and where it is to land, by their names. Without a target it is the recorded one, or the default branch.
 * Errors: `repository.none`, `branch.unknown`, `target.unknown`, `target.itself`, `fetch.failed`, `usage.bad-value`.
 */
export async function mergeMeant(world: Effects, input: Omit<CheckInput, "fork">): Promise<MergeMeant> {
  const branch = requireBranchName(input.branch, "<branch>");
  const named = input.target === undefined ? undefined : requireBranchName(input.target, "<target>");
  const here = world.git(world.cwd);
  const gitDir = await gitDirOf(here);
  const git = world.git(gitDir).trusting();
  const db = await world.db();
  const record = branchRecord(db, gitDir, branch);
  const wanted = named ?? record?.target_branch ?? undefined;
  const isNamed = named !== undefined;
  const ownRefs = [`refs/heads/${branch}`, `refs/remotes/${branch}`];
  const patterns = [...ownRefs, ...patternsFor(wanted), ...(isNamed ? [] : patternsFor(undefined))];
  const read = async () => withUpstreams(git, await readRefs(git, patterns));
  const refs = await read();
  const own = ownRefs.flatMap((name) => refs.find((ref) => ref.name === name) ?? [])[0];
  const stands = own ?? (await lastSeenOf(git, db, { gitDir, branch }));
  const [tip, lastSeen] = [stands.commit, "by" in stands ? stands : null];
  let targets = await targetsOf(git, refs, { wanted, isNamed, own });
  if (input.fetch === true && (await fetchTargets(world, here, targets))) {
    targets = await targetsOf(git, await read(), { wanted, isNamed, own });
  }
  const [first, ...others] = targets;
  if (first === undefined) {
    const isItself = (await targetsOf(git, refs, { wanted, isNamed, own: undefined })).length > 0;
    throw isItself ? itself(branch) : unknownTarget(wanted);
  }
  const isLocal = own?.name.startsWith("refs/heads/") === true;
  return { git, gitDir, branch, tip, isLocal, lastSeen, record, targets: [first, ...others] };
}

/** The first that git still has. Errors: `branch.unknown`. */
async function lastSeenOf(git: Git, db: Db, sought: Sought): Promise<LastSeen> {
  const sightings = await lastSightings(git, db, sought);
  for (const seen of sightings) if ((await commitOf(git, seen.commit)) === seen.commit) return seen;
  throw unknownBranch(sought.branch, sightings[0]);
}

async function gitDirOf(git: Git): Promise<string> {
  const found = await git.attempt(["rev-parse", "--path-format=absolute", "--git-common-dir"]);
  if (found.exit === 0) return realpathSync(found.stdout.replace(/\n$/, ""));
  throw new Failure({
    code: "repository.none",
    message: `No git repository at ${git.directory} (git: ${gitWords(found) || "no reason given"}).`,
    hint: "Go into a repository.",
  });
}

const FETCH_TIMEOUT_MS = 60_000;
/** Whatever would ask a person is told that there is none. */
const UNATTENDED = { GIT_ASKPASS: "", SSH_ASKPASS: "", SSH_ASKPASS_REQUIRE: "never", GCM_INTERACTIVE: "never" };

/** Updates the refs that stand for remote targets and nothing else; false when there are none. */
export async function fetchTargets(world: Pick<World, "signal">, here: Git, targets: readonly Ref[]): Promise<boolean> {
  const followed = targets.flatMap(({ remote, upstream }) =>
    remote === undefined || upstream === undefined ? [] : [{ ...remote, into: upstream }],
  );
  const direct = targets.flatMap(({ name }) => {
    const [, remote, branch] = /^refs\/remotes\/([^/]+)\/(.+)$/.exec(name) ?? [];
    if (remote === undefined || branch === undefined || followed.some(({ into }) => into === name)) return [];
    return [{ name: remote, ref: `refs/heads/${branch}`, into: name }];
  });
  const git = here.configured({ env: UNATTENDED });
  const remote = [...followed, ...direct].filter(({ into }) => into.startsWith("refs/remotes/"));
  for (const { name, ref, into } of remote) {
    const quiet = ["--quiet", "--no-tags", "--no-prune", "--no-recurse-submodules", "--no-write-fetch-head"];
    const args = ["fetch", ...quiet, "--no-auto-maintenance", "--refmap=", "--end-of-options", name, `+${ref}:${into}`];
    const options = { signal: world.signal(), timeoutMs: FETCH_TIMEOUT_MS, isUnattended: true };
    const result = await git.attempt(args, options);
    if (result.exit === 0) continue;
    throw new Failure({
      kind: "unavailable",
      code: "fetch.failed",
      message: `${printable(shortRef(into))} could not be fetched: ${printable(gitWords(result)).replace(/\.$/, "") || `exit ${result.exit}`}.`,
      hint: "Nothing was changed. Run it without --fetch, or run `git fetch` by hand, where it may ask for a password.",
    });
  }
  return remote.length > 0;
}

/** Whether the remote says that it has no branch that this remote-tracking ref stands for; not so when it says nothing. */
export async function isGoneFar(
  world: Pick<World, "signal">,
  here: Git,
  { name }: Pick<Ref, "name">,
): Promise<boolean> {
  const [, remote, branch] = /^refs\/remotes\/([^/]+)\/(.+)$/.exec(name) ?? [];
  if (remote === undefined || branch === undefined) return false;
  const args = ["ls-remote", "--quiet", "--exit-code", "--end-of-options", remote, `refs/heads/${branch}`];
  const options = { signal: world.signal(), timeoutMs: FETCH_TIMEOUT_MS, isUnattended: true };
  const { exit } = await here.configured({ env: UNATTENDED }).attempt(args, options);
  // Nothing else gives it: what goes wrong is 128.
  return exit === 2;
}

async function requireCommit(git: Git, name: string): Promise<string> {
  const commit = await commitOf(git, name);
  if (commit !== undefined) return commit;
  throw new Failure({
    code: "commit.unknown",
    message: `There is no commit "${printable(name)}" in this repository.`,
    hint: "--fork takes the commit the branch began at.",
  });
}

function unknownBranch(branch: string, lost?: LastSeen): Failure {
  const rest =
    lost === undefined
      ? "no record of where it stood"
      : `git has thrown away the commit ${lost.commit.slice(0, 12)} where it was last seen`;
  return new Failure({
    code: "branch.unknown",
    message: `There is no branch "${printable(branch)}", and ${rest}.`,
    hint: "`git branch --all` lists the branches of this repository.",
  });
}

function itself(branch: string): Failure {
  return new Failure({
    code: "target.itself",
    message: `"${printable(branch)}" would be its own target: there is nothing to compare it with.`,
    hint: "Name another branch as its target.",
    details: { branch },
  });
}

function unknownTarget(target: string | undefined): Failure {
  return new Failure({
    code: "target.unknown",
    message:
      target === undefined
        ? "There is no default branch that the branch could have landed in."
        : `There is no other branch "${printable(target)}" that it could have landed in.`,
    hint: "Name one after the branch.",
  });
}
