// Entries of ours in a JSON file that other programs write as well: read, settled and replaced under the lock that the
// client takes, and only while the file still holds what was read; else all of it again. What cannot be used is left
// alone.

import { statSync } from "node:fs";
import { Failure } from "../core/failure.ts";
import { readBytes, removeUnchanged, replaceUnchanged } from "./atomic.ts";
import { type Settled, settle, type Wish } from "./json-edit.ts";
import { besideNeighbours, type Waiting } from "./neighbour-lock.ts";
import { unwritableFile } from "./unwritable.ts";

export interface FileWish extends Wish {
  /** Of a new file, before the umask. */
  mode: number;
  /** Of a new directory for it. */
  directoryMode: number;
}

export interface SettledFile extends Omit<Settled, "text"> {
  change: "none" | "made" | "written" | "removed";
}

/** Each is a whole new reading: who loses this often has a neighbour that writes without end. */
const MAX_TRIES = 50;

/** No settings are larger; the client's own file grows to some megabytes. */
const MAX_BYTES = 64 * 1024 * 1024;

/**
 * The note is to be kept as soon as this is back. Settling once more tells whether another program has written over
 * it. Errors: `json.broken`, `json.shape`, `json.unreadable`, `json.unwritable`, `json.busy`.
 */
export async function settleFile(world: Waiting, wish: FileWish): Promise<SettledFile> {
  for (let tries = 0; tries < MAX_TRIES; tries++) {
    const settled = await besideNeighbours(world, wish.file, () => attempt(wish));
    if (settled !== undefined) return settled;
  }
  throw new Failure({
    kind: "unavailable",
    code: "json.busy",
    message: `${wish.file} is being written by another program all the time.`,
    hint: "Close what writes it, and run the command again.",
  });
}

export interface Standing {
  /** Entries of ours. */
  found: number;
  /** Exactly the wanted ones, or as many of them as somebody else's values leave room for. */
  isSettled: boolean;
  occupied: string[][];
}

/** How settling would find the file; nothing is written. Errors: `json.broken`, `json.shape`, `json.unreadable`. */
export function lookInto(wish: Wish): Standing {
  const was = read(wish.file);
  const before = was === undefined ? undefined : decoded(wish.file, was);
  const { text, found, occupied } = settle(before, wish);
  return { found, occupied, isSettled: text === before };
}

/** Undefined when another program was faster. */
function attempt(wish: FileWish): SettledFile | undefined {
  const { file, mode, directoryMode } = wish;
  const was = read(file);
  const before = was === undefined ? undefined : decoded(file, was);
  const { text, ...settled } = settle(before, wish);
  if (text === before) return { ...settled, change: "none" };
  if (!write(file, () => put({ file, text, was, mode, directoryMode }))) return undefined;
  return { ...settled, change: text === undefined ? "removed" : was === undefined ? "made" : "written" };
}

interface Putting {
  file: string;
  text: string | undefined;
  was: Uint8Array | undefined;
  mode: number;
  directoryMode: number;
}

function put({ file, text, was, ...modes }: Putting): boolean {
  if (text !== undefined) return replaceUnchanged({ file, text, was, ...modes });
  return was === undefined || removeUnchanged({ file, was });
}

function read(file: string): Uint8Array | undefined {
  try {
    const found = statSync(file, { throwIfNoEntry: false });
    // A pipe would be waited for.
    if (found !== undefined && !found.isFile()) throw unreadable(file, "it is no file");
    if (found !== undefined && found.size > MAX_BYTES) throw unreadable(file, "it is too large for settings");
    return readBytes(file);
  } catch (cause) {
    if (cause instanceof Failure) throw cause;
    throw unreadable(file, cause instanceof Error ? cause.message : String(cause), cause);
  }
}

function decoded(file: string, bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    throw unreadable(file, "it is not in UTF-8", cause);
  }
}

function write(file: string, work: () => boolean): boolean {
  try {
    return work();
  } catch (cause) {
    throw unwritableFile({ file, code: "json.unwritable", cause });
  }
}

function unreadable(file: string, why: string, cause?: unknown): Failure {
  return new Failure({
    code: "json.unreadable",
    message: `${file} cannot be used: ${why}.`,
    hint: "Mend the file, or move it away; it was left as it is.",
    cause,
  });
}
