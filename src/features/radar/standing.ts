// How the paths stand on the disk that git calls changed or untracked: what of each is to be stored, and by what it is
// known that it has changed since.

import { accessSync, type BigIntStats, constants, lstatSync } from "node:fs";

/** `path`: one character for each byte. */
export interface Standing {
  path: string;
  /** `link`: a repository of its own; `gone`: nothing that git stores; `large`: known by its stat alone. */
  is: "file" | "gone" | "link" | "large" | "unreadable";
  print: string;
  /** Milliseconds; 0 where nothing is. */
  changedAt: number;
  stats: BigIntStats | undefined;
}

/** What is larger is not read: it has changed when its stat has. */
const LARGE_BYTES = 50 * 1024 * 1024;

export function bytesOf(path: string): Buffer {
  return Buffer.from(path, "latin1");
}

export function fullPath(top: string, path: string): Buffer {
  return Buffer.concat([Buffer.from(`${top}/`), bytesOf(path)]);
}

export function shownPath(path: string): string {
  return bytesOf(path).toString();
}

/** Of the paths from the checkout's top. */
export function standingsOf(top: string, paths: readonly string[]): Standing[] {
  const links = new Map<string, boolean>();
  const isBehindLink = (path: string): boolean => {
    const folder = path.slice(0, Math.max(0, path.lastIndexOf("/")));
    if (folder === "") return false;
    const found = links.get(folder) ?? (isLink(fullPath(top, folder)) || isBehindLink(folder));
    links.set(folder, found);
    return found;
  };
  // What stands where a link leads is not in the checkout.
  return paths.map((path) => (isBehindLink(path) ? { ...GONE, path } : standingOf(top, path)));
}

const GONE = { is: "gone", print: "gone", changedAt: 0, stats: undefined } as const;

function isLink(full: Buffer): boolean {
  try {
    return lstatSync(full).isSymbolicLink();
  } catch {
    return false;
  }
}

function standingOf(top: string, path: string): Standing {
  const full = fullPath(top, path);
  let stats: BigIntStats | undefined;
  try {
    stats = lstatSync(full, { bigint: true, throwIfNoEntry: false });
  } catch (thrown) {
    // Below what is no directory any longer nothing is; what stands behind one that may not be entered is not known.
    const isHidden = thrown instanceof Error && "code" in thrown && thrown.code === "EACCES";
    return { path, is: isHidden ? "unreadable" : "gone", print: isHidden ? "hidden" : "gone", changedAt: 0, stats };
  }
  if (stats === undefined) return { path, is: "gone", print: "gone", changedAt: 0, stats };
  const { mtimeNs, ctimeNs, size, ino, mode } = stats;
  const print = `${mtimeNs} ${ctimeNs} ${size} ${ino} ${mode}`;
  const changedAt = Math.max(Number(ctimeNs / 1_000_000n), Number(mtimeNs / 1_000_000n));
  const known = { path, print, changedAt, stats };
  if (stats.isSymbolicLink()) return { ...known, is: "file" };
  // Its own changes are not seen here: which commit it stands at is asked each time.
  if (stats.isDirectory()) return { path, is: "link", print: "directory", changedAt: 0, stats };
  // A pipe, a socket, a device.
  if (!stats.isFile()) return { ...known, is: "gone" };
  if (size > LARGE_BYTES) return { ...known, is: "large" };
  return { ...known, is: isReadable(full) ? "file" : "unreadable" };
}

function isReadable(full: Buffer): boolean {
  try {
    accessSync(full, constants.R_OK);
    return true;
  } catch {
    return false;
  }
}
