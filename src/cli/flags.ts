// From typed words to an operation's input: flags come from the input schema, so a flag without a schema cannot exist.

import { type ParseArgsOptionsConfig, parseArgs } from "node:util";
import { Failure, usage } from "../core/failure.ts";
import type { AnyOperation, InputShape } from "../core/operation.ts";
import { v } from "../core/shape.ts";
import { nearest, printable } from "../core/text.ts";

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

/** Parses the words behind a command. Unknown flags, missing and bad values are usage failures. */
export function parseWords(operation: Shaped, words: readonly string[]): { input: unknown; common: CommonFlags } {
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
  const bare: string[] = [];
  for (const token of tokens) {
    if (token.kind === "positional") bare.push(token.value);
    if (token.kind !== "option") continue;
    const known = Object.hasOwn(config, token.name) ? config[token.name] : undefined;
    if (known === undefined) throw unknownFlag(token.rawName, Object.keys(config));
    if (known.type === "boolean") {
      if (token.value !== undefined) throw usage("flag-value", `${token.rawName} takes no value.`);
      if (token.name === "json" || token.name === "help") common[token.name] = true;
      if (token.name === "color") common.colour = true;
      if (token.name === "no-color") common.colour = false;
    }
    const field = flags.find((one) => one.flag === token.name);
    if (field === undefined) continue;
    if (field.kind === "boolean") {
      input[field.key] = true;
      continue;
    }
    if (token.value === undefined || (!token.inlineValue && /^-./.test(token.value))) {
      throw usage("flag-value", `${token.rawName} needs a value: ${token.rawName} <${field.value}>.`);
    }
    if (field.kind === "array") {
      const list = v.parse(LIST, input[field.key] ?? []);
      input[field.key] = [...list, token.value];
      continue;
    }
    input[field.key] = field.kind === "number" ? numberFrom(token.value, field, token.rawName) : token.value;
  }
  takePositionals(fields, bare, input, operation.cli.positionals ?? []);
  return { input, common };
}

const LIST = v.array(v.string());

function takePositionals(
  fields: Field[],
  bare: string[],
  input: Record<string, unknown>,
  keys: readonly string[],
): void {
  const left = [...bare];
  for (const key of keys) {
    const field = fields.find((one) => one.key === key);
    if (field?.kind === "array") {
      if (left.length > 0) input[key] = left.splice(0);
      continue;
    }
    const word = left.shift();
    if (word !== undefined) input[key] = field?.kind === "number" ? numberFrom(word, field, `<${kebab(key)}>`) : word;
  }
  const [extra] = left;
  if (extra !== undefined) throw usage("unexpected", `Unexpected argument "${printable(extra)}".`);
}

function numberFrom(value: string, field: Field, shown: string): number {
  // One that is too great would be shown as another number in the message about it.
  if (/^-?\d+(\.\d+)?$/.test(value) && Math.abs(Number(value)) <= Number.MAX_SAFE_INTEGER) return Number(value);
  throw badValue(shown, value, field.expected);
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

/** Parses the input by its schema; what does not fit is a usage failure that names the flag. */
export function shapeInput(operation: Shaped, input: unknown): unknown {
  const result = v.safeParse(operation.input(), input);
  if (result.success) return result.output;
  const [issue] = result.issues;
  const key = String(issue.path?.[0]?.key ?? "");
  const field = fieldsOf(operation).find((one) => one.key === key);
  if (field === undefined) throw new Failure({ kind: "usage", code: "usage.bad-input", message: issue.message });
  const shown = field.isPositional ? `<${kebab(field.key)}>` : `--${field.flag}`;
  const value = issue.path?.[0]?.value;
  if (value === undefined) throw usage("missing", `${shown} is missing (expected ${field.expected}).`);
  throw badValue(shown, value, field.expected);
}
