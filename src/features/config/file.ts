// One settings file: read, judged, and changed by an edit of only the place in question. Comments and commas at the end
// are allowed, as people write them; what is broken is named with its line and left alone.

import { readFileSync } from "node:fs";
import { Failure } from "../../core/failure.ts";
import { v } from "../../core/shape.ts";
import { nearest, printable } from "../../core/text.ts";
import { isKey, KEYS, type KeyName } from "./keys.ts";

export interface SettingsFile {
  path: string;
  /** As it is written; undefined where there is no file. */
  text: string | undefined;
  /** What it holds for each key it has, as it was typed. */
  held: ReadonlyMap<KeyName, unknown>;
  /** Names that are no setting, in full. */
  unknown: readonly string[];
}

const TREE = v.record(v.string(), v.unknown());

/** Undefined where there is no such file: one that may not be read holds settings all the same. Errors: `config.broken`. */
export function readText(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8").replace(/^\uFEFF/, "");
  } catch (cause) {
    if (cause instanceof Error && "code" in cause && (cause.code === "ENOENT" || cause.code === "ENOTDIR"))
      return undefined;
    throw broken(path, cause instanceof Error ? cause.message : String(cause), cause);
  }
}

/** Errors: `config.broken`, for what is no JSON object or has a value that its key does not take. */
export async function readSettings(path: string): Promise<SettingsFile> {
  const text = readText(path);
  const held = new Map<KeyName, unknown>();
  if (text === undefined) return { path, text, held, unknown: [] };
  const tree = await parsed(path, text);
  const unknown: string[] = [];
  const groups = new Set(Object.keys(KEYS).map((name) => name.slice(0, name.indexOf("."))));
  for (const [group, value] of Object.entries(tree)) {
    if (!groups.has(group)) {
      unknown.push(group);
      continue;
    }
    const settings = v.safeParse(TREE, value);
    if (!settings.success || Array.isArray(value)) throw broken(path, `"${group}" should be an object`);
    for (const [last, setting] of Object.entries(settings.output)) {
      const name = `${group}.${last}`;
      if (!isKey(name)) unknown.push(name);
      else if (v.is(KEYS[name].kind.schema(), setting)) held.set(name, setting);
      else throw broken(path, `${name} takes ${KEYS[name].kind.expected}; ${shown(setting)} is none`);
    }
  }
  return { path, text, held, unknown };
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
    const { parseLoosely } = await import("./edit.ts");
    const found = parseLoosely(text);
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

function broken(where: string, why: string, cause?: unknown): Failure {
  return new Failure({
    code: "config.broken",
    message: `${where} cannot be used: ${why}.`,
    hint: "Mend the file, or move it away; it was left as it is.",
    cause,
  });
}
