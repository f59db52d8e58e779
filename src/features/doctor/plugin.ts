// The plugin in Claude Code: whether it is this release's, and whether the other way is entered beside it. Where there is
// none, there is nothing to say.

import { existsSync } from "node:fs";
import { printable } from "../../core/text.ts";
import { enteredBeside, pluginFolder, pluginState } from "../install/install.ts";
import type { Check } from "./check.ts";
import type { Effects } from "./scene.ts";

export function checkPlugin(world: Pick<Effects, "env" | "paths" | "version">): Check[] {
  const { isEnabled, version = "", source } = pluginState(world);
  const folder = pluginFolder(world);
  if (!isEnabled || source !== folder) return [];
  const release = version.replace(/\+[^+]*$/, "");
  const beside = enteredBeside(world);
  const troubles = [
    ...(existsSync(folder) ? [] : [`its files are not in ${folder} any more`]),
    ...(release === world.version ? [] : [`it is of release ${printable(release)}; this is ${world.version}`]),
    ...(beside.length === 0 ? [] : [`what ${beside.join(" and ")} has of ours runs beside it, all of it twice`]),
  ];
  const name = "plugin";
  if (troubles.length === 0) return [{ name, status: "ok", detail: `release ${release}, in ${folder}` }];
  return troubles.map((detail) => ({
    name,
    status: "warn",
    detail,
    hint: "Enter it anew: parallel-cc install --plugin",
  }));
}
