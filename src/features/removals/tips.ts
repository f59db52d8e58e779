// The commits that were known in a worktree and may be reachable from nowhere else: amended and reset ones in its
// reflogs, stash entries made there, what an operation under way remembers, refs of its own.

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Git } from "../../git/git.ts";
import type { TreePlace } from "./place.ts";
import type { Standing } from "./standing.ts";

interface Known {
  place: TreePlace;
  standing: Standing;
  branch: string | null;
  branchTip: string | null;
}

/** None that HEAD or another of them reaches; the branch's tip comes first. */
export async function tipsKnownThere(git: Git, known: Known): Promise<string[]> {
  const { head } = known.standing;
  const wanted = new Set(candidates(known));
  wanted.delete(head ?? "");
  if (wanted.size === 0) return [];
  // What is not there any more (an old reflog) is left out; what reaches nothing new is not listed.
  const input = [...wanted, ...(head === null ? [] : [`^${head}`])].map((one) => `${one}\n`).join("");
  const listed = await git.output(["rev-list", "--ignore-missing", "--parents", "--stdin"], { input });
  const parents = new Set<string>();
  const commits: string[] = [];
  for (const line of listed.split("\n")) {
    const [commit, ...above] = line.split(" ");
    if (commit !== undefined && commit !== "") commits.push(commit);
    for (const one of above) parents.add(one);
  }
  return commits.filter((one) => wanted.has(one) && !parents.has(one));
}

function candidates({ place, standing, branch, branchTip }: Known): string[] {
  const logs = [join(place.adminDir, "logs", "HEAD"), ...logsOf(place.gitDir, [branch, standing.branch])];
  return [
    ...(branchTip === null ? [] : [branchTip]),
    ...logs.flatMap((file) => commitsIn(textOf(file))),
    ...stashedThere(place.gitDir, [branch, standing.branch]),
    ...commitsOfOperation(place.adminDir),
  ];
}

function logsOf(gitDir: string, branches: readonly (string | null)[]): string[] {
  const named = [...new Set(branches)].filter((branch) => branch !== null);
  return named.map((branch) => join(gitDir, "logs", "refs", "heads", branch));
}

const COMMIT = /\b[0-9a-f]{40}(?:[0-9a-f]{24})?\b/g;

/** Every commit id in a text: a reflog's line begins with two, a list of what a rebase does has one a line. */
function commitsIn(text: string): string[] {
  return [...text.matchAll(COMMIT)].map(([id]) => id).filter((id) => !/^0+$/.test(id));
}

/** A stash entry says which branch it was made on: `WIP on <branch>: …`, `On <branch>: …`. */
function stashedThere(gitDir: string, branches: readonly (string | null)[]): string[] {
  return textOf(join(gitDir, "logs", "refs", "stash"))
    .split("\n")
    .flatMap((line) => {
      const [, entry, branch] = /^\S+ ([0-9a-f]+) [^\t]*\t(?:WIP on|On) ([^:]+):/.exec(line) ?? [];
      return entry !== undefined && branch !== undefined && branches.includes(branch) ? [entry] : [];
    });
}

/** MERGE_HEAD, ORIG_HEAD, rebase-merge/onto, refs/bisect/… */
function commitsOfOperation(adminDir: string): string[] {
  if (!existsSync(adminDir)) return [];
  return readdirSync(adminDir, { withFileTypes: true }).flatMap((entry) => {
    const path = join(adminDir, entry.name);
    if (/^(logs|modules|index|gitdir|commondir)$/.test(entry.name)) return [];
    if (entry.isFile()) return commitsIn(textOf(path));
    return entry.isDirectory() ? commitsOfOperation(path) : [];
  });
}

function textOf(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}
