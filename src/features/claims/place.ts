// Which file is meant by a path that a person or a tool gives: one of a repository, from the top of its checkout, the
// same in all of its worktrees. Symbolic links are followed, as an edit follows them. By the folders alone, without git.

import { existsSync, realpathSync, statSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { checkoutAt } from "../../git/checkout.ts";
import { isGlob, type Pattern, patternOf, splitGlob } from "./pattern.ts";

export interface Meant {
  gitDirId: string;
  /** The main repository's git directory. */
  gitDir: string;
  /** Top of the checkout that the path is in. */
  top: string;
  pattern: Pattern;
}

export interface Given {
  path: string;
  /** What it is relative to. */
  directory: string;
  /** Top of the checkout of who asks: a path below it is of its repository, also in a submodule. */
  known?: string | undefined;
  /** A file's name as a tool has it: no wildcards, and no directory. */
  isFile?: boolean;
}

/** Undefined outside of repositories, and in a git directory. */
export function meantBy({ path, directory, known, isFile = false }: Given): Meant | undefined {
  const absolute = resolve(directory, path);
  const isWild = !isFile && isGlob(path) && !existsSync(absolute);
  const { literal, rest } = isWild ? splitGlob(absolute) : { literal: absolute, rest: "" };
  const real = followed(literal === "" ? "/" : literal);
  const isDirectory = !isFile && !isWild && (path.endsWith("/") || isExistingDirectory(real));
  const checkout = checkoutAt(isDirectory || isWild ? nearest(real) : nearest(dirname(real)), known);
  if (checkout === undefined) return undefined;
  const { top, gitDir, gitDirId } = checkout;
  const within = real === top ? "" : real.slice(top === "/" ? 1 : top.length + 1);
  if (within.split("/").includes(".git") || (within === "" && !isDirectory && !isWild)) return undefined;
  const whole = [within, rest.replace(/\/$/, rest === "" ? "" : "/**")].filter((part) => part !== "").join("/");
  const kind = isWild ? "glob" : isDirectory ? "directory" : "file";
  return { gitDirId, gitDir, top, pattern: patternOf({ kind, path: whole, isFolded: foldsNames(top) }) };
}

/** Of files that are known from the top of a checkout. */
export function patternsAt(top: string, paths: readonly string[]): Pattern[] {
  const isFolded = foldsNames(top);
  return paths.map((path) => patternOf({ kind: "file", path, isFolded }));
}

/** With symbolic links followed as far as it exists. */
function followed(path: string): string {
  const missing: string[] = [];
  for (let at = path; ; at = dirname(at)) {
    try {
      return join(realpathSync(at), ...missing);
    } catch {
      if (at === dirname(at)) return path;
      missing.unshift(basename(at));
    }
  }
}

function nearest(path: string): string {
  let at = path;
  while (!existsSync(at) && at !== dirname(at)) at = dirname(at);
  return at;
}

function isExistingDirectory(path: string): boolean {
  try {
    return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
  } catch {
    // Symbolic links in a circle; a directory above that is not ours to read.
    return false;
  }
}

/** Whether `A` and `a` are one name in a checkout: its `.git` is there under another spelling too. */
function foldsNames(top: string): boolean {
  return existsSync(join(top, ".GIT"));
}
