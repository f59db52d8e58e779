// `conflicts check`: would a branch merge with its target? Asked of git itself, without a checkout. What it could not
// tell is an error, not "no conflicts".

import { Failure } from "../../core/failure.ts";
import { clause, printable } from "../../core/text.ts";
import { type Merger, openMerger } from "../../git/merge-tree.ts";
import type { World } from "../../world.ts";
import { type LastSeen, mergeMeant, shortRef } from "../merges/merges.ts";
import { explainFiles, type FileCheck } from "./brought.ts";
import { checkoutFor } from "./checkout.ts";

export interface CheckInput {
  branch: string;
  target?: string | undefined;
  fetch?: boolean | undefined;
}

export interface TargetCheck {
  /** As people write it: `main`, `origin/main`. */
  target: string;
  commit: string;
  /** Where both parted; null when they never met. */
  base: string | null;
  verdict: "clean" | "conflict" | "unknown";
  /** Of an unknown one. */
  why: string | null;
  files: FileCheck[];
}

export interface Checked {
  hasConflicts: boolean;
  branch: string;
  tip: string;
  /** Of a branch that is not there: by what its tip is known. */
  lastSeen: LastSeen | null;
  /** The target, and what it follows on a remote where that stands elsewhere. */
  targets: TargetCheck[];
}

type Effects = Pick<World, "cwd" | "db" | "git" | "log" | "signal" | "runProgram">;

/**
 * Only commits are judged, as git would merge them in the checkout that is meant. Errors: `conflicts.unknown`,
 * `conflicts.target-unknown`, and those of `mergeMeant` but `target.unknown`.
 */
export async function checkConflicts(world: Effects, input: CheckInput): Promise<Checked> {
  const { git, gitDir, branch, tip, lastSeen, targets } = await mergeMeant(world, input).catch((thrown: unknown) => {
    throw thrown instanceof Failure && thrown.code === "target.unknown" ? unknownTarget(input.target, thrown) : thrown;
  });
  const signal = world.signal();
  const checkout = await checkoutFor(world, { branch, targets });
  using merger = await openMerger(git, { objects: { gitDir }, id: tip, withRegions: true, checkout, signal });
  const found: TargetCheck[] = [];
  const apart = targets.filter(({ commit }, at) => targets.findIndex((one) => one.commit === commit) === at);
  const pairs = apart.map(({ name, commit }) => {
    return { ours: tip, theirs: commit, labels: { ours: branch, theirs: shortRef(name) } };
  });
  const results = await merger.merge(pairs);
  for (const [at, target] of apart.entries()) {
    const result = results[at] ?? { verdict: "unknown", why: "git did not tell of it" };
    const base = await baseOf(merger, [tip, target.commit], signal);
    const judged = { target: shortRef(target.name), commit: target.commit, base, verdict: result.verdict };
    const why = result.verdict === "unknown" ? result.why : null;
    const words = { here: branch, there: shortRef(target.name) };
    const asked = { side: "theirs" as const, commit: target.commit, base, words };
    const files =
      result.verdict === "conflict"
        ? await explainFiles(merger.git, { ...asked, files: result.files, tree: result.tree }, signal)
        : [];
    found.push({ ...judged, why, files });
  }
  const hasConflicts = found.some(({ verdict }) => verdict === "conflict");
  const untold = found.find(({ verdict }) => verdict === "unknown");
  if (!hasConflicts && untold !== undefined) throw unknown(branch, untold);
  return { hasConflicts, branch, tip, lastSeen, targets: found };
}

async function baseOf({ git }: Merger, commits: readonly string[], signal: AbortSignal): Promise<string | null> {
  const found = await git.attempt(["merge-base", "--end-of-options", ...commits], { signal });
  return found.exit === 0 ? found.stdout.trim() : null;
}

function unknown(branch: string, { target, commit, why }: TargetCheck): Failure {
  return new Failure({
    kind: "unavailable",
    code: "conflicts.unknown",
    message: `Whether ${printable(branch)} conflicts with ${printable(target)} could not be told: ${clause(why ?? "")}.`,
    hint: "Merge them by hand in a worktree of their own to see; nothing was changed.",
    details: { branch, target, commit },
  });
}

function unknownTarget(target: string | undefined, cause: Failure): Failure {
  const isNamed = target !== undefined;
  return new Failure({
    code: "conflicts.target-unknown",
    message: isNamed
      ? `There is no other branch "${printable(target)}" to check it against.`
      : "Neither a recorded target nor a default branch is there to check it against.",
    hint: isNamed
      ? "`git branch --all` lists the branches of this repository."
      : "Name it: parallel-cc conflicts check <branch> <target>",
    cause,
  });
}
