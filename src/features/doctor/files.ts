// Files of other programs, and programs on PATH, as doctor reads them: never more than a bound, never a pipe, and what
// cannot be read is said without a word of what stands in it.

import { accessSync, constants, existsSync, realpathSync, statSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { delimiter, dirname, isAbsolute, join } from "node:path";

export type Read = { kind: "none" } | { kind: "unreadable"; why: string } | { kind: "text"; text: string };

const MOST_BYTES = 64 * 1024 * 1024;

export async function readWhole(path: string): Promise<Read> {
  try {
    const found = statSync(path, { throwIfNoEntry: false });
    if (found === undefined) return { kind: "none" };
    if (!found.isFile()) return { kind: "unreadable", why: "it is no file" };
    if (found.size > MOST_BYTES) return { kind: "unreadable", why: "it is too large" };
    return { kind: "text", text: await readFile(path, "utf8") };
  } catch (thrown) {
    const code = codeOf(thrown);
    return code === "ENOTDIR" ? { kind: "none" } : { kind: "unreadable", why: code };
  }
}

export function codeOf(thrown: unknown): string {
  return thrown instanceof Error && "code" in thrown ? String(thrown.code) : String(thrown);
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

/** The path itself, or what is nearest above it and there. */
export function nearestThere(path: string): string {
  return existsSync(path) || path === dirname(path) ? path : nearestThere(dirname(path));
}
