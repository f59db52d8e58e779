// A rebase that has stopped because it was asked to: which one it is, what became of it once its user went on by himself,
// and how it is given up with nothing lost of what he has resolved so far.

import { existsSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { Failure } from "../../core/failure.ts";
import { printable } from "../../core/text.ts";
import type { Git } from "../../git/git.ts";
import { copyIndex } from "../../git/index-copy.ts";
import { worktreePathOf } from "../../git/repository.ts";
import type { World } from "../../world.ts";
import { giveUp } from "./git-rebase.ts";
import { requireNoneThere } from "./in-the-way.ts";
import type { Place } from "./place.ts";
import { forgetBegun, keepUndone, type Note, type Rebased, refOf } from "./records.ts";

/** What git itself has written down of a rebase that is under way. */
export interface UnderWay {
  branch: string;
  before: string;
  onto: string;
}

/** In a worktree's own git directory; undefined where none is, or it tells too little. */
export function rebaseUnderWay(adminDir: string): UnderWay | undefined {
  const read = (name: string) => {
    const file = join(adminDir, "rebase-merge", name);
    return existsSync(file) ? readFileSync(file, "utf8").trimEnd() : undefined;
  };
  const [name, before, onto] = [read("head-name"), read("orig-head"), read("onto")];
  const branch = /^refs\/heads\/(.+)$/.exec(name ?? "")?.[1];
  return branch === undefined || before === undefined || onto === undefined ? undefined : { branch, before, onto };
}

/** Each with the worktree that it is in. */
export function rebasesUnderWay(gitDir: string): (UnderWay & { path: string })[] {
  const directory = join(gitDir, "worktrees");
  const names = existsSync(directory) ? readdirSync(directory) : [];
  return names.flatMap((name) => {
    const found = rebaseUnderWay(join(directory, name));
    const path = found === undefined ? undefined : worktreePathOf(gitDir, name);
    return found === undefined || path === undefined ? [] : [{ ...found, path }];
  });
}

export function isStopOf(note: Note, { branch, before, onto }: UnderWay): boolean {
  const isOpen = note.stoppedAt !== undefined && note.after === undefined;
  return isOpen && note.branch === branch && note.before === before && note.onto === onto;
}

/** Seconds since 1970, by the clock that git writes its reflogs with. */
export async function timeOfStop({ git }: Pick<Place, "git">): Promise<number> {
  const words = ["--walk-reflogs", "--max-count=1", "--format=%gd", "--date=unix", "--no-show-signature"];
  const { stdout } = await git.attempt(["log", ...words, "HEAD", "--"]);
  return Number(/@\{(\d+)\}/.exec(stdout)?.[1] ?? 0);
}

/** What the branch became where its user ended the rebase; undefined where he gave it up, or nothing tells. */
export async function endOf(git: Git, { branch, before, onto, stoppedAt }: Note): Promise<string | undefined> {
  if (stoppedAt === undefined) return undefined;
  const words = ["--walk-reflogs", "--format=%H%x00%gd%x00%gs", "--date=unix", "--no-show-signature"];
  const { exit, stdout } = await git.attempt(["log", ...words, "--end-of-options", `refs/heads/${branch}`, "--"]);
  if (exit !== 0) return undefined;
  const entries = stdout.split("\n").map((line) => line.split("\0"));
  const said = `(finish): refs/heads/${branch} onto ${onto}`;
  const at = entries.findIndex(([, place = "", words = ""], index) => {
    const isLater = Number(/@\{(\d+)\}$/.exec(place)?.[1]) >= stoppedAt;
    return isLater && words.endsWith(said) && entries[index + 1]?.[0] === before;
  });
  return entries[at]?.[0];
}

/**
 * The branch is where it was, and the ref says under which everything that was resolved is kept. Errors:
 * `rebase.in-the-way`, `rebase.not-given-up`.
 */
export async function giveUpStopped(
  world: Pick<World, "now" | "signal">,
  place: Place,
  { id, branch, before }: Rebased,
): Promise<{ ref: string; from: string }> {
  const from = (await place.git.output(["rev-parse", "--verify", "HEAD"])).trim();
  const commit = await resolvedSoFar(place, from);
  // Git gives up by force.
  await requireNoneThere(place, { from: commit, to: before, as: `${branch} before` }, world.signal());
  const ref = await keepUndone(place.git, { id, commit, at: world.now().getTime() });
  if (!(await giveUp(place))) {
    throw new Failure({
      kind: "unavailable",
      code: "rebase.not-given-up",
      message: `The rebase in ${printable(place.top)} could not be given up: something else is at work there.`,
      hint: `Nothing is lost: ${printable(place.branch)} was at ${place.head} (${refOf(id)}), what was resolved is ${ref}. Try git rebase --abort.`,
    });
  }
  await forgetBegun(place.git, id);
  return { ref, from };
}

/** A commit of the files as they stand, with markers where nothing is resolved yet. The index stays as it is. */
async function resolvedSoFar({ git, adminDir }: Place, head: string): Promise<string> {
  const file = join(adminDir, "parallel-cc-index");
  const own = git.configured({ env: { GIT_INDEX_FILE: file } });
  try {
    copyIndex(join(adminDir, "index"), file);
    await own.output(["add", "--update", "--", ":/"]);
    const tree = (await own.output(["write-tree"])).trim();
    const message = "parallel-cc: as it stood when the rebase was given up";
    return (await own.output(["commit-tree", tree, "-p", head, "-m", message])).trim();
  } finally {
    for (const left of [file, `${file}.lock`]) rmSync(left, { force: true });
  }
}
