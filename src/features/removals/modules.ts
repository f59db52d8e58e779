// Submodules of a worktree have their git directories below its own, and each names its tree and is named by it. When
// one of the two comes back under another path, both names are written anew.

import { existsSync, writeFileSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import type { Git } from "../../git/git.ts";
import { moduleDirectories } from "./nested.ts";

interface Directories {
  top: string;
  adminDir: string;
}

/** `tree` is where the worktree's directory stands just now. */
export async function moveModules(
  git: Git,
  { was, is, tree }: { was: Directories; is: Directories; tree: string },
): Promise<void> {
  if (was.top === is.top && was.adminDir === is.adminDir) return;
  for (const name of moduleDirectories(join(is.adminDir, "modules"))) {
    const [before, now] = [join(was.adminDir, "modules", name), join(is.adminDir, "modules", name)];
    const config = join(now, "config");
    const told = await git.attempt(["config", "--file", config, "--get", "core.worktree"]);
    const path = relative(was.top, resolve(before, told.stdout.replace(/\n$/, "")));
    if (told.exit !== 0 || path.startsWith("..") || !existsSync(join(tree, path, ".git"))) continue;
    await git.output(["config", "--file", config, "core.worktree", join(is.top, path)]);
    writeFileSync(join(tree, path, ".git"), `gitdir: ${now}\n`);
  }
}
