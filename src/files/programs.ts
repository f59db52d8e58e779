// Programs as PATH names them. What a repository has in it is not found through a relative folder of PATH.

import { accessSync, constants, realpathSync, statSync } from "node:fs";
import { delimiter, isAbsolute, join } from "node:path";

/** The file that the name stands for; undefined when there is none. */
export function programOnPath(name: string, path: string): string | undefined {
  const PATH = path.split(delimiter).filter(isAbsolute).join(delimiter);
  return Bun.which(name, { PATH }) ?? undefined;
}

/** Under either of gtr's names: another program may be called like it, so this is only worth a closer look. */
export function mayHaveGtr(path: string): boolean {
  return ["git-gtr", "gtr"].some((name) => programOnPath(name, path) !== undefined);
}

export interface OnPath {
  path: string;
  /** Where symbolic links lead. */
  real: string;
}

/** Every program by that name, in the order of PATH, each file once. Relative folders depend on where one stands. */
export function allOnPath(name: string, path: string): OnPath[] {
  const found = new Map<string, OnPath>();
  for (const folder of path.split(delimiter).filter(isAbsolute)) {
    const file = join(folder, name);
    if (!isExecutable(file)) continue;
    const real = realpathSync(file);
    if (!found.has(real)) found.set(real, { path: file, real });
  }
  return [...found.values()];
}

export function firstOnPath(name: string, path: string): OnPath | undefined {
  return allOnPath(name, path)[0];
}

export function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
}

export function realPathOf(file: string): string {
  try {
    return realpathSync(file);
  } catch {
    return file;
  }
}
