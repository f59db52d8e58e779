// git's own rebase, as its user has set it up: hooks, signatures and merge drivers are his. What would move other
// branches, reorder commits or ask somebody is off.

import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gitWords } from "../../git/git.ts";
import { type ConflictFile, openMerger } from "../../git/merge-tree.ts";
import { explainFiles, type FileCheck } from "../conflicts/conflicts.ts";
import type { Onto } from "./onto.ts";
import type { Place } from "./place.ts";
import { labelOf, type Meeting } from "./replay.ts";

/** Hooks and signatures may take their time. */
const TIMEOUT_MS = 30 * 60_000;

const UNASKED = { GIT_EDITOR: "true", GIT_SEQUENCE_EDITOR: "true" } as const;
const PLAIN = [
  ...["--merge", "--no-autosquash", "--no-autostash", "--no-update-refs", "--no-rebase-merges", "--no-fork-point"],
];

/** Errors: `git.timeout`, `proc.cancelled`; it may stand half-way then. */
export async function pickAll(
  { git }: Place,
  { commit }: Onto,
  signal: AbortSignal,
): Promise<{ isDone: true } | { isDone: false; words: string }> {
  const options = { signal, timeoutMs: TIMEOUT_MS, isUnattended: true };
  const result = await git.configured({ env: UNASKED }).attempt(["rebase", ...PLAIN, commit], options);
  return result.exit === 0 ? { isDone: true } : { isDone: false, words: gitWords(result) };
}

export function isStopped({ adminDir }: Place): boolean {
  return existsSync(join(adminDir, "rebase-merge")) || existsSync(join(adminDir, "rebase-apply"));
}

/** Where it stopped; undefined when that is not over a conflict. */
export async function meetingNow(place: Place, onto: Onto, signal: AbortSignal): Promise<Meeting | undefined> {
  const { git } = place;
  const listed = await git.output(["ls-files", "--unmerged", "--full-name", "-z", ":/"]);
  const paths = new Set(listed.split("\0").flatMap((line) => (line === "" ? [] : line.slice(line.indexOf("\t") + 1))));
  const read = await git.attempt(["rev-parse", "--verify", "--end-of-options", "REBASE_HEAD^{commit}"]);
  if (paths.size === 0 || read.exit !== 0) return undefined;
  const commit = read.stdout.trim();
  const ours = (await git.output(["rev-parse", "--verify", "HEAD"])).trim();
  using merger = await openMerger(git, { objects: { gitDir: place.gitDir }, id: commit, withRegions: true, signal });
  const told = await merger.git.output(["log", "--max-count=1", "--format=%s%x00%h%x00%P", commit, "--"], { signal });
  const [subject = "", short = "", parent = ""] = told.trimEnd().split("\0");
  const labels = { ours: "HEAD", theirs: labelOf(short, subject) };
  const [result] = parent === "" ? [] : await merger.merge([{ ours, theirs: commit, base: parent, labels }]);
  const { files: known, tree } = result?.verdict === "conflict" ? result : { files: [], tree: "" };
  const files = [...paths].map((path): ConflictFile => {
    return known.find((one) => one.path === path) ?? { path, kind: "merge-driver", stages: {}, others: [] };
  });
  const base = await git.attempt(["merge-base", "--end-of-options", onto.commit, place.head]);
  const asked = { files, tree, side: "ours" as const, commit: ours, base: base.exit === 0 ? base.stdout.trim() : null };
  const words = { here: onto.target, there: place.branch };
  const explained = await explainFiles(
    merger.git,
    { ...asked, origin: parent === "" ? undefined : parent, words },
    signal,
  );
  // What was picked before it is the branch's own.
  const own = (await git.output(["rev-list", `${onto.commit}..${ours}`, "--"])).split("\n");
  const without = ({ commits, ...file }: FileCheck): FileCheck => {
    return { ...file, commits: commits.filter((one) => !own.includes(one.commit)) };
  };
  return { commit, subject, files: explained.map(without) };
}

/** True when HEAD stands on the branch as before; nothing is forced where git does not abort. */
export async function giveUp(place: Place): Promise<boolean> {
  const { git, branch, head } = place;
  if (isStopped(place)) await git.attempt(["rebase", "--abort"], { timeoutMs: TIMEOUT_MS, isUnattended: true });
  if (isStopped(place)) return false;
  const now = await git.attempt(["rev-parse", "--verify", "HEAD"]);
  const isOn = readFileSync(join(place.adminDir, "HEAD"), "utf8").trimEnd() === `ref: refs/heads/${branch}`;
  return isOn && now.stdout.trim() === head;
}
