// Repositories inside a worktree, for the tests of what is removed and what comes back.

import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { type Repo, runGit } from "../support/repo.ts";
import { makeScene, type Scene, type Tree } from "./removal-scene.ts";

/** A repository somebody made inside the worktree, with one commit. */
export async function nest({ path }: Tree, { place }: Scene, folder: string): Promise<Repo["git"]> {
  const git: Repo["git"] = (...args) => runGit(args, { cwd: join(path, folder), env: place.env() });
  await mkdir(join(path, folder), { recursive: true });
  await git("init", "--quiet", "--initial-branch=main");
  await Bun.write(join(path, folder, "nested.txt"), "nested\n");
  await git("add", "nested.txt");
  await git("commit", "--quiet", "-m", "Nested");
  return git;
}

export async function push(git: Repo["git"], { place }: Scene): Promise<void> {
  const far = place.at("far.git");
  await runGit(["init", "--quiet", "--bare", far], { cwd: place.path, env: place.env() });
  await git("remote", "add", "origin", far);
  await git("push", "--quiet", "origin", "--all");
  await git("fetch", "--quiet", "origin");
}

export async function ignore({ git }: Scene, ...patterns: string[]): Promise<void> {
  const exclude = await git("rev-parse", "--path-format=absolute", "--git-path", "info/exclude");
  await Bun.write(exclude, `${patterns.join("\n")}\n`);
}

/** A worktree with a submodule that was fetched; `module` is git in it. */
export async function leftWithSubmodule(scene: Scene): Promise<{ tree: Tree; module: Repo["git"] }> {
  const far = scene.place.at("module.git");
  const seed = scene.place.at("seed");
  const at = { cwd: scene.place.path, env: scene.place.env() };
  await runGit(["init", "--quiet", "--initial-branch=main", seed], at);
  await Bun.write(join(seed, "module.txt"), "module\n");
  for (const words of [
    ["add", "."],
    ["commit", "--quiet", "-m", "Module"],
  ])
    await runGit(words, { ...at, cwd: seed });
  await runGit(["clone", "--quiet", "--bare", seed, far], at);
  await scene.git("submodule", "add", "--quiet", far, "lib/module");
  await scene.git("commit", "--quiet", "-m", "A submodule");
  const tree = await scene.left();
  await tree.git("submodule", "update", "--init", "--quiet");
  const module: Repo["git"] = (...args) => tree.git("-C", join(tree.path, "lib/module"), ...args);
  return { tree, module };
}

/** In a scene of its own. */
export async function withSubmodule(): Promise<{ scene: Scene; tree: Tree; module: Repo["git"] }> {
  const scene = await makeScene();
  return { scene, ...(await leftWithSubmodule(scene)) };
}
