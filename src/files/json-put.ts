// Putting entries into a JSON text: only insertions, and a note of what they brought along.

import { Failure } from "../core/failure.ts";
import { type Note, samePath } from "./json-note.ts";
import { breakAt, type Style, styleIn, styleOfRoot } from "./json-style.ts";
import { childNamed, isLineEnd, type Tree, type Value } from "./json-tree.ts";
import { placeOf } from "./jsonc.ts";

/** `append`: one more in the array that is named so. `set`: the value of that name; one that is there is left alone. */
export type Addition =
  | { at: readonly [string, ...string[]]; append: unknown }
  | { at: readonly [string, ...string[]]; set: unknown };

export interface Put {
  text: string;
  note: Note;
}

/** Entries that get into one object or array of the text. */
interface Batch {
  parent: Value;
  at: string[];
  members: Map<string, unknown>;
  elements: unknown[];
}

interface Insertion {
  offset: number;
  text: string;
}

/** Errors: `json.shape`, when a name on the way stands for something else than it should. */
export function putInto(tree: Tree, { file, hadFile, wanted, note }: PutInput): Put {
  if (wanted.length === 0) return { text: tree.text, note };
  if (tree.root === undefined) return putIntoNothing(tree, wanted, hadFile);
  const batches = new Map<Value, Batch>();
  const made = [...note.made];
  for (const addition of wanted) {
    const found = walk(tree, tree.root, file, addition);
    if (found === undefined) continue;
    const { parent, depth } = found;
    const at = addition.at.slice(0, depth);
    const batch: Batch = batches.get(parent) ?? { parent, at, members: new Map(), elements: [] };
    batches.set(parent, batch);
    const rest = addition.at.slice(depth);
    if ("append" in addition && rest.length === 0) batch.elements.push(addition.append);
    else nest(batch.members, rest, addition);
    for (const path of pathsMade(addition, depth)) if (!made.some((one) => samePath(one, path))) made.push(path);
  }
  const filled = [...note.filled];
  const insertions: Insertion[] = [];
  for (const batch of batches.values()) {
    const style = styleIn(tree, batch.parent);
    insertions.push(...insertionsOf(tree, batch, style));
    if (batch.parent.children.length > 0) continue;
    const index = filled.findIndex(({ at }) => samePath(at, batch.at));
    filled.splice(index < 0 ? filled.length : index, index < 0 ? 0 : 1, { at: batch.at, after: style.after });
  }
  return { text: inserted(tree.text, insertions), note: { ...note, made, filled } };
}

interface PutInput {
  /** Only for words. */
  file: string;
  /** What to leave when all is taken out again: an empty file, or none. */
  hadFile: boolean;
  wanted: readonly Addition[];
  note: Note;
}

function putIntoNothing({ text, tail }: Tree, wanted: readonly Addition[], hadFile: boolean): Put {
  const members = new Map<string, unknown>();
  for (const addition of wanted) nest(members, [...addition.at], addition);
  const style = styleOfRoot(text);
  const before = tail > 0 ? style.after : "";
  const after = /[\r\n]/.test(text.slice(tail)) ? "" : style.after;
  const root = before + style.write(Object.fromEntries(members)) + after;
  const made = wanted.flatMap((addition) => pathsMade(addition, 0));
  return {
    text: inserted(text, [{ offset: tail, text: root }]),
    note: {
      made: made.filter((path, i) => made.findIndex((one) => samePath(one, path)) === i),
      filled: [],
      root: { before, after, hadFile },
    },
  };
}

/** The last object or array that is there on the way; undefined when a value to set is there already. */
function walk(tree: Tree, root: Value, file: string, addition: Addition): { parent: Value; depth: number } | undefined {
  let parent = root;
  for (const [depth, key] of addition.at.entries()) {
    if (parent.kind !== "object") throw misshapen({ tree, file, at: addition.at.slice(0, depth), parent }, "object");
    const child = childNamed(parent, key);
    if (child === undefined) return { parent, depth };
    parent = child.value;
  }
  if ("set" in addition) return undefined;
  if (parent.kind !== "array") throw misshapen({ tree, file, at: addition.at, parent }, "array");
  return { parent, depth: addition.at.length };
}

function misshapen(
  { tree, file, at, parent }: { tree: Tree; file: string; at: readonly string[]; parent: Value },
  kind: "object" | "array",
): Failure {
  const { line, column } = placeOf(tree.text, parent.start);
  const name =
    at.length === 0
      ? "it"
      : at
          .toReversed()
          .map((key) => JSON.stringify(key))
          .join(" in ");
  const is = parent.kind !== "scalar" ? parent.kind : parent.scalar === null ? "null" : typeof parent.scalar;
  return new Failure({
    code: "json.shape",
    message: `${file}:${line}:${column} cannot be used: ${name} should be an ${kind}, and is ${is}.`,
    hint: "Mend the file, or move it away; it was left as it is.",
    details: { file, line, column, at: [...at] },
  });
}

/** Members for the names that are missing, with the entry in the innermost. */
function nest(members: Map<string, unknown>, rest: readonly string[], addition: Addition): void {
  const [key, ...more] = rest;
  if (key === undefined) return;
  if (more.length > 0) {
    const inner = new Map(Object.entries(Object(members.get(key) ?? {})));
    nest(inner, more, addition);
    members.set(key, Object.fromEntries(inner));
  } else if ("set" in addition) members.set(key, addition.set);
  else {
    const elements = members.get(key);
    members.set(key, [...(Array.isArray(elements) ? elements : []), addition.append]);
  }
}

/** From `depth` names on nothing is there. */
function pathsMade(addition: Addition, depth: number): string[][] {
  const last = "append" in addition ? addition.at.length : addition.at.length - 1;
  return Array.from({ length: Math.max(0, last - depth) }, (_, i) => addition.at.slice(0, depth + i + 1));
}

function insertionsOf(tree: Tree, { parent, members, elements }: Batch, style: Style): Insertion[] {
  const written = [
    ...[...members].map(([key, value]) => JSON.stringify(key) + style.colon + style.write(value)),
    ...elements.map(style.write),
  ];
  const last = parent.children.at(-1);
  const isOneLine = !/[\r\n]/.test(style.before);
  // What stands behind a comment that lasts to the end of its line has to begin on the next one.
  const before =
    isOneLine && isLineEnd(tree, parent.tail) ? breakAt(tree.text, parent, last?.start ?? parent.start) : style.before;
  const body = before + written.join(`,${style.before}`);
  if (last === undefined) return [{ offset: parent.tail, text: body + style.after }];
  if (last.comma !== undefined) return [{ offset: parent.tail, text: `${body},` }];
  return [
    { offset: last.value.end, text: "," },
    { offset: parent.tail, text: body },
  ];
}

function inserted(text: string, insertions: Insertion[]): string {
  const parts: string[] = [];
  let from = 0;
  for (const { offset, text: more } of insertions.toSorted((one, other) => one.offset - other.offset)) {
    parts.push(text.slice(from, offset), more);
    from = offset;
  }
  return parts.join("") + text.slice(from);
}
