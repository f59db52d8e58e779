// What stands on the disk where a file of the result belongs: what was sent, what is to come, nothing, or another's work.

import { createHash } from "node:crypto";
import { closeSync, constants, fstatSync, lstatSync, openSync, readlinkSync, readSync, type Stats } from "node:fs";
import { fullPath } from "../../files/byte-paths.ts";
import type { Change, Side } from "./changes.ts";
import { LINK } from "./changes.ts";
import { foldersOf } from "./raw-paths.ts";

export type Look =
  /** As it was sent; as it is to be; nothing. */
  | { is: "old" | "new" | "absent" }
  /** The beginning of a file that perhaps is being written: whoever wrote it was killed. */
  | { is: "shorter"; sizeBytes: number }
  | { is: "other"; why: string };

export interface LookInput {
  top: string;
  /** Those that belong together, by path. */
  changes: ReadonlyMap<string, Change>;
  knowsModes: boolean;
}

const CHUNK_BYTES = 512 * 1024;

/** Remembers folders: for one look at a tree. */
export function lookerAt({ top, changes, knowsModes }: LookInput): (change: Change) => Look {
  const folders = new Map<string, Look | "directory">();
  const leavesFolder = new Set<string>();
  for (const { path, old, now } of changes.values()) {
    if (old !== undefined && now === undefined) for (const folder of foldersOf(path)) leavesFolder.add(folder);
  }
  const folderAt = (folder: string): Look | "directory" => {
    const known = folders.get(folder);
    if (known !== undefined) return known;
    const above = foldersOf(folder).next();
    const outer = above.done ? "directory" : folderAt(above.value);
    const found = outer === "directory" ? lookAtFolder(folder) : outer;
    folders.set(folder, found);
    return found;
  };
  const lookAtFolder = (folder: string): Look | "directory" => {
    const stats = statsOf(top, folder);
    if (stats === undefined) return { is: "absent" };
    if (stats.isDirectory()) return "directory";
    // A file that goes, and whose place a directory takes.
    const change = changes.get(folder);
    if (change !== undefined && change.now === undefined && isAs(top, folder, change.old)) return { is: "absent" };
    return {
      is: "other",
      why: stats.isSymbolicLink() ? "it would be behind a symbolic link" : "a file stands where its directory would be",
    };
  };
  const isAs = (at: string, path: string, side: Side | undefined): boolean => {
    const stats = statsOf(at, path);
    return side !== undefined && stats !== undefined && matches(path, stats, side);
  };
  const matches = (path: string, stats: Stats, side: Side): boolean => {
    if (side.mode === LINK && stats.isSymbolicLink()) {
      return idOf(side.id, readlinkSync(fullPath(top, path), { encoding: "buffer" })) === side.id;
    }
    if (!stats.isFile()) return false;
    if (
      knowsModes && side.mode !== LINK && stats.mode & 0o100
        ? side.mode !== "100755"
        : knowsModes && side.mode === "100755"
    )
      return false;
    return fileId(fullPath(top, path), side.id) === side.id;
  };
  return ({ path, old, now }) => {
    const above = foldersOf(path).next();
    const folder = above.done ? "directory" : folderAt(above.value);
    const isToGo = now === undefined;
    // Whatever has taken its place, or that of its directory: the file is gone.
    if (folder !== "directory") return isToGo ? { is: "absent" } : folder;
    const stats = statsOf(top, path);
    if (stats === undefined || (isToGo && stats.isDirectory())) return { is: "absent" };
    if (stats.isDirectory()) {
      if (leavesFolder.has(path)) return { is: "absent" };
      return { is: "other", why: "a directory stands there" };
    }
    if (now !== undefined && matches(path, stats, now)) return { is: "new" };
    if (old !== undefined && matches(path, stats, old)) return { is: "old" };
    if (now !== undefined && stats.isFile()) return { is: "shorter", sizeBytes: stats.size };
    return { is: "other", why: old === undefined ? "something else stands there" : "it was changed here since" };
  };
}

function statsOf(top: string, path: string): Stats | undefined {
  try {
    return lstatSync(fullPath(top, path));
  } catch (thrown) {
    if (thrown instanceof Error && "code" in thrown && (thrown.code === "ENOENT" || thrown.code === "ENOTDIR"))
      return undefined;
    throw thrown;
  }
}

function hasherLike(id: string) {
  return createHash(id.length === 64 ? "sha256" : "sha1");
}

function idOf(like: string, content: Uint8Array): string {
  return hasherLike(like).update(`blob ${content.length}\0`).update(content).digest("hex");
}

/** Never through a link, and never waiting for whoever writes into a pipe. */
function fileId(file: Buffer, like: string): string | undefined {
  const handle = openSync(file, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  try {
    const { size } = fstatSync(handle);
    const hasher = hasherLike(like).update(`blob ${size}\0`);
    const chunk = Buffer.alloc(Math.min(Math.max(size, 1), CHUNK_BYTES));
    for (let read = readSync(handle, chunk); read > 0; read = readSync(handle, chunk))
      hasher.update(chunk.subarray(0, read));
    return hasher.digest("hex");
  } finally {
    closeSync(handle);
  }
}
