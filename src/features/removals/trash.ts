// Where what was removed is kept: below the repository's git directory, in one folder for each removal. A worktree on
// another file system has its directory beside where it stood, since a rename cannot leave a file system.

import { statSync } from "node:fs";
import { dirname, join } from "node:path";
import { withLock } from "../../db/lock.ts";
import type { World } from "../../world.ts";
import { isEmptyDirectory, isThere } from "./place.ts";
import type { Removal } from "./store.ts";

export type TrashKind = "repository" | "beside";

export interface TrashPlaces {
  home: string;
  /** The worktree's directory. */
  tree: string;
  /** What git kept for it. */
  admin: string;
  /** The reflog of its branch. */
  branchLog: string;
  /** The removal's row, for a registry that was lost. */
  record: string;
}

export function trashRoot(gitDir: string): string {
  return join(gitDir, "parallel-cc", "trash");
}

export function trashOf({
  trash,
  git_dir: gitDir,
  path,
  id,
}: Pick<Removal, "trash" | "git_dir" | "path" | "id">): TrashPlaces {
  const home = join(trashRoot(gitDir), id);
  return {
    home,
    tree: trash === "beside" ? join(dirname(path ?? ""), ".parallel-cc-trash", id) : join(home, "tree"),
    admin: join(home, "admin"),
    branchLog: join(home, "branch-log"),
    record: join(home, "record.json"),
  };
}

/** Which trash a rename can reach; undefined when the worktree's directory is a mount of its own. */
export function trashFor(gitDir: string, path: string): TrashKind | undefined {
  const device = statSync(path, { bigint: true }).dev;
  // A bind mount has the device of what is behind it, and its parent may have it too: then the rename itself tells.
  if (statSync(gitDir, { bigint: true }).dev === device) return "repository";
  return statSync(dirname(path), { bigint: true }).dev === device ? "beside" : undefined;
}

/** Whether its directory is to go where something else is. */
export function isTaken(removed: Removal, path: string): boolean {
  return removed.path !== null && isThere(trashOf(removed).tree) && isThere(path) && !isEmptyDirectory(path);
}

/** Whether the trash still has what was put there; of a directory that was gone before there is only git's part. */
export function isWhole(removed: Removal): boolean {
  const { admin, tree } = trashOf(removed);
  if (removed.trash_pruned_at !== null || removed.path === null) return removed.path === null;
  return isThere(admin) && (removed.reason === "missing" || isThere(tree));
}

/** Alone with the repository's trash: nothing in it is pruned while something comes back, nor the other way round. */
export async function whileTrashIsOurs<T>(
  world: Pick<World, "paths" | "sleep" | "signal">,
  gitDir: string,
  work: () => Promise<T>,
): Promise<T> {
  const name = new Bun.CryptoHasher("sha1").update(gitDir).digest("hex");
  return withLock(world, join(world.paths.locks, `${name}.trash.lock`), work, { doing: "been at the trash" });
}
