// Whose work a claim would destroy, by the registry and the files of the repository. One's own is one's own; what cannot
// be decided is nobody's.

import { existsSync } from "node:fs";
import { join } from "node:path";
import type { World } from "../../world.ts";
import type { KnownSession } from "../roster/roster.ts";
import type { Claim } from "./claims.ts";
import { filesHit } from "./files.ts";
import { currentBranches, type Others } from "./others.ts";
import { type Meant, meantBy, meantNear, realFrom, type StashEntry, stashEntries } from "./places.ts";
import { StashMakers } from "./stash-makers.ts";

/** A claim that hits another live session. */
export interface Hit {
  claim: Claim;
  session: KnownSession;
  /** The branch, the entry or the path that is meant, as it is told. */
  what: Subject;
}

export type Subject =
  | { kind: "checkout" | "worktree" | "missing" | "reflogs" }
  | { kind: "branch" | "pushed"; branch: string }
  | { kind: "stash"; number: number; entry: StashEntry; own: number | undefined }
  /** `path` is in its checkout, holds it, or is of the repository itself. */
  | { kind: "inside" | "around" | "repository"; path: string };

type Effects = Pick<World, "git" | "env">;

/** The first one that hits. */
export async function firstHit(world: Effects, others: Others, claims: readonly Claim[]): Promise<Hit | undefined> {
  for (const claim of claims) {
    const hit = claim.kind === "files" ? filesHit(others, claim, world.env.home) : await gitHit(world, others, claim);
    if (hit !== undefined) return { claim, ...hit };
  }
  return undefined;
}

export type Found = Omit<Hit, "claim"> | undefined;
type GitClaim = Exclude<Claim, { kind: "files" }>;

async function gitHit(world: Effects, others: Others, claim: GitClaim): Promise<Found> {
  const meant = meantBy(claim.at);
  if (meant === undefined) return undefined;
  switch (claim.kind) {
    case "checkout":
      return checkoutHit(others, claim, meant);
    case "branch":
      return branchHit(others, claim, meant);
    case "pushed":
      return pushedHit(world, others, claim, meant);
    case "stash":
      return stashHit(others, claim, meant);
    case "worktree": {
      const { target } = claim;
      const named = target.pattern.replaceAll("\\", "");
      const session = others.elsewhere(meant.gitDir, ({ worktree_path: path, is_main_repo }) => {
        // git takes the end of its path as well.
        return is_main_repo === 0 && (path.endsWith(`/${named}`) || meantNear(target, path, FOLLOWED).includes(path));
      });
      return session && { session, what: { kind: "worktree" } };
    }
    case "prune": {
      const session = others.elsewhere(meant.gitDir, (one) => isPrunable(one, meant.gitDir));
      return session && { session, what: { kind: "missing" } };
    }
    case "reflogs": {
      const session = others.elsewhere(meant.gitDir, () => true);
      return session && { session, what: { kind: "reflogs" } };
    }
  }
}

const FOLLOWED = { isFollowed: true } as const;

function checkoutHit(others: Others, claim: Extract<GitClaim, { kind: "checkout" }>, { tops }: Meant): Found {
  const { at, onlyIf, isNestedToo } = claim;
  if (onlyIf !== undefined && meantNear(onlyIf, onlyIf.directory, FOLLOWED).every((path) => !existsSync(path))) {
    return undefined;
  }
  const session = others.elsewhere(undefined, ({ worktree_path: path }) => tops.includes(path));
  if (session !== undefined) return { session, what: { kind: "checkout" } };
  if (isNestedToo !== true) return undefined;
  const here = realFrom(at.directory, ".", FOLLOWED);
  const nested = others.elsewhere(undefined, ({ worktree_path: path }) => path.startsWith(`${here}/`));
  return nested && { session: nested, what: { kind: "worktree" } };
}

function branchHit(others: Others, { branch }: { branch: string }, { gitDir, tops }: Meant): Found {
  if (branch === "HEAD" || branch === "@") {
    const there = others.elsewhere(gitDir, ({ worktree_path: path }) => tops.includes(path));
    const [current] = there === undefined ? [] : currentBranches(there);
    return there && { session: there, what: { kind: "branch", branch: current ?? "HEAD" } };
  }
  const session = hasOut(others, gitDir, branch);
  return session && { session, what: { kind: "branch", branch } };
}

function hasOut(others: Others, gitDir: string, branch: string): KnownSession | undefined {
  const own = others.ownIn(gitDir);
  if (own !== undefined && currentBranches(own).includes(branch)) return undefined;
  return others.elsewhere(gitDir, (one) => currentBranches(one).includes(branch));
}

async function pushedHit(
  world: Effects,
  others: Others,
  { at, remote, branches }: Extract<GitClaim, { kind: "pushed" }>,
  meant: Meant,
): Promise<Found> {
  const { gitDir, tops } = meant;
  const named = branches === "all" ? [] : [...branches];
  if (branches === "all") {
    const session = others.elsewhere(gitDir, (one) => currentBranches(one).length > 0);
    const [branch] = session === undefined ? [] : currentBranches(session);
    if (branch !== undefined) named.push(branch);
  }
  for (const name of named) {
    const found = branchHit(others, { branch: name }, { ...meant, tops: name === "HEAD" ? tops : [] });
    if (found?.what.kind !== "branch") continue;
    const { branch } = found.what;
    const isHome = remote === undefined || remote === "origin" || remote === ".";
    if (isHome || (await homesOf(world, at.directory, branch)).includes(remote)) {
      return { session: found.session, what: { kind: "pushed", branch } };
    }
  }
  return undefined;
}

/** The remotes that a branch comes from and goes to. A copy of it elsewhere (a place of deployment) is none. */
async function homesOf({ git }: Effects, directory: string, branch: string): Promise<string[]> {
  const format = "--format=%(upstream:remotename)%0a%(push:remotename)";
  const listed = await git(directory).attempt(["for-each-ref", format, "--end-of-options", `refs/heads/${branch}`]);
  return listed.stdout.split("\n").filter((name) => name !== "");
}

function stashHit(others: Others, { entry }: Extract<GitClaim, { kind: "stash" }>, { gitDir }: Meant): Found {
  const entries = stashEntries(gitDir);
  const makers = new StashMakers(others, gitDir);
  for (const [number, one] of entries.entries()) {
    const session = entry === "all" || number === entry ? makers.otherOf(one) : undefined;
    if (session === undefined) continue;
    const own = entries.findIndex((other) => makers.isOwn(other));
    return { session, what: { kind: "stash", number, entry: one, own: own < 0 ? undefined : own } };
  }
  return undefined;
}

/** git forgets it: its directory is not where it was (moved, or on a disk that is not mounted), and it is not locked. */
function isPrunable({ is_main_repo, worktree_path, admin_name }: KnownSession, gitDir: string): boolean {
  if (is_main_repo === 1 || admin_name === null || admin_name === "") return false;
  const adminDir = join(gitDir, "worktrees", admin_name);
  return existsSync(adminDir) && !existsSync(join(adminDir, "locked")) && !existsSync(join(worktree_path, ".git"));
}
