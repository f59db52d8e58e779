// Whose files a command would remove, move or empty: those of another's checkout, a directory that holds one, or what the
// repository itself is made of.

import { lstatSync } from "node:fs";
import { dirname, join } from "node:path";
import type { KnownSession } from "../roster/roster.ts";
import { choosesAbove, choosesIn } from "./chosen.ts";
import type { FilesClaim } from "./claims.ts";
import { currentBranches, type Others } from "./others.ts";
import { isThere, isWithin, meantNear, stashEntries, textIn } from "./places.ts";
import { isPlain, plainOf } from "./values.ts";
import type { Found } from "./verdict.ts";

export function filesHit(others: Others, claim: FilesClaim, home: string): Found {
  const look = { isFollowed: claim.extent === "content" };
  // Geometry first: who lives is only asked of those that a path has to do with.
  let met: Found;
  const touches = (one: KnownSession): boolean => {
    const { worktree_path: place } = one;
    const path = meantNear(claim.target, place, look).find((near) => isOf(near, one, { claim, others, home }));
    if (path !== undefined) {
      const kind = path !== place && isWithin(path, place) ? "inside" : "around";
      met = { session: one, what: { kind, path } };
    }
    return path !== undefined;
  };
  const session = others.elsewhere(undefined, touches);
  if (session !== undefined && met !== undefined) return { ...met, session };
  return repositoryHit(others, claim);
}

/** Whose checkout a file is in that is there, or is about to be. */
export function holderOf(others: Others, path: string, home: string): KnownSession | undefined {
  return others.elsewhere(undefined, (one) => {
    return path !== one.worktree_path && isWithin(path, one.worktree_path) && isItsOwn(path, one, { others, home });
  });
}

interface Looked {
  claim: FilesClaim;
  others: Others;
  home: string;
}

function isOf(path: string, one: KnownSession, { claim, others, home }: Looked): boolean {
  const { worktree_path: place } = one;
  if (!isThere(path) || !isThere(place)) return false;
  if (!isWithin(path, place)) return holds(path, place, claim);
  if (claim.extent !== "tree" && isDirectoryItself(path)) return false;
  if (!isItsOwn(path, one, { others, home })) return false;
  return claim.chosen === undefined || choosesIn(path, namedAs(claim, path), claim.chosen);
}

/** Of a path within its checkout. */
function isItsOwn(
  path: string,
  { worktree_path: place, git_dir }: KnownSession,
  { others, home }: Pick<Looked, "others" | "home">,
): boolean {
  // What is in the git directory is the repository's; and where a whole home is one checkout, all else is in it as well.
  if (path !== place && ((git_dir !== null && isWithin(path, git_dir)) || isWithin(home, place))) return false;
  const own = others.own?.worktree_path;
  if (own !== undefined && isWithin(own, place) && isWithin(path, own)) return false;
  return isPartOf(path, place);
}

/** As the command says it. */
function namedAs({ target: { pattern } }: FilesClaim, path: string): string {
  return isPlain(pattern) ? plainOf(pattern) : path;
}

/** A directory goes with all in it, unless only some of it is chosen or it does not reach as far. */
function holds(path: string, place: string, claim: FilesClaim): boolean {
  const { extent, isNarrowed, chosen } = claim;
  if (extent !== "tree" || isNarrowed === true || !isWithin(place, path)) return false;
  return chosen === undefined || choosesAbove({ start: path, named: namedAs(claim, path) }, place, chosen);
}

/** Not where a repository or worktree of its own begins in between; a submodule is part of what it is in. */
function isPartOf(path: string, place: string): boolean {
  for (let at = path; at !== place && isWithin(at, place); at = dirname(at)) {
    if (isThere(join(at, ".git")) && !textIn(join(at, ".git")).includes("/modules/")) return false;
  }
  return true;
}

function isDirectoryItself(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}

/** What a repository is not one without, from its git directory. */
const VITAL = [
  "",
  "HEAD",
  "config",
  "objects",
  "objects/pack",
  "refs",
  "refs/heads",
  "packed-refs",
  "logs",
  "worktrees",
];

function repositoryHit(others: Others, claim: FilesClaim): Found {
  let met: Found;
  const session = others.find((one) => {
    if (one.git_dir === null || claim.isNarrowed === true || (claim.chosen?.names.length ?? 0) > 0) return false;
    const { git_dir: gitDir } = one;
    const path = meantNear(claim.target, gitDir, { isFollowed: claim.extent === "content" }).find((near) => {
      return isThere(near) && (isVital(near, one, gitDir) ? isReached(near, claim) : holds(near, gitDir, claim));
    });
    if (path !== undefined) met = { session: one, what: { kind: "repository", path } };
    return path !== undefined;
  });
  return session === undefined || met === undefined ? undefined : { ...met, session };
}

/** `rm` without -r leaves directories alone. */
function isReached(path: string, { extent }: FilesClaim): boolean {
  return extent === "tree" || !isDirectoryItself(path);
}

function isVital(path: string, session: KnownSession, gitDir: string): boolean {
  if (!isWithin(path, gitDir)) return false;
  const name = path.slice(gitDir.length + 1);
  if (VITAL.includes(name)) return true;
  const admin =
    session.admin_name === null || session.admin_name === "" ? undefined : `worktrees/${session.admin_name}`;
  if (session.is_main_repo === 1 && name === "index") return true;
  if (admin !== undefined && [admin, `${admin}/HEAD`, `${admin}/index`, `${admin}/gitdir`].includes(name)) return true;
  if (currentBranches(session).some((branch) => isWithin(`refs/heads/${branch}`, name))) return true;
  const isStash = name === "refs/stash" || name === "logs/refs/stash" || name === "logs/refs";
  return (
    isStash &&
    stashEntries(gitDir).some(({ branch }) => branch !== undefined && currentBranches(session).includes(branch))
  );
}
