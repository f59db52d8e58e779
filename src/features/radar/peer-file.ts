// What another session's file holds at this moment, read from its checkout: the last snapshot of it may be half a minute
// old. What the disk alone cannot tell (a link, a text too large) is left to the snapshot.

import { lstatSync, readFileSync, realpathSync } from "node:fs";
import { dirname, join } from "node:path";
import type { World } from "../../world.ts";
import type { KnownSession } from "../roster/roster.ts";

/** "gone": nothing is there; undefined: not to be told from the disk. */
export type FileNow = { text: string } | "gone" | undefined;

/** `file` from the checkout's top. */
export function fileNow(top: string, file: string, mostBytes: number): FileNow {
  const full = join(top, file);
  try {
    // Through a link of its own it would be another file than git's.
    if (realpathSync(dirname(full)) !== join(realpathSync(top), dirname(file))) return undefined;
    const stats = lstatSync(full);
    if (!stats.isFile() || stats.size > mostBytes) return undefined;
    return { text: new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(readFileSync(full)) };
  } catch (thrown) {
    const code = thrown instanceof Error && "code" in thrown ? thrown.code : undefined;
    return code === "ENOENT" || code === "ENOTDIR" ? "gone" : undefined;
  }
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

/** Whether the repository has another content of the file than the disk (Git LFS). */
export async function isFiltered(world: Pick<World, "git">, top: string, file: string): Promise<boolean> {
  const said = await world.git(top).attempt(["check-attr", "-z", "filter", "--", file]);
  const [, , value = "unspecified"] = said.stdout.split("\0");
  return value !== "unspecified" && value !== "unset";
}
