// Which repository a directory belongs to, and what stands in it. A repository is its real common git directory:
// a subdirectory, a symlink to it and every linked worktree are the same one.

import { existsSync, readFileSync, realpathSync, statSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { Failure } from "../core/failure.ts";
import { repositoryId, topOf } from "./checkout.ts";
import { type Git, gitFailed, gitWords } from "./git.ts";
import { parseVersion, parseWorktrees, type Version, type WorktreeEntry } from "./porcelain.ts";

export interface Repository {
  /** Real path of the common git directory: the repository's identity. */
  gitDir: string;
  /** The same by device and inode, which a rename keeps. */
  gitDirId: string;
  /** Top of the main checkout; of a bare repository its own directory. */
  path: string;
  isBare: boolean;
  worktrees: readonly WorktreeEntry[];
  /** Where git looks for the hooks of this checkout. */
  hooks: string;
  /** False only when git certainly has nothing to run after a checkout in a new worktree. */
  mayHaveCheckoutHook: boolean;
  here: Place;
}

/** Where in a repository a directory is. */
export interface Place {
  /** Top of the checkout the directory is in; undefined inside a bare repository or a git directory. */
  top: string | undefined;
  /** Path from the top, without slashes at the ends; "" at the top. */
  subdirectory: string;
  isLinked: boolean;
  /** Its name below the repository's `worktrees/`, which a move keeps; "" for the main checkout. */
  adminName: string;
  head: string | undefined;
  branch: string | undefined;
}

export const REQUIRED_GIT = { major: 2, minor: 39 } as const;

// rev-parse echoes flags it does not know. No path has this one in it: a file name ends at 255 bytes.
const SEPARATOR = `--parallel-cc${"-".repeat(256)}`;

export async function locate(git: Git): Promise<Repository> {
  const [answered, where, listed] = await Promise.all([
    git.attempt(["version"]),
    git.attempt([
      "rev-parse",
      "--path-format=absolute",
      "--git-common-dir",
      SEPARATOR,
      "--git-dir",
      SEPARATOR,
      "--is-bare-repository",
      SEPARATOR,
      // Of a file in it git makes a failure where core.hooksPath is /dev/null, and says nothing of what comes after.
      "--git-path",
      "hooks",
      SEPARATOR,
      "--show-prefix",
      SEPARATOR,
      "--show-toplevel",
    ]),
    git.attempt(["worktree", "list", "--porcelain", "-z"]),
  ]);
  const isAnswered = where.stdout !== "" && listed.exit === 0;
  if (!isAnswered && answered.exit === 0 && !existsSync(git.directory)) throw gone(git.directory);
  const version = requireVersion(answered.stdout);
  // Outside a checkout (bare, or inside .git) the last question fails; all answers before it are there.
  const [commonDir, ownDir, bare, hooks, prefix, top] = where.stdout.replace(/\n$/, "").split(`\n${SEPARATOR}\n`);
  if (commonDir === undefined || ownDir === undefined || bare === undefined) {
    if (topOf(git.directory) !== undefined) throw refused(git.directory, gitWords(where));
    throw new Failure({
      code: "repository.none",
      message: `No git repository at ${git.directory} (git: ${gitWords(where) || "no reason given"}).`,
      hint: "Go into a repository, or name one with --repo <path>.",
      details: { directory: git.directory },
    });
  }
  if (listed.exit !== 0) throw gitFailed(["worktree", "list"], listed);
  const worktrees = parseWorktrees(listed.stdout);
  const isLinked = realPath(commonDir) !== realPath(ownDir);
  const topPath = where.exit === 0 && top !== undefined && top !== "" ? realPath(top) : undefined;
  const entry = worktrees.find((one) => one.path === (topPath ?? worktrees[0]?.path)) ?? worktrees[0];
  const gitDir = realPath(commonDir);
  const isBare = bare === "true" || worktrees[0]?.isBare === true;
  return {
    gitDir,
    gitDirId: repositoryId(gitDir),
    path:
      !isLinked && topPath !== undefined ? topPath : await mainPath(git, { gitDir, isBare, first: worktrees[0]?.path }),
    isBare,
    worktrees,
    hooks: hooks ?? join(gitDir, "hooks"),
    mayHaveCheckoutHook: mayHaveHook({ hook: join(hooks ?? "", "post-checkout"), gitDir, version }),
    here: {
      top: topPath,
      subdirectory: topPath === undefined ? "" : (prefix ?? "").replace(/\/$/, ""),
      isLinked: isLinked && topPath !== undefined,
      adminName: isLinked ? basename(realPath(ownDir)) : "",
      head: entry?.head,
      branch: entry?.branch,
    },
  };
}

/** Of what git has just told of. Errors: `directory.gone`, when another command has removed it since. */
function realPath(path: string): string {
  try {
    return realpathSync(path);
  } catch (cause) {
    throw gone(path, cause);
  }
}

/** Errors: `directory.gone`. */
export function requireThere(path: string): void {
  if (!existsSync(path)) throw gone(path);
}

function gone(path: string, cause?: unknown): Failure {
  return new Failure({
    code: "directory.gone",
    message: `${path} is not there any more: somebody has removed it just now.`,
    hint: "See what is there with `git worktree list`, and run the command again.",
    cause,
  });
}

// git names the main worktree after its git directory, which is wrong for submodules and --separate-git-dir: there
// only the checkout itself knows where it is, and of a submodule its git directory.
async function mainPath(git: Git, found: { gitDir: string; isBare: boolean; first: string | undefined }) {
  if (basename(found.gitDir) === ".git") return dirname(found.gitDir);
  const own = found.isBare
    ? undefined
    : await git.at(found.gitDir).trusting().attempt(["rev-parse", "--show-toplevel"]);
  if (own?.exit === 0) return realPath(own.stdout.replace(/\n$/, ""));
  return found.first ?? found.gitDir;
}

// A `core.hooksPath` may be relative to the new worktree; and later versions of git know hooks from settings.
function mayHaveHook(found: { hook: string; gitDir: string; version: Version }): boolean {
  const { hook, gitDir, version } = found;
  return version.major > 2 || version.minor >= 50 || hook !== join(gitDir, "hooks/post-checkout") || existsSync(hook);
}

export function requireVersion(output: string): Version {
  const version = parseVersion(output);
  const { major, minor } = REQUIRED_GIT;
  if (version !== undefined && (version.major > major || (version.major === major && version.minor >= minor))) {
    return version;
  }
  throw new Failure({
    code: "git.too-old",
    message: `git ${version?.text ?? "of an unknown version"} is too old: parallel-cc needs ${major}.${minor} or newer.`,
    hint: "Install a newer git and put it first on PATH.",
  });
}

/** There is one, and git will not open it: another user's, or its settings are broken. */
function refused(directory: string, reason: string): Failure {
  return new Failure({
    code: "repository.refused",
    message: `git does not open the repository at ${directory}: ${reason || "no reason given"}.`,
    hint: "Mend what git says; for a repository of another user: git config --global --add safe.directory <path>",
    details: { directory },
  });
}

/** The name that a checkout has below its repository's `worktrees/`; "" for a main one, undefined when it is none. */
export function adminNameOf(path: string): string | undefined {
  try {
    if (statSync(join(path, ".git")).isDirectory()) return "";
    const pointed = readFileSync(join(path, ".git"), "utf8").replace(/\n$/, "");
    return pointed.startsWith("gitdir: ") ? basename(pointed) : undefined;
  } catch {
    return undefined;
  }
}

/** Where git has a linked worktree by that name now; undefined when it knows none, or none is there. */
export function worktreePathOf(gitDir: string, adminName: string): string | undefined {
  try {
    const file = readFileSync(join(gitDir, "worktrees", adminName, "gitdir"), "utf8").replace(/\n$/, "");
    return existsSync(file) ? realpathSync(dirname(file)) : undefined;
  } catch {
    return undefined;
  }
}

/** The commit a name stands for, or undefined when it stands for none. */
export async function commitOf(git: Git, name: string): Promise<string | undefined> {
  const result = await git.attempt(["rev-parse", "--verify", "--quiet", "--end-of-options", `${name}^{commit}`]);
  const commit = result.stdout.trim();
  return result.exit === 0 && /^[0-9a-f]{40,64}$/.test(commit) ? commit : undefined;
}

export async function branchTip(git: Git, branch: string): Promise<string | undefined> {
  return commitOf(git, `refs/heads/${branch}`);
}

/** Deletes a branch only while it still is at that commit (compare-and-swap). */
export async function deleteBranchAt(git: Git, branch: string, commit: string): Promise<void> {
  await git.output(["update-ref", "-d", "--end-of-options", `refs/heads/${branch}`, commit]);
}

// Beside a submodule is inside the repository it is part of, where it would be somebody's untracked files.
function outermostCheckout({ path, gitDir }: Pick<Repository, "path" | "gitDir">): string {
  const modules = gitDir.indexOf("/.git/modules/");
  return modules < 0 ? path : gitDir.slice(0, modules);
}

/** `<repository>-worktrees`, beside the repository; of a submodule, beside the outermost one. */
export function defaultWorktreesDirectory(repository: Pick<Repository, "path" | "isBare" | "gitDir">): string {
  const path = repository.isBare ? repository.path.replace(/\.git$/, "") : outermostCheckout(repository);
  const directory = join(dirname(path), `${basename(path)}-worktrees`);
  try {
    // Where it is a symbolic link, git names worktrees by what it leads to.
    return realpathSync(directory);
  } catch {
    return directory;
  }
}
