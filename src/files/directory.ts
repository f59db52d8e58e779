// Directories that people name, and the taking away of what may be left.

import { existsSync, realpathSync, rmdirSync, rmSync, statSync } from "node:fs";
import { resolve } from "node:path";
import { Failure } from "../core/failure.ts";

/** The real path of a directory named from `cwd`. Errors: `directory.none`. */
export function existingDirectory(cwd: string, named: string | undefined): string {
  const directory = resolve(cwd, named ?? ".");
  try {
    if (statSync(directory).isDirectory()) return realpathSync(directory);
  } catch {
    // Told below, like a file.
  }
  throw new Failure({
    code: "directory.none",
    message: `There is no directory ${directory}.`,
    hint: "Name a repository that exists with --repo <path>.",
  });
}

export function removeIfEmpty(directory: string): void {
  try {
    rmdirSync(directory);
  } catch {
    // Not empty, or not there: either way it is not ours to remove.
  }
}

/** Looked for first: a read-only file system refuses to remove even what is not there. */
export function removeIfFile(file: string): void {
  if (existsSync(file)) rmSync(file, { force: true });
}
