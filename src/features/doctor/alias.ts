// Whether `claude` is claude-parallel in the user's shells: good to know, and no failure either way.

import { join } from "node:path";
import type { Check } from "./check.ts";
import { firstOnPath, readWhole } from "./files.ts";
import type { Scene } from "./scene.ts";

const PROFILES = [".bashrc", ".bash_profile", ".zshrc", ".config/fish/config.fish"] as const;

/** `alias claude=claude-parallel`, as sh and fish write it, quoted or not, by name or by path. */
const ALIAS = /^[ \t]*alias[ \t]+claude(?:=|[ \t]+)(["']?)(?:[^\s"']*\/)?claude-parallel\1[ \t]*(?:[;#].*)?$/m;

export async function checkAlias({ world }: Scene): Promise<Check[]> {
  const name = "alias";
  const found: string[] = [];
  for (const profile of PROFILES) {
    const path = join(world.env.home, profile);
    const read = await readWhole(path);
    if (read.kind === "text" && ALIAS.test(read.text)) found.push(path);
  }
  if (found.length === 0) return [{ name, status: "ok", detail: "none for claude; type claude-parallel" }];
  const where = found.join(", ");
  if (firstOnPath("claude-parallel", world.env.path) !== undefined) {
    return [{ name, status: "ok", detail: `claude is claude-parallel, in ${where}` }];
  }
  const detail = `${where} makes claude an alias of claude-parallel, which is not on PATH.`;
  return [{ name, status: "warn", detail, hint: "Put it on PATH, or take the alias out." }];
}
