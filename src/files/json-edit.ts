// Entries of ours in other people's JSON files. Putting them in only inserts, taking them out only cuts: names, comments
// and formatting of others stay to the byte, and a text that nobody touched in between becomes what it was.
// A value that is there under a name of ours, and is not ours, is never overwritten.

import { Failure } from "../core/failure.ts";
import { isBare, NO_NOTE, type Note } from "./json-note.ts";
import { type Addition, putInto } from "./json-put.ts";
import { type Mark, takeFrom } from "./json-take.ts";
import { childNamed, plain, readTree, type Value } from "./json-tree.ts";

export interface Wish {
  /** Only for words. */
  file: string;
  /** How entries of ours are known, those of earlier releases too. */
  ours: readonly Mark[];
  /** Which there should be; none takes all of ours out. */
  wanted: readonly Addition[];
  /** From the last time; without one, what gets empty by taking ours out goes as well. */
  note: Note | undefined;
}

export interface Settled {
  /** The same when there is nothing to do; undefined for no file. */
  text: string | undefined;
  /** To be kept for the next time; undefined when there is nothing to remember. */
  note: Note | undefined;
  /** Entries of ours that were there before. */
  found: number;
  /** Names of ours under which somebody else's value stands. */
  occupied: string[][];
}

/**
 * The text in which of ours exactly the wanted entries stand. Errors: `json.broken` and `json.shape`, with line and
 * column.
 */
export function settle(text: string | undefined, { file, ours, wanted, note }: Wish): Settled {
  const mark = text?.startsWith("\uFEFF") ? "\uFEFF" : "";
  const body = (text ?? "").slice(mark.length);
  const tree = readTree(file, body);
  const isFree = (addition: Addition) => !isOccupied(tree.root, addition, ours);
  const occupied = wanted.filter((addition) => !isFree(addition)).map(({ at }) => [...at]);
  const free = wanted.filter(isFree);
  const taken = takeFrom(tree, { ours, note });
  const same = { text, note, found: taken.count, occupied };
  if (taken.count === entriesIn(free, ours) && free.every((addition) => isThere(tree.root, addition))) {
    if (free.length > 0 || taken.text === body || text === undefined) return same;
  }
  const rest = taken.text === body ? tree : readTree(file, taken.text ?? "");
  const hadFile = text !== undefined && taken.text !== undefined;
  const put = putInto(rest, { file, hadFile, wanted: free, note: taken.note });
  readResult(file, put.text);
  const isGone = free.length === 0 && (taken.text === undefined || text === undefined);
  return {
    text: isGone && mark === "" ? undefined : mark + put.text,
    note: isBare(put.note) ? undefined : put.note,
    found: taken.count,
    occupied,
  };
}

/** How many entries of ours stand in a text. Errors: `json.broken`. */
export function countOurs(file: string, text: string, ours: readonly Mark[]): number {
  return takeFrom(readTree(file, text.replace(/^\uFEFF/, "")), { ours, note: undefined }).count;
}

function entriesIn(wanted: readonly Addition[], ours: readonly Mark[]): number {
  if (wanted.length === 0) return 0;
  const { text } = putInto(readTree("", ""), { file: "", hadFile: true, wanted, note: NO_NOTE });
  return countOurs("", text, ours);
}

function valueAt(root: Value | undefined, at: readonly string[]): Value | undefined {
  let value = root;
  for (const key of at) value = value === undefined ? undefined : childNamed(value, key)?.value;
  return value;
}

function isOccupied(root: Value | undefined, addition: Addition, ours: readonly Mark[]): boolean {
  const value = "set" in addition ? valueAt(root, addition.at) : undefined;
  if (value === undefined) return false;
  const found = plain(value);
  const isOurs = ({ at, is }: Mark) =>
    at.length === addition.at.length && at.every((key, i) => key === "*" || key === addition.at[i]) && is(found);
  return !ours.some(isOurs);
}

/** Also when somebody has added to it. */
function isThere(root: Value | undefined, addition: Addition): boolean {
  const value = valueAt(root, addition.at);
  if (value === undefined) return false;
  if ("set" in addition) return covers(plain(value), addition.set);
  return value.kind === "array" && value.children.some((child) => covers(plain(child.value), addition.append));
}

function covers(whole: unknown, part: unknown): boolean {
  if (Array.isArray(part)) {
    return Array.isArray(whole) && part.every((one) => whole.some((other) => covers(other, one)));
  }
  if (typeof part !== "object" || part === null) return whole === part;
  if (typeof whole !== "object" || whole === null || Array.isArray(whole)) return false;
  const values = new Map(Object.entries(whole));
  return Object.entries(part).every(([key, value]) => values.has(key) && covers(values.get(key), value));
}

/** Nothing is handed out that would not be read again. */
function readResult(file: string, text: string): void {
  try {
    readTree(file, text);
  } catch (cause) {
    throw new Failure({
      kind: "internal",
      code: "json.edit",
      message: `An edit of ${file} would have broken it, and was not made.`,
      hint: "This is a bug in parallel-cc; please report it with the file.",
      cause,
    });
  }
}
