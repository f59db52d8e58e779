// Where a file of a commit has gone in a checkout, and which one a file there has come from, as git's merge sees renames:
// half of it is the same. What git does not know of yet (a plain `mv`) is compared here.

import { basename, join } from "node:path";
import type { Git } from "../../git/git.ts";
import type { World } from "../../world.ts";
import { bytesNow } from "./peer-file.ts";
import { quietGit } from "./quiet-git.ts";
import { readObjects } from "./read-objects.ts";

type Effects = Pick<World, "git">;

/** Latin1, so that one character is one byte. */
interface Known {
  base: string;
  path: string;
  bytes: string;
}

const MOST_COMPARED = 100;
const ENOUGH = 0.5;

/** Undefined where it is still there, or deleted. Errors: those of git. */
export async function movedTo(world: Effects, top: string, { base, path, bytes }: Known): Promise<string | undefined> {
  const { git } = await quietGit(world, top);
  const { renamed, deleted } = await changesSince(git, base);
  const known = renamed.find(({ from }) => from === path)?.to;
  if (known !== undefined || !deleted.includes(path)) return known;
  const listed = await git.attempt(["ls-files", "--others", "--exclude-standard", "-z"]);
  const found = likely(listed.stdout.split("\0"), path).map((one) => ({
    path: one,
    bytes: bytesNow(join(top, one), 2 * bytes.length),
  }));
  return mostAlike(bytes, found);
}

/** Undefined where it was made anew. Errors: those of git. */
export async function cameFrom(world: Effects, top: string, { base, path, bytes }: Known): Promise<string | undefined> {
  const { git } = await quietGit(world, top);
  const { renamed, deleted, added } = await changesSince(git, base);
  const known = renamed.find(({ to }) => to === path)?.from;
  if (known !== undefined || added.includes(path) || deleted.length === 0) return known;
  const names = likely(deleted, path);
  const read = await readObjects(
    git,
    names.map((one) => `${base}:${one}`),
    2 * bytes.length,
  );
  return mostAlike(
    bytes,
    names.map((one, at) => ({ path: one, bytes: read[at]?.bytes })),
  );
}

interface Changes {
  renamed: { from: string; to: string }[];
  added: string[];
  deleted: string[];
}

/** diff-index, since diff would write the index that it finds to be stale. */
async function changesSince(git: Git, base: string): Promise<Changes> {
  const words = ["diff-index", "-M", "--diff-filter=RAD", "--name-status", "-z", "--ignore-submodules=all", base, "--"];
  const fields = (await git.attempt(words)).stdout.split("\0");
  const found: Changes = { renamed: [], added: [], deleted: [] };
  for (let at = 0; at + 1 < fields.length; ) {
    const [status = "", path = "", to = ""] = fields.slice(at, at + 3);
    if (status.startsWith("R")) found.renamed.push({ from: path, to });
    else (status === "A" ? found.added : found.deleted).push(path);
    at += status.startsWith("R") ? 3 : 2;
  }
  return found;
}

/** Those of its name first, as git looks for them. */
function likely(paths: readonly string[], path: string): string[] {
  const isSameName = (one: string) => Number(basename(one) === basename(path));
  const named = paths.filter((one) => one !== "" && !one.endsWith("/"));
  return named.sort((a, b) => isSameName(b) - isSameName(a)).slice(0, MOST_COMPARED);
}

function mostAlike(
  bytes: string,
  candidates: readonly { path: string; bytes: string | undefined }[],
): string | undefined {
  let best: { path: string; share: number } | undefined;
  for (const { path, bytes: other } of candidates) {
    const share = other === undefined ? 0 : shareOfSame(bytes, other);
    if (share >= ENOUGH && share > (best?.share ?? 0)) best = { path, share };
  }
  return best?.path;
}

/** Of the larger one, in whole lines. */
function shareOfSame(one: string, other: string): number {
  const most = Math.max(one.length, other.length);
  if (most === 0 || Math.min(one.length, other.length) < most * ENOUGH) return 0;
  const lines = new Map<string, number>();
  for (const line of one.split("\n")) lines.set(line, (lines.get(line) ?? 0) + 1);
  let same = 0;
  for (const line of other.split("\n")) {
    const left = lines.get(line) ?? 0;
    if (left === 0) continue;
    lines.set(line, left - 1);
    same += line.length + 1;
  }
  return same / most;
}
