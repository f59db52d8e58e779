// The settings, and whether the next session of the repository would get its worktree.

import { accessSync, constants, statSync } from "node:fs";
import { commitOf, type Repository } from "../../git/repository.ts";
import { type Config, warningsOf } from "../config/config.ts";
import { type Check, failed } from "./check.ts";
import { codeOf, nearestThere } from "./files.ts";
import { type Effects, type Scene, worktreesDirectory } from "./scene.ts";

export async function checkPlace(scene: Scene): Promise<Check[]> {
  const located = await scene.repository();
  const found = located.kind === "found" ? located.repository : undefined;
  const place = found === undefined ? [] : [checkDirectory(await worktreesDirectory(scene, found))];
  try {
    const config = await scene.config();
    const base = found === undefined ? [] : await checkBase(scene.world, config, found);
    return [checkSettings(config), ...base, ...place];
  } catch (thrown) {
    return [failed("settings", thrown), ...place];
  }
}

function checkSettings(config: Config): Check {
  const name = "settings";
  const [warning, ...more] = warningsOf(config);
  if (warning === undefined) {
    const files = config.files.map(({ path }) => path);
    return { name, status: "ok", detail: files.join(", ") || "none; the defaults hold" };
  }
  const detail = more.length === 0 ? warning : `${warning} And ${more.length} more.`;
  return { name, status: "warn", detail, hint: "See: parallel-cc config list" };
}

async function checkBase(world: Pick<Effects, "git">, config: Config, { path }: Repository): Promise<Check[]> {
  const base = config.settings["worktree.base"];
  if (base === undefined || (await commitOf(world.git(path).trusting(), base)) !== undefined) return [];
  const detail = `worktree.base is "${base}", which is no commit in ${path}.`;
  return [{ name: "base", status: "fail", detail, hint: "Name a branch that exists, or run git fetch." }];
}

function checkDirectory(directory: string): Check {
  const name = "new worktrees";
  // The nearest thing that is there is what decides whether the rest can be made.
  const existing = nearestThere(directory);
  const hint = "Only one session can work in this repository until that is mended.";
  try {
    accessSync(existing, constants.W_OK);
    if (statSync(existing).isDirectory()) return { name, status: "ok", detail: directory };
    return { name, status: "fail", detail: `No worktree can be made in ${directory}: it is no directory.`, hint };
  } catch (thrown) {
    return { name, status: "fail", detail: `No worktree can be made in ${directory}: ${codeOf(thrown)}.`, hint };
  }
}
