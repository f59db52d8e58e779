// Reads TypeScript just well enough to judge it: which modules it names, and its code without comments and texts.

export interface Import {
  /** As written. */
  specifier: string;
  /** "static" and "dynamic" run; "type" is gone when the code runs. */
  kind: "static" | "dynamic" | "type";
}

const transpiler = new Bun.Transpiler({ loader: "ts" });
const MODULE_NAME = /(?:\bfrom|\bimport)\s*\(?\s*" +"/g;

/** Every module that the source names, types included. */
export function importsOf(source: string): Import[] {
  const found: Import[] = transpiler
    .scanImports(source)
    .map(({ kind, path }) => ({ specifier: path, kind: kind === "import-statement" ? "static" : "dynamic" }));
  const running = new Set(found.map(({ specifier }) => specifier));
  for (const match of codeOf(source).matchAll(MODULE_NAME)) {
    // Blank text is as long as what stood there.
    const named = source.slice(match.index, match.index + match[0].length);
    const specifier = named.slice(named.search(/["']/) + 1, -1);
    if (running.has(specifier)) continue;
    running.add(specifier);
    found.push({ specifier, kind: "type" });
  }
  return found;
}

// One alternative a kind of thing that may hide code-like words. A regular expression is told from a division by what
// stands before it: never the end of a value.
const LEXEME = new RegExp(
  [
    String.raw`(?<comment>//[^\n]*|/\*[\s\S]*?\*/)`,
    String.raw`(?<text>"(?:\\[\s\S]|[^"\\\n])*"|'(?:\\[\s\S]|[^'\\\n])*')`,
    "(?<template>`)",
    String.raw`(?<=(?:^|[=(,:;!&|?{}[\n+*%<>~^-]|=>|\breturn|\btypeof|\bcase)\s*)(?<regexp>/(?![*/])(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\[\n])+/[a-z]*)`,
    String.raw`(?<open>\{)`,
    String.raw`(?<close>\})`,
  ].join("|"),
  "g",
);
const TEMPLATE_TEXT = /(?:\\[\s\S]|\$(?!\{)|[^`\\$])*/y;

/** The code alone: comments, texts and regular expressions are blank, line breaks stay. */
export function codeOf(source: string): string {
  let out = "";
  let at = 0;
  // One entry for each brace still open: true when its closing brace goes on with a template's text.
  const braces: boolean[] = [];
  const spaces = (text: string): string => text.replace(/[^\n]/g, " ");
  const templateText = (): void => {
    TEMPLATE_TEXT.lastIndex = at;
    const text = TEMPLATE_TEXT.exec(source)?.[0] ?? "";
    out += spaces(text);
    at += text.length;
    if (source.startsWith("${", at)) {
      braces.push(true);
      out += "${";
      at += 2;
    } else if (at < source.length) {
      out += "`";
      at += 1;
    }
  };
  for (;;) {
    LEXEME.lastIndex = at;
    const match = LEXEME.exec(source);
    if (match === null) return out + source.slice(at);
    out += source.slice(at, match.index);
    at = match.index + match[0].length;
    const { comment, text, template, regexp, open, close } = match.groups ?? {};
    if (comment !== undefined) out += spaces(comment);
    else if (text !== undefined) out += `"${spaces(text.slice(1, -1))}"`;
    else if (regexp !== undefined) out += `/${spaces(regexp.slice(1, -1))}/`;
    else out += match[0];
    if (open !== undefined) braces.push(false);
    if (template !== undefined || (close !== undefined && braces.pop() === true)) templateText();
  }
}
