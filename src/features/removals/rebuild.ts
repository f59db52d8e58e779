// A removed worktree made again from its rescue ref, in the trash, once what was there has been pruned. What only the
// trash had held is missing then.

import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Failure } from "../../core/failure.ts";
import { type Git, gitFailed } from "../../git/git.ts";
import { commitOf } from "../../git/repository.ts";
import type { World } from "../../world.ts";
import { adminDirOf, isThere } from "./place.ts";
import { rescueRef } from "./rescue.ts";
import type { Removal } from "./store.ts";
import { trashOf } from "./trash.ts";

/** git's record of it, into the trash, when somebody has deleted it (`git worktree prune`). */
export async function rebuildRecord(world: Pick<World, "git">, removed: Removal): Promise<void> {
  const git = world.git(removed.git_dir).trusting();
  const saved = await commitOf(git, rescueRef(removed.id));
  if (saved === undefined) return;
  const { home, admin } = trashOf(removed);
  const made = `${admin}.new`;
  rmSync(made, { recursive: true, force: true });
  mkdirSync(made, { recursive: true });
  await writeRecord(git, removed, { saved, to: made, index: join(home, "index"), tree: undefined });
  renameSync(made, admin);
}

/** Fills the removal's trash again, all of it or nothing. Errors: `undo.pruned` when the ref is gone too. */
export async function rebuild(world: Pick<World, "git">, removed: Removal): Promise<void> {
  const git = world.git(removed.git_dir).trusting();
  const saved = await commitOf(git, rescueRef(removed.id));
  if (saved === undefined) {
    throw new Failure({
      code: "undo.pruned",
      message: `Nothing is left of ${removed.name}: its files and its rescue ref were pruned.`,
      hint: "Commits may still be found with: git fsck --lost-found",
    });
  }
  const { home, tree: treeInTrash } = trashOf(removed);
  const isBeside = !treeInTrash.startsWith(home);
  const trash = `${home}.new`;
  const [tree, admin] = [isBeside ? `${treeInTrash}.new` : join(trash, "tree"), join(trash, "admin")];
  const isLeft = removed.trash_pruned_at === null;
  // What somebody took apart by hand is not ours to throw away.
  if (isLeft && isThere(home)) renameSync(home, `${home}.broken-${removed.removed_at.replace(/\D/g, "")}`);
  for (const left of [...(isLeft ? [] : [home, treeInTrash]), trash, tree])
    rmSync(left, { recursive: true, force: true });
  mkdirSync(tree, { recursive: true });
  mkdirSync(admin, { recursive: true });
  const index = join(trash, "index");
  await writeTree(git, removed, { saved, to: tree, index });
  await writeRecord(git, removed, { saved, to: admin, index, tree });
  const log = await git.bytes(["cat-file", "blob", `${saved}:branch-log`]).catch(() => undefined);
  if (log !== undefined) writeFileSync(join(trash, "branch-log"), log);
  if (isBeside) renameSync(tree, treeInTrash);
  renameSync(trash, home);
}

async function writeRecord(
  git: Git,
  removed: Removal,
  { saved, to, index, tree }: { saved: string; to: string; index: string; tree: string | undefined },
): Promise<void> {
  // Files of git's own are written as they are, whatever its user has set for texts.
  const plain = { "core.autocrlf": "false", "core.eol": "lf", "core.attributesFile": "/dev/null" };
  await writeOut(git.configured({ settings: plain }), { tree: `${saved}:admin`, to, index });
  rmSync(index, { force: true });
  if (!existsSync(join(to, "index")) && removed.head !== null) {
    const read = git.configured({ env: { GIT_INDEX_FILE: join(to, "index"), GIT_WORK_TREE: tree ?? to } });
    await read.output(["read-tree", removed.head]);
  }
  writeFileSync(join(to, "commondir"), "../..\n");
  writeFileSync(join(to, "gitdir"), `${join(removed.path ?? "", ".git")}\n`);
}

/** The files of one whose directory was gone before it was removed: what is staged, else those of its commit. */
export async function rebuildMissing(world: Pick<World, "git">, removed: Removal): Promise<void> {
  const { tree, home } = trashOf(removed);
  if (removed.reason !== "missing" || isThere(tree)) return;
  const git = world.git(removed.git_dir).trusting();
  const saved = await commitOf(git, rescueRef(removed.id));
  if (saved === undefined) return;
  const made = `${tree}.new`;
  rmSync(made, { recursive: true, force: true });
  mkdirSync(made, { recursive: true });
  await writeTree(git, removed, { saved, to: made, index: join(home, "index") });
  rmSync(join(home, "index"), { force: true });
  renameSync(made, tree);
}

async function writeTree(
  git: Git,
  removed: Removal,
  { saved, to, index }: { saved: string; to: string; index: string },
): Promise<void> {
  const files = await git.attempt(["rev-parse", "--verify", "--quiet", `${saved}:files`]);
  const work = files.exit === 0 ? `${saved}:files` : (removed.head ?? undefined);
  if (work !== undefined) await writeOut(git, { tree: work, to, index });
  writeFileSync(join(to, ".git"), `gitdir: ${adminDirOf(removed.git_dir, removed.admin_name ?? "")}\n`);
}

/** As a checkout would write them, filters and all. */
async function writeOut(git: Git, { tree, to, index }: { tree: string; to: string; index: string }): Promise<void> {
  const own = git.configured({ env: { GIT_INDEX_FILE: index, GIT_WORK_TREE: to } });
  rmSync(index, { force: true });
  await own.output(["read-tree", tree]);
  const args = ["checkout-index", "--all", "--force", `--prefix=${to}/`];
  const written = await own.attempt(args);
  if (written.exit !== 0) throw gitFailed(args, written);
}
