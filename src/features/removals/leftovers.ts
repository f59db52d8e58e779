// What is left of a worktree whose directory somebody else removed: git's record of it, or its branch alone. Both go by
// the same rules; a directory that may only be out of reach keeps its record.

import { existsSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { printable, shellWord } from "../../core/text.ts";
import { parseStatus } from "../../git/porcelain.ts";
import { branchTip } from "../../git/repository.ts";
import type { World } from "../../world.ts";
import { isBranchFree } from "./branch.ts";
import {
  changesIn,
  type Effects,
  type Examined,
  type Keep,
  type Known,
  keptBy,
  keptByLock,
  keptOnRequest,
  landingsOf,
  type Subject,
  weigh,
} from "./examine.ts";
import { workAmongTracked } from "./nested.ts";
import { gitAt, type TreePlace } from "./place.ts";
import { operationIn, type Standing } from "./standing.ts";

const DAY_MS = 86_400_000;

/** git's record of a worktree whose directory is gone. Its index may hold what was staged and nothing else has. */
export async function examineRegistration(
  world: Effects & Pick<World, "now">,
  subject: Subject,
  place: TreePlace,
  known: Known = {},
): Promise<Examined> {
  const { row, gitDir } = subject;
  const keeps: Keep[] = [];
  const owner = await subject.owner();
  if (owner !== undefined) keeps.push(keptBy(owner));
  keeps.push(...keptByLock(place, row.path));
  if (existsSync(row.path)) keeps.push({ reason: "changed-meanwhile", detail: "its directory is there again" });
  else if (!existsSync(dirname(row.path))) {
    keeps.push({
      reason: "missing",
      detail: `${printable(dirname(row.path))} is not there: its disk may not be mounted`,
    });
  }
  // git (2.39 to 2.52) mends the record once a day when somebody works in a directory that was moved by hand.
  const quietMs = world.now().getTime() - lastUse(place.adminDir);
  if (quietMs < DAY_MS) {
    const hint = `Drop its record now: parallel-cc worktree remove --force ${shellWord(row.name)}`;
    keeps.push({
      reason: "recently-used",
      detail: "its directory has been gone for less than a day, and may have been moved",
      hint,
    });
  }
  if (row.is_kept === 1) keeps.push(keptOnRequest(row));
  const standing = await standingWithoutTree(world, place);
  if (standing === undefined) {
    keeps.push({ reason: "unreadable", detail: "git cannot read its record" });
    return { standing, branchTip: null, landings: [], keeps, proofs: [], isUnused: false, repositories: [] };
  }
  keeps.push(...changesIn(standing));
  const proofs = ["its directory is gone"];
  const tip = row.branch === null ? undefined : await branchTip(world.git(gitDir).trusting(), row.branch);
  const landings = await landingsOf(world, subject, { standing, tip, ...known });
  return { standing, branchTip: tip ?? null, ...weigh(row, landings, { keeps, proofs }) };
}

/** A branch of ours that no worktree has. */
export async function examineBranch(world: Effects, subject: Subject, known: Known = {}): Promise<Examined> {
  const { row, gitDir } = subject;
  const keeps: Keep[] = [];
  const owner = await subject.owner();
  if (owner !== undefined) keeps.push(keptBy(owner));
  const git = world.git(gitDir).trusting();
  const tip = row.branch === null ? undefined : await branchTip(git, row.branch);
  if (existsSync(row.path)) keeps.push({ reason: "changed-meanwhile", detail: "its worktree is there again" });
  if (row.branch !== null && !isBranchFree(gitDir, row.branch)) {
    keeps.push({ reason: "in-use", detail: "it is checked out somewhere" });
  }
  if (row.is_kept === 1) keeps.push(keptOnRequest(row));
  const landings = await landingsOf(world, subject, { standing: NOTHING, tip, ...known });
  const proofs = ["it has no worktree any longer"];
  return { standing: NOTHING, branchTip: tip ?? null, ...weigh(row, landings, { keeps, proofs }) };
}

const NOTHING: Standing = {
  head: null,
  branch: null,
  changed: [],
  isAsCommitted: true,
  unmerged: [],
  flagged: [],
  index: { stamp: "", links: [], flagged: [], directories: [] },
  ignored: [],
  operation: null,
  nested: [],
};

/** What is staged, and which commit HEAD stands on. */
async function standingWithoutTree(world: Effects, place: TreePlace): Promise<Standing | undefined> {
  const git = gitAt(world, { ...place, top: place.gitDir });
  const [told, staged] = await Promise.all([
    git.attempt(["status", "--porcelain=v2", "--branch", "-z", "--no-renames", "--untracked-files=no"]),
    git.attempt(["diff-index", "--cached", "-z", "--name-only", "--end-of-options", "HEAD", "--"]),
  ]);
  if (told.exit !== 0 || staged.exit !== 0) return undefined;
  const { head, branch, unmerged } = parseStatus(told.stdout);
  const changed = staged.stdout.split("\0").filter((path) => path !== "");
  const nested = await workAmongTracked(world.git(place.gitDir), place, { links: [], directories: [] });
  const operation = operationIn(place.adminDir);
  return { ...NOTHING, head, branch, changed, isAsCommitted: changed.length === 0, unmerged, operation, nested };
}

function lastUse(adminDir: string): number {
  const files = ["HEAD", "index", "gitdir", join("logs", "HEAD")].map((name) => join(adminDir, name));
  return Math.max(0, ...files.map((file) => statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0));
}
