// Directories: those that people name, and those that may be left empty.

import { realpathSync, rmdirSync, statSync } from "node:fs";
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
