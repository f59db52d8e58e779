// The result into the run's own worktree: uncommitted, or as a new branch. It is written only where the worktree stands
// as it was made; else nothing is touched, and the reference has it all. No hook, no filter and no setting that came
// with the result runs.

import { existsSync } from "node:fs";
import { Failure } from "../../core/failure.ts";
import { printable } from "../../core/text.ts";
import { type Git, gitFailed } from "../../git/git.ts";
import { commitOf } from "../../git/repository.ts";
import type { World } from "../../world.ts";
import { changesBetween, GITLINK } from "./changes.ts";
import { keptIn, treesBetween } from "./kept.ts";
import { type Blocked, type Disk, place, planPlacement, told } from "./place-files.ts";
import { shown } from "./raw-paths.ts";
import type { Replayed } from "./replay.ts";

export interface DeliverInput {
  /** Top of the run's own checkout. */
  worktree: string;
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
  branch: string | null;
  /** What the branch stands at. */
  commit: string | null;
  /** What of the result is not in the worktree. */
  left: Blocked[];
}

type Effects = Pick<World, "git" | "startPiped" | "env">;

const QUIET = {
  "core.hooksPath": "/dev/null",
  "core.fsmonitor": "false",
  "core.splitIndex": "false",
  "i18n.commitEncoding": "UTF-8",
  "gc.auto": "0",
};

/** Idempotent. Errors: `results.branch-exists`, `usage.branch`, those of git. */
export async function deliver(world: Effects, input: DeliverInput): Promise<Delivered> {
  const { worktree, replayed, branch, signal } = input;
  const { store, sent, tip: raw } = replayed.source;
  const base = input.head ?? replayed.source.base;
  if (!existsSync(worktree)) return onlyRef("the worktree is not there any more", []);
  const git = await withoutFilters(world.git(worktree).configured({ settings: QUIET }));
  const kept = keptIn(world, store);
  const commit = branch === undefined ? undefined : await lastCommit(git, input);
  if (branch !== undefined) await requireFree(git, branch, commit);
  const why = await whyNotAsMade(git, { base, branch, commit });
  if (why !== undefined) return onlyRef(why, []);
  const changes = await changesBetween(world, {
    store,
    ...(await treesBetween(kept, { from: sent, to: raw })),
    signal,
  });
  const placing = { kept, store, disk: await diskOf(git, worktree), changes };
  const plan = await planPlacement(world, placing);
  const leftOut = new Set(replayed.left.map(({ path }) => path));
  const inTheWay = plan.blocked.filter(({ change }) => !leftOut.has(shown(change.path)));
  if (inTheWay.length > 0)
    return onlyRef("files of the worktree are not as they were sent", told({ blocked: inTheWay }));
  if (branch !== undefined && commit !== undefined) await createBranch(git, branch, commit);
  await place(placing, plan);
  if (branch !== undefined && commit !== undefined) await switchTo(git, { branch, commit });
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

function onlyRef(why: string, left: Blocked[]): Delivered {
  return { form: "ref", why, branch: null, commit: null, left };
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
  const on = (await git.attempt(["symbolic-ref", "--quiet", "HEAD"])).stdout.trim();
  const isSwitched = branch !== undefined && on === `refs/heads/${branch}` && head === commit;
  if (head !== base && !isSwitched) return "the worktree stands at another commit than it was made from";
  if (branch === undefined) return undefined;
  for (const tree of [base, commit]) {
    if (tree !== undefined && (await isStaged(git, tree)) === false) return undefined;
  }
  return "something is staged in the worktree";
}

async function isStaged(git: Git, commit: string): Promise<boolean> {
  const result = await git.attempt(["diff-index", "--cached", "--quiet", "--ignore-submodules=all", commit, "--"]);
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

async function createBranch(git: Git, branch: string, commit: string): Promise<void> {
  const ref = `refs/heads/${branch}`;
  if ((await commitOf(git, ref)) === commit) return;
  await git.output(["update-ref", "--end-of-options", ref, commit, "0".repeat(commit.length)]);
}

// The files stand already. Their stat is not taken into the index here: that would run what attributes name.
async function switchTo(git: Git, { branch, commit }: { branch: string; commit: string }): Promise<void> {
  await git.output(["symbolic-ref", "-m", `parallel-cc: ${branch}`, "HEAD", `refs/heads/${branch}`]);
  await git.output(["read-tree", "--reset", commit]);
}
