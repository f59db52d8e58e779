// What a claim is of: a file, a directory with all in it, or a glob; and whether two of them can mean one file. In a glob
// `*`, `?` and `{a,b}` stand for something within a name, `**` for any directories; all else is itself, brackets too:
// `app/[...slug].tsx` is a name. Pure.

export type Kind = "file" | "directory" | "glob";

export interface Pattern {
  kind: Kind;
  /** From the top of a checkout, as it is shown: `src/a.ts`, `src/`, `src/*.ts`; `/` is all of it. */
  path: string;
  /** As it is compared. */
  key: string;
  /** The file, the directory, or the directories that the glob names without a wildcard; "" is the top. */
  root: string;
}

/** `path` without slashes at its ends; "" is the top. `isFolded`: `A` and `a` are one name there. */
export function patternOf(named: { kind: Kind; path: string; isFolded: boolean }): Pattern {
  const { kind } = named;
  const path = kind === "directory" ? `${named.path}/` : named.path;
  // One name may be written with composed letters and with combined ones.
  const composed = path.normalize("NFC");
  const key = named.isFolded ? composed.toLowerCase() : composed;
  return { kind, path, key, root: rootOf(kind, key) };
}

const WILD = /[*?]|\{[^{}]*,[^{}]*\}/;

export function isGlob(path: string): boolean {
  return WILD.test(path);
}

/** What stands before the first name with a wildcard, and the rest. Braces may hold several names. */
export function splitGlob(path: string): { literal: string; rest: string } {
  const first = WILD.exec(path)?.index;
  if (first === undefined) return { literal: path, rest: "" };
  const at = path.lastIndexOf("/", first);
  return { literal: path.slice(0, Math.max(0, at)), rest: path.slice(at + 1) };
}

/**
 * In the words of SQLite's GLOB, whose `*` also stands for slashes: all files that a glob means match it, and others may.
 * So that few of very many claims have to be looked at.
 */
export function looseGlob({ key }: Pick<Pattern, "key">): string {
  return key
    .replaceAll("[", "[[]")
    .replace(/\{.*\}/s, "*")
    .replace(/\/\*\*$|\*\*\//g, "*");
}

function rootOf(kind: Kind, key: string): string {
  if (kind === "file") return key;
  return kind === "directory" ? key.slice(0, -1) : splitGlob(key).literal;
}

/** Where claims can stand that overlap with this one, beside those below its root: at its root, and above it. */
export function rootsAbove({ root }: Pattern): string[] {
  const names = root === "" ? [] : root.split("/");
  return ["", ...names.map((_, i) => names.slice(0, i + 1).join("/"))];
}

/** Whether one path can be meant by both. */
export function overlap(one: Pick<Pattern, "kind" | "key">, other: Pick<Pattern, "kind" | "key">): boolean {
  if (one.kind !== "glob" && other.kind !== "glob") {
    // What is no file yet may become a directory, here or in another checkout; a file has nothing below it.
    const [a, b] = [one.key.replace(/\/$/, ""), other.key.replace(/\/$/, "")];
    return isAtOrIn(a, b) || isAtOrIn(b, a);
  }
  return alternatives(one).some((a) => alternatives(other).some((b) => pathsMeet(a, b)));
}

/** Whether all that the second means is meant by the first as well; false also where it is not known. */
export function covers(one: Pick<Pattern, "kind" | "key">, other: Pick<Pattern, "kind" | "key">): boolean {
  if (one.kind === other.kind && one.key === other.key) return true;
  if (one.kind === "file") return other.kind === "file" && isAtOrIn(other.key, one.key);
  if (other.kind === "file") return overlap(one, other);
  return one.kind === "directory" && `/${other.key}`.startsWith(one.key === "/" ? "/" : `/${one.key}`);
}

function isAtOrIn(path: string, directory: string): boolean {
  return directory === "" || path === directory || path.startsWith(`${directory}/`);
}

/** A name as a list of what may stand there. */
type Name = "**" | readonly (string | typeof ANY | typeof STAR)[];
const ANY = Symbol("?");
const STAR = Symbol("*");

/** One list of names for each way to read its braces. */
function alternatives({ kind, key }: Pick<Pattern, "kind" | "key">): Name[][] {
  if (kind === "glob") return braced(key).map((one) => one.split("/").map(nameOf));
  const names: Name[] = key
    .split("/")
    .filter((one) => one !== "")
    .map((one) => [...one]);
  return [kind === "directory" ? [...names, "**"] : names];
}

function nameOf(name: string): Name {
  if (name === "**") return "**";
  return Array.from(name, (char) => (char === "*" ? STAR : char === "?" ? ANY : char));
}

/** More than these are not read: the glob then stands for what is before them. */
const MOST_READINGS = 64;

/** The innermost first, until none is left. */
function braced(text: string): string[] {
  let readings = [text];
  while (readings.length <= MOST_READINGS) {
    const next = readings.flatMap((one) => {
      const found = /\{([^{}]*,[^{}]*)\}/.exec(one);
      if (found === null) return [one];
      const [whole, inner = ""] = found;
      const before = one.slice(0, found.index);
      return inner.split(",").map((part) => before + part + one.slice(found.index + whole.length));
    });
    if (next.length === readings.length && next.every((one, i) => one === readings[i])) return readings;
    readings = next;
  }
  const { literal } = splitGlob(text);
  return [literal === "" ? "**" : `${literal}/**`];
}

function pathsMeet(a: readonly Name[], b: readonly Name[]): boolean {
  return meet(a, b, { isMany: (name) => name === "**", isSame: namesMeet });
}

function namesMeet(a: Name, b: Name): boolean {
  if (a === "**" || b === "**") return true;
  return meet(a, b, { isMany: (part) => part === STAR, isSame: (c, d) => c === ANY || d === ANY || c === d });
}

/**
 * Whether two lists can stand for the same one, where some entries stand for any number of others. Row by row, so that
 * no pair of patterns takes longer than the product of their lengths.
 */
function meet<T>(
  a: readonly T[],
  b: readonly T[],
  { isMany, isSame }: { isMany: (one: T) => boolean; isSame: (one: T, other: T) => boolean },
): boolean {
  // below[j]: whether what is left of `a` from the entry after this one meets what is left of `b` from j.
  let below: boolean[] = [];
  for (let i = a.length; i >= 0; i--) {
    const row: boolean[] = [];
    for (let j = b.length; j >= 0; j--) {
      const [one, other] = [a[i], b[j]];
      if (one === undefined && other === undefined) row[j] = true;
      else if (one !== undefined && isMany(one)) row[j] = below[j] === true || row[j + 1] === true;
      else if (other !== undefined && isMany(other)) row[j] = row[j + 1] === true || below[j] === true;
      else row[j] = one !== undefined && other !== undefined && isSame(one, other) && below[j + 1] === true;
    }
    below = row;
  }
  return below[0] === true;
}
