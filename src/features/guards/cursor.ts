// Goes on in the text of a command line: over blanks, comments and ends of lines, to signs and reserved words. At an end of
// a line the here-documents behind it are read.

import { type Source, Unreadable } from "./syntax.ts";
import { quotedParts } from "./words.ts";

const RESERVED = /(?:[a-z]+|[{}!]|\[\[)(?=[ \t\n;&|<>()]|$)/y;

/** Blanks, a line that goes on, and a comment. */
export function skipBlanks(source: Source): void {
  const { text } = source;
  for (;;) {
    const char = text[source.at];
    if (char === " " || char === "\t") source.at++;
    else if (char === "\\" && text[source.at + 1] === "\n") source.at += 2;
    else break;
  }
  if (text[source.at] !== "#" || !/[\s;&|()]/.test(text[source.at - 1] ?? " ")) return;
  const end = text.indexOf("\n", source.at);
  source.at = end < 0 ? text.length : end;
}

/** Blanks and ends of lines, and the here-documents behind them. */
export function skipLines(source: Source): void {
  for (skipBlanks(source); isAt(source, "\n"); skipBlanks(source)) {
    source.at++;
    for (const document of source.documents.splice(0)) {
      const text = documentText(source, document);
      if (document.isLiteral) document.parts.push({ kind: "text", text, isQuoted: true });
      else {
        const inner: Source = { ...source, text, at: 0, documents: [] };
        quotedParts(inner, document.parts, undefined);
      }
    }
  }
}

function documentText(source: Source, { delimiter, isIndented }: { delimiter: string; isIndented: boolean }): string {
  const lines: string[] = [];
  while (source.at < source.text.length) {
    const end = source.text.indexOf("\n", source.at);
    const whole = source.text.slice(source.at, end < 0 ? undefined : end);
    source.at = end < 0 ? source.text.length : end + 1;
    const line = isIndented ? whole.replace(/^\t+/, "") : whole;
    if (line === delimiter) break;
    lines.push(`${line}\n`);
  }
  return lines.join("");
}

export function isAt({ text, at }: Source, sign: string): boolean {
  return text.startsWith(sign, at);
}

export function reservedAt(source: Source): string | undefined {
  RESERVED.lastIndex = source.at;
  return RESERVED.exec(source.text)?.[0];
}

export function expect(source: Source, sign: string): void {
  if (!isAt(source, sign)) throw new Unreadable();
  source.at += sign.length;
}

export function expectWord(source: Source, word: string): void {
  skipLines(source);
  if (reservedAt(source) !== word) throw new Unreadable();
  source.at += word.length;
}

export function taken(source: Source, expression: RegExp): string {
  expression.lastIndex = source.at;
  const [found] = expression.exec(source.text) ?? [];
  if (found === undefined) throw new Unreadable();
  source.at += found.length;
  return found;
}
