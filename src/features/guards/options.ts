// Options among the words of a command, as getopt and git read them: `-abc`, `-m text`, `--name=value`, `--name value`,
// and `--` before what are no options. Pure.

import type { Value } from "./values.ts";

export interface Options {
  /** How often it was given, by letter or long name. */
  count(name: string): number;
  has(...names: readonly string[]): boolean;
  /** The last one given with it. */
  value(name: string): Value | undefined;
  values(name: string): readonly Value[];
  /** What is no option, before `--` and behind it. */
  words: readonly Value[];
  /** Only what stands behind `--`; undefined without one. */
  behind: readonly Value[] | undefined;
  /** Of a word nobody knows whether it is an option. */
  isUnsure: boolean;
}

export interface OptionsOf {
  /** Letters and long names that have a word of their own. */
  takes?: readonly string[];
  /** What follows the first word that is no option belongs to another command. */
  isBeforeCommand?: boolean;
}

export function readOptions(given: readonly Value[], { takes = [], isBeforeCommand = false }: OptionsOf): Options {
  const counts = new Map<string, number>();
  const values = new Map<string, Value[]>();
  const keep = (name: string, value: Value) => values.set(name, [...(values.get(name) ?? []), value]);
  const words: Value[] = [];
  let behind: readonly Value[] | undefined;
  let isUnsure = false;
  const note = (name: string) => counts.set(name, (counts.get(name) ?? 0) + 1);
  for (let at = 0; at < given.length; at++) {
    const one = given[at] ?? { kind: "unknown" };
    const text = one.kind === "text" ? one.text : "";
    if (text === "--") {
      behind = given.slice(at + 1);
      break;
    }
    if (!text.startsWith("-") || text === "-") {
      isUnsure ||= one.kind === "unknown";
      if (isBeforeCommand) {
        for (const left of given.slice(at)) words.push(left);
        break;
      }
      words.push(one);
      continue;
    }
    const [, long, inline] = /^--([^=]+)(?:=([\s\S]*))?$/.exec(text) ?? [];
    const names = long === undefined ? [...text.slice(1)] : [long];
    for (const [letter, name] of names.entries()) {
      note(name);
      const attached = long === undefined ? text.slice(letter + 2) : (inline ?? "");
      if (inline !== undefined) keep(name, { kind: "text", text: inline });
      else if (takes.includes(name)) {
        keep(name, attached === "" ? (given[++at] ?? { kind: "unknown" }) : { kind: "text", text: attached });
        break;
      }
    }
  }
  return {
    count: (name) => counts.get(name) ?? 0,
    has: (...names) => names.some((name) => counts.has(name) || isCutShort(name, counts)),
    value: (name) => values.get(name)?.at(-1),
    values: (name) => values.get(name) ?? [],
    words: [...words, ...(behind ?? [])],
    behind,
    isUnsure,
  };
}

/** Of a long name its beginning is enough, for git and for getopt. */
function isCutShort(name: string, counts: ReadonlyMap<string, number>): boolean {
  return name.length > 3 && [...counts.keys()].some((given) => given.length > 2 && name.startsWith(given));
}
