// The only importer of jsonc-parser: JSON as people write it, with comments and commas at the end, read as a value or
// token by token, and one edit that leaves everything else in a file as it is.

import { applyEdits, createScanner, modify, type ParseError, parse, printParseErrorCode } from "jsonc-parser";

export interface Fault {
  /** From 1. */
  line: number;
  column: number;
  what: string;
}

export type Loose = { value: unknown; fault: undefined } | { value: undefined; fault: Fault };

/** With comments and commas at the end; the first fault when it is not even that. */
export function parseLoosely(text: string): Loose {
  const faults: ParseError[] = [];
  const value: unknown = parse(text, faults, { allowTrailingComma: true, disallowComments: false });
  const [first] = faults;
  if (first === undefined) return { value, fault: undefined };
  const what = printParseErrorCode(first.error)
    .replace(/([a-z])([A-Z])/g, "$1 $2")
    .toLowerCase();
  return { value: undefined, fault: { ...placeOf(text, first.offset), what } };
}

/** Of an offset, as editors count. */
export function placeOf(text: string, offset: number): { line: number; column: number } {
  const before = text.slice(0, offset).split(/\r\n|\n|\r/);
  return { line: before.length, column: (before.at(-1)?.length ?? 0) + 1 };
}

/** The text with one value set, or taken out when it is undefined. Indentation follows what is there. */
export function edited(text: string, path: readonly string[], value: unknown): string {
  const indent = /^([ \t]+)\S/m.exec(text)?.[1] ?? "  ";
  const formattingOptions = {
    insertSpaces: !indent.startsWith("\t"),
    tabSize: indent.startsWith("\t") ? 1 : indent.length,
    eol: text.includes("\r\n") ? "\r\n" : "\n",
  };
  const changed = applyEdits(text, modify(text, [...path], value, { formattingOptions }));
  return changed.endsWith("\n") ? changed : `${changed}${formattingOptions.eol}`;
}

export type TokenKind = "{" | "}" | "[" | "]" | "," | ":" | "string" | "literal" | "line" | "block" | "end" | "unknown";

export interface Token {
  /** `line` and `block` are comments. */
  kind: TokenKind;
  start: number;
  end: number;
  /** What a string or a literal stands for. */
  value: unknown;
  /** It has a fault of its own: an end that is missing, a character that may not be there. */
  isBroken: boolean;
}

/** All that JSON has. */
const SPACE: ReadonlySet<string> = new Set([" ", "\t", "\r", "\n"]);

const LITERALS: ReadonlyMap<string, unknown> = new Map([
  ["true", true],
  ["false", false],
  ["null", null],
]);

/** Gives the next token at each call, without white space; `end` for ever at the end. */
export function tokensOf(text: string): () => Token {
  const scanner = createScanner(text, false);
  return () => {
    for (;;) {
      scanner.scan();
      const start = scanner.getTokenOffset();
      const end = start + scanner.getTokenLength();
      if (start < text.length && SPACE.has(text.charAt(start))) continue;
      const isBroken = scanner.getTokenError() !== 0;
      return { ...judged(text, start, end, () => scanner.getTokenValue()), start, end, isBroken };
    }
  };
}

function judged(text: string, start: number, end: number, content: () => string): Pick<Token, "kind" | "value"> {
  if (start >= text.length) return { kind: "end", value: undefined };
  const first = text.charAt(start);
  switch (first) {
    case "{":
    case "}":
    case "[":
    case "]":
    case ",":
    case ":":
      return { kind: first, value: undefined };
    case '"':
      return { kind: "string", value: content() };
    case "/":
      if (text[start + 1] === "/") return { kind: "line", value: undefined };
      return { kind: text[start + 1] === "*" ? "block" : "unknown", value: undefined };
  }
  const word = text.slice(start, end);
  if (/^-?\d/.test(word)) return { kind: "literal", value: Number(word) };
  if (LITERALS.has(word)) return { kind: "literal", value: LITERALS.get(word) };
  return { kind: "unknown", value: undefined };
}
