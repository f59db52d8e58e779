// Commits between two points, as git lists them: parents before children.

import type { Judging } from "./judging.ts";

export interface Commit {
  id: string;
  tree: string;
  parents: readonly string[];
}

/** In topological order, parents first. */
export type History = ReadonlyMap<string, Commit>;

/** Commits that are looked through for one judgement; 100,000 take git about a second. */
export const MAX_HISTORY = 100_000;

export interface Range {
  to: string;
  /** What these reach is left out. */
  without: readonly string[];
  isFirstParentOnly?: boolean;
}

/** Undefined when there are more than `most`. */
export async function readHistory(judging: Judging, range: Range, most: number): Promise<History | undefined> {
  const { git, options } = judging;
  const args = ["rev-list", "--topo-order", "--reverse", "--no-commit-header", "--format=%H %T %P"];
  const listed = await git.output([...args, `--max-count=${most + 1}`, ...revisions(range)], options);
  const commits = lines(listed).map((line): Commit => {
    const [id = "", tree = "", ...parents] = line.split(" ").filter((word) => word !== "");
    return { id, tree, parents };
  });
  return commits.length > most ? undefined : new Map(commits.map((commit) => [commit.id, commit]));
}

/** Ids only, parents first; of the commits that touch one of `paths` themselves, merges left out. */
export async function listTouching(judging: Judging, range: Range, paths: readonly string[]): Promise<string[]> {
  const args = ["rev-list", "--topo-order", "--reverse", "--no-merges", "--full-history", ...revisions(range), "--"];
  return lines(await judging.git.output([...args, ...limitedTo(paths)], judging.options));
}

/** The target's own line (first parents) as far as it touches one of `paths`, oldest first. */
export async function listLine(judging: Judging, range: Range, paths: readonly string[]): Promise<string[]> {
  const args = ["rev-list", "--first-parent", "--reverse", ...revisions(range), "--", ...limitedTo(paths)];
  return lines(await judging.git.output(args, judging.options));
}

function revisions({ to, without, isFirstParentOnly }: Range): string[] {
  return [...(isFirstParentOnly === true ? ["--first-parent"] : []), to, ...without.map((id) => `^${id}`)];
}

/** Far below what a system takes as arguments (128 KiB for one, 2 MiB for all on Linux; 1 MiB on macOS). */
const MAX_PATH_BYTES = 100_000;

/**
 * Arguments for these paths (their bytes, one a character), or for the directories they are in where that is too long.
 * None, which means all, where a path cannot be an argument: git then lists more, never less.
 */
export function limitedTo(paths: readonly string[]): string[] {
  let limits = [...new Set(paths)].map((path) => Buffer.from(path, "latin1").toString());
  if (limits.some((path) => path.includes("\ufffd"))) return [];
  while (limits.reduce((sum, path) => sum + Buffer.byteLength(path) + 1, 0) > MAX_PATH_BYTES) {
    const deepest = Math.max(...limits.map(depth));
    if (deepest <= 1) return [];
    limits = [
      ...new Set(limits.map((path) => (depth(path) === deepest ? path.slice(0, path.lastIndexOf("/")) : path))),
    ];
  }
  return limits;
}

function depth(path: string): number {
  return path.split("/").length;
}

/** From a commit along first parents to the oldest one that is in the history, newest first. */
export function firstParents(history: History, from: string): Commit[] {
  const line: Commit[] = [];
  for (let at = history.get(from); at !== undefined; at = history.get(at.parents[0] ?? "")) line.push(at);
  return line;
}

/** Which commit of the target's own line first brought each of these commits from beside it. */
export function landingsOf(history: History, target: string, own: { has(id: string): boolean }): Map<string, string> {
  const landings = new Map<string, string>();
  const seen = new Set<string>();
  for (const { id, parents } of firstParents(history, target).reverse()) {
    seen.add(id);
    const open = parents.slice(1);
    for (let at = open.pop(); at !== undefined; at = open.pop()) {
      const commit = history.get(at);
      if (commit === undefined || seen.has(at)) continue;
      seen.add(at);
      if (own.has(at)) landings.set(at, id);
      open.push(...commit.parents);
    }
  }
  return landings;
}

/** Whether one reaches the other inside this history. */
export function isAncestor(history: History, ancestor: string, descendant: string): boolean {
  const seen = new Set<string>();
  const open = [descendant];
  for (let id = open.pop(); id !== undefined; id = open.pop()) {
    if (id === ancestor) return true;
    if (seen.has(id)) continue;
    seen.add(id);
    open.push(...(history.get(id)?.parents ?? []));
  }
  return false;
}

/** The commit from which on the target may hold work of these: the best one that all their beginnings share. */
export async function whereItLeft({ git, options }: Judging, own: History, otherwise: string): Promise<string> {
  const outside = [...own.values()].flatMap(({ parents }) => parents.filter((id) => !own.has(id)));
  const beginnings = [...new Set(outside)];
  if (beginnings.length <= 1) return beginnings[0] ?? otherwise;
  const shared = await git.attempt(["merge-base", "--octopus", "--end-of-options", ...beginnings], options);
  return shared.exit === 0 ? (shared.stdout.split("\n")[0] ?? otherwise) : otherwise;
}

/** Which commits say, in git's own words, that they revert which: reverting commit → what it names (may be short). */
export async function readReverts(judging: Judging, range: Range): Promise<Map<string, string[]>> {
  const args = ["rev-list", "--fixed-strings", "--grep=This reverts commit", "--no-commit-header"];
  const listed = await judging.git.output([...args, "--format=%x02%H%x00%B", ...revisions(range)], judging.options);
  const reverts = new Map<string, string[]>();
  for (const record of listed.split("\u0002")) {
    const [id = "", message = ""] = record.split("\0");
    const named = [...message.matchAll(/This reverts commit ([0-9a-f]{7,64})/g)].map((match) => match[1] ?? "");
    reverts.set(id, [...(reverts.get(id) ?? []), ...named]);
  }
  return reverts;
}

function lines(output: string): string[] {
  return output.split("\n").filter((line) => line !== "");
}
