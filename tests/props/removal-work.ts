// What people do in their worktrees: files, index, commits, stashes, repositories inside, and whatever git is in the
// middle of. Each answers whether it applied.

import { chmodSync, cpSync, existsSync, lstatSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { branchOf, ours, type Scene, type Tree, treeOf, underWay } from "./removal-scene.ts";
import type { Doing, Step } from "./removal-steps.ts";

type Work = (scene: Scene, tree: Tree, how: number) => Promise<boolean>;

export const WORKS: Partial<Record<Doing, Work>> = {
  edit: async (scene, tree, how) => edit(scene, tree, how),
  stage,
  commit,
  amend,
  stash,
  nested,
  submodule,
  checkout,
  rebase,
  merge,
  hide,
  lock,
};

export async function work(scene: Scene, { what, who, how }: Step): Promise<boolean> {
  const tree = treeOf(scene, who);
  return (await WORKS[what]?.(scene, tree, how)) ?? false;
}

function write(tree: Tree, path: string, text: string): boolean {
  const full = join(tree.path, path);
  mkdirSync(dirname(full), { recursive: true });
  writeFileSync(full, text);
  return true;
}

export function ownFile({ index }: Tree): string {
  return `work-${index}.txt`;
}

function edit(scene: Scene, tree: Tree, how: number): boolean {
  const n = scene.next();
  switch (how % 10) {
    case 0:
      return write(tree, "shared.txt", `one\ntwo, by ${n}\nthree\nfour\nfive\nsix\n`);
    case 1:
      return write(tree, `folder/new file ${n}.txt`, `new ${n}\n`);
    case 2: {
      const gone = join(tree.path, "gone.txt");
      if (!existsSync(gone)) return write(tree, "gone.txt", `back ${n}\n`);
      rmSync(gone);
      return true;
    }
    case 3:
      return write(tree, how % 20 === 3 ? `build/deep/${n}.txt` : `${n}.out`, `ignored ${n}\n`);
    case 4: {
      symlinkSync(`nowhere/${n}`, join(tree.path, `link-${n}`));
      return true;
    }
    case 5: {
      const script = join(tree.path, "script.sh");
      if (existsSync(script)) chmodSync(script, (lstatSync(script).mode & 0o111) === 0 ? 0o755 : 0o644);
      return true;
    }
    case 6:
      return write(tree, `odd\n "näme" ${n}`, `odd ${n}\n`);
    default:
      return write(tree, ownFile(tree), `work ${n}\nof ${tree.index}\n`);
  }
}

async function stage(scene: Scene, tree: Tree, how: number): Promise<boolean> {
  if (how % 5 === 1) return (await scene.try(tree.path, "add", "--intent-to-add", ".")) !== undefined;
  if (how % 5 === 2) return (await scene.try(tree.path, "rm", "-q", "--cached", "shared.txt")) !== undefined;
  const isStaged = (await scene.try(tree.path, "add", "--all")) !== undefined;
  // What is staged is then nowhere else.
  if (how % 5 === 3) edit(scene, tree, 9);
  return isStaged;
}

export async function commit(scene: Scene, tree: Tree, how: number): Promise<boolean> {
  if (how % 3 === 0) {
    edit(scene, tree, 9);
    await scene.try(tree.path, "add", "--", ownFile(tree));
  }
  if (how % 3 === 1) await scene.try(tree.path, "add", "--all");
  const all = how % 3 === 2 ? ["--all"] : [];
  return (await scene.try(tree.path, "commit", "-q", ...all, "-m", `Commit ${scene.next()}`)) !== undefined;
}

async function amend(scene: Scene, tree: Tree, how: number): Promise<boolean> {
  // A branch of ours that begins with an amended commit of somebody else's tells nothing.
  const before = await scene.git(tree.path, "rev-parse", "HEAD");
  if (before === tree.fork) return false;
  edit(scene, tree, 9);
  await scene.try(tree.path, "add", "--", ownFile(tree));
  tree.isOdd = true;
  // What it brought into main is not there any longer then.
  if (how % 4 === 0) return (await scene.try(tree.path, "reset", "-q", "--hard", "HEAD~1")) !== undefined;
  if ((await scene.try(tree.path, "commit", "-q", "--amend", "-m", `Amended ${scene.next()}`)) === undefined)
    return false;
  const after = await scene.git(tree.path, "rev-parse", "HEAD");
  for (const onto of scene.landed.values()) if (onto.includes(before)) onto.push(after);
  return true;
}

async function stash(scene: Scene, tree: Tree, how: number): Promise<boolean> {
  tree.isOdd = true;
  if (how % 5 === 4) return (await scene.try(tree.path, "stash", "pop", "-q")) !== undefined;
  if (how % 5 < 2) edit(scene, tree, 9);
  const flags = [[], ["--include-untracked"], ["--keep-index"], ["-m", `Stash ${scene.next()}`]][how % 5] ?? [];
  return (await scene.try(tree.path, "stash", "push", "-q", ...flags)) !== undefined;
}

/** A repository of somebody's inside the tree, beside its files or where git ignores all. */
async function nested(scene: Scene, tree: Tree, how: number): Promise<boolean> {
  const path = join(tree.path, ["nested", "build/dep", "folder/nested"][how % 3] ?? "nested");
  // Landed with what it stands in, it is an empty folder in the next worktree.
  if (!existsSync(join(path, ".git"))) {
    mkdirSync(dirname(path), { recursive: true });
    cpSync(scene.place.at("nested"), path, { recursive: true });
  }
  const n = scene.next();
  writeFileSync(join(path, "inside.txt"), `inside ${n}\n`);
  if (how % 2 === 1) return true;
  await scene.git(path, "add", "inside.txt");
  await scene.git(path, "commit", "-q", "-m", `Inside ${n}`);
  return true;
}

async function submodule(scene: Scene, tree: Tree, how: number): Promise<boolean> {
  const path = join(tree.path, "lib");
  tree.isOdd = true;
  if (!existsSync(join(path, ".git"))) {
    const made = await scene.try(tree.path, "submodule", "--quiet", "update", "--init", "lib");
    if (made === undefined) return false;
    if (how % 5 === 0) return true;
  }
  const n = scene.next();
  writeFileSync(join(path, "file-0.txt"), `library ${n}\n`);
  tree.hasSubmoduleWork = true;
  if (how % 5 === 1) return true;
  if (how % 5 === 2) return (await scene.try(path, "stash", "push", "-q")) !== undefined;
  await scene.git(path, "commit", "-q", "--all", "-m", `Library ${n}`);
  if (how % 5 === 3) await scene.try(tree.path, "commit", "-q", "-m", `Commit ${n}`, "--", "lib");
  return true;
}

async function checkout(scene: Scene, tree: Tree, how: number): Promise<boolean> {
  tree.isOdd = true;
  // The main checkout is mostly where others start from.
  const way = tree.kind === "main" ? (how % 8 === 0 ? 0 : 3) : how % 6;
  if (way === 0) return (await scene.try(tree.path, "checkout", "-q", "-b", `user/${scene.next()}`)) !== undefined;
  if (way === 1) return (await scene.try(tree.path, "checkout", "-q", "--detach")) !== undefined;
  if (way >= 3) return (await scene.try(tree.path, "checkout", "-q", tree.branch, "--")) !== undefined;
  const listed = await scene.git(tree.path, "for-each-ref", "--format=%(refname:short)", "refs/heads/user");
  const branches = listed.split("\n");
  const branch = branches[how % branches.length] ?? "";
  return (await scene.try(tree.path, "checkout", "-q", branch, "--")) !== undefined;
}

/** Begins one that stops half-way, or goes on with it. */
async function rebase(scene: Scene, tree: Tree, how: number): Promise<boolean> {
  tree.isOdd = true;
  if (underWay(scene, tree).includes("rebase-merge")) {
    const way = how % 3 === 0 ? "--abort" : "--continue";
    return (await scene.try(tree.path, "rebase", way)) !== undefined;
  }
  await scene.try(tree.path, "rebase", "-q", "--exec", "false", "HEAD~1");
  return underWay(scene, tree).includes("rebase-merge");
}

/** Another worktree's branch, or back past a change to the same lines, which conflicts; or the end of one under way. */
async function merge(scene: Scene, tree: Tree, how: number): Promise<boolean> {
  tree.isOdd = true;
  const begun = underWay(scene, tree).find((name) => name === "MERGE_HEAD" || name === "REVERT_HEAD");
  if (begun !== undefined) {
    const abort = [begun === "MERGE_HEAD" ? "merge" : "revert", "--abort"];
    if (how % 2 === 0) return (await scene.try(tree.path, ...abort)) !== undefined;
    await scene.try(tree.path, "add", "--all");
    return (await scene.try(tree.path, "commit", "-q", "--no-edit")) !== undefined;
  }
  if (how % 3 === 0) {
    for (const n of [scene.next(), scene.next()]) {
      edit(scene, tree, 0);
      await scene.try(tree.path, "commit", "-q", "-m", `Shared ${n}`, "--", "shared.txt");
    }
    await scene.try(tree.path, "revert", "--no-edit", "HEAD~1");
    return true;
  }
  const others = ours(scene).filter((other) => other !== tree);
  const other = others[how % Math.max(1, others.length)];
  if (other === undefined) return false;
  const merged = await scene.try(tree.path, "merge", "-q", "--no-edit", other.branch);
  const [made, ...parents] = (await scene.try(tree.path, "rev-parse", "HEAD", "HEAD^1", "HEAD^2"))?.split("\n") ?? [];
  if (merged !== undefined && made !== undefined) scene.merges.set(made, parents);
  return merged !== undefined || underWay(scene, tree).length > 0;
}

/** A change that git is told not to look at. */
async function hide(scene: Scene, tree: Tree, how: number): Promise<boolean> {
  tree.isOdd = true;
  const flag = how % 2 === 0 ? "--assume-unchanged" : "--skip-worktree";
  if ((await scene.try(tree.path, "update-index", flag, "shared.txt")) === undefined) return false;
  return how % 3 === 0 || edit(scene, tree, 0);
}

async function lock(scene: Scene, tree: Tree, how: number): Promise<boolean> {
  if (tree.kind !== "ours" || branchOf(scene, tree) === undefined) return false;
  const word = how % 2 === 0 ? "lock" : "unlock";
  return (await scene.try(scene.place.at("repo"), "worktree", word, tree.path)) !== undefined;
}
