// Where git looks for the pre-commit hook: in the repository's own folder, which all its worktrees share, or where
// core.hooksPath says, which may be a folder in each of them, or one for all repositories of a user.

import { existsSync, lstatSync, realpathSync, statSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { readSmallBytes } from "../../files/small.ts";
import type { Git } from "../../git/git.ts";
import { locate } from "../../git/repository.ts";
import type { World } from "../../world.ts";
import { isShellScript } from "./hook-text.ts";

export interface HookPlace {
  /** Of the hook, by the real path of its folder; the hook itself may be a link. */
  file: string;
  gitDir: string;
  /** Checkouts that git looks there for. */
  tops: string[];
  /** Whose folder it is: a repository's, or by core.hooksPath of a user's or the machine's for all of theirs. */
  isFor: "repository" | "user" | "machine";
  /** It is tracked, or git would show it as new. */
  isVisible: boolean;
  /** No folder can be there, as in /dev/null: all hooks are switched off. */
  isOff: boolean;
}

const NAME = "pre-commit";

/** That of the directory first, then those of the repository's other checkouts. Errors: those of git. */
export async function hookPlaces({ git: gitAt }: Pick<World, "git">, top: string): Promise<HookPlace[]> {
  const git = gitAt(top);
  const { gitDir, worktrees } = await locate(git);
  const others = worktrees.filter(({ path, isBare }) => !isBare && path !== top && existsSync(path));
  const tops = [top, ...others.map(({ path }) => path)];
  const files = await Promise.all(tops.map((one) => hookFileAt(git.at(one))));
  const byFile = Map.groupBy(tops.keys(), (i) => files[i] ?? "");
  return Promise.all(
    [...byFile].map(async ([file, indexes]) => {
      return { file, gitDir, tops: indexes.map((i) => tops[i] ?? ""), ...(await whoseIs(git, file, gitDir)) };
    }),
  );
}

/** That of one checkout, at whose top git is. Errors: those of git. */
export async function hookPlaceOf(git: Git, gitDir: string): Promise<HookPlace> {
  const file = await hookFileAt(git);
  return { file, gitDir, tops: [git.directory], ...(await whoseIs(git, file, gitDir)) };
}

/** A relative core.hooksPath is one from the top of each checkout. Errors: those of git. */
async function hookFileAt(git: Git): Promise<string> {
  const folder = await git.output(["rev-parse", "--path-format=absolute", "--git-path", "hooks"]);
  return hookFileIn(folder.replace(/\n$/, ""));
}

export function hookFileIn(folder: string): string {
  const real = realOf(folder);
  return runnerFile(real) ?? join(real, NAME);
}

async function whoseIs(
  git: Git,
  file: string,
  gitDir: string,
): Promise<Pick<HookPlace, "isFor" | "isVisible" | "isOff">> {
  const [isFor, isVisible] = await Promise.all([scopeOf(git), isSeen(git, file, gitDir)]);
  return { isFor, isVisible, isOff: !isFolder(nearestThere(dirname(file))) };
}

function realOf(path: string): string {
  const there = nearestThere(path);
  return join(realpathSync(there), relative(there, path));
}

function nearestThere(path: string): string {
  return existsSync(path) || path === dirname(path) ? path : nearestThere(dirname(path));
}

async function scopeOf(git: Git): Promise<HookPlace["isFor"]> {
  const { stdout } = await git.attempt(["config", "--show-scope", "--get", "core.hooksPath"]);
  if (stdout.startsWith("system")) return "machine";
  return stdout.startsWith("global") ? "user" : "repository";
}

/** Wherever it is: a user's own folder of hooks may be in a repository as well. */
async function isSeen(git: Git, file: string, gitDir: string): Promise<boolean> {
  if (file.startsWith(`${gitDir}/`)) return false;
  const folder = nearestThere(dirname(file));
  if (!isFolder(folder)) return false;
  const { exit } = await git.at(folder).attempt(["check-ignore", "--quiet", "--", relative(folder, file)]);
  return exit === 1;
}

const RUNNERS = [
  ["hooks.d", `hooks.d/${NAME}`],
  [`${NAME}.d`, `${NAME}.d`],
] as const;

/** Of a hook in another language that runs all that is in a folder, one of these. */
function runnerFile(folder: string): string | undefined {
  const found = look(join(folder, NAME));
  if (found.kind !== "text" || isShellScript(found.text)) return undefined;
  const run = RUNNERS.find(([word, below]) => found.text.includes(word) && isFolder(join(folder, below)));
  return run === undefined ? undefined : join(folder, run[1], "10-parallel-cc");
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}

export type Found =
  | { kind: "none" }
  /** Byte by byte (latin1). */
  | { kind: "text"; text: string; isExecutable: boolean }
  | { kind: "link" }
  /** No text, or too much of it. */
  | { kind: "binary" }
  /** Not even a file, or no folder for it: git runs none. */
  | { kind: "odd" };

const LARGEST_TEXT = 1024 * 1024;

/** What stands there; a link is not followed. */
export function look(file: string): Found {
  const folder = nearestThere(dirname(file));
  if (!isFolder(folder)) return { kind: "odd" };
  const found = folder === dirname(file) ? lstatSync(file, { throwIfNoEntry: false }) : undefined;
  if (found === undefined) return { kind: "none" };
  if (found.isSymbolicLink()) return { kind: "link" };
  if (!found.isFile()) return { kind: "odd" };
  if (found.size > LARGEST_TEXT) return { kind: "binary" };
  const text = readSmallBytes(file).toString("latin1");
  return text.includes("\0") ? { kind: "binary" } : { kind: "text", text, isExecutable: (found.mode & 0o111) !== 0 };
}
