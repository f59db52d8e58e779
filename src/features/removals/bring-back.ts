// Putting a removed worktree back: what a crash or a failed step left half-way, and what its user wants again. Every
// step looks at what is there, so that it can be done again from any point.

import { copyFileSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import type { Db } from "../../db/db.ts";
import { removeIfEmpty, removeIfFile } from "../../files/directory.ts";
import type { Git } from "../../git/git.ts";
import { branchTip, commitOf } from "../../git/repository.ts";
import type { World } from "../../world.ts";
import { bringSetup } from "../setup/setup.ts";
import { putBackWorktree } from "../worktrees/worktrees.ts";
import { isGitAtWork, lockRecord, unlockRecord } from "./marker.ts";
import { moveModules } from "./modules.ts";
import { adminDirOf, isThere } from "./place.ts";
import { rebuildRecord } from "./rebuild.ts";
import { rescueRef } from "./rescue.ts";
import {
  abandonRestoring,
  deleteRemoval,
  finishRemoval,
  finishRestoring,
  type Removal,
  type Restoring,
  recordFate,
  removal,
  removalsUnderWay,
  takeOver,
} from "./store.ts";
import { isTaken, trashOf } from "./trash.ts";

export type Effects = Pick<World, "db" | "git" | "log" | "processes" | "pid">;

/** What a command that died was at, put back to its place; what another one is at is left to it. */
export async function healRemovals(world: Effects): Promise<void> {
  const db = await world.db();
  for (const left of removalsUnderWay(db)) {
    if (mayBeAtWork(world, left) || isGitAtWork(world, left.id) || !existsSync(left.git_dir)) continue;
    const by = world.processes.identify(world.pid);
    if (by === undefined || !db.write(() => takeOver(db, left, by))) continue;
    await putBack(world, left);
  }
}

function mayBeAtWork({ processes }: Pick<World, "processes">, left: Removal): boolean {
  const { pid, start_time: startTime, boot_id: bootId, pid_namespace: pidNamespace, host } = left;
  return pid !== null && processes.probe({ pid, startTime, bootId, pidNamespace, host }).state !== "dead";
}

/** The end of one under way: everything at its place. Never throws: a cure must not stop what its user asked for. */
export async function putBack(world: Effects, left: Removal): Promise<void> {
  const db = await world.db();
  try {
    const now = removal(db, left.id) ?? left;
    if (now.state === "removing") await undoHalfRemoved(world, db, now);
    if (now.state === "restoring") await endHalfRestored(world, db, now);
  } catch (thrown) {
    world.log("warn", "removal.not-put-back", { id: left.id, path: left.path, error: String(thrown) });
  }
}

async function undoHalfRemoved(world: Effects, db: Db, left: Removal): Promise<void> {
  const git = world.git(left.git_dir).trusting();
  const asItWas = restoringAsItWas(left);
  if (isTaken(left, asItWas.path)) {
    // Somebody made something there meanwhile: then it is removed, and `undo --to` brings it back elsewhere.
    setAdminAside(left);
    const isGone = left.branch !== null && (await branchTip(git, left.branch)) === undefined;
    db.write((at) => finishRemoval(db, { id: left.id, branchTip: isGone ? left.branch_tip : null }, at));
    return;
  }
  await putAllBack(world, left, asItWas);
  removeIfFile(join(left.git_dir, `${rescueRef(left.id)}.lock`));
  const saved = await commitOf(git, rescueRef(left.id));
  const args = ["update-ref", "-d", "--end-of-options", rescueRef(left.id), saved ?? ""];
  const isGone = saved === undefined || (await git.attempt(args)).exit === 0;
  const { worktree, setup } = left.record;
  db.write((now) => {
    // A ref that cannot go just now (packed-refs is locked) goes when its time has come, like that of any other.
    if (isGone) deleteRemoval(db, left.id);
    else finishRestoring(db, left.id, now);
    // Another command may have forgotten it while it was not there.
    if (worktree === null || left.path === null) return;
    putBackWorktree(db, worktree);
    if (setup !== undefined) bringSetup(db, setup, { path: left.path, now });
  });
}

async function endHalfRestored(world: Effects, db: Db, left: Removal): Promise<void> {
  const chosen = left.record.restoring;
  if (chosen === undefined) {
    giveUpRebuilding(db, left);
    return;
  }
  if (isTaken(left, chosen.path)) {
    setAdminAside(left, chosen.adminName);
    db.write(() => abandonRestoring(db, left.id));
    return;
  }
  await restore(world, db, left, chosen).catch(async (thrown: unknown) => {
    await abandon(world, db, left, chosen);
    throw thrown;
  });
}

/** What a pruned one was made of again is pruned as it was. */
export function giveUpRebuilding(db: Db, left: Removal): void {
  const { home, tree } = trashOf(left);
  const made = [
    `${home}.new`,
    `${tree}.new`,
    join(home, "admin.new"),
    ...(left.trash_pruned_at === null ? [] : [home, tree]),
  ];
  for (const path of made) rmSync(path, { recursive: true, force: true });
  for (const path of [home, tree]) removeIfEmpty(dirname(path));
  db.write(() => abandonRestoring(db, left.id));
}

/** What cannot come back is in the trash again; false once its directory has moved: then the next command ends it. */
export async function abandon(world: Effects, db: Db, removed: Removal, chosen: Restoring): Promise<boolean> {
  if (removed.path !== null && !isThere(trashOf(removed).tree)) return false;
  setAdminAside(removed, chosen.adminName);
  const git = world.git(removed.git_dir).trusting();
  for (const { branch, tip, isNew } of chosen.make) {
    if (isNew) await git.attempt(["update-ref", "-d", "--end-of-options", `refs/heads/${branch}`, tip]);
  }
  db.write(() => abandonRestoring(db, removed.id));
  return true;
}

/** Puts back what a removal has set aside, and its rows. */
export async function restore(world: Effects, db: Db, removed: Removal, chosen: Restoring): Promise<void> {
  await putAllBack(world, removed, chosen);
  db.write((now) => {
    finishRestoring(db, removed.id, now);
    const { worktree } = removed.record;
    if (worktree === null || removed.path === null) return;
    const { path, adminName } = chosen;
    const branch = chosen.make.find((one) => one.of === worktree.branch)?.branch ?? worktree.branch;
    // Kept: else the next cleanup would find it landed again.
    const row = { ...worktree, path, admin_name: adminName, branch, is_kept: 1 };
    putBackWorktree(db, {
      ...row,
      git_dir: removed.git_dir,
      git_dir_id: removed.git_dir_id,
      repo_path: removed.repo_path,
    });
    if (removed.record.setup !== undefined) bringSetup(db, removed.record.setup, { path, now });
    recordFate(db, { path, fate: "kept" });
  });
}

function restoringAsItWas({ path, admin_name, branch, branch_tip }: Removal): Restoring {
  const make = branch === null || branch_tip === null ? [] : [{ of: branch, branch, tip: branch_tip, isNew: false }];
  return { path: path ?? "", adminName: admin_name ?? "", make, head: null };
}

function setAdminAside(left: Removal, adminName = left.admin_name ?? ""): void {
  const [from, to] = [adminDirOf(left.git_dir, adminName), trashOf(left).admin];
  if (adminName !== "" && isThere(from) && !isThere(to)) renameSync(from, to);
}

/** The directory and git's record first: whatever becomes of the branch, the files are in their place. */
async function putAllBack(world: Pick<World, "git">, removed: Removal, chosen: Restoring): Promise<void> {
  const git = world.git(removed.git_dir).trusting();
  const { home, tree, admin, branchLog } = trashOf(removed);
  const adminDir = adminDirOf(removed.git_dir, chosen.adminName);
  if (removed.path !== null) {
    if (!isThere(admin) && !isThere(adminDir)) await rebuildRecord(world, removed);
    if (isThere(admin)) {
      if (chosen.head !== null) writeFileSync(join(admin, "HEAD"), `ref: refs/heads/${chosen.head}\n`);
      lockRecord(admin, { id: removed.id, home });
      mkdirSync(dirname(adminDir), { recursive: true });
      renameSync(admin, adminDir);
    }
    if (isThere(tree)) await putTreeBack(git, removed, { ...chosen, adminDir });
  }
  for (const made of chosen.make) await putBranchBack(git, removed, { ...made, log: branchLog });
  if (removed.path !== null) unlockRecord(adminDir, removed.id);
  rmSync(home, { recursive: true, force: true });
  for (const path of [home, tree]) removeIfEmpty(dirname(path));
}

async function putTreeBack(git: Git, removed: Removal, chosen: Restoring & { adminDir: string }): Promise<void> {
  const { tree } = trashOf(removed);
  const { path, adminDir } = chosen;
  mkdirSync(dirname(path), { recursive: true });
  link(join(tree, ".git"), { from: path, to: adminDir, before: "gitdir: " });
  link(join(adminDir, "gitdir"), { from: adminDir, to: join(path, ".git"), before: "" });
  const was = { top: removed.path ?? "", adminDir: adminDirOf(removed.git_dir, removed.admin_name ?? "") };
  await moveModules(git, { was, is: { top: path, adminDir }, tree });
  renameInto(tree, path);
}

/** Another command may take the folder of worktrees away, while it is empty, between the two steps. */
function renameInto(from: string, to: string): void {
  for (let tries = 0; ; tries++) {
    mkdirSync(dirname(to), { recursive: true });
    try {
      renameSync(from, to);
      return;
    } catch (thrown) {
      if (tries >= 20 || existsSync(dirname(to))) throw thrown;
    }
  }
}

/** A file that says where something is; left byte for byte when it says so already. */
function link(file: string, said: { from: string; to: string; before: string }): void {
  const text = isThere(file) ? readFileSync(file, "utf8").replace(/\n$/, "") : "";
  if (text.startsWith(said.before) && resolve(said.from, text.slice(said.before.length)) === said.to) return;
  writeFileSync(file, `${said.before}${said.to}\n`);
}

interface MadeBranch {
  branch: string;
  tip: string;
  of: string;
  /** Its reflog as it was. */
  log: string;
}

async function putBranchBack(git: Git, { git_dir: gitDir, branch: own }: Removal, made: MadeBranch): Promise<void> {
  const { branch, tip, of, log } = made;
  // A git that was killed leaves it; its name has our random id in it.
  removeIfFile(join(gitDir, "refs", "heads", `${branch}.lock`));
  if ((await branchTip(git, branch)) === undefined) {
    const args = ["update-ref", "-m", "parallel-cc: undo", "--end-of-options", `refs/heads/${branch}`, tip];
    await git.output([...args, "0".repeat(tip.length)]);
  }
  if (of !== own || of !== branch || !existsSync(log)) return;
  const current = join(gitDir, "logs", "refs", "heads", branch);
  // One that somebody has made anew and worked on has a history of its own.
  const entries = existsSync(current) ? readFileSync(current, "utf8").split("\n").length - 1 : 0;
  if (entries > 1) return;
  mkdirSync(dirname(current), { recursive: true });
  copyFileSync(log, current);
}
