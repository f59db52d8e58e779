// Making a worktree, and taking back one that was never finished.
//
// Only `git worktree add --no-checkout` runs under the repository's creation lock (two at once can fail on
// config.lock or read a half-written commondir); the long part, writing the files, runs beside the others.

import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { Failure } from "../../core/failure.ts";
import { clause } from "../../core/text.ts";
import { withLock } from "../../db/lock.ts";
import { removeIfEmpty, removeIfFile } from "../../files/directory.ts";
import { gitFailed, gitWords } from "../../git/git.ts";
import { parseWorktrees } from "../../git/porcelain.ts";
import { branchTip, deleteBranchAt, type Repository } from "../../git/repository.ts";
import type { World } from "../../world.ts";
import { whatStands } from "./untouched.ts";

export interface NewWorktree {
  path: string;
  branch: string;
  /** Where the branch starts: a full commit id. */
  commit: string;
}

type Effects = Pick<World, "git" | "paths" | "signal" | "sleep" | "log">;

/** Makes branch and worktree; answers warnings. On failure call `discardHalfMade`: this leaves what it had made. */
export async function createWorktree(world: Effects, repository: Repository, made: NewWorktree): Promise<string[]> {
  const signal = world.signal();
  const common = world.git(repository.gitDir);
  try {
    mkdirSync(dirname(made.path), { recursive: true });
  } catch (cause) {
    throw new Failure({
      code: "worktree.unwritable",
      message: `The directory for worktrees, ${dirname(made.path)}, cannot be made: ${cause instanceof Error ? cause.message : String(cause)}.`,
      hint: "Mend the cause (a file in its place, missing rights, a full disk) and run the command again.",
      cause,
    });
  }
  await whileNobodyCreates(world, repository.gitDir, async () => {
    const args = ["worktree", "add", "--no-track", "--no-checkout", "-b", made.branch, "--", made.path, made.commit];
    const result = await common.trusting().attempt(args, { signal });
    if (result.exit !== 0) throw creationFailed(args, result, made.path);
  });
  // Writes what `git worktree add` would, 5 % faster than the reset that it does, and without that one's reflog entry.
  // With the path among the arguments, one that outlives us is seen (`isBeingMade`).
  const files = ["-C", made.path, "read-tree", "-m", "-u", "--no-recurse-submodules", "HEAD"];
  const written = await common.attempt(files, { signal });
  if (written.exit !== 0) throw creationFailed(files, written, made.path);
  if (!repository.mayHaveCheckoutHook) return [];
  // What `git worktree add` does at its end when it writes the files itself.
  const zero = "0".repeat(made.commit.length);
  const hook = ["-C", made.path, "hook", "run", "--ignore-missing", "post-checkout", "--", zero, made.commit, "1"];
  const hooked = await common.attempt(hook, { signal });
  if (hooked.exit === 0) return [];
  const words = gitWords(hooked);
  return [
    `The repository's post-checkout hook failed in the new worktree (exit ${hooked.exit})${words === "" ? "." : `: ${words}`}`,
  ];
}

function creationFailed(args: readonly string[], result: Parameters<typeof gitWords>[0], path: string): Failure {
  return new Failure({
    code: "worktree.failed",
    message: `No worktree could be made at ${path}: ${clause(gitWords(result)) || `git ${args[0]} exit ${result.exit}`}.`,
    hint: "Nothing of it was left behind. Mend the cause and run the command again.",
    details: { path },
    cause: gitFailed(args, result),
  });
}

/** Holds the repository's creation lock meanwhile: nobody sees a worktree of ours half-made then. */
export async function whileNobodyCreates<T>(
  world: Pick<World, "paths" | "sleep" | "signal">,
  gitDir: string,
  work: () => Promise<T>,
): Promise<T> {
  const name = new Bun.CryptoHasher("sha1").update(gitDir).digest("hex");
  return withLock(world, join(world.paths.locks, `${name}.lock`), work);
}

const PAUSE_MS = 20;

