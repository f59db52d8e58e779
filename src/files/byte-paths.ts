// Paths as git and the disk have them: bytes, which need not be UTF-8. Here a path is a text of one character for each byte.

import { lstatSync } from "node:fs";

export function bytesOf(path: string): Buffer {
  return Buffer.from(path, "latin1");
}

export function pathFrom(text: string): string {
  return Buffer.from(text).toString("latin1");
}

/** As people read it. */
export function shownPath(path: string): string {
  return bytesOf(path).toString();
}

export function fullPath(top: string, path: string): Buffer {
  return Buffer.concat([Buffer.from(`${top}/`), bytesOf(path)]);
}

/** What git prints with -z. */
export function pathsOf(output: Uint8Array): string[] {
  const text = Buffer.from(output.buffer, output.byteOffset, output.byteLength).toString("latin1");
  return text.split("\0").filter((path) => path !== "");
}

/** Input of a program that reads names ended by NUL. */
export function listOf(paths: readonly string[]): Buffer {
  return bytesOf(paths.map((path) => `${path}\0`).join(""));
}

/**
 * Whether a path leads through nothing but directories of the tree below that top. Behind a symbolic link stands what is
 * not in the tree. It remembers directories: for one look at a tree, not for longer.
 */
export function insideOf(top: string): (path: string) => boolean {
  const known = new Map<string, boolean>();
  const isInside = (path: string): boolean => {
    const folder = path.slice(0, Math.max(0, path.lastIndexOf("/")));
    if (folder === "") return true;
    const found = known.get(folder) ?? (isInside(folder) && !isOther(fullPath(top, folder)));
    known.set(folder, found);
    return found;
  };
  return isInside;
}

/** What is not there, or not to be seen, is for others to find. */
function isOther(full: Buffer): boolean {
  try {
    return lstatSync(full, { throwIfNoEntry: false })?.isDirectory() === false;
  } catch {
    return false;
  }
}
