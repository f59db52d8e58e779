// What a setting may be: how words typed become what a file holds, and how that becomes what the program uses. A value
// in a file stays as it was typed; only the program's own form of it is another one.

import { v } from "../../core/shape.ts";

export interface Kind<T> {
  /** Completes "It takes …". */
  expected: string;
  /** Made when a value is there: each schema costs the start of a small command. */
  schema(): v.GenericSchema<unknown, T>;
  /** What a file shall hold, still unjudged. */
  fromWords(words: readonly string[]): unknown;
  /** The words it may be, for completions. */
  choices?: readonly string[];
}

/** Text that is not empty. */
export function text(expected: string): Kind<string> {
  return { expected, schema: () => v.pipe(v.string(), v.regex(/\S/)), fromWords: onlyOne };
}

/** Several words are no value of a setting that takes one. */
function onlyOne(words: readonly string[]): string | undefined {
  return words.length === 1 ? words[0] : undefined;
}

/** Text that fits a pattern. */
export function pattern(expected: string, form: RegExp): Kind<string> {
  return { expected, schema: () => v.pipe(v.string(), v.regex(form)), fromWords: onlyOne };
}

export function choice<const W extends readonly string[]>(words: W): Kind<W[number]> {
  const expected = words.length === 1 ? `${words[0]}` : `${words.slice(0, -1).join(", ")} or ${words.at(-1)}`;
  return { expected, schema: () => v.picklist(words), fromWords: ([word]) => word, choices: words };
}

export function yesOrNo(): Kind<boolean> {
  const known: Readonly<Record<string, boolean>> = { true: true, false: false };
  return {
    expected: "true or false",
    schema: () => v.boolean(),
    fromWords: ([word = ""]) => (Object.hasOwn(known, word) ? known[word] : word),
    choices: Object.keys(known),
  };
}

/** A whole number; only digits are one. */
export function whole(from: number, to: number): Kind<number> {
  return {
    expected: `a whole number from ${from} to ${to}`,
    schema: () => v.pipe(v.number(), v.integer(), v.minValue(from), v.maxValue(to)),
    fromWords: ([word = ""]) => (/^\d{1,15}$/.test(word) ? Number(word) : word),
  };
}

/** Days, also parts of one. */
export function days(): Kind<number> {
  return {
    expected: "a number of days, like 14 or 0.5",
    schema: () => v.pipe(v.number(), v.minValue(0), v.maxValue(36_500)),
    fromWords: ([word = ""]) => (/^\d{1,5}(\.\d{1,6})?$/.test(word) ? Number(word) : word),
  };
}

const UNITS = ["", "K", "M", "G", "T"];

const SIZE = /^\d+(\.\d+)? ?[KMGT]?i?B?$/i;

/** A size with units of 1024; used as bytes. */
export function size(): Kind<number> {
  return {
    expected: 'a size like "500M" or "10G"',
    schema: () => v.pipe(v.string(), v.regex(SIZE), v.transform(bytesOf)),
    fromWords: onlyOne,
  };
}

/** A size between two, written as it is. */
export function sizeWithin(from: string, to: string): Kind<number> {
  const [least, most] = [bytesOf(from), bytesOf(to)];
  return {
    expected: `a size from ${from} to ${to}, like "8G"`,
    schema: () =>
      v.pipe(v.string(), v.regex(SIZE), v.transform(bytesOf), v.finite(), v.minValue(least), v.maxValue(most)),
    fromWords: onlyOne,
  };
}

function bytesOf(written: string): number {
  const [, number = "0", unit = ""] = /^([\d.]+) ?([KMGT]?)/i.exec(written) ?? [];
  return Math.floor(Number(number) * 1024 ** UNITS.indexOf(unit.toUpperCase()));
}

export interface PortRange {
  from: number;
  to: number;
}

/** Two port numbers; below 1024 are the system's. */
export function portRange(): Kind<PortRange> {
  return {
    expected: 'two ports from 1024 to 65535, like "10000-19999"',
    schema: () =>
      v.pipe(
        v.string(),
        v.regex(/^\d{4,5}-\d{4,5}$/),
        v.transform((written) => {
          const [from = 0, to = 0] = written.split("-").map(Number);
          return { from, to };
        }),
        v.check(({ from, to }) => 1024 <= from && from <= to && to <= 65_535),
      ),
    fromWords: onlyOne,
  };
}

/** Patterns of .gitignore with commas between them, or a list of them. */
export function patterns(expected: string): Kind<readonly string[]> {
  // Nothing below a checkout matches these.
  return listed(expected, (one) => !/^~|^"|[{}]|(^|\/)\.\.(\/|$)/.test(one));
}

/** Directories below the top, with commas between them, or a list of them. */
export function directories(expected: string): Kind<readonly string[]> {
  return listed(expected, (one) => !/^[/~]|(^|\/)(\.\.|\.git)(\/|$)/.test(one));
}

function listed(expected: string, isOne: (one: string) => boolean): Kind<readonly string[]> {
  return {
    expected,
    schema: () =>
      v.pipe(
        v.union([v.string(), v.array(v.string())]),
        v.transform((held) => (typeof held === "string" ? held.split(",") : held)),
        v.transform((list) => list.map((one) => one.trim().replace(/^(\.\/+)+/, "")).filter((one) => one !== "")),
        v.check((list) => list.every((one) => !one.includes("\0") && isOne(one))),
      ),
    fromWords: (words) => words.join(","),
  };
}

/** Command lines, run in order: each word typed is a whole one. */
export function commands(): Kind<readonly string[]> {
  return {
    expected: 'command lines, each in quotes, like "npm ci" "npm run build"',
    schema: () =>
      v.pipe(
        v.union([v.string(), v.array(v.string())]),
        v.transform((held) => (typeof held === "string" ? [held] : held)),
        v.check((list) => list.every((one) => /\S/.test(one) && !one.includes("\0"))),
      ),
    fromWords: (words) => (words.length === 1 ? words[0] : [...words]),
  };
}