export type Discarded = "gone" | "busy" | "kept";

/**
 * Takes back a worktree that nobody was ever told of. `busy`: a git that makes it still runs after `patienceMs`.
 * `kept`: it holds something that making it does not explain, so it stays.
 */
export async function discardHalfMade(
  world: Pick<World, "git" | "processes" | "paths" | "sleep" | "signal">,
  gitDir: string,
  made: NewWorktree,
  patienceMs = 0,
): Promise<Discarded> {
  const common = world.git(gitDir).trusting();
  return whileNobodyCreates(world, gitDir, async () => {
    for (let waitedMs = 0; isBeingMade(world, made); waitedMs += PAUSE_MS) {
      if (waitedMs >= patienceMs) return "busy";
      await world.sleep(PAUSE_MS);
    }
    removeUnfinished(gitDir, made);
    const entries = parseWorktrees(await common.output(["worktree", "list", "--porcelain", "-z"]));
    // Somebody moved it, or has its branch checked out elsewhere.
    if (entries.some((one) => one.branch === made.branch && one.path !== made.path)) return "kept";
    const entry = entries.find((one) => one.path === made.path);
    if (entry !== undefined) {
      const found = await whatStands(world, made);
      // Git takes its own lock away before the first file is written: that of a finished one is somebody's.
      if (found === "work" || (found === "finished" && entry.locked !== undefined)) return "kept";
      // Of a finished one git looks once more itself whether anything in it is somebody's.
      const force = found === "finished" ? [] : ["--force", "--force"];
      await common.output(["worktree", "remove", ...force, "--", made.path]);
    }
    removeIfEmpty(made.path);
    // Under another name it was reached through a symbolic link, and is not one that we made.
    if (dirname(made.path).endsWith("-worktrees")) removeIfEmpty(dirname(made.path));
    // Compare-and-swap: a branch that moved is somebody's.
    const tip = await branchTip(common, made.branch);
    if (tip === made.commit) await deleteBranchAt(common, made.branch, made.commit);
    if (tip === undefined) removeIfFile(join(gitDir, "logs", "refs", "heads", made.branch));
    return "gone";
  });
}

// A `git branch` that a killed `git worktree add` had started is told no path: it has the name as a whole argument.
function isBeingMade({ processes }: Pick<World, "processes">, made: NewWorktree): boolean {
  return [made.path, `\0${made.branch}\0`].some((text) => processes.withArgument(text).length > 0);
}

/**
 * What a `git worktree add` that was killed leaves: a worktree that git calls locked ("initializing", its last step
 * takes that away), or which makes every `git worktree list` fail (an empty commondir); no file is checked out by then.
 * And the lock that its `git branch` leaves. Only names with our random id in them are touched.
 */
function removeUnfinished(gitDir: string, made: NewWorktree): void {
  const known = join(gitDir, "worktrees", basename(made.path));
  if (existsSync(known) && isUnfinished(known, made.path)) {
    removeIfFile(join(made.path, ".git"));
    removeIfEmpty(made.path);
    rmSync(known, { recursive: true });
    removeIfEmpty(dirname(known));
  }
  removeIfFile(join(gitDir, "refs", "heads", `${made.branch}.lock`));
}

// `git worktree add --no-checkout` leaves no index: where there is one, somebody may have locked a finished worktree.
function isUnfinished(known: string, path: string): boolean {
  if (textOf(join(known, "gitdir")) === undefined) return true;
  // gtr lets git write the files as well: what stands there then is looked at like that of any other.
  if ((textOf(join(known, "commondir")) ?? "") !== "" && holdsFiles(path)) return false;
  return /^(initializing\s*)?$/.test(textOf(join(known, "locked")) ?? "-") && !existsSync(join(known, "index"));
}

function holdsFiles(path: string): boolean {
  return existsSync(path) && readdirSync(path).some((name) => name !== ".git");
}

function textOf(file: string): string | undefined {
  return existsSync(file) ? readFileSync(file, "utf8") : undefined;
}
