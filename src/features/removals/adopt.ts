// Removals that the registry does not know: it was lost, or they were made under another PARALLEL_CC_HOME. The trash and
// the rescue refs each say what they hold.

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { utcText } from "../../db/db.ts";
import { repositoryId } from "../../git/checkout.ts";
import type { World } from "../../world.ts";
import { isThere } from "./place.ts";
import { rescueRef } from "./rescue.ts";
import { adoptRemoval, parseRemoval, type Removal, removalsOf } from "./store.ts";
import { isWhole, trashOf, trashRoot } from "./trash.ts";

const ID = /^[0-9a-f]{8}$/;

export async function adoptRemovals(world: Pick<World, "db" | "git" | "now">, gitDir: string): Promise<void> {
  const db = await world.db();
  const known = new Set(removalsOf(db, undefined).map(({ id }) => id));
  const ids = new Set([...idsInTrash(gitDir), ...(await idsOfRefs(world, gitDir))].filter((id) => !known.has(id)));
  for (const id of ids) {
    const row = (await fromTrash(gitDir, id)) ?? (await fromRef(world, gitDir, id));
    // Of one that was never finished, or was put back, everything stands in its place.
    if (row !== undefined && !isInPlace(row)) db.write(() => adoptRemoval(db, row));
  }
}

function idsInTrash(gitDir: string): string[] {
  return existsSync(trashRoot(gitDir)) ? readdirSync(trashRoot(gitDir)).filter((name) => ID.test(name)) : [];
}

async function idsOfRefs(world: Pick<World, "git">, gitDir: string): Promise<string[]> {
  const git = world.git(gitDir).trusting();
  const prefix = rescueRef("");
  const listed = await git.output(["for-each-ref", "--format=%(refname)", "--end-of-options", prefix]);
  return listed
    .split("\n")
    .flatMap((ref) => (ref.startsWith(prefix) ? [ref.slice(prefix.length)] : []))
    .filter((id) => ID.test(id));
}

async function fromTrash(gitDir: string, id: string): Promise<Removal | undefined> {
  const { record } = trashOf({ id, git_dir: gitDir, path: null, trash: "repository" });
  const row = existsSync(record) ? ofRepository(parseRemoval(readFileSync(record, "utf8")), gitDir, id) : undefined;
  if (row === undefined || isWhole(row)) return row;
  // Half-way: whoever finds its process dead puts it back.
  return isThere(trashOf(row).tree) ? { ...row, state: "removing" } : undefined;
}

async function fromRef(world: Pick<World, "git" | "now">, gitDir: string, id: string): Promise<Removal | undefined> {
  const git = world.git(gitDir).trusting();
  const read = await git.attempt(["cat-file", "blob", `${rescueRef(id)}:record.json`]);
  const row = read.exit === 0 ? ofRepository(parseRemoval(read.stdout), gitDir, id) : undefined;
  return row === undefined || isWhole(row) ? row : { ...row, trash_pruned_at: utcText(world.now()) };
}

/** It may have been made when the repository had another path. */
function ofRepository(row: Removal | undefined, gitDir: string, id: string): Removal | undefined {
  return row === undefined || row.id !== id ? undefined : { ...row, git_dir: gitDir, git_dir_id: repositoryId(gitDir) };
}

function isInPlace(row: Removal): boolean {
  return row.path !== null && existsSync(row.path) && !isWhole(row);
}
