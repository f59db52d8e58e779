// What gtr is told by git's configuration and by the repository's own `.gtrconfig` (since 2.1), as it reads them: local
// configuration before that file before all else.

import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Git } from "../../git/git.ts";
import type { World } from "../../world.ts";
import { type Gtr, isAtLeast } from "./detect.ts";

export interface Setting {
  /** Of git's: system, global, local, worktree or command; of the repository's own file: file. */
  scope: string;
  /** In lower case, as git has it: `gtr.worktrees.dir`, in the file `worktrees.dir`. */
  key: string;
  value: string;
}

export interface GtrSettings {
  /** In git's order: of several, the last counts. */
  git: readonly Setting[];
  file: readonly Setting[];
  /** Lines of `.worktreeinclude`. */
  include: readonly string[];
}

/** `directory` is where git is asked: a linked worktree may have settings of its own. */
export async function readSettings(
  world: Pick<World, "git">,
  { gtr, repositoryPath, directory = repositoryPath }: { gtr: Gtr; repositoryPath: string; directory?: string },
): Promise<GtrSettings> {
  const git = world.git(directory);
  const knowsFiles = isAtLeast(gtr, "2.1.0");
  const [own, file] = await Promise.all([
    git.attempt(["config", "--show-scope", "-z", "--get-regexp", "^gtr\\."]),
    knowsFiles ? readFile(git, gtrConfig(repositoryPath)) : [],
  ]);
  const include = knowsFiles ? linesOf(join(repositoryPath, ".worktreeinclude")) : [];
  return { git: own.exit === 0 ? scoped(own.stdout) : [], file, include };
}

export function gtrConfig(repositoryPath: string): string {
  return join(repositoryPath, ".gtrconfig");
}

async function readFile(git: Git, path: string): Promise<Setting[]> {
  if (!existsSync(path)) return [];
  const listed = await git.attempt(["config", "--file", path, "-z", "--list"]);
  // One that git cannot read to its end says nothing to gtr either.
  if (listed.exit !== 0) return [];
  return listed.stdout
    .split("\0")
    .slice(0, -1)
    .map((text) => setting("file", text));
}

/** Records of `git config --show-scope -z`: a scope, then a key and its value. */
function scoped(output: string): Setting[] {
  const parts = output.split("\0");
  const settings: Setting[] = [];
  for (let at = 0; at + 1 < parts.length; at += 2) settings.push(setting(parts[at] ?? "", parts[at + 1] ?? ""));
  return settings;
}

/** A key and, after a line end, its value; a key alone is true to git and empty to gtr. */
function setting(scope: string, text: string): Setting {
  const end = text.indexOf("\n");
  return end < 0 ? { scope, key: text, value: "" } : { scope, key: text.slice(0, end), value: text.slice(end + 1) };
}

function linesOf(file: string): string[] {
  try {
    return readFileSync(file, "utf8")
      .split("\n")
      .filter((line) => line.trim() !== "" && !line.startsWith("#"));
  } catch {
    return [];
  }
}

/** The one value of `worktrees.dir` or `worktrees.prefix` that gtr goes by; an empty one counts as none. */
export function effective(settings: GtrSettings, key: string): Setting | undefined {
  const own = settings.git.filter((one) => one.key === `gtr.${key}`);
  const local = own.findLast(({ scope }) => scope === "local");
  const file = settings.file.findLast((one) => one.key === key);
  return [local, file, own.at(-1)].find((one) => one !== undefined && one.value !== "");
}
