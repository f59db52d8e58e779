// What another session's file holds at this moment, read from its checkout: the last snapshot of it may be half a minute
// old. What the disk alone cannot tell (a text too large) is left to the snapshot.

import { lstatSync, readFileSync, readlinkSync, realpathSync } from "node:fs";
import { dirname, join } from "node:path";
import type { World } from "../../world.ts";
import type { KnownSession } from "../roster/roster.ts";

/** Bytes are as latin1. "gone": nothing is there; undefined: not to be told from the disk. */
export type FileNow = { kind: "file" | "link"; bytes: string } | { kind: "directory" } | "gone" | undefined;

/** `file` from the checkout's top. */
export function fileNow(top: string, file: string, mostBytes: number): FileNow {
  const full = join(top, file);
  try {
    // Through a link of its own it would be another file than git's.
    if (realpathSync(dirname(full)) !== join(realpathSync(top), dirname(file))) return undefined;
    const stats = lstatSync(full);
    if (stats.isDirectory()) return { kind: "directory" };
    if (stats.isSymbolicLink()) return { kind: "link", bytes: readlinkSync(full, "latin1") };
    if (!stats.isFile() || stats.size > mostBytes) return undefined;
    return { kind: "file", bytes: readFileSync(full, "latin1") };
  } catch (thrown) {
    const code = thrown instanceof Error && "code" in thrown ? thrown.code : undefined;
    return code === "ENOENT" || code === "ENOTDIR" ? "gone" : undefined;
  }
}

/** Undefined where that is no file, too large, or not to be read. */
export function bytesNow(full: string, mostBytes: number): string | undefined {
  try {
    const stats = lstatSync(full);
    return stats.isFile() && stats.size <= mostBytes ? readFileSync(full, "latin1") : undefined;
  } catch {
    return undefined;
  }
}

/** What stands where a directory on the way to that file would be: a path from the checkout's top. */
export function inTheWay(
  top: string,
  file: string,
  mostBytes: number,
): { path: string; bytes: string | undefined } | undefined {
  const parts = file.split("/");
  for (let count = 1; count < parts.length; count++) {
    const path = parts.slice(0, count).join("/");
    const found = lstatSync(join(top, path), { throwIfNoEntry: false });
    if (found === undefined) return undefined;
    if (found.isSymbolicLink()) return { path, bytes: readlinkSync(join(top, path), "latin1") };
    if (!found.isDirectory()) return { path, bytes: bytesNow(join(top, path), mostBytes) };
  }
  return undefined;
}

/** As any checkout of the repository calls that session's HEAD; undefined where its worktree has no name. */
export function headName({ is_main_repo, admin_name: name }: KnownSession): string | undefined {
  if (is_main_repo === 1) return "main-worktree/HEAD";
  return name === null || name === "" ? undefined : `worktrees/${name}/HEAD`;
}

/** Whether a file that its session does not have has been deleted, and not left out of a sparse checkout. */
export async function isDeleted(world: Pick<World, "git">, top: string, file: string): Promise<boolean> {
  const listed = await world.git(top).attempt(["ls-files", "-t", "-z", "--", `:(top,literal)${file}`]);
  return listed.exit === 0 && !listed.stdout.startsWith("S ");
}

/** Whether git would leave that file out: one that is nobody's work. */
export async function isIgnored(world: Pick<World, "git">, top: string, file: string): Promise<boolean> {
  return (await world.git(top).attempt(["check-ignore", "--quiet", "--", file])).exit === 0;
}

/** Whether its session is amid a merge that left it with conflicts. */
export async function isUnmerged(world: Pick<World, "git">, top: string, file: string): Promise<boolean> {
  return (await world.git(top).attempt(["ls-files", "-u", "-z", "--", `:(top,literal)${file}`])).stdout !== "";
}

/** Whether git would take anything of that directory. */
export async function holdsWork(world: Pick<World, "git">, top: string, directory: string): Promise<boolean> {
  const words = ["ls-files", "-c", "-o", "--exclude-standard", "-z", "--", `:(top,literal)${directory}`];
  return (await world.git(top).attempt(words)).stdout !== "";
}
