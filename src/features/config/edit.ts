// The only importer of jsonc-parser: JSON as people write it, and edits that leave everything else in a file as it is.

import { applyEdits, modify, type ParseError, parse, printParseErrorCode } from "jsonc-parser";

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
  const before = text.slice(0, first.offset).split("\n");
  const what = printParseErrorCode(first.error)
    .replace(/([a-z])([A-Z])/g, "$1 $2")
    .toLowerCase();
  return { value: undefined, fault: { line: before.length, column: (before.at(-1)?.length ?? 0) + 1, what } };
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
