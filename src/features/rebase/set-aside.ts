// Uncommitted work, set aside for a rebase and put back: kept as one commit under a ref of its own all the while, and
// never on git's stash, which is one for all worktrees. What was staged is staged again, or nothing is put back.
// Untracked files stay where they are.

import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Failure } from "../../core/failure.ts";
import { clause, counted, printable } from "../../core/text.ts";
import { type Git, gitWords } from "../../git/git.ts";
import { copyIndex } from "../../git/index-copy.ts";
import { pathsOfStatus } from "../../git/porcelain.ts";
import { quotedPath } from "../../git/quoted-path.ts";
import { shortly } from "./in-the-way.ts";
import type { Place } from "./place.ts";
import { workRefOf } from "./records.ts";

/** Tracked files that are staged or changed. */
export async function dirtyPaths(git: Git): Promise<string[]> {
  const words = ["status", "--porcelain", "-z", "--no-renames", "--untracked-files=no", "--ignore-submodules=dirty"];
  // No program of the user's is started only to look.
  return pathsOfStatus(await git.configured({ settings: { "core.fsmonitor": "false" } }).output(words));
}

/** Errors: `rebase.intent-to-add`. Git sets none aside that has nothing in the index yet. */
export async function requireNoneIntended({ git, top }: Place): Promise<void> {
  const listed = (await git.output(["diff-files", "--raw", "-z", "--ignore-submodules"])).split("\0");
  const files = listed.flatMap((entry, at) => (entry.startsWith(":000000 ") ? (listed[at + 1] ?? []) : []));
  if (files.length === 0) return;
  throw new Failure({
    code: "rebase.intent-to-add",
    message: `${counted(files.length, "file")} in ${printable(top)} ${files.length === 1 ? "is" : "are"} marked to be added later (git add -N), and git sets no such aside: ${shortly(files)}.`,
    hint: "Nothing was changed. Add them (git add <file>), or take the mark away: git restore --staged <file>",
    details: { files },
  });
}

/** The commit that holds it, with the index as its second parent. Nothing in the worktree changes. */
export async function saveWork({ git }: Place, id: string): Promise<string> {
  const work = await commitOfWork(git);
  await git.output(["update-ref", "--end-of-options", workRefOf(id), work]);
  return work;
}

async function commitOfWork(git: Git): Promise<string> {
  const made = await git.attempt(["stash", "create", "parallel-cc: set aside for a rebase"]);
  const work = made.stdout.trim();
  if (made.exit === 0 && /^[0-9a-f]{40,64}$/.test(work)) return work;
  throw new Failure({
    code: "rebase.not-set-aside",
    message: `What is not committed could not be set aside: ${clause(gitWords(made)) || "git made nothing of it"}.`,
    hint: "Nothing was changed. Commit it.",
  });
}

export interface TriedWork extends Disposable {
  work: string;
  /** The object directory that has it. */
  objects: string;
}

/** The same commit where nobody sees it: nothing is written to the repository, nor to its index. */
export async function tryWork({ git, gitDir, adminDir }: Place): Promise<TriedWork> {
  const directory = mkdtempSync(join(tmpdir(), "parallel-cc-work-"));
  const [objects, index] = [join(directory, "objects"), join(directory, "index")];
  const remove = () => rmSync(directory, { recursive: true, force: true });
  try {
    mkdirSync(objects);
    copyIndex(join(adminDir, "index"), index);
    const real = quotedPath(join(gitDir, "objects"));
    const env = { GIT_INDEX_FILE: index, GIT_OBJECT_DIRECTORY: objects, GIT_ALTERNATE_OBJECT_DIRECTORIES: real };
    return { work: await commitOfWork(git.configured({ env })), objects, [Symbol.dispose]: remove };
  } catch (thrown) {
    remove();
    throw thrown;
  }
}

/** True where all of it is in the worktree and its index, as when `clearWork` never came. */
export async function isInPlace({ git }: Place, work: string): Promise<boolean> {
  const now = (await git.output(["stash", "create"])).trim();
  if (now === "") return false;
  const parts = ["^{tree}", "^1", "^2^{tree}"];
  const hashes = async (commit: string) => git.output(["rev-parse", ...parts.map((part) => `${commit}${part}`)]);
  return (await hashes(now)) === (await hashes(work));
}

/** Takes it out of the worktree, where `saveWork` has it. */
export async function clearWork({ git }: Place): Promise<void> {
  await git.output(["reset", "--quiet", "--hard"]);
}

/** With the index as it was; false, and nothing of it is there, where one of both does not go onto what is there now. */
export async function putBack(place: Place, work: string): Promise<boolean> {
  const { git } = place;
  const whole = await git.attempt(["stash", "apply", "--quiet", "--index", work]);
  if (whole.exit === 0) return true;
  // It takes what is staged for a patch, which fails over a change close by where a merge does not.
  await git.output(["reset", "--quiet", "--hard"]);
  const index = await mergedIndex(place, work);
  if (index === undefined) return false;
  const files = await git.attempt(["stash", "apply", "--quiet", work]);
  if (files.exit === 0) {
    await git.output(["read-tree", "--reset", index]);
    await git.attempt(["update-index", "-q", "--refresh"]);
    return true;
  }
  await git.output(["reset", "--quiet", "--hard"]);
  return false;
}

/** The tree of what HEAD has and what was staged; undefined where they conflict. */
async function mergedIndex({ git, adminDir }: Place, work: string): Promise<string | undefined> {
  const file = join(adminDir, "parallel-cc-index");
  const own = git.configured({ env: { GIT_INDEX_FILE: file }, settings: { "apply.whitespace": "nowarn" } });
  try {
    await own.output(["read-tree", "HEAD"]);
    const patch = await own.bytes(["diff-tree", "-p", "--binary", "--no-renames", `${work}^1`, `${work}^2`, "--"]);
    const applied =
      patch.length === 0 ? undefined : await own.attempt(["apply", "--cached", "--3way"], { input: patch });
    if (applied !== undefined && applied.exit !== 0) return undefined;
    return (await own.output(["write-tree"])).trim();
  } finally {
    for (const left of [file, `${file}.lock`]) rmSync(left, { force: true });
  }
}
