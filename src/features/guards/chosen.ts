// Whether `find` would choose anything there: by looking, as it would, at names and kinds, and at no more files than a
// moment allows.

import { type Dirent, lstatSync, readdirSync } from "node:fs";
import { basename, join } from "node:path";
import type { Chosen } from "./claims.ts";

const MOST_LOOKED_AT = 5000;

interface Entry {
  /** As find names it. */
  named: string;
  depth: number;
  isDirectory: boolean;
}

/** Anything at all, at or below a path. */
export function choosesIn(path: string, named: string, chosen: Chosen): boolean {
  const met: (Entry & { path: string })[] = [{ path, named, depth: 0, isDirectory: isDirectoryThere(path) }];
  for (const one of met) {
    if (chooses(one, chosen)) return true;
    if (met.length > MOST_LOOKED_AT) continue;
    if (!one.isDirectory || one.depth >= chosen.most) continue;
    for (const entry of entriesOf(one.path)) {
      const below = { path: join(one.path, entry.name), named: `${one.named.replace(/\/+$/, "")}/${entry.name}` };
      met.push({ ...below, depth: one.depth + 1, isDirectory: entry.isDirectory() });
    }
  }
  return false;
}

/** A directory, or one of those it is in up to where find starts, with all in it. */
export function choosesAbove(
  { start, named }: { start: string; named: string },
  place: string,
  chosen: Chosen,
): boolean {
  const below = place.slice(start === "/" ? 1 : start.length + 1).split("/");
  if (chosen.names.length === 0) {
    if (chosen.isDeep && chosen.kind !== "file") return chosen.least <= chosen.most;
    return chosen.kind !== "directory" && below.length < chosen.most;
  }
  if (!chosen.isDeep) return false;
  return ["", ...below].some((_, depth) => {
    const path = [named.replace(/\/+$/, ""), ...below.slice(0, depth)].join("/");
    return chooses({ named: path, depth, isDirectory: true }, chosen);
  });
}

function chooses({ named, depth, isDirectory }: Entry, { names, kind, least, most, isDeep }: Chosen): boolean {
  // `rm` takes no `.` away.
  if (depth < least || depth > most || /(^|\/)\.\.?$/.test(named)) return false;
  // A directory goes with all in it, or only when it is empty.
  if (isDirectory ? !isDeep || kind === "file" : kind === "directory") return false;
  return names.every(({ pattern, isPath, isNegated, isCaseless }) => {
    const asked = isPath ? named : basename(named);
    const isMatch = matcher(pattern, isCaseless)?.test(asked);
    return isMatch !== undefined && isMatch !== isNegated;
  });
}

/** Here a wildcard stands for a slash as well. More of them than anybody writes would take long. */
function matcher(pattern: string, isCaseless: boolean): RegExp | undefined {
  if (pattern.split("*").length > 8) return undefined;
  const source = pattern.replace(/\\[\s\S]|\[[!^]?\]?[^\]]*\]|[\s\S]/g, (piece) => {
    if (piece === "*") return "[\\s\\S]*";
    if (piece === "?") return "[\\s\\S]";
    if (piece.length > 2)
      return `[${piece
        .slice(1, -1)
        .replace(/^!/, "^")
        .replace(/[\\\]]/g, "\\$&")}]`;
    return piece.replace(/^\\/, "").replace(/[.*+?^${}()|[\]\\/]/g, "\\$&");
  });
  try {
    return new RegExp(`^${source}$`, isCaseless ? "i" : "");
  } catch {
    return undefined;
  }
}

function isDirectoryThere(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}

function entriesOf(path: string): Dirent[] {
  try {
    return readdirSync(path, { withFileTypes: true });
  } catch {
    return [];
  }
}
