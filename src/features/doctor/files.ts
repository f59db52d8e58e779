// Files of other programs, as doctor reads them: never more than a bound, never a pipe, and what cannot be read is said
// without a word of what stands in it.

import { existsSync, statSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { dirname } from "node:path";

export type Read = { kind: "none" } | { kind: "unreadable"; why: string } | { kind: "text"; text: string };

const MOST_BYTES = 64 * 1024 * 1024;

export async function readWhole(path: string): Promise<Read> {
  try {
    const found = statSync(path, { throwIfNoEntry: false });
    if (found === undefined) return { kind: "none" };
    if (!found.isFile()) return { kind: "unreadable", why: "it is no file" };
    if (found.size > MOST_BYTES) return { kind: "unreadable", why: "it is too large" };
    return { kind: "text", text: await readFile(path, "utf8") };
  } catch (thrown) {
    const code = codeOf(thrown);
    return code === "ENOTDIR" ? { kind: "none" } : { kind: "unreadable", why: code };
  }
}

export function codeOf(thrown: unknown): string {
  return thrown instanceof Error && "code" in thrown ? String(thrown.code) : String(thrown);
}

/** The path itself, or what is nearest above it and there. */
export function nearestThere(path: string): string {
  return existsSync(path) || path === dirname(path) ? path : nearestThere(dirname(path));
}
