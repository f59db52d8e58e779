// Where everything stands in a JSON text with comments: the base of edits that touch nothing else. It is read without
// recursion, so that no depth of nesting is too much for it.

import { Failure } from "../core/failure.ts";
import { placeOf, type Token, type TokenKind, tokensOf } from "./jsonc.ts";

export interface Value {
  kind: "object" | "array" | "scalar";
  start: number;
  end: number;
  /** Of an object or array. */
  children: Child[];
  /** Of anything else. */
  scalar: unknown;
  /** Where one more child has its place: behind the last one, its comma, and the comments on the same line. */
  tail: number;
}

export interface Child {
  /** Undefined in an array. */
  key: string | undefined;
  /** Of the key or the value, whichever comes first. */
  start: number;
  /** Where the token before it ends, be it a comment: from here to the start there is only white space. */
  gap: number;
  /** The token before it is a comment that lasts to the end of its line. */
  isAfterLine: boolean;
  value: Value;
  /** Where the comma behind it stands. */
  comma: number | undefined;
}

export interface Tree {
  text: string;
  /** Undefined where there is nothing but white space and comments. */
  root: Value | undefined;
  /** Behind the last comment of a text without a root. */
  tail: number;
  /** Where the comments start and end, in order. */
  comments: { start: number; end: number; isLine: boolean }[];
}

/** `file` is only for words. Errors: `json.broken`, with line and column. */
export function readTree(file: string, text: string): Tree {
  const next = tokensOf(text);
  const tree: Tree = { text, root: undefined, tail: 0, comments: [] };
  const open: Value[] = [];
  /** The child whose value is awaited. */
  let child: Child | undefined;
  let allowed: Allowed = "value";
  let gap = 0;
  let isAfterLine = false;

  const place = (value: Value): void => {
    const parent = open.at(-1);
    if (parent === undefined) tree.root = value;
    else {
      child ??= { key: undefined, start: value.start, gap, isAfterLine, value, comma: undefined };
      child.value = value;
      parent.children.push(child);
      parent.tail = value.end;
      child = undefined;
    }
    allowed = parent === undefined ? "end" : "comma";
  };

  for (;;) {
    const token = next();
    if (token.isBroken) throw broken(file, text, token, undefined);
    const parent = open.at(-1);
    if (token.kind === "line" || token.kind === "block") {
      const isLine = token.kind === "line";
      tree.comments.push({ start: token.start, end: token.end, isLine });
      if (parent === undefined) tree.tail = token.end;
      else if (child === undefined && isWithTail(text, parent, gap, token.start)) parent.tail = token.end;
      gap = token.end;
      isAfterLine = isLine;
      continue;
    }
    if (token.kind === "end" && (allowed === "end" || (allowed === "value" && parent === undefined))) return tree;
    if (!takes(allowed, parent, token.kind)) throw broken(file, text, token, wordsFor(allowed, parent));
    switch (token.kind) {
      case ",":
        if (parent !== undefined) {
          const last = parent.children.at(-1);
          if (last !== undefined) last.comma = token.start;
          parent.tail = token.end;
        }
        allowed = parent?.kind === "object" ? "key" : "value";
        break;
      case ":":
        allowed = "value";
        break;
      case "}":
      case "]": {
        open.pop();
        if (parent === undefined) break;
        parent.end = token.end;
        const above = open.at(-1);
        if (above !== undefined) above.tail = token.end;
        allowed = above === undefined ? "end" : "comma";
        break;
      }
      case "{":
      case "[": {
        const kind = token.kind === "{" ? "object" : "array";
        const value: Value = { kind, start: token.start, end: 0, children: [], scalar: undefined, tail: token.end };
        place(value);
        open.push(value);
        allowed = kind === "object" ? "key" : "value";
        break;
      }
      default: {
        const { start, end, value: scalar } = token;
        const value: Value = { kind: "scalar", start, end, children: [], scalar, tail: end };
        if (allowed !== "key") place(value);
        else {
          child = { key: String(scalar), start, gap, isAfterLine, value, comma: undefined };
          allowed = "colon";
        }
      }
    }
    gap = token.end;
    isAfterLine = false;
  }
}

/** Of several comments behind a child only those on its line belong to it; an empty object or array has them all. */
function isWithTail(text: string, { children, tail }: Value, gap: number, start: number): boolean {
  return children.length === 0 || (gap === tail && !/[\r\n]/.test(text.slice(gap, start)));
}

/** What may come next. Before a key or the value of an array, its end may come as well. */
type Allowed = "key" | "colon" | "value" | "comma" | "end";

function takes(allowed: Allowed, parent: Value | undefined, kind: TokenKind): boolean {
  const closing = parent?.kind === "object" ? "}" : "]";
  switch (allowed) {
    case "key":
      return kind === "string" || kind === closing;
    case "colon":
      return kind === ":";
    case "comma":
      return kind === "," || kind === closing;
    case "value":
      if (kind === "]") return parent?.kind === "array";
      return kind === "string" || kind === "literal" || kind === "{" || kind === "[";
    case "end":
      return false;
  }
}

function wordsFor(allowed: Allowed, parent: Value | undefined): string {
  const closing = parent?.kind === "object" ? "}" : "]";
  switch (allowed) {
    case "key":
      return `a name in double quotes or ${closing} is expected`;
    case "colon":
      return "a colon is expected";
    case "comma":
      return `a comma or ${closing} is expected`;
    case "value":
      return "a value is expected";
    case "end":
      return "nothing more is expected";
  }
}

function broken(file: string, text: string, token: Token, expected: string | undefined): Failure {
  const { line, column } = placeOf(text, token.start);
  const what = expected ?? (token.kind === "string" ? "a text is broken" : "it cannot be read");
  return new Failure({
    code: "json.broken",
    message: `${file}:${line}:${column} cannot be used: ${what}.`,
    hint: "Mend the file, or move it away; it was left as it is.",
    details: { file, line, column },
  });
}

/** How many comments stand from one offset to another. */
export function commentsIn(tree: Tree, from: number, to: number): number {
  let count = 0;
  for (let i = firstFrom(tree, from); i < tree.comments.length && (tree.comments[i]?.start ?? to) < to; i++) count++;
  return count;
}

/** A line comment ends there. */
export function isLineEnd(tree: Tree, offset: number): boolean {
  const before = tree.comments[firstFrom(tree, offset) - 1];
  return before?.end === offset && before.isLine;
}

function firstFrom({ comments }: Tree, offset: number): number {
  let low = 0;
  for (let high = comments.length; low < high; ) {
    const middle = (low + high) >> 1;
    if ((comments[middle]?.start ?? 0) < offset) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Nothing that we look for is nested deeper. */
const MAX_DEPTH = 64;

/** The value as JSON.parse has it; what is nested too deep is undefined. */
export function plain(value: Value, depth = 0): unknown {
  if (value.kind === "scalar") return value.scalar;
  if (depth > MAX_DEPTH) return undefined;
  if (value.kind === "array") return value.children.map((child) => plain(child.value, depth + 1));
  return Object.fromEntries(value.children.map((child) => [child.key ?? "", plain(child.value, depth + 1)]));
}

/** The one of that name that counts: of several, the last. */
export function childNamed(value: Value, key: string): Child | undefined {
  return value.children.findLast((child) => child.key === key);
}
