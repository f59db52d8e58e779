// Whether one session's file, as it is to be, and another's can be merged, as git would merge them: by the text of the
// three, followed through renames, by what attributes say, and by what kind of thing stands there. What cannot be told
// without running somebody's program, or within the time of a hook, is not told.

import { join } from "node:path";
import type { Git } from "../../git/git.ts";
import type { World } from "../../world.ts";
import { type Meeting, meetingsOf } from "./meeting.ts";
import { isChangedSince, type Rules, rulesFor } from "./merge-rules.ts";
import { cameFrom, movedTo } from "./moved.ts";
import { bytesNow, type FileNow, fileNow, holdsWork, isDeleted, isIgnored, isUnmerged } from "./peer-file.ts";
import { type Read, readObjects } from "./read-objects.ts";

export type What =
  /** `movedTo`: where it has the file by now. */
  | { kind: "lines"; meetings: readonly Meeting[]; movedTo: string | undefined }
  | { kind: "deleted" | "whole" | "link" | "directory" | "resolving" }
  /** Both have given it another name. */
  | { kind: "moved-apart"; to: string }
  | { kind: "in-the-way"; at: string };

/** What is the same for all peers. */
export interface Judging {
  world: Pick<World, "git">;
  git: Git;
  top: string;
  file: string;
  ours: string;
  isNew: boolean;
  rules?: Promise<Rules>;
  /** By what both came from: what the file was called there. */
  origins: Map<string, ReturnType<typeof cameFrom>>;
}

export interface Standing {
  /** Of the other checkout. */
  top: string;
  found: NonNullable<FileNow>;
  isOfDisk: boolean;
  /** What both came from. */
  base: string;
  atBase: Read | undefined;
}

/** Undefined where nothing conflicts, or it cannot be told. Errors: those of git. */
export async function judgeFile(judging: Judging, standing: Standing): Promise<What | undefined> {
  const { file, ours } = judging;
  const source = await sourceOf(judging, standing);
  if (source === undefined) return undefined;
  const { found, path, before } = source;
  if (isUnchanged(found, before) || (before !== undefined && isSame(before, ours))) return undefined;
  if (found !== "gone") return judgeFound(judging, standing, { found, path, before, movedTo: undefined });
  if (before === undefined) return undefined;
  const { world } = judging;
  const to = await movedTo(world, standing.top, { base: standing.base, path, bytes: before });
  if (to === undefined) {
    return standing.isOfDisk && !(await isDeleted(world, standing.top, path)) ? undefined : { kind: "deleted" };
  }
  if (path !== file && to !== file) return { kind: "moved-apart", to };
  const bytes = bytesNow(join(standing.top, to), MOST_BYTES);
  if (bytes === undefined || isSame(bytes, before)) return undefined;
  return judgeFound(judging, standing, { found: { kind: "file", bytes }, path: to, before, movedTo: to });
}

const MOST_BYTES = 1024 * 1024;

interface Source {
  found: NonNullable<FileNow>;
  /** What the file is called where the other one works. */
  path: string;
  /** Undefined: both have made it. */
  before: string | undefined;
}

/** Where ours is one that we have renamed, the other one has it by its old name. */
async function sourceOf(judging: Judging, standing: Standing): Promise<Source | undefined> {
  const { world, git, top, file, ours, isNew } = judging;
  const { found, base, atBase } = standing;
  if (atBase !== undefined) return atBase.bytes === undefined ? undefined : { found, path: file, before: atBase.bytes };
  const asked = isNew
    ? undefined
    : (judging.origins.get(base) ?? cameFrom(world, top, { base, path: file, bytes: ours }));
  if (asked !== undefined) judging.origins.set(base, asked);
  const origin = await asked;
  if (origin === undefined) return { found, path: file, before: undefined };
  const [read] = await readObjects(git, [`${base}:${origin}`], MOST_BYTES);
  if (read?.bytes === undefined) return undefined;
  const there = found === "gone" ? fileNow(standing.top, origin, MOST_BYTES) : found;
  return there === undefined ? undefined : { found: there, path: found === "gone" ? origin : file, before: read.bytes };
}

function isUnchanged(found: NonNullable<FileNow>, before: string | undefined): boolean {
  if (found === "gone") return before === undefined;
  return found.kind !== "directory" && before !== undefined && isSame(found.bytes, before);
}

interface Found {
  found: Exclude<FileNow, "gone" | undefined>;
  path: string;
  before: string | undefined;
  movedTo: string | undefined;
}

async function judgeFound(judging: Judging, standing: Standing, there: Found): Promise<What | undefined> {
  const { world, top, file, ours } = judging;
  const { found, path, before, movedTo } = there;
  const isNobodys = async () => before === undefined && standing.isOfDisk && isIgnored(world, standing.top, path);
  if (found.kind === "directory") {
    return (await holdsWork(world, standing.top, path)) ? { kind: "directory" } : undefined;
  }
  if (found.kind === "link") return (await isNobodys()) ? undefined : { kind: "link" };
  if (isSame(found.bytes, ours)) return undefined;
  judging.rules ??= rulesFor(world, top, file);
  const { merge, isFiltered } = await judging.rules;
  if (merge === "unknown") return undefined;
  // The repository has another content of it, so that no comparison tells.
  if (isFiltered && !(await isChangedSince(world, standing.top, { base: standing.base, path }))) return undefined;
  const isWhole = merge === "whole" || [before ?? "", ours, found.bytes].some(isBinary) || isPointer(before);
  const meetings = isWhole || merge === "union" ? [] : meetingsIn(before ?? "", ours, found.bytes);
  if ((!isWhole && meetings.length === 0) || (await isNobodys())) return undefined;
  if (MARKER.test(found.bytes) && (await isUnmerged(world, standing.top, path))) return { kind: "resolving" };
  return isWhole ? { kind: "whole" } : { kind: "lines", meetings, movedTo };
}

const MARKER = /^<{7} /m;

function meetingsIn(base: string, ours: string, theirs: string): Meeting[] {
  const texts = [base, ours, theirs];
  const isMixed = texts.some((text) => !text.includes("\r\n"));
  const [from = "", our = "", their = ""] = isMixed ? texts.map(withoutReturns) : texts;
  return meetingsOf({ base: from, ours: our, theirs: their });
}

/** By git's own measure. */
function isBinary(bytes: string): boolean {
  return bytes.slice(0, 8000).includes("\0");
}

/** What Git LFS has in the repository. */
function isPointer(bytes: string | undefined): boolean {
  return bytes?.startsWith("version https://git-lfs.github.com/spec/") === true;
}

export function isSame(one: string, other: string): boolean {
  return one === other || withoutReturns(one) === withoutReturns(other);
}

/** On the disk a text may have other line ends than in the repository. */
function withoutReturns(text: string): string {
  return text.includes("\r") ? text.replaceAll("\r\n", "\n") : text;
}
