// From typed words to an operation's input: flags come from the input schema, so a flag without a schema cannot exist.

import { type ParseArgsOptionsConfig, parseArgs } from "node:util";
import { Failure, usage } from "../core/failure.ts";
import type { AnyOperation, InputShape } from "../core/operation.ts";
import { v } from "../core/shape.ts";
import { counted, nearest, printable, shellWord } from "../core/text.ts";

/** Flags that every command has. */
export interface CommonFlags {
  json: boolean;
  help: boolean;
  colour: boolean | undefined;
}

/** What help says of them. */
export const COMMON_FLAGS = {
  json: "Answer with one JSON document",
  color: "Colours even where there is no terminal (--no-color: none)",
  "no-color": "No colours",
  help: "This text",
} as const;

const COMMON: ParseArgsOptionsConfig = {
  json: { type: "boolean" },
  help: { type: "boolean", short: "h" },
  color: { type: "boolean" },
  "no-color": { type: "boolean" },
};

export interface Field {
  key: string;
  flag: string;
  kind: "string" | "number" | "boolean" | "picklist" | "array";
  isOptional: boolean;
  isPositional: boolean;
  options: readonly string[];
  description: string;
  value: string;
  expected: string;
  fallback: unknown;
}

type Shaped = { input(): InputShape; cli: AnyOperation<never>["cli"] };

/** The fields of an operation's input, in the order they were written. */
export function fieldsOf(operation: Shaped): Field[] {
  return Object.entries(operation.input().entries).map(([key, entry]) => {
    const optional = entry.type === "optional" ? v.parse(OPTIONAL, entry) : undefined;
    const schema = optional?.wrapped ?? entry;
    const { type, options, item } = v.parse(KNOWN_KIND, schema);
    const meta = v.parse(META, v.getMetadata(schema));
    const each = item === undefined ? {} : v.parse(META, v.getMetadata(item));
    return {
      key,
      flag: operation.cli.flagNames?.[key] ?? kebab(key),
      kind: type,
      isOptional: optional !== undefined,
      isPositional: operation.cli.positionals?.includes(key) ?? false,
      options: options ?? [],
      description: v.getDescription(schema) ?? "",
      value: meta.value ?? each.value ?? options?.join("|") ?? "value",
      expected: meta.expected ?? (options === undefined ? "a value" : `one of ${options.join(", ")}`),
      fallback: optional?.default,
    };
  });
}

const OPTIONAL = v.object({ wrapped: v.custom<v.GenericSchema>(() => true), default: v.unknown() });
const KNOWN_KIND = v.object({
  type: v.picklist(["string", "number", "boolean", "picklist", "array"]),
  options: v.optional(v.array(v.string())),
  item: v.optional(v.custom<v.GenericSchema>(() => true)),
});
const META = v.object({ value: v.optional(v.string()), expected: v.optional(v.string()) });

