// The shells we know, and where their users' files are. What stands in a profile is told exactly: a block of ours, or an
// alias or function that its user made.

import { existsSync } from "node:fs";
import { join } from "node:path";
import type { World } from "../../world.ts";
import type { Block } from "./lines.ts";
import type { Notes } from "./notes.ts";

export const SHELLS = ["bash", "zsh", "fish"] as const;
export type Shell = (typeof SHELLS)[number];

type Places = Pick<World, "env">;

export function shellOf({ env }: Places): Shell | "unknown" {
  return SHELLS.find((one) => one === env.places.shell) ?? "unknown";
}

export function profileOf({ env }: Places, shell: Shell): string {
  const { places, home } = env;
  if (shell === "zsh") return join(places.zsh, ".zshrc");
  if (shell === "fish") return join(places.config, "fish/config.fish");
  const [rc, login] = [join(home, ".bashrc"), join(home, ".bash_profile")];
  return !existsSync(rc) && existsSync(login) ? login : rc;
}

/** All in which an alias may have been put. */
export function profiles({ env }: Places): string[] {
  const { places, home } = env;
  const zsh = [places.zsh, home].map((folder) => join(folder, ".zshrc"));
  return [
    ...new Set([
      join(home, ".bashrc"),
      join(home, ".bash_profile"),
      ...zsh,
      join(places.config, "fish/config.fish"),
      join(home, ".config/fish/config.fish"),
    ]),
  ];
}

/** Also those that hold lines of ours under variables of another time. */
export function profilesEver(world: Places, { held }: Pick<Notes, "held">): string[] {
  const noted = Object.keys(held.texts).filter((file) => !file.endsWith("/.gitignore"));
  return [...new Set([...profiles(world), ...noted])];
}

const ALIAS_TITLE = "# parallel-cc: alias for claude-parallel wrapper";
const POSIX_ALIAS = "alias claude='claude-parallel'";
const FISH_ALIAS = "alias claude 'claude-parallel'";

export function aliasLine(shell: Shell): string {
  return shell === "fish" ? FISH_ALIAS : POSIX_ALIAS;
}

export function aliasBlock(shell: Shell): Block {
  return [ALIAS_TITLE, aliasLine(shell)];
}

/** As earlier releases wrote them too. */
export const ALIAS_BLOCKS: readonly Block[] = [
  [ALIAS_TITLE, POSIX_ALIAS],
  [ALIAS_TITLE, FISH_ALIAS],
];

/** `alias claude=claude-parallel`, as sh and fish write it, quoted or not, by name or by path. */
const ALIAS = /^[ \t]*alias[ \t]+claude(?:=|[ \t]+)(["']?)(?:[^\s"']*\/)?claude-parallel\1[ \t]*(?:[;#].*)?\r?$/m;
const OTHER = /^[ \t]*(?:alias[ \t]+(?:-\S+[ \t]+)*claude(?:=|[ \t])|function[ \t]+claude\b|claude[ \t]*\(\))/m;

/** What `claude` is in a profile; undefined where it says nothing of it. */
export function claudeIn(text: string): "claude-parallel" | "something else" | undefined {
  if (ALIAS.test(text)) return "claude-parallel";
  return OTHER.test(text) ? "something else" : undefined;
}
