// Whether a worktree that nobody was told of holds anything that making it does not explain. Somebody may have found
// it: a file that git ignores, a commit that was reset, or a shell standing in it are theirs.

import type { Git } from "../../git/git.ts";
import { pathsOfStatus } from "../../git/porcelain.ts";
import { workingIn } from "../../proc/alive.ts";
import type { World } from "../../world.ts";
import type { NewWorktree } from "./create.ts";

/** `finished`: all files are there and nothing else is; `unfinished`: some of them, and nothing else. */
export async function whatStands(
  world: Pick<World, "git" | "processes">,
  made: NewWorktree,
): Promise<"work" | "finished" | "unfinished"> {
  const own = world.git(made.path);
  if (await hasHistory(own, made)) return "work";
  const standing = world.processes.workingDirectories();
  if (standing === undefined || workingIn(standing, made.path).length > 0) return "work";
  const index = await own.attempt(["ls-files", "-z", "--cached"]);
  // Git writes the index when all files are there: before that every file of the commit may be, and no other.
  if (index.exit !== 0 || index.stdout === "") return (await hasForeignFiles(own, made)) ? "work" : "unfinished";
  const status = [
    "--porcelain",
    "-z",
    "--no-renames",
    "--untracked-files=all",
    "--ignored=matching",
    "--ignore-submodules=none",
  ];
  const result = await own.attempt(["status", ...status]);
  return result.exit !== 0 || pathsOfStatus(result.stdout).length > 0 ? "work" : "finished";
}

/** Making it leaves one entry in each reflog; a commit that was reset again stands in the further ones. */
async function hasHistory(own: Git, made: NewWorktree): Promise<boolean> {
  const head = await own.attempt(["rev-parse", "--verify", "--quiet", "HEAD"]);
  if (head.exit === 0 && head.stdout.trim() !== made.commit) return true;
  for (const ref of ["HEAD", `refs/heads/${made.branch}`]) {
    const entries = await own.attempt(["log", "--walk-reflogs", "--format=%H", "--end-of-options", ref, "--"]);
    if (entries.stdout.split("\n").some((line) => line !== "" && line !== made.commit)) return true;
  }
  return false;
}

async function hasForeignFiles(own: Git, made: NewWorktree): Promise<boolean> {
  const [others, tree] = await Promise.all([
    own.attempt(["ls-files", "-z", "--others"]),
    own.attempt(["ls-tree", "-r", "-z", "--name-only", "--full-tree", "--end-of-options", made.commit]),
  ]);
  if (others.exit !== 0 || tree.exit !== 0) return true;
  const known = new Set(tree.stdout.split("\0"));
  return others.stdout.split("\0").some((path) => path !== "" && !known.has(path));
}
