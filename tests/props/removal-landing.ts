// How work comes into main: merged, squashed or rebased, in the main checkout or on the forge, where its branch is
// deleted afterwards. What has landed is known here and nowhere else; parallel-cc has to find it out.

import { existsSync, writeFileSync } from "node:fs";
import { branchOf, type Scene, type Tree, underWay } from "./removal-scene.ts";
import { linesOf } from "./removal-snapshot.ts";
import { changeOf } from "./removal-standing.ts";
import { commit } from "./removal-work.ts";

const WAYS = ["merge", "squash", "rebase"] as const;
type Way = (typeof WAYS)[number];

export async function land(scene: Scene, tree: Tree, how: number): Promise<boolean> {
  if (tree.kind !== "ours") return false;
  const repo = scene.place.at("repo");
  // Most branches have something to land by then.
  const mayCommit = branchOf(scene, tree) === tree.branch && tree.landedAt === undefined;
  for (const way of how % 5 > 0 && mayCommit ? [0, 1] : []) await commit(scene, tree, way);
  const tip = await scene.git(repo, "rev-parse", `refs/heads/${tree.branch}`);
  const isOnForge = how % 2 === 0;
  const way = WAYS[how % 3] ?? "merge";
  const target = isOnForge ? "origin/main" : "main";
  const landing = linesOf(await scene.git(repo, "rev-list", tip, `^${target}`, "--"));
  if (landing.length === 0) return false;
  const before = await scene.git(repo, "rev-parse", target);
  const isIn = isOnForge ? await landOnForge(scene, tree, { way, how }) : await landHere(scene, tree, way);
  if (!isIn) return false;
  const brought = linesOf(await scene.git(repo, "rev-list", target, `^${before}`, "--"));
  // Each with one of its own, or all with the last; both lists have the newest first.
  const isEach = way === "rebase" && brought.length === landing.length;
  landing.forEach((commit, i) => {
    scene.landed.set(commit, [...(scene.landed.get(commit) ?? []), brought[isEach ? i : 0] ?? ""]);
  });
  // Pieces of another's work, or of a branch that began elsewhere, land with it or do not; and what somebody else had
  // brought in already is no part of what landed, so that the rest alone proves nothing.
  const base = way === "merge" ? undefined : await scene.git(repo, "merge-base", before, tip);
  const after = await scene.git(repo, "rev-parse", target);
  const isWhole = base === undefined || (await changeOf(scene, base, tip)) === (await changeOf(scene, before, after));
  tree.landedAt = tree.target === "main" && isWhole ? tip : undefined;
  return true;
}

async function landHere(scene: Scene, tree: Tree, way: Way): Promise<boolean> {
  const repo = scene.place.at("repo");
  const main = scene.trees.get(repo);
  if (main === undefined || branchOf(scene, main) !== "main" || underWay(scene, main).length > 0) return false;
  const dirty = await scene.git(repo, "status", "--porcelain", "--untracked-files=no", "--ignore-submodules=dirty");
  if (dirty !== "") return false;
  if (!(await bringIn(scene, repo, { way, branch: tree.branch, name: tree.branch }))) return false;
  // Whoever has no rights there goes on all the same.
  if (scene.next() % 2 === 0) await scene.try(repo, "push", "-q", "origin", "main");
  return true;
}

async function landOnForge(scene: Scene, tree: Tree, { way, how }: { way: Way; how: number }): Promise<boolean> {
  const repo = scene.place.at("repo");
  const colleague = scene.place.at("colleague");
  const upstream = how % 5 === 0 ? ["--set-upstream"] : [];
  const pushed = await scene.try(repo, "push", "-q", "--force", ...upstream, "origin", tree.branch);
  if (pushed === undefined) return false;
  await scene.git(colleague, "fetch", "-q", "--prune", "origin");
  await scene.git(colleague, "reset", "-q", "--hard", "origin/main");
  const branch = `origin/${tree.branch}`;
  const isIn = await bringIn(scene, colleague, { way, branch, name: tree.branch });
  if (isIn) await scene.git(colleague, "push", "-q", "origin", "main");
  if (isIn && how % 4 !== 3) await scene.git(colleague, "push", "-q", "origin", "--delete", tree.branch);
  await scene.git(repo, "fetch", "-q", "--prune", "origin");
  return isIn;
}

/** False when it did not work, and then nothing has changed. */
async function bringIn(scene: Scene, clone: string, what: { way: Way; branch: string; name: string }) {
  const { way, branch, name } = what;
  const before = await scene.git(clone, "rev-parse", "HEAD");
  const isIn = async () => {
    if (way === "merge") return (await scene.try(clone, "merge", "-q", "--no-edit", branch)) !== undefined;
    if (way === "rebase") return (await scene.try(clone, "cherry-pick", `HEAD..${branch}`)) !== undefined;
    if ((await scene.try(clone, "merge", "-q", "--squash", branch)) === undefined) return false;
    return (await scene.try(clone, "commit", "-q", "-m", `Squash ${name}`)) !== undefined;
  };
  if (await isIn()) return (await scene.git(clone, "rev-parse", "HEAD")) !== before;
  await scene.try(clone, "cherry-pick", "--quit");
  await scene.git(clone, "reset", "-q", "--hard", before);
  return false;
}

/** Somebody else's work comes into main. */
export async function moveMain(scene: Scene, how: number): Promise<boolean> {
  const colleague = scene.place.at("colleague");
  const repo = scene.place.at("repo");
  await scene.git(colleague, "fetch", "-q", "origin");
  await scene.git(colleague, "reset", "-q", "--hard", "origin/main");
  writeFileSync(`${colleague}/colleague.txt`, `colleague ${scene.next()}\n`);
  await scene.git(colleague, "add", "colleague.txt");
  await scene.git(colleague, "commit", "-q", "-m", "Somebody else's");
  await scene.git(colleague, "push", "-q", "origin", "main");
  await scene.git(repo, "fetch", "-q", "--prune", "origin");
  if (how % 2 === 0) await scene.try(repo, "merge", "-q", "--ff-only", "origin/main");
  return true;
}

/** Everything git thinks that nobody needs. */
export async function collectGarbage(scene: Scene): Promise<boolean> {
  const repo = scene.place.at("repo");
  if (existsSync(scene.place.at("repo/.git/gc.pid"))) return false;
  await scene.git(repo, "worktree", "prune", "--expire=now");
  await scene.git(repo, "gc", "--quiet", "--prune=now");
  return true;
}
