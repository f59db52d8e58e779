// What this machine's claude needs to run where its user's home is not: its installation, and what interprets it.

import { closeSync, openSync, readSync } from "node:fs";
import { basename, dirname } from "node:path";
import { firstOnPath, type OnPath } from "../../../files/programs.ts";
import type { Env } from "../../../world.ts";

export interface ClaudeNeeds {
  /** Files and directories. */
  readable: string[];
  /** Programs that a sandbox's PATH must have, each under its name. */
  programs: { name: string; file: string }[];
}

const RUNTIMES = ["node", "bun"] as const;

/** Nothing of claude's where there is none. */
export function claudeNeeds({ path, home }: Pick<Env, "path" | "home">): ClaudeNeeds {
  const claude = firstOnPath("claude", path);
  const named = claude === undefined ? undefined : interpreterOf(claude.real);
  const wanted = [...new Set([...(named === undefined ? [] : [named]), ...RUNTIMES])];
  const interpreters = wanted.flatMap((name) => {
    const found = firstOnPath(name, path);
    return found === undefined ? [] : [{ name, found }];
  });
  return {
    readable: [
      ...(claude === undefined ? [] : [installationOf(claude)]),
      ...interpreters.map(({ found }) => prefixOf(found.real, home)),
    ],
    programs: [
      ...(claude === undefined ? [] : [{ name: "claude", file: claude.real }]),
      ...interpreters.map(({ name, found }) => ({ name, file: found.real })),
    ],
  };
}

/** A package finds what it needs beside it; a program that stands alone is one file. */
function installationOf({ real }: OnPath): string {
  const modules = "/node_modules/";
  const at = real.lastIndexOf(modules);
  return at === -1 ? real : real.slice(0, at + modules.length - 1);
}

/** Where a runtime is installed with its libraries and npm; the file alone when that would be somebody's home. */
function prefixOf(file: string, home: string): string {
  const folder = dirname(file);
  const prefix = dirname(folder);
  const isHome = prefix === "/" || prefix === home || home.startsWith(`${prefix}/`);
  return basename(folder) === "bin" && !isHome ? prefix : file;
}

/** The name of the program that a script's first line asks for; undefined for what is no script. */
function interpreterOf(file: string): string | undefined {
  const line = firstLine(file);
  const words = /^#!\s*(\S+)(?:\s+(.*))?$/.exec(line);
  if (words === null) return undefined;
  const [, program = "", rest = ""] = words;
  if (basename(program) !== "env") return basename(program);
  return rest.split(/\s+/).find((word) => !word.startsWith("-") && !word.includes("="));
}

const MOST_LINE_BYTES = 256;

function firstLine(file: string): string {
  let open: number | undefined;
  try {
    open = openSync(file, "r");
    const start = Buffer.alloc(MOST_LINE_BYTES);
    const size = readSync(open, start);
    return start.toString("latin1", 0, size).split("\n", 1)[0] ?? "";
  } catch {
    return "";
  } finally {
    if (open !== undefined) closeSync(open);
  }
}
