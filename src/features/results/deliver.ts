// The result into the run's own worktree: uncommitted, or as a new branch. It is written only where the worktree stands
// as it was made, whole or not at all; else nothing is touched, the branch is made all the same, and the reference has it
// all. No hook, no filter and no setting that came with the result runs.

import { existsSync } from "node:fs";
import { join } from "node:path";
import { Failure } from "../../core/failure.ts";
import { printable } from "../../core/text.ts";
import { type Git, gitFailed } from "../../git/git.ts";
import { commitOf } from "../../git/repository.ts";
import type { World } from "../../world.ts";
import { changesBetween, GITLINK } from "./changes.ts";
import { keptIn, treesBetween } from "./kept.ts";
import { LOCK_MS, outputUnlocked, requireRefUnlocked, requireUnlocked } from "./locks.ts";
import {
  type Blocked,
  type Disk,
  type PlacementPlan,
  type PlacingInput,
  place,
  planPlacement,
  putBack,
  told,
} from "./place-files.ts";
import { shown } from "./raw-paths.ts";
import type { Replayed } from "./replay.ts";
import { unwritable } from "./unwritable.ts";

export interface DeliverInput {
  /** Top of the run's own checkout. */
  worktree: string;
  /** The git directory of its repository: for the branch, where the worktree has gone. */
  repository?: string | undefined;
  replayed: Replayed;
  /** A new branch; undefined: what changed stands uncommitted. */
  branch: string | undefined;
  /** Of the commit of what was uncommitted, on the branch. */
  message: string;
  /** What the worktree was made from, where the result is on a commit of what its user had not committed there. */
  head?: string | undefined;
  signal?: AbortSignal;
}

export interface Delivered {
  /** "ref": the worktree was not touched. */
  form: "uncommitted" | "branch" | "ref";
  /** Why it was not. */
  why: string | null;
  /** It may have been made all the same. */
  branch: string | null;
  /** What the branch stands at. */
  commit: string | null;
  /** What of the result is not in the worktree. */
  left: Blocked[];
}

type Effects = Pick<World, "git" | "startPiped" | "env" | "sleep">;

const QUIET = {
  "core.hooksPath": "/dev/null",
  "core.fsmonitor": "false",
  "core.splitIndex": "false",
  "i18n.commitEncoding": "UTF-8",
  "gc.auto": "0",
  "core.filesRefLockTimeout": String(LOCK_MS),
};

/**
 * Idempotent; where it fails, all stands as before. Errors: `disk.full`, `results.locked`, `results.unwritable`,
 * `results.branch-exists`, `usage.branch`, those of git.
 */
export async function deliver(world: Effects, input: DeliverInput): Promise<Delivered> {
  try {
    return await delivered(world, input);
  } catch (thrown) {
    throw unwritable(thrown, input.worktree);
  }
}

async function delivered(world: Effects, input: DeliverInput): Promise<Delivered> {
  const { worktree, replayed, branch, signal } = input;
  const { store, sent, tip: raw } = replayed.source;
  const base = input.head ?? replayed.source.base;
  const isThere = existsSync(join(worktree, ".git"));
  if (!isThere && input.repository === undefined) return onlyRef(GONE_WORDS);
  const found = isThere ? world.git(worktree) : world.git(input.repository ?? worktree).trusting();
  const git = await withoutFilters(found.configured({ settings: QUIET }));
  const kept = keptIn(world, store);
  const commit = branch === undefined ? undefined : await lastCommit(git, input);
  if (branch !== undefined) await requireFree(git, branch, commit);
  const target = branch === undefined || commit === undefined ? undefined : { branch, commit };
  const why = isThere ? await whyNotAsMade(git, { base, branch, commit }) : GONE_WORDS;
  if (why !== undefined) return besideWorktree(git, { why, target, left: [] });
  const changes = await changesBetween(world, {
    store,
    ...(await treesBetween(kept, { from: sent, to: raw })),
    signal,
  });
  const placing = { kept, store, disk: await diskOf(git, worktree), changes };
  const plan = await planPlacement(world, placing);
  const leftOut = new Set(replayed.left.map(({ path }) => path));
  const inTheWay = plan.blocked.filter(({ change }) => !leftOut.has(shown(change.path)));
  if (inTheWay.length > 0) {
    const left = told({ blocked: inTheWay });
    return besideWorktree(git, { why: "files of the worktree are not as they were sent", target, left });
  }
  if (target === undefined) await place(world, placing, plan);
  else await placeOnBranch(world, git, { placing, plan, target, base });
  const links = changes.flatMap(({ path, now }) =>
    now?.mode === GITLINK ? [{ path: shown(path), why: LINK_WORDS }] : [],
  );
  const left = [...told(plan), ...links];
  return {
    form: branch === undefined ? "uncommitted" : "branch",
    why: null,
    branch: branch ?? null,
    commit: commit ?? null,
    left,
  };
}

