// What a word of a command line becomes: a text, a pattern of file names, or what nobody knows before it runs. In a
// pattern `*`, `?` and `[…]` stand for something unless a backslash is before them. Pure.

import type { Script, Word } from "./syntax.ts";

export type Value =
  | { kind: "text"; text: string }
  | { kind: "pattern"; pattern: string }
  /** `begins` is how it begins in any case, where that is known. */
  | { kind: "unknown"; begins?: string };

export interface Known {
  /** Undefined where it is not known. */
  variable(name: string): string | undefined;
  /** What commands print, where that is known without running them. */
  printed(script: Script): string | undefined;
  home: string | undefined;
}

const UNKNOWN: Value = { kind: "unknown" };
const SPECIAL = /[\\*?[\]{},]/g;
/** No path is longer. */
const MOST_CHARACTERS = 4096;
const MOST_VALUES = 64;

/** Its text, where that is known. */
export function wordOf(value: Value | undefined): string | undefined {
  return value?.kind === "text" ? value.text : undefined;
}

/** Several for braces, `{a,b}`. */
export function valuesOf(word: Word, known: Known): Value[] {
  let pattern = "";
  const split = splitOf(word, known);
  if (split !== undefined) return split;
  for (const [at, part] of word.parts.entries()) {
    if (part.kind === "text") {
      const isTilde = at === 0 && !part.isQuoted && part.text.startsWith("~");
      // `~name` is another's home, and `~"x"` is none.
      if (
        isTilde &&
        (known.home === undefined || !(/^~\//.test(part.text) || (part.text === "~" && word.parts.length === 1)))
      )
        return [UNKNOWN];
      const text = isTilde ? part.text.slice(1) : part.text;
      pattern += (isTilde ? literally(known.home ?? "") : "") + (part.isQuoted ? literally(text) : text);
    } else {
      const found = part.kind === "variable" ? known.variable(part.name) : printedBy(part.inside, known);
      // Unquoted it would be split and expanded once more, or vanish.
      if (found === undefined || (!part.isQuoted && !/^[^\s*?[\]\\]+$/.test(found)))
        return [{ kind: "unknown", begins: plainOf(pattern) }];
      pattern += literally(found);
    }
    if (pattern.length > MOST_CHARACTERS) return [UNKNOWN];
  }
  return expandBraces(pattern)?.map(asValue) ?? [UNKNOWN];
}

/** Of a variable alone, which a shell takes as several words (but zsh as one); undefined where that is not known. */
function splitOf({ parts: [only, ...more] }: Word, known: Known): Value[] | undefined {
  if (only?.kind !== "variable" || only.isQuoted || more.length > 0) return undefined;
  const found = known.variable(only.name);
  if (found === undefined || /[*?[\]\\]/.test(found) || known.variable("IFS") !== undefined) return undefined;
  const words = found.split(/[ \t\n]+/).filter((text) => text !== "");
  return words.length > MOST_VALUES ? undefined : words.map((text) => ({ kind: "text", text }));
}

/** A word where nothing is split and no file name looked for: of an assignment, a redirection. */
export function textOf(word: Word, known: Known): string | undefined {
  const parts = word.parts.map((part) => (part.kind === "text" ? part : { ...part, isQuoted: true }));
  const [only, ...more] = valuesOf({ parts }, known);
  return more.length === 0 && only?.kind === "text" ? only.text : undefined;
}

function printedBy([only, ...more]: readonly Script[], known: Known): string | undefined {
  return only === undefined || more.length > 0 ? undefined : known.printed(only);
}

/** So that all in it stands for itself. */
export function literally(text: string): string {
  return text.replace(SPECIAL, "\\$&");
}

export function isPlain(pattern: string): boolean {
  const signs = pattern.replace(/\\[\s\S]/g, "x");
  const open = signs.indexOf("[");
  return !/[*?]/.test(signs) && (open < 0 || signs.indexOf("]", open + 2) < 0);
}

/** Of a pattern that is plain: without its backslashes. */
export function plainOf(pattern: string): string {
  return pattern.replace(/\\([\s\S])/g, "$1");
}

function asValue(pattern: string): Value {
  return isPlain(pattern) ? { kind: "text", text: plainOf(pattern) } : { kind: "pattern", pattern };
}

/** Undefined where there are too many, or a sequence like `{1..9}`. */
function expandBraces(pattern: string): string[] | undefined {
  const done: string[] = [];
  const left = [pattern];
  for (let one = left.pop(); one !== undefined; one = left.pop()) {
    const braces = firstBraces(one);
    if (braces === "sequence" || done.length + left.length > MOST_VALUES) return undefined;
    if (braces === undefined)
      done.push(one.replace(/\\[\s\S]|[{},]/g, (found) => (found.length > 1 ? found : `\\${found}`)));
    else {
      const { start, end, commas } = braces;
      const [before, behind] = [one.slice(0, start), one.slice(end + 1)];
      const bounds = [start, ...commas, end];
      for (let at = bounds.length - 2; at >= 0; at--) {
        left.push(before + one.slice((bounds[at] ?? 0) + 1, bounds[at + 1]) + behind);
      }
    }
  }
  return done;
}

interface Braces {
  start: number;
  end: number;
  commas: number[];
}

/** The first that are closed and hold a comma. */
function firstBraces(pattern: string): Braces | "sequence" | undefined {
  const open: Braces[] = [];
  let found: Braces | undefined;
  for (let at = 0; at < pattern.length; at++) {
    const char = pattern[at];
    if (char === "\\") at++;
    else if (char === "{") open.push({ start: at, end: 0, commas: [] });
    else if (char === ",") open.at(-1)?.commas.push(at);
    else if (char === "}") {
      const closed = open.pop();
      if (closed === undefined) continue;
      if (closed.commas.length === 0 && pattern.slice(closed.start, at).includes("..")) return "sequence";
      if (closed.commas.length > 0 && (found === undefined || closed.start < found.start))
        found = { ...closed, end: at };
    }
  }
  return found;
}
