// Whether gtr's user has approved the commands of a repository's `.gtrconfig` (`git gtr trust`, since 2.7.1): a file named
// after the repository and exactly these commands, in gtr's own folder. Nothing is approved here.

import { readFileSync, realpathSync } from "node:fs";
import { isAbsolute, join } from "node:path";
import type { World } from "../../world.ts";
import { gtrConfig, type Setting } from "./settings.ts";
import { variable } from "./variables.ts";

/** What gtr asks its user to approve, of all that the file says. */
const COMMANDS = /^hooks\.|^defaults\.editor$|^defaults\.ai$/;

export async function isTrusted(
  world: Pick<World, "env" | "runProgram">,
  { repositoryPath, file }: { repositoryPath: string; file: readonly Setting[] },
): Promise<boolean> {
  const commands = file.filter(({ key }) => COMMANDS.test(key));
  const home = (await variable(world, "XDG_CONFIG_HOME")) ?? join(world.env.home, ".config");
  if (!isAbsolute(home)) return false;
  // As `git config --get-regexp` prints them, whose last line ends a shell takes away. (A key without a value it prints
  // without the space: such a file is not taken for a trusted one.)
  const text = commands.map(({ key, value }) => `${key} ${value}`).join("\n");
  const top = realpathSync(repositoryPath);
  const key = sha256(`${top}\n${sha256(`${text.replace(/\n+$/, "")}\n`)}\n`);
  return markerIn(join(home, "gtr", "trusted", key)) === gtrConfig(top);
}

function markerIn(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8").replace(/\n+$/, "");
  } catch {
    return undefined;
  }
}

function sha256(text: string): string {
  return new Bun.CryptoHasher("sha256").update(text).digest("hex");
}