// Where a file's time does not tell whether it has changed, git reads it anew, through whatever filter the attributes
// name that just came out of the sandbox.
async function withoutFilters(git: Git): Promise<Git> {
  const listed = await git.attempt(["config", "-z", "--name-only", "--get-regexp", "^filter\\."]);
  const keys = listed.stdout.split("\0").filter((key) => /^filter\..*\.(clean|smudge|process|required)$/s.test(key));
  const off = keys.map((key) => [key, key.endsWith(".required") ? "false" : ""]);
  return git.configured({ settings: Object.fromEntries(off) });
}

const LINK_WORDS = "a repository of its own: only its files are taken";

const GONE_WORDS = "the worktree is not there any more";

interface Target {
  branch: string;
  commit: string;
}

function onlyRef(why: string): Delivered {
  return { form: "ref", why, branch: null, commit: null, left: [] };
}

interface Beside {
  why: string;
  target: Target | undefined;
  left: Blocked[];
}

async function besideWorktree(git: Git, { why, target, left }: Beside): Promise<Delivered> {
  if (target !== undefined) await createBranch(git, target);
  return { form: "ref", why, branch: target?.branch ?? null, commit: target?.commit ?? null, left };
}

interface OnBranch {
  placing: PlacingInput;
  plan: PlacementPlan;
  target: Target;
  base: string;
}

/** The head goes to the branch when all else is right: who commits in between would undo the result. */
async function placeOnBranch(world: Effects, git: Git, { placing, plan, target, base }: OnBranch): Promise<void> {
  await requireUnlocked(world, git);
  const isNew = await createBranch(git, target);
  try {
    await place(world, placing, plan);
    await switchTo(world, git, target);
  } catch (thrown) {
    const why = unwritable(thrown, placing.disk.top);
    // Whoever is on the branch already has it all.
    if ((await headOf(git)) === `refs/heads/${target.branch}`) throw why;
    await putBack(world, placing, plan);
    if (await isStaged(git, base).catch(() => true)) await git.attempt(["read-tree", "--reset", base]);
    if (isNew)
      await git.attempt(["update-ref", "-d", "--end-of-options", `refs/heads/${target.branch}`, target.commit]);
    throw why;
  }
}

async function headOf(git: Git): Promise<string> {
  return (await git.attempt(["symbolic-ref", "--quiet", "HEAD"])).stdout.trim();
}

