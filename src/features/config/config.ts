// Settings from files: `<repo>/.parallel-cc.json` before `~/.parallel-cc/config.json`. A repository's own file may
// only say what cannot run a command, widen a sandbox or read a credential.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Failure } from "../../core/failure.ts";
import { v } from "../../core/shape.ts";
import type { World } from "../../world.ts";

const CONFIG = v.object({
  worktree: v.optional(v.object({ base: v.optional(v.pipe(v.string(), v.nonEmpty())) })),
});

export interface Config {
  /** Where new worktrees start, any name git knows; undefined means where the session was started. */
  worktreeBase: string | undefined;
}

/** Reads disk. A broken file is a Failure that names it and leaves it alone. */
export function loadConfig(world: Pick<World, "paths">, repositoryPath: string | undefined): Config {
  const bases = settingsFiles(world, repositoryPath).map((file) => read(file)?.worktree?.base);
  return { worktreeBase: bases.find((base) => base !== undefined) };
}

/** Where settings may stand, the ones that count first. */
export function settingsFiles(world: Pick<World, "paths">, repositoryPath: string | undefined): string[] {
  return [...(repositoryPath === undefined ? [] : [join(repositoryPath, ".parallel-cc.json")]), world.paths.config];
}

function read(file: string): v.InferOutput<typeof CONFIG> | undefined {
  try {
    return v.parse(CONFIG, JSON.parse(readFileSync(file, "utf8")));
  } catch (cause) {
    // Only a file that is not there is none: one that may not be read holds settings all the same.
    if (cause instanceof Error && "code" in cause && (cause.code === "ENOENT" || cause.code === "ENOTDIR"))
      return undefined;
    throw new Failure({
      code: "config.broken",
      message: `${file} cannot be read: ${cause instanceof Error ? cause.message : String(cause)}.`,
      hint: "Mend the file, or move it away; it was left as it is.",
      cause,
    });
  }
}
