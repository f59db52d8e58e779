// Where each session's branch is meant to land, as commits of now: the recorded target branch, else the default one; and
// what that follows on a remote, where the two differ.

import type { Git } from "../../git/git.ts";
import { type Ref, targetsFor } from "../merges/merges.ts";
import type { KnownSession } from "../roster/roster.ts";
import type { Side } from "./pairs.ts";

export interface LandingPlace extends Side {
  /** As people write it. */
  name: string;
}

/** By session. Errors: those of git. */
export async function landingPlaces(git: Git, sessions: readonly KnownSession[]): Promise<Map<string, LandingPlace[]>> {
  const byTarget = new Map<string | null, Ref[]>();
  for (const { target_branch: target } of sessions) {
    if (!byTarget.has(target)) byTarget.set(target, wanted(await targetsFor(git, { branch: null, target })));
  }
  const commits = [...new Set([...byTarget.values()].flat().map(({ commit }) => commit))];
  const trees = await treesOf(git, commits);
  const places = sessions.map(({ id, branch, target_branch: target }) => {
    const refs = (byTarget.get(target) ?? []).filter(({ name }) => name !== `refs/heads/${branch}`);
    const found = refs.flatMap(({ name, commit }) => {
      const tree = trees.get(commit);
      return tree === undefined ? [] : [{ name: name.replace(/^refs\/(heads|remotes)\//, ""), commit, tree }];
    });
    return [id, found.filter(({ commit }, at) => found.findIndex((one) => one.commit === commit) === at)] as const;
  });
  return new Map(places);
}

/** The first, and what it follows. */
function wanted([first, ...others]: readonly Ref[]): Ref[] {
  if (first === undefined) return [];
  return [first, ...others.filter(({ name }) => name === first.upstream)];
}

async function treesOf(git: Git, commits: readonly string[]): Promise<Map<string, string>> {
  if (commits.length === 0) return new Map();
  const names = commits.map((commit) => `${commit}^{tree}`);
  const read = await git.attempt(["rev-parse", "--end-of-options", ...names]);
  const trees = read.stdout.split("\n").filter((line) => /^[0-9a-f]{40,64}$/.test(line));
  return new Map(trees.length === commits.length ? commits.map((commit, at) => [commit, trees[at] ?? ""]) : []);
}
