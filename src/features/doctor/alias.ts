// Whether `claude` is claude-parallel in the user's shells: good to know, and no failure either way.

import { firstOnPath } from "../../files/programs.ts";
import { claudeIn, profiles } from "../install/install.ts";
import type { Check } from "./check.ts";
import { readWhole } from "./files.ts";
import type { Scene } from "./scene.ts";

export async function checkAlias({ world }: Scene): Promise<Check[]> {
  const name = "alias";
  const found: string[] = [];
  for (const path of profiles(world)) {
    const read = await readWhole(path);
    if (read.kind === "text" && claudeIn(read.text) === "claude-parallel") found.push(path);
  }
  if (found.length === 0) return [{ name, status: "ok", detail: "none for claude; type claude-parallel" }];
  const where = found.join(", ");
  if (firstOnPath("claude-parallel", world.env.path) !== undefined) {
    return [{ name, status: "ok", detail: `claude is claude-parallel, in ${where}` }];
  }
  const detail = `${where} makes claude an alias of claude-parallel, which is not on PATH.`;
  return [{ name, status: "warn", detail, hint: "Put it on PATH, or take the alias out." }];
}
