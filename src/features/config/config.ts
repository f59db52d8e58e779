// Settings from files: `<repo>/.parallel-cc.json` before `~/.parallel-cc/config.json`. A repository's own file may
// only say what cannot run a command, widen a sandbox, read a credential, or throw anything away.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Failure } from "../../core/failure.ts";
import { v } from "../../core/shape.ts";
import type { World } from "../../world.ts";

const days = () => v.pipe(v.number(), v.minValue(0));
const UNITS = ["", "K", "M", "G", "T"];

const fileShape = () =>
  v.object({
    worktree: v.optional(v.object({ base: v.optional(v.pipe(v.string(), v.nonEmpty())) })),
    cleanup: v.optional(
      v.object({
        auto: v.optional(v.boolean()),
        fetch: v.optional(v.boolean()),
        keepDays: v.optional(days()),
        keepRefsDays: v.optional(days()),
        trashMaxSize: v.optional(
          v.pipe(
            v.string(),
            v.regex(/^\d+(\.\d+)? ?[KMGT]?i?B?$/i, 'It takes a size like "500M" or "10G"'),
            v.transform(bytesOf),
          ),
        ),
      }),
    ),
  });

export interface Config {
  /** Where new worktrees start, any name git knows; undefined means where the session was started. */
  worktreeBase: string | undefined;
  cleanup: {
    /** Whether registering cleans up after dead sessions in the background. */
    auto: boolean;
    /** Whether that fetches the target of branches that were pushed. */
    fetch: boolean;
    /** How long the trash keeps a removed worktree. */
    keepDays: number;
    /** How long its rescue ref stays. */
    keepRefsDays: number;
    /** What the trash of a repository may take on the disk. */
    trashMaxBytes: number;
  };
}

const DEFAULTS = { auto: true, fetch: true, keepDays: 14, keepRefsDays: 90, trashMaxBytes: bytesOf("10G") };

/** Reads disk. A broken file is a Failure that names it and leaves it alone. */
export function loadConfig(world: Pick<World, "paths">, repositoryPath: string | undefined): Config {
  const [own, ofRepository] = [read(world.paths.config), repositoryFile(repositoryPath)];
  const cleanup = own?.cleanup ?? {};
  return {
    worktreeBase: ofRepository?.worktree?.base ?? own?.worktree?.base,
    cleanup: {
      // A repository may ask for less to be done for it, never for more to be thrown away.
      auto: (cleanup.auto ?? DEFAULTS.auto) && ofRepository?.cleanup?.auto !== false,
      fetch: (cleanup.fetch ?? DEFAULTS.fetch) && ofRepository?.cleanup?.fetch !== false,
      keepDays: cleanup.keepDays ?? DEFAULTS.keepDays,
      keepRefsDays: Math.max(cleanup.keepRefsDays ?? DEFAULTS.keepRefsDays, cleanup.keepDays ?? DEFAULTS.keepDays),
      trashMaxBytes: cleanup.trashMaxSize ?? DEFAULTS.trashMaxBytes,
    },
  };
}

function repositoryFile(path: string | undefined) {
  return path === undefined ? undefined : read(join(path, ".parallel-cc.json"));
}

/** Where settings may stand, the ones that count first. */
export function settingsFiles(world: Pick<World, "paths">, repositoryPath: string | undefined): string[] {
  return [...(repositoryPath === undefined ? [] : [join(repositoryPath, ".parallel-cc.json")]), world.paths.config];
}

/** `500M`, `1.5 GB`: units of 1024. */
function bytesOf(text: string): number {
  const [, number = "0", unit = ""] = /^([\d.]+) ?([KMGT]?)/i.exec(text) ?? [];
  return Math.floor(Number(number) * 1024 ** UNITS.indexOf(unit.toUpperCase()));
}

function read(file: string): v.InferOutput<ReturnType<typeof fileShape>> | undefined {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (cause) {
    // Only a file that is not there is none: one that may not be read holds settings all the same.
    if (cause instanceof Error && "code" in cause && (cause.code === "ENOENT" || cause.code === "ENOTDIR"))
      return undefined;
    throw broken(file, cause);
  }
  try {
    return v.parse(fileShape(), JSON.parse(text));
  } catch (cause) {
    throw broken(file, cause);
  }
}

function broken(file: string, cause: unknown): Failure {
  const where = v.isValiError(cause) ? `${v.getDotPath(cause.issues[0]) ?? ""}: ` : "";
  return new Failure({
    code: "config.broken",
    message: `${file} cannot be read: ${where}${cause instanceof Error ? cause.message : String(cause)}.`,
    hint: "Mend the file, or move it away; it was left as it is.",
    cause,
  });
}
