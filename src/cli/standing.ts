// Where the last word of an unfinished command line stands: a flag, the value of a field, or nothing that is known. Reads
// as `parseWords` does, but takes what is wrong for what it will be.

import type { Candidate } from "../features/completions/completions.ts";
import type { Field } from "./flags.ts";

export interface Unfinished {
  fields: readonly Field[];
  /** Keys of the fields that bare words go to, in order. */
  positionals: readonly string[];
  /** The words behind the command's, without the last one. */
  before: readonly string[];
  current: string;
}

export type Standing = { given: ReadonlyMap<string, string> } & (
  | { kind: "flag"; used: ReadonlySet<string> }
  | {
      kind: "value";
      field: Field;
      /** What stands before the value in the same word: "--base=". */
      inline: string;
      /** Values that this list has already. */
      taken: readonly string[];
      /** Whether a value that begins with a dash is one here. */
      mayBeginWithDash: boolean;
    }
  | { kind: "nothing" }
);

export function readStanding({ fields, positionals, before, current }: Unfinished): Standing {
  const flags = new Map(fields.flatMap((field) => (field.isPositional ? [] : [[field.flag, field] as const])));
  const bareFields = positionals.flatMap((key) => fields.find((field) => field.key === key) ?? []);
  const given = new Map<string, string>();
  const used = new Set<string>();
  const bare: string[] = [];
  let open: Field | undefined;
  let isPastDashes = false;
  for (const word of before) {
    if (open !== undefined) {
      given.set(open.value, word);
      open = undefined;
    } else if (isPastDashes || !/^-./.test(word)) {
      const field = bareFieldAt(bareFields, bare.length);
      if (field !== undefined) given.set(field.value, word);
      bare.push(word);
    } else if (word === "--") isPastDashes = true;
    else {
      const { name, value } = flagIn(word);
      const field = flags.get(name);
      used.add(name);
      if (field === undefined || field.kind === "boolean") continue;
      if (value === undefined) open = field;
      else given.set(field.value, value);
    }
  }
  const values = { kind: "value", given, inline: "", taken: [] } as const;
  if (open !== undefined) return { ...values, field: open, mayBeginWithDash: false };
  if (!isPastDashes && current.startsWith("-")) {
    const { name, value } = flagIn(current);
    const field = flags.get(name);
    if (value === undefined) return { kind: "flag", given, used };
    if (field === undefined || field.kind === "boolean") return { kind: "nothing", given };
    return { ...values, field, inline: `--${name}=`, mayBeginWithDash: true };
  }
  const field = bareFieldAt(bareFields, bare.length);
  const taken = field?.kind === "array" ? bare : [];
  if (field !== undefined) return { ...values, field, taken, mayBeginWithDash: isPastDashes };
  return current === "" && !isPastDashes ? { kind: "flag", given, used } : { kind: "nothing", given };
}

function flagIn(word: string): { name: string; value: string | undefined } {
  const equals = word.indexOf("=");
  const end = equals < 0 ? word.length : equals;
  return { name: word.slice(0, end).replace(/^--?/, ""), value: equals < 0 ? undefined : word.slice(equals + 1) };
}

/** A list takes all that is left. */
function bareFieldAt(fields: readonly Field[], index: number): Field | undefined {
  const last = fields.at(-1);
  return fields[index] ?? (last?.kind === "array" ? last : undefined);
}

/** Those that are not given yet, or may be given again. */
export function flagsLeft(fields: readonly Field[], used: ReadonlySet<string>): Candidate[] {
  return fields
    .filter(({ isPositional, kind, flag }) => !isPositional && (kind === "array" || !used.has(flag)))
    .map(({ flag, description }) => ({ value: `--${flag}`, description }));
}
