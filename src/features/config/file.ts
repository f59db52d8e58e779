// One settings file: read, judged, and changed by an edit of only the place in question. Comments and commas at the end
// are allowed, as people write them; what is broken is named with its line and left alone.

import { Failure } from "../../core/failure.ts";
import { v } from "../../core/shape.ts";
import { nearest, printable } from "../../core/text.ts";
import { readSmallFile } from "../../files/small.ts";
import { isKey, KEYS, type KeyName } from "./keys.ts";

export interface SettingsFile {
  path: string;
  /** As it is written; undefined where there is no file. */
  text: string | undefined;
  /** What it holds for each key it has, as it was typed. */
  held: ReadonlyMap<KeyName, unknown>;
  /** Names that are no setting, in full. */
  unknown: readonly string[];
  /** Where it says what cannot be, with the path to it. */
  faults: readonly Fault[];
}

interface Fault {
  at: readonly string[];
  why: string;
}

const TREE = v.record(v.string(), v.unknown());

/** Undefined where there is no such file: one that may not be read holds settings all the same. Errors: `config.broken`. */
function readText(path: string): string | undefined {
  try {
    return readSmallFile(path);
  } catch (cause) {
    const code = cause instanceof Error && "code" in cause ? cause.code : undefined;
    if (code === "ENOENT" || code === "ENOTDIR") return undefined;
    throw broken(path, cause instanceof Error ? cause.message : String(cause), cause);
  }
}

/** Errors: `config.broken`, for what is no JSON object. */
export async function readSettings(path: string): Promise<SettingsFile> {
  const text = readText(path);
  return text === undefined
    ? { path, text, held: new Map(), unknown: [], faults: [] }
    : { path, text, ...judged(await parsed(path, text)) };
}

/** What another text of a file would hold. Errors: `config.broken`. */
export async function settingsIn(path: string, text: string): Promise<SettingsFile> {
  return { path, text, ...judged(await parsed(path, text)) };
}

/** Errors: `config.broken`, which names the first fault, where there is one. */
export async function requireSound({ path, text, faults }: SettingsFile): Promise<void> {
  const [first] = faults;
  if (first === undefined || text === undefined) return;
  const { placeOfValue } = await import("./place.ts");
  const place = placeOfValue(path, { text, at: first.at });
  throw broken(place === undefined ? path : `${path}:${place.line}:${place.column}`, first.why);
}

function judged(tree: Record<string, unknown>): Pick<SettingsFile, "held" | "unknown" | "faults"> {
  const held = new Map<KeyName, unknown>();
  const unknown: string[] = [];
  const faults: Fault[] = [];
  const groups = new Set(Object.keys(KEYS).map((name) => name.split(".")[0]));
  const hold = (name: KeyName, value: unknown, at: readonly string[]): void => {
    const { kind } = KEYS[name];
    if (v.is(kind.schema(), value)) held.set(name, value);
    else faults.push({ at, why: `${name} takes ${kind.expected}; ${shown(value)} is none` });
  };
  for (const [group, value] of Object.entries(tree)) {
    // One that stands by itself.
    if (isKey(group)) {
      hold(group, value, [group]);
      continue;
    }
    if (!groups.has(group)) {
      unknown.push(group);
      continue;
    }
    const settings = v.safeParse(TREE, value);
    if (!settings.success || Array.isArray(value)) {
      faults.push({ at: [group], why: `"${group}" should be an object` });
      continue;
    }
    for (const [last, setting] of Object.entries(settings.output)) {
      const name = `${group}.${last}`;
      if (isKey(name)) hold(name, setting, [group, last]);
      else unknown.push(name);
    }
  }
  return { held, unknown, faults };
}

/** The key that an unknown name is closest to, in words. */
export function meant(name: string): string | undefined {
  const names = Object.keys(KEYS);
  const last = names.find((one) => one.slice(one.indexOf(".") + 1).toLowerCase() === name.toLowerCase());
  const close = last ?? nearest(name, names);
  return close === undefined ? undefined : `Did you mean ${close}?`;
}

/** A value as JSON has it, shortened. */
export function shown(value: unknown): string {
  const text = printable(JSON.stringify(value) ?? "nothing");
  return text.length > 60 ? `${text.slice(0, 59)}…` : text;
}

async function parsed(path: string, text: string): Promise<Record<string, unknown>> {
  let tree: unknown;
  try {
    tree = JSON.parse(text);
  } catch {
    // Slower, but it knows comments, and where a fault is.
    const { parseLoosely } = await import("../../files/jsonc.ts");
    const found = looselyOr(path, () => parseLoosely(text));
    if (found.fault !== undefined) {
      const { line, column, what } = found.fault;
      throw broken(`${path}:${line}:${column}`, what);
    }
    tree = found.value;
  }
  const object = v.safeParse(TREE, tree);
  if (!object.success || Array.isArray(tree)) throw broken(path, `it should be an object, and is ${shown(tree)}`);
  return object.output;
}

function looselyOr<T>(path: string, parse: () => T): T {
  try {
    return parse();
  } catch (cause) {
    throw broken(path, "it is nested too deeply", cause);
  }
}

function broken(where: string, why: string, cause?: unknown): Failure {
  return new Failure({
    code: "config.broken",
    message: `${where} cannot be used: ${why}.`,
    hint: "Mend the file, or move it away; it was left as it is.",
    cause,
  });
}
