// Where a rebase may work: in the caller's own linked worktree, on a branch, with nothing under way in it.

import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Failure } from "../../core/failure.ts";
import { printable } from "../../core/text.ts";
import type { Db } from "../../db/db.ts";
import type { Git } from "../../git/git.ts";
import { locate } from "../../git/repository.ts";
import type { World } from "../../world.ts";
import { type KnownSession, livingOf, sessionOfClaude, sessionsAt, whoIs } from "../roster/roster.ts";
import { type LeftWork, leftWork, recorded } from "./records.ts";
import { isStopOf, rebaseUnderWay } from "./stopped.ts";

export interface Place {
  top: string;
  git: Git;
  /** The repository's common git directory, and the worktree's own. */
  gitDir: string;
  adminDir: string;
  branch: string;
  head: string;
}

/** Who asks: an agent's session works in its worktree; a person where the command was typed. */
export type Asker = { session: KnownSession } | { cwd: string };

type Effects = Pick<World, "git" | "processes" | "parentPid" | "cwd" | "env">;

/**
 * Errors: `rebase.main-checkout`, `rebase.not-yours`, `rebase.shared`, `rebase.detached`, `rebase.under-way`,
 * `rebase.no-commit`, and those of `locate`.
 */
export async function requirePlace(world: Effects, db: Db, asker: Asker): Promise<Place> {
  const { top, gitDir, adminDir, branch, head } = await requireCheckout(world, db, asker);
  const underWay = UNDER_WAY.find(({ file }) => existsSync(join(adminDir, file)));
  if (underWay !== undefined) {
    const meant = branch ?? branchOfRebase(adminDir);
    const git = world.git(top);
    const left = meant === undefined ? undefined : await leftWork(git, meant);
    const rebase = rebaseUnderWay(adminDir);
    const isOurs = rebase !== undefined && (await recorded(git)).some((one) => isStopOf(one, rebase));
    throw isUnderWay({ top, name: underWay.name, left, isOurs });
  }
  if (branch === undefined) throw detached(top);
  if (head === undefined) throw noCommit(branch);
  return { top, git: world.git(top), gitDir, adminDir, branch, head };
}

/** Whatever is under way there. Errors: `rebase.main-checkout`, `rebase.not-yours`, `rebase.shared`, and those of `locate`. */
export async function requireCheckout(world: Effects, db: Db, asker: Asker): Promise<Checkout> {
  const cwd = "session" in asker ? asker.session.worktree_path : asker.cwd;
  const { gitDir, here } = await locate(world.git(cwd));
  const { top, isLinked, adminName, branch, head } = here;
  if (top === undefined || !isLinked) throw mainCheckout(cwd);
  requireOwn(world, db, { asker, at: { path: top, gitDir, adminName } });
  return { top, gitDir, adminDir: join(gitDir, "worktrees", adminName), branch, head };
}

type Checkout = Omit<Place, "git" | "branch" | "head"> & Record<"branch" | "head", string | undefined>;

const UNDER_WAY = [
  { file: "rebase-merge", name: "rebase" },
  { file: "rebase-apply", name: "rebase" },
  { file: "MERGE_HEAD", name: "merge" },
  { file: "CHERRY_PICK_HEAD", name: "cherry-pick" },
  { file: "REVERT_HEAD", name: "revert" },
  { file: "BISECT_LOG", name: "bisect" },
] as const;

/** HEAD is on no branch while one is rebased. */
function branchOfRebase(adminDir: string): string | undefined {
  for (const directory of ["rebase-merge", "rebase-apply"]) {
    const file = join(adminDir, directory, "head-name");
    if (existsSync(file)) return /^refs\/heads\/(.+)$/.exec(readFileSync(file, "utf8").trimEnd())?.[1];
  }
  return undefined;
}

function requireOwn(
  world: Effects,
  db: Db,
  { asker, at }: { asker: Asker; at: { path: string; gitDir: string; adminName: string } },
): void {
  const own = "session" in asker ? asker.session : sessionOfClaude(world, db);
  const there = livingOf(world, sessionsAt(db, at));
  const others = there.filter(({ id }) => id !== own?.id);
  const [other] = others;
  if (other === undefined) return;
  // A person at a terminal in a session's worktree asks for that session; a session asks for no other.
  if (own === undefined && there.length === 1) return;
  const isShared = there.length > others.length || own === undefined;
  throw new Failure({
    code: isShared ? "rebase.shared" : "rebase.not-yours",
    message: isShared
      ? `${there.length} sessions work in ${printable(at.path)}: a rebase would change the files under them.`
      : `${printable(at.path)} is the worktree of ${whoIs(other)}.`,
    hint: isShared ? "End the others first." : "Only who works there rebases there. You can send it a message.",
    details: { sessionIds: others.map(({ id }) => id) },
  });
}

function mainCheckout(path: string): Failure {
  return new Failure({
    code: "rebase.main-checkout",
    message: `${printable(path)} is not a worktree beside the main checkout: rebasing is for those.`,
    hint: "In the main checkout use git itself: git rebase <target>.",
  });
}

interface UnderWay {
  top: string;
  name: string;
  left: LeftWork | undefined;
  /** It has stopped as it was asked to. */
  isOurs: boolean;
}

function isUnderWay({ top, name, left, isOurs }: UnderWay): Failure {
  const own = `git ${name === "bisect" ? "bisect reset" : `${name} --abort`}`;
  const abort = isOurs ? "parallel-cc rebase undo, which keeps what was resolved" : own;
  const kept = left === undefined ? "" : ` Uncommitted work that a rebase has set aside is ${left.ref}.`;
  const then = left === undefined ? "" : " After that this brings the work back: parallel-cc rebase undo";
  return new Failure({
    code: "rebase.under-way",
    message: `A ${name} is under way in ${printable(top)}.${kept}`,
    hint: `Finish it, or give it up: ${abort}.${then}`,
    details: { operation: name, ...(left === undefined ? {} : { ref: left.ref }) },
  });
}

function detached(top: string): Failure {
  return new Failure({
    code: "rebase.detached",
    message: `HEAD is on no branch in ${printable(top)}.`,
    hint: "Go to the branch that is meant: git switch <branch>.",
  });
}

function noCommit(branch: string): Failure {
  return new Failure({ code: "rebase.no-commit", message: `${printable(branch)} has no commit yet.` });
}
