// Files of a checkout that git had better not look into, told apart by what our copy of its index remembers of them:
// large ones, which it would hash at every look, and those whose filter may not run, so that they seem changed.

import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { NUMBER, TEXT, v } from "../../core/shape.ts";
import type { Git } from "../../git/git.ts";
import { type IndexStat, isAsInIndex, type PrivateIndex, statsOfIndex } from "../writes/writes.ts";
import { bytesOf, standingsOf } from "./standing.ts";

export interface HiddenFile {
  path: string;
  /** In the checkout with that top, by its stat. */
  isChanged(top: string): boolean;
}

/** Above this git's copy of a file is not compared with it but by its stat. */
const LARGE_BYTES = 50 * 1024 * 1024;
const HASH_BYTES = { sha1: 20, sha256: 32 } as const;

const FIELDS = ["ctimeS", "ctimeNs", "mtimeS", "mtimeNs", "ino", "size"] as const;
const hiddenShape = () => v.array(v.tuple([TEXT, v.object(v.entriesFromList(FIELDS, NUMBER))]));

export interface Hiding {
  index: PrivateIndex;
  /** Some filter is configured. */
  hasFilters: boolean;
}

/** Tells git, in this index alone, to take them for unchanged. Errors: those of git and of the file system. */
export async function hideFiles(git: Git, { index: { file, isNew }, hasFilters }: Hiding): Promise<HiddenFile[]> {
  const note = `${file}.hidden`;
  if (isNew && existsSync(file)) {
    const all = statsOf(file);
    const filtered = hasFilters ? await filteredAmong(git, [...all.keys()]) : undefined;
    const hidden = [...all].filter(([path, { size }]) => size > LARGE_BYTES || filtered?.has(path) === true);
    if (hidden.length > 0) {
      const input = bytesOf(hidden.map(([path]) => `${path}\0`).join(""));
      await git.output(["update-index", "-z", "--assume-unchanged", "--stdin"], { input });
      writeFileSync(note, JSON.stringify(hidden), { mode: 0o600 });
    }
  }
  if (!existsSync(note)) return [];
  return v.parse(hiddenShape(), JSON.parse(readFileSync(note, "utf8"))).map(([path, stat]) => ({
    path,
    isChanged: (top) => standingsOf(top, [path]).some(({ stats }) => stats === undefined || !isAsInIndex(stat, stats)),
  }));
}

async function filteredAmong(git: Git, paths: readonly string[]): Promise<Set<string>> {
  const input = bytesOf(paths.map((path) => `${path}\0`).join(""));
  const said = Buffer.from(await git.bytes(["check-attr", "-z", "--stdin", "filter"], { input })).toString("latin1");
  const fields = said.split("\0");
  const filtered = new Set<string>();
  for (let at = 0; at + 2 < fields.length; at += 3) {
    const [path = "", , value = ""] = fields.slice(at, at + 3);
    if (value !== "unspecified" && value !== "unset") filtered.add(path);
  }
  return filtered;
}

function statsOf(file: string): Map<string, IndexStat> {
  const bytes = readFileSync(file);
  // Its sum at the end tells which it is.
  const sum = new Bun.CryptoHasher("sha256").update(bytes.subarray(0, -32)).digest();
  const hashBytes = sum.equals(bytes.subarray(-32)) ? HASH_BYTES.sha256 : HASH_BYTES.sha1;
  return statsOfIndex(bytes, { hashBytes, isWanted: () => true }) ?? new Map();
}