/** The tip under the words that its user is to read. The same again, whenever it is made. */
async function lastCommit(git: Git, { replayed, message }: DeliverInput): Promise<string> {
  if (replayed.uncommitted === null) return replayed.tip;
  const format = ["%T", "%P", "%an", "%ae", "@%ad", "%cn", "%ce", "@%cd"].join("%x00");
  const args = ["rev-list", "--no-walk", "--date=raw", `--format=${format}`, "--end-of-options", replayed.uncommitted];
  const said = (await git.output(args)).split("\n")[1] ?? "";
  const [tree = "", parents = "", ...who] = said.split("\0");
  const names = ["AUTHOR_NAME", "AUTHOR_EMAIL", "AUTHOR_DATE", "COMMITTER_NAME", "COMMITTER_EMAIL", "COMMITTER_DATE"];
  const env = Object.fromEntries(names.map((name, index) => [`GIT_${name}`, who[index] ?? ""]));
  const words = ["commit-tree", tree, ...parents.split(" ").flatMap((parent) => ["-p", parent]), "-F", "-"];
  return (await git.configured({ env }).output(words, { input: message })).trim();
}

async function requireFree(git: Git, branch: string, commit: string | undefined): Promise<void> {
  const checked = await git.attempt(["check-ref-format", `refs/heads/${branch}`]);
  if (checked.exit !== 0 || branch.startsWith("-")) {
    throw new Failure({
      kind: "usage",
      code: "usage.branch",
      message: `"${printable(branch)}" cannot be the name of a branch.`,
    });
  }
  const there = await commitOf(git, `refs/heads/${branch}`);
  if (there === undefined || there === commit) return;
  throw new Failure({
    code: "results.branch-exists",
    message: `There is a branch ${printable(branch)} already.`,
    hint: "Choose another name; the result is kept.",
    details: { branch, commit: there },
  });
}

interface Made {
  base: string;
  branch: string | undefined;
  commit: string | undefined;
}

/** Undefined: it stands as it was made, or as an earlier call that was killed has left it. */
async function whyNotAsMade(git: Git, { base, branch, commit }: Made): Promise<string | undefined> {
  const head = await commitOf(git, "HEAD");
  const isSwitched = branch !== undefined && (await headOf(git)) === `refs/heads/${branch}` && head === commit;
  if (head !== base && !isSwitched) return "the worktree stands at another commit than it was made from";
  if (branch === undefined) return undefined;
  for (const tree of [base, commit]) {
    if (tree !== undefined && (await isStaged(git, tree)) === false) return undefined;
  }
  return "something is staged in the worktree";
}

async function isStaged(git: Git, commit: string): Promise<boolean> {
  const result = await git.attempt([
    "diff-index",
    "--cached",
    "--quiet",
    "--ita-invisible-in-index",
    "--ignore-submodules=all",
    commit,
    "--",
  ]);
  if (result.exit > 1) throw gitFailed(["diff-index"], result);
  return result.exit === 1;
}

async function diskOf(git: Git, top: string): Promise<Disk> {
  const isSet = async (key: string, otherwise: boolean) => {
    const said = (await git.attempt(["config", "--type=bool", key])).stdout.trim();
    return said === "" ? otherwise : said === "true";
  };
  return {
    top,
    knowsModes: await isSet("core.fileMode", true),
    knowsLinks: await isSet("core.symlinks", true),
    ignoresCase: await isSet("core.ignoreCase", false),
  };
}

/** Whether it was not there yet. Errors: `results.branch-exists`, `results.locked`, `git.failed`. */
async function createBranch(git: Git, { branch, commit }: Target): Promise<boolean> {
  const ref = `refs/heads/${branch}`;
  if ((await commitOf(git, ref)) === commit) return false;
  const args = ["update-ref", "--end-of-options", ref, commit, "0".repeat(commit.length)];
  const result = await git.attempt(args);
  if (result.exit === 0) return true;
  await requireFree(git, branch, commit);
  await requireRefUnlocked(git, ref);
  throw gitFailed(args, result);
}

// The files stand already. Their stat is not taken into the index here: that would run what attributes name.
async function switchTo(world: Effects, git: Git, { branch, commit }: Target): Promise<void> {
  await outputUnlocked(world, git, ["read-tree", "--reset", commit]);
  await git.output(["symbolic-ref", "-m", `parallel-cc: ${branch}`, "HEAD", `refs/heads/${branch}`]);
}
