// Where a user's programs, shells and Claude Code keep their files, as their own variables say.

import { basename, isAbsolute, join, resolve } from "node:path";

export interface UserPlaces {
  /** Where our programs are installed: `PARALLEL_CC_INSTALL_DIR`, else `~/.local/bin`. */
  programs: string;
  /** Claude Code's settings and its own state: in `CLAUDE_CONFIG_DIR` both, and nothing of them in the home (2.1.328). */
  claudeSettings: string;
  claudeState: string;
  /** The name of the user's shell; "" when nobody says. */
  shell: string;
  /** `XDG_CONFIG_HOME`, else `~/.config`. */
  config: string;
  /** `XDG_DATA_HOME`, else `~/.local/share`. */
  data: string;
  /** `ZDOTDIR`, else the home. */
  zsh: string;
}

export function userPlaces(variables: Readonly<Record<string, string | undefined>>, home: string): UserPlaces {
  const named = (name: string, otherwise: string) => {
    const path = variables[name];
    // A relative one is to be passed over, says the XDG specification; it would be another place in each directory.
    return path !== undefined && isAbsolute(path) ? path : otherwise;
  };
  const claude = variables["CLAUDE_CONFIG_DIR"] ? resolve(variables["CLAUDE_CONFIG_DIR"]) : undefined;
  return {
    programs: resolve(variables["PARALLEL_CC_INSTALL_DIR"] || join(home, ".local/bin")),
    claudeSettings: join(claude ?? join(home, ".claude"), "settings.json"),
    claudeState: join(claude ?? home, ".claude.json"),
    shell: basename(variables["SHELL"] ?? ""),
    config: named("XDG_CONFIG_HOME", join(home, ".config")),
    data: named("XDG_DATA_HOME", join(home, ".local/share")),
    zsh: named("ZDOTDIR", home),
  };
}
