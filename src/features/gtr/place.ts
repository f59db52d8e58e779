// Where gtr makes the worktrees of a repository, so that its user's `gtr.worktrees.dir` is honoured. The repository's
// own `.gtrconfig` may only name a folder inside of the repository: elsewhere a checkout could be taken for programs.

import { realpathSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { Failure } from "../../core/failure.ts";
import { printable } from "../../core/text.ts";
import { defaultWorktreesDirectory, type Repository } from "../../git/repository.ts";
import type { World } from "../../world.ts";
import { type Gtr, isAtLeast } from "./detect.ts";
import { effective, type GtrSettings, readSettings, type Setting } from "./settings.ts";
import { variable } from "./variables.ts";

export interface GtrPlace {
  /** Real path, also of what is not there yet; undefined when nobody has told gtr where. */
  directory: string | undefined;
  /** Stands before every folder's name. */
  prefix: string;
}

interface Asked {
  gtr: Gtr;
  repository: Repository;
}

/** A worktree called `name` belongs at `<directory>/<prefix><name>`. Errors: `gtr.refused`. */
export async function gtrPlace(world: Pick<World, "env" | "git" | "runProgram">, asked: Asked): Promise<GtrPlace> {
  requireOrdinary(asked.repository);
  const settings = await readSettings(world, { gtr: asked.gtr, repositoryPath: asked.repository.path });
  const [dir, prefix] = [effective(settings, "worktrees.dir"), effective(settings, "worktrees.prefix")];
  const [dirValue, prefixValue] = await Promise.all([
    dir?.value ?? variable(world, "GTR_WORKTREES_DIR"),
    prefix?.value ?? variable(world, "GTR_WORKTREES_PREFIX"),
  ]);
  const directory =
    dirValue === undefined ? undefined : directoryOf(world, asked, dir ?? { value: dirValue, scope: "environment" });
  requirePlainPrefix(asked.gtr, prefix);
  return { directory, prefix: prefixValue === undefined || prefixValue.includes("/") ? "" : prefixValue };
}

/** How gtr is brought to make a worktree at exactly that path. */
export interface Way {
  /** For `--folder`; undefined when gtr calls the folder after the branch and that is right. */
  folder: string | undefined;
  variables: Record<string, string>;
}

/** Errors: `gtr.refused` when a setting that nothing can override says another place. */
export function wayTo(
  world: Pick<World, "env">,
  asked: Asked & { settings: GtrSettings; path: string; branch: string },
): Way {
  requireOrdinary(asked.repository);
  const { gtr, settings, path } = asked;
  const [directory, name] = [dirname(path), basename(path)];
  const [dir, prefix] = [effective(settings, "worktrees.dir"), effective(settings, "worktrees.prefix")];
  if (isFixed(gtr, dir)) {
    const theirs = directoryOf(world, asked, dir);
    if (theirs !== directory) {
      throw refused(
        `gtr makes worktrees of this repository in ${printable(theirs)} (${nameOf(dir)}), not in ${printable(directory)}.`,
      );
    }
  }
  requirePlainPrefix(gtr, prefix);
  const byBranch = folderName(asked.branch);
  const free = name.endsWith(byBranch) ? name.slice(0, name.length - byBranch.length) : "";
  const before = isFixed(gtr, prefix) ? prefix.value : free;
  if (!name.startsWith(before)) {
    throw refused(`gtr puts "${printable(before)}" before the name of every worktree here, and ${name} has none.`);
  }
  const folder = name.slice(before.length);
  if (folder === "" || folderName(folder) !== folder) {
    throw refused(`gtr would not call a folder "${printable(folder)}".`);
  }
  if (folder !== byBranch && !isAtLeast(gtr, "2.2.0")) {
    throw refused(`gtr ${gtr.version} calls the folder of ${printable(asked.branch)} after its branch.`);
  }
  // Each overrides what the ones before it leave open: git's wider configuration, then the environment.
  const overrides = [dir, prefix].some((one) => one !== undefined && !isFixed(gtr, one));
  return {
    folder: folder === byBranch ? undefined : folder,
    variables: {
      GTR_WORKTREES_DIR: directory,
      GTR_WORKTREES_PREFIX: before,
      ...(overrides ? configured({ "gtr.worktrees.dir": directory, "gtr.worktrees.prefix": before }) : {}),
    },
  };
}

/** What gtr makes of a branch or `--folder`. */
export function folderName(text: string): string {
  return text
    .replace(/[/\\ :*?"<>|#]/g, "-")
    .replace(/^-+/, "")
    .replace(/-+$/, "");
}

function configured(values: Readonly<Record<string, string>>): Record<string, string> {
  const entries = Object.entries(values);
  const numbered = entries.flatMap(([key, value], index) => [
    [`GIT_CONFIG_KEY_${index}`, key],
    [`GIT_CONFIG_VALUE_${index}`, value],
  ]);
  return { GIT_CONFIG_COUNT: String(entries.length), ...Object.fromEntries(numbered) };
}

// Of a bare repository, a submodule or with --separate-git-dir, gtr (2.11) takes another folder for the main checkout,
// and would look for what to copy and for commands in there.
function requireOrdinary({ gitDir, path }: Repository): void {
  if (gitDir === join(path, ".git")) return;
  throw refused(`gtr does not know its way in ${printable(path)}: its git directory is not the .git of a checkout.`);
}

/** Whether it stands above everything that a caller can say. */
function isFixed(gtr: Gtr, one: Setting | undefined): one is Setting {
  return one !== undefined && isAtLeast(gtr, "2.1.0") && (one.scope === "local" || one.scope === "file");
}

function requirePlainPrefix(gtr: Gtr, prefix: Setting | undefined): void {
  if (!isFixed(gtr, prefix) || !prefix.value.includes("/")) return;
  throw refused(`${nameOf(prefix)} is "${printable(prefix.value)}": a prefix with a slash is another folder.`);
}

function directoryOf(
  { env }: Pick<World, "env">,
  { gtr, repository }: Asked,
  { value, scope }: Pick<Setting, "value" | "scope">,
): string {
  // Before 2.3 it takes a tilde for the name of a folder; what nothing overrides ends there.
  const isHome = /^~(\/|$)/.test(value) && (isAtLeast(gtr, "2.3.0") || (scope !== "local" && scope !== "file"));
  const directory = realPath(isHome ? join(env.home, value.slice(1)) : resolve(repository.path, value));
  if (scope !== "file" || isOwn(repository, directory)) return directory;
  throw refused(
    `The repository's .gtrconfig puts worktrees into ${printable(directory)}, outside of the repository.`,
    "If you want that: git config gtr.worktrees.dir <directory>",
  );
}

function isOwn(repository: Repository, directory: string): boolean {
  if (directory === defaultWorktreesDirectory(repository)) return true;
  const isInside = (top: string) => directory.startsWith(`${top}/`);
  return isInside(repository.path) && directory !== repository.gitDir && !isInside(repository.gitDir);
}

/** Of what is not there yet, below the nearest folder that is. */
function realPath(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return dirname(path) === path ? path : join(realPath(dirname(path)), basename(path));
  }
}

function nameOf({ scope, key }: Setting): string {
  return scope === "file" ? `${key} of its .gtrconfig` : key;
}

export function refused(message: string, hint?: string): Failure {
  const git = "To let git make worktrees: parallel-cc config set worktree.backend git";
  return new Failure({ code: "gtr.refused", message, hint: hint === undefined ? git : `${hint}. ${git}` });
}
