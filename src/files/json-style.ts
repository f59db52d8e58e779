// How a file is written around a place, and new values written the same way: indentation, line ends, one line or many.

import type { Tree, Value } from "./json-tree.ts";

export interface Style {
  /** What stands before each new child. */
  before: string;
  /** What stands behind the last one where nothing else ends its line. */
  after: string;
  colon: string;
  write(value: unknown): string;
}

const BREAK = /\r\n|\n|\r/;

/** For a new child of `parent`, an object or array. */
export function styleIn(tree: Tree, parent: Value): Style {
  const { text } = tree;
  const eol = eolOf(text, parent);
  const last = parent.children.at(-1);
  const base = indentAt(text, parent.start);
  if (last === undefined) {
    if (isOneLine(tree)) return { before: "", after: "", ...inLine(text, parent) };
    const unit = unitOf(text);
    const isOpen = BREAK.test(text.slice(parent.tail, parent.end));
    return { before: eol + base + unit, after: isOpen ? "" : eol + base, ...inLines(base + unit, unit, eol) };
  }
  const previous = parent.children.at(-2);
  const from = previous === undefined ? parent.start : (previous.comma ?? previous.value.end);
  const indent = indentAt(text, last.start);
  if (!BREAK.test(text.slice(from, last.start))) {
    return { before: isTight(text, parent) ? "" : " ", after: "", ...inLine(text, parent) };
  }
  const unit = indent.length > base.length && indent.startsWith(base) ? indent.slice(base.length) : unitOf(text);
  return { before: eol + indent, after: "", ...inLines(indent, unit, eol) };
}

/** For the object that a text without one gets. */
export function styleOfRoot(text: string): Style {
  const eol = BREAK.exec(text)?.[0] ?? "\n";
  return { before: "", after: eol, ...inLines("", "  ", eol) };
}

/** A break of the line in which `offset` stands, with the indentation of that line. */
export function breakAt(text: string, parent: Value, offset: number): string {
  return eolOf(text, parent) + indentAt(text, offset);
}

function inLines(indent: string, unit: string, eol: string): Pick<Style, "colon" | "write"> {
  // JSON.stringify takes ten characters of indentation at most; no text of JSON holds a line end or a tab of its own.
  const write = (value: unknown): string =>
    JSON.stringify(value, null, "\t").replace(/\n(\t*)/g, (_, tabs: string) => eol + indent + unit.repeat(tabs.length));
  return { colon: ": ", write };
}

function inLine(text: string, parent: Value): Pick<Style, "colon" | "write"> {
  if (isTight(text, parent)) return { colon: ":", write: (value) => JSON.stringify(value) };
  return { colon: ": ", write: (value) => JSON.stringify(value, null, 1).replace(/\n */g, " ") };
}

/** Without spaces behind commas and colons, as programs write it. What holds none of them is written like the file. */
function isTight(text: string, parent: Value): boolean {
  const own = text.slice(parent.start, Math.min(parent.end, parent.start + SAMPLE));
  if (/[:,] /.test(own)) return false;
  return /[:,][^\s\]}]/.test(own) || !/[:,] /.test(text.slice(0, SAMPLE));
}

/** Enough to tell how it is written. */
const SAMPLE = 2000;

function isOneLine({ text, root }: Tree): boolean {
  return root !== undefined && root.children.length > 0 && !BREAK.test(text.slice(root.start, root.end));
}

function eolOf(text: string, parent: Value): string {
  return (BREAK.exec(text.slice(parent.start, parent.end)) ?? BREAK.exec(text))?.[0] ?? "\n";
}

function unitOf(text: string): string {
  return /(?:^|[\r\n])([ \t]+)["{[\]}]/.exec(text)?.[1] ?? "  ";
}

function indentAt(text: string, offset: number): string {
  const start = Math.max(text.lastIndexOf("\n", offset - 1), text.lastIndexOf("\r", offset - 1)) + 1;
  return /^[ \t]*/.exec(text.slice(start, offset))?.[0] ?? "";
}