export function kebab(key: string): string {
  return key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

/** What does not fit, and of which field: undefined where there is no such field. */
export interface Wrong {
  key: string | undefined;
  failure: Failure;
}

export interface Parsed {
  input: Record<string, unknown>;
  common: CommonFlags;
  wrong: Wrong[];
}

/** Parses the words behind a command. Unknown flags, missing and bad values are all found, and none is in the input. */
export function parseWords(operation: Shaped, words: readonly string[]): Parsed {
  const fields = fieldsOf(operation);
  const flags = fields.filter((field) => !field.isPositional);
  const config: ParseArgsOptionsConfig = { ...COMMON };
  for (const field of flags) {
    config[field.flag] = { type: field.kind === "boolean" ? "boolean" : "string", multiple: field.kind === "array" };
  }
  const { tokens } = parseArgs({
    args: [...words],
    options: config,
    strict: false,
    allowPositionals: true,
    tokens: true,
  });
  const common: CommonFlags = { json: false, help: false, colour: undefined };
  const input: Record<string, unknown> = {};
  const wrong: Wrong[] = [];
  const bare: string[] = [];
  const typed: Typed[] = [];
  let isUnclear = false;
  for (const token of tokens) {
    if (token.kind === "positional") bare.push(token.value);
    if (token.kind !== "option") continue;
    const known = Object.hasOwn(config, token.name) ? config[token.name] : undefined;
    const field = flags.find((one) => one.flag === token.name);
    const key = field?.key;
    typed.push({
      field,
      words: [token.rawName, ...(token.value === undefined ? [] : [shellWord(token.value)])].join(" "),
    });
    if (known === undefined) {
      wrong.push({ key, failure: unknownFlag(token.rawName, Object.keys(config)) });
      continue;
    }
    if (known.type === "boolean") {
      if (token.value !== undefined) {
        wrong.push({ key, failure: usage("flag-value", `${token.rawName} takes no value.`) });
        continue;
      }
      if (token.name === "json" || token.name === "help") common[token.name] = true;
      if (token.name === "color") common.colour = true;
      if (token.name === "no-color") common.colour = false;
    }
    if (field === undefined) continue;
    if (field.kind === "boolean") {
      input[field.key] = true;
      continue;
    }
    if (token.value === undefined || (!token.inlineValue && /^-./.test(token.value))) {
      const failure = usage("flag-value", `${token.rawName} needs a value: ${token.rawName} <${field.value}>.`);
      wrong.push({ key, failure });
      isUnclear = true;
      continue;
    }
    if (field.kind === "array") {
      const list = v.parse(LIST, input[field.key] ?? []);
      input[field.key] = [...list, token.value];
      continue;
    }
    put(token.value, { field, shown: token.rawName, input, wrong });
  }
  // What an unknown flag has behind it may be its value, and what stood where a value is missing was a flag.
  if (isUnclear || wrong.some(({ key }) => key === undefined)) return { input, common, wrong };
  const left = takePositionals(fields, bare, { input, wrong, keys: operation.cli.positionals ?? [] });
  if (left.length > 0) wrong.push({ key: undefined, failure: unexpected(operation, left, { typed, input }) });
  return { input, common, wrong };
}

const LIST = v.array(v.string());

interface Put extends Pick<Parsed, "input" | "wrong"> {
  field: Field;
  shown: string;
}

function put(value: string, { field, shown, input, wrong }: Put): void {
  const read = field.kind === "number" ? numberFrom(value) : value;
  if (read === undefined) wrong.push({ key: field.key, failure: badValue(shown, value, field.expected) });
  else input[field.key] = read;
}

/** Answers the words that are too many. */
function takePositionals(
  fields: Field[],
  bare: readonly string[],
  { keys, input, wrong }: Pick<Parsed, "input" | "wrong"> & { keys: readonly string[] },
): string[] {
  const left = [...bare];
  for (const key of keys) {
    const field = fields.find((one) => one.key === key);
    if (field?.kind === "array") {
      if (left.length > 0) input[key] = left.splice(0);
      continue;
    }
    const word = left.shift();
    if (word === undefined) continue;
    if (field === undefined) input[key] = word;
    else put(word, { field, shown: `<${kebab(key)}>`, input, wrong });
  }
  return left;
}

/** A flag as it was typed, for a command to copy. */
interface Typed {
  field: Field | undefined;
  words: string;
}

/** Where the operation knows what such words are meant for, the hint is a command to copy. */
function unexpected(
  operation: Shaped,
  left: readonly string[],
  { typed, input }: { typed: readonly Typed[]; input: Readonly<Record<string, unknown>> },
): Failure {
  const message = `Unexpected argument "${printable(left[0] ?? "")}".`;
  const meant = operation.cli.meant?.(left, input);
  if (meant === undefined) return usage("unexpected", message);
  const flag = `--${meant.flag} ${shellWord(meant.value)}`;
  const others = typed.filter(({ field }) => field?.flag !== meant.flag);
  // The value of a list's flag may be a secret (NAME=value): it is not repeated.
  if (others.some(({ field }) => field?.kind === "array")) return usage("unexpected", message, `Did you mean ${flag}?`);
  const command = ["parallel-cc", ...operation.cli.path, flag, ...others.map(({ words }) => words)].join(" ");
  return usage("unexpected", message, `Did you mean: ${command}`);
}

function numberFrom(value: string): number | undefined {
  // One that is too great would be shown as another number in the message about it.
  const isOne = /^-?\d+(\.\d+)?$/.test(value) && Math.abs(Number(value)) <= Number.MAX_SAFE_INTEGER;
  return isOne ? Number(value) : undefined;
}

function badValue(shown: string, value: unknown, expected: string): Failure {
  return usage("bad-value", `Bad value for ${shown}: "${printable(String(value))}" (expected ${expected}).`);
}

function unknownFlag(rawName: string, known: readonly string[]): Failure {
  const close = nearest(rawName.replace(/^-+/, ""), known);
  return usage(
    "unknown-flag",
    `Unknown flag ${printable(rawName)}.`,
    close === undefined ? "See --help for the flags of this command." : `Did you mean --${close}?`,
  );
}

/** Parses the input by its schema, and adds what does not fit; `input` is then what is left, or undefined. */
export function shapeInput(operation: Shaped, { input, wrong }: Pick<Parsed, "input" | "wrong">): Shape {
  const result = v.safeParse(operation.input(), input);
  if (result.success) return { input: result.output, wrong };
  const fields = fieldsOf(operation);
  const all = [...wrong];
  const rest = { ...input };
  for (const issue of result.issues) {
    const key = String(issue.path?.[0]?.key ?? "");
    delete rest[key];
    const field = fields.find((one) => one.key === key);
    // Of each the first; what was not taken into the input is told of already.
    if (all.some((one) => one.key === key)) continue;
    all.push({ key, failure: unfit(field, { message: issue.message, value: issue.path?.[0]?.value }) });
  }
  const left = v.safeParse(operation.input(), rest);
  return { input: left.success ? left.output : undefined, wrong: all };
}

export interface Shape {
  input: unknown;
  wrong: Wrong[];
}

function unfit(field: Field | undefined, { message, value }: { message: string; value: unknown }): Failure {
  if (field === undefined) return new Failure({ kind: "usage", code: "usage.bad-input", message });
  const shown = field.isPositional ? `<${kebab(field.key)}>` : `--${field.flag}`;
  if (value === undefined) return usage("missing", `${shown} is missing (expected ${field.expected}).`);
  return badValue(shown, value, field.expected);
}

/** One usage failure for all that is wrong with a call. */
export function refusal(failures: readonly Failure[]): Failure {
  const [only] = failures;
  if (only !== undefined && failures.length === 1) return only;
  const lines = failures.map(({ message, hint }) => `\n- ${message}${hint === undefined ? "" : ` ${hint}`}`);
  return new Failure({
    kind: "usage",
    code: "usage.several",
    message: `${counted(failures.length, "thing")} are wrong with this call:${lines.join("")}`,
    hint: "Nothing was done. --help tells the flags of this command.",
    details: { problems: failures.map(({ code, message, hint }) => ({ code, message, hint: hint ?? null })) },
  });
}
