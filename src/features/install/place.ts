// Where things are entered, and as what: this user's files, a repository's own, and the name of our program in them.

import { existsSync, realpathSync } from "node:fs";
import { dirname, join } from "node:path";
import { Failure } from "../../core/failure.ts";
import { targetOf } from "../../files/atomic.ts";
import { existingDirectory } from "../../files/directory.ts";
import { firstOnPath, isExecutable, realPathOf } from "../../files/programs.ts";
import { locate } from "../../git/repository.ts";
import type { World } from "../../world.ts";

export const PROGRAM = "parallel-cc";

/** The installed one, else this one; undefined when it runs from its source. */
export function programPath(world: Pick<World, "env" | "program" | "self">): string | undefined {
  const installed = join(world.env.places.programs, PROGRAM);
  if (isExecutable(installed)) return installed;
  return isCompiled(world) ? world.program : undefined;
}

/** As `parallel-cc` where PATH finds the installed one by that name, else by its path. */
export function programWord(world: Pick<World, "env" | "program" | "self">): string {
  const own = programPath(world);
  if (own === undefined) return PROGRAM;
  return firstOnPath(PROGRAM, world.env.path)?.real === realPathOf(own) ? PROGRAM : own;
}

/** Neither installed nor on PATH, where nobody will look for it. */
export function isOnlyDownloaded(world: Pick<World, "env" | "self">): boolean {
  const { path, places } = world.env;
  if (!isCompiled(world) || firstOnPath(PROGRAM, path) !== undefined) return false;
  return !isExecutable(join(places.programs, PROGRAM));
}

/** Run from source, our program is Bun's. */
export function isCompiled(world: Pick<World, "self">): boolean {
  return world.self([]).args.length === 0;
}

/**
 * Top of the checkout that is named, or that we are in: Claude Code reads the settings of the very worktree it runs in,
 * and not those of the main checkout (2.1.328). Errors: `repository.none`, `install.bare`.
 */
export async function checkoutAt(world: Pick<World, "cwd" | "git">, repo: string | undefined): Promise<string> {
  const { here, path } = await locate(world.git(existingDirectory(world.cwd, repo)));
  if (here.top !== undefined) return here.top;
  throw new Failure({
    code: "install.bare",
    message: `${path} is no checkout: there are no settings of its own in it.`,
    hint: "Name one of its worktrees with --repo <path>, or install for all repositories: --global",
  });
}

export function localSettings(top: string): string {
  return join(top, ".claude/settings.json");
}

/** What a repository tracks shall not say which file of its user's is written. Errors: `install.link`. */
export function requireInside(top: string, file: string): void {
  const real = realpathSync(nearestThere(targetOf(file)));
  if (real === top || real.startsWith(`${top}/`)) return;
  throw new Failure({
    code: "install.link",
    message: `${file} leads out of its repository, to ${real}, and was left as it is.`,
    hint: "Replace the symbolic link by a file or directory of the repository.",
  });
}

function nearestThere(path: string): string {
  return existsSync(path) || path === dirname(path) ? path : nearestThere(dirname(path));
}
