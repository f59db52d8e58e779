// Reads one word of a shell's command line: quotes, backslashes, and what is expanded. What nobody can know before it runs
// becomes an unknown part, together with the commands in it. Linear in the text, and pure.

import { MAX_DEPTH, type Part, type Script, type Source, Unreadable, type Word } from "./syntax.ts";

const ENDS_WORD = /[ \t\n;&|<>()]/;
const BLANK_OR_LINE = /[ \t\n]/;
/** What begins something within a word. */
const PLAIN = /[^ \t\n;&|<>()\\'"`$]+/y;
const PLAIN_IN_TEST = /[^ \t\n\\'"`$]+/y;
const PLAIN_IN_QUOTES = /[^"\\`$]+/y;
const PLAIN_IN_DOCUMENT = /[^\\`$]+/y;
const NAME = /[A-Za-z_]\w*|[1-9](?!\d)/y;
const OR_END = /:?\?[^\\"'`${}]{0,200}\}/y;

/** Undefined where none begins. In `[[ … ]]` only blanks end a word. */
export function readWord(source: Source, place: "command" | "test" = "command"): Word | undefined {
  const parts: Part[] = [];
  const start = source.at;
  const { text } = source;
  const ends = place === "test" ? BLANK_OR_LINE : ENDS_WORD;
  const plain = place === "test" ? PLAIN_IN_TEST : PLAIN;
  while (source.at < text.length) {
    const char = text[source.at] ?? "";
    if (isSubstitution(source)) {
      source.at += 2;
      parts.push({ kind: "unknown", isQuoted: true, inside: [closed(source)] });
    } else if (char === "(" && source.at > start && /[?*+@!]/.test(text[source.at - 1] ?? "") && place === "command") {
      parts.push(patternGroup(source));
    } else if (ends.test(char)) break;
    else if (char === "\\") escaped(source, parts);
    else if (char === "'") parts.push({ kind: "text", text: singleQuoted(source), isQuoted: true });
    else if (char === '"') doubleQuoted(source, parts);
    else if (char === "`") parts.push(backticks(source, { isQuoted: false }));
    else if (char === "$") dollar(source, parts, { isQuoted: false });
    else parts.push({ kind: "text", text: taken(source, plain), isQuoted: false });
  }
  return source.at === start ? undefined : { parts };
}

/** `<(…)` and `>(…)`. */
function isSubstitution({ text, at }: Source): boolean {
  return text[at + 1] === "(" && (text[at] === "<" || text[at] === ">");
}

/** Of a regular expression with the flag `y`; at least one character. */
function taken(source: Source, expression: RegExp): string {
  expression.lastIndex = source.at;
  const found = expression.exec(source.text)?.[0] ?? source.text[source.at] ?? "";
  source.at += found.length;
  return found;
}

function escaped(source: Source, parts: Part[]): void {
  const next = source.text[source.at + 1];
  source.at += 2;
  // A line that goes on.
  if (next === "\n") parts.push({ kind: "text", text: "", isQuoted: false });
  else parts.push({ kind: "text", text: next ?? "\\", isQuoted: true });
}

function singleQuoted(source: Source): string {
  const end = source.text.indexOf("'", source.at + 1);
  if (end < 0) throw new Unreadable();
  const found = source.text.slice(source.at + 1, end);
  source.at = end + 1;
  return found;
}

function doubleQuoted(source: Source, parts: Part[]): void {
  source.at++;
  // "" is a word as well.
  parts.push({ kind: "text", text: "", isQuoted: true });
  quotedParts(source, parts, '"');
  if (source.text[source.at] !== '"') throw new Unreadable();
  source.at++;
}

/** As between double quotes, up to one; or of a here-document, to the end. */
export function quotedParts(source: Source, parts: Part[], end: '"' | undefined): void {
  const plain = end === undefined ? PLAIN_IN_DOCUMENT : PLAIN_IN_QUOTES;
  while (source.at < source.text.length) {
    const char = source.text[source.at] ?? "";
    if (char === end) break;
    if (char === "`") parts.push(backticks(source, { isQuoted: true }));
    else if (char === "$") dollar(source, parts, { isQuoted: true });
    else if (char === "\\") {
      const next = source.text[source.at + 1] ?? "";
      const isEscape = next !== "" && ("$`\\\n".includes(next) || next === end);
      source.at += isEscape ? 2 : 1;
      parts.push({ kind: "text", text: isEscape ? next.replace("\n", "") : "\\", isQuoted: true });
    } else parts.push({ kind: "text", text: taken(source, plain), isQuoted: true });
  }
}

function backticks(source: Source, { isQuoted }: { isQuoted: boolean }): Part {
  const start = source.at + 1;
  let end = start;
  while (end < source.text.length && source.text[end] !== "`") end += source.text[end] === "\\" ? 2 : 1;
  if (end >= source.text.length) throw new Unreadable();
  const inner = source.text.slice(start, end).replace(isQuoted ? /\\([`$\\"])/g : /\\([`$\\])/g, "$1");
  source.at = end + 1;
  return { kind: "unknown", isQuoted, inside: [commandsOf(inner, source)] };
}

/** The commands of a text of its own within another. */
export function commandsOf(text: string, { depth, commands }: Pick<Source, "depth" | "commands">): Script {
  const inner: Source = { text, at: 0, depth: deeper(depth), documents: [], commands };
  const script = commands(inner);
  if (inner.at < text.length) throw new Unreadable();
  return script;
}

function deeper(depth: number): number {
  if (depth >= MAX_DEPTH) throw new Unreadable();
  return depth + 1;
}

function dollar(source: Source, parts: Part[], { isQuoted }: { isQuoted: boolean }): void {
  const { text, at } = source;
  const next = text[at + 1] ?? "";
  if (!isQuoted && next === "'") {
    source.at += 2;
    parts.push({ kind: "text", text: ansiQuoted(source), isQuoted: true });
  } else if (!isQuoted && next === '"') {
    source.at++;
    doubleQuoted(source, parts);
  } else if (next === "(") {
    const end = text[at + 2] === "(" ? endOfArithmetic(text, at + 3) : undefined;
    source.at = end ?? at + 2;
    parts.push({ kind: "unknown", isQuoted, inside: end === undefined ? [closed(source)] : [] });
  } else if (next === "{") {
    source.at += 2;
    parts.push(parameter(source, { isQuoted }));
  } else {
    NAME.lastIndex = at + 1;
    const name = NAME.exec(text)?.[0];
    const isSpecial = next !== "" && "?!$#@*-0123456789".includes(next);
    source.at += 1 + (name?.length ?? (isSpecial ? 1 : 0));
    if (name !== undefined) parts.push({ kind: "variable", name, isQuoted });
    else
      parts.push(isSpecial ? { kind: "unknown", isQuoted, inside: [] } : { kind: "text", text: "$", isQuoted: true });
  }
}

/** Commands up to the `)` that closes them. */
function closed(source: Source): Script {
  source.depth = deeper(source.depth);
  const script = source.commands(source);
  if (source.text[source.at] !== ")") throw new Unreadable();
  source.at++;
  source.depth--;
  return script;
}

/** Where `((…))` ends; undefined where it is `( (…) … )` instead. Begins behind both parentheses. */
export function endOfArithmetic(text: string, start: number): number | undefined {
  let open = 2;
  for (let at = start; at < text.length; at++) {
    const char = text[at];
    if (char === "\\") at++;
    else if (char === "(") open++;
    else if (char === ")") {
      open--;
      if (open === 1) return text[at + 1] === ")" ? at + 2 : undefined;
    }
  }
  return undefined;
}

/** `${x}` is its variable; anything more of it is unknown. Begins behind the brace. */
function parameter(source: Source, { isQuoted }: { isQuoted: boolean }): Part {
  NAME.lastIndex = source.at;
  const name = NAME.exec(source.text)?.[0];
  if (name !== undefined && source.text[source.at + name.length] === "}") {
    source.at += name.length + 1;
    return { kind: "variable", name, isQuoted };
  }
  // `${x:?}` is it too, or the end.
  OR_END.lastIndex = source.at + (name?.length ?? 0);
  const orEnd = name === undefined ? undefined : OR_END.exec(source.text)?.[0];
  if (name !== undefined && orEnd !== undefined) {
    source.at += name.length + orEnd.length;
    return { kind: "variable", name, isQuoted };
  }
  source.depth = deeper(source.depth);
  const parts: Part[] = [];
  for (;;) {
    const char = source.text[source.at];
    if (char === undefined) throw new Unreadable();
    if (char === "}") break;
    if (char === "\\") source.at += 2;
    else if (char === "'" && !isQuoted) singleQuoted(source);
    else if (char === '"') doubleQuoted(source, parts);
    else if (char === "`") parts.push(backticks(source, { isQuoted }));
    else if (char === "$") dollar(source, parts, { isQuoted });
    else source.at++;
  }
  source.at++;
  source.depth--;
  return { kind: "unknown", isQuoted, inside: insideOf(parts) };
}

/** What is run to find the words out. */
export function insideOf(parts: readonly Part[]): Script[] {
  return parts.flatMap((part) => (part.kind === "unknown" ? part.inside : []));
}

/** `@(…)`, `!(…)`, …: which names that means is not told here. */
function patternGroup(source: Source): Part {
  source.at++;
  source.depth = deeper(source.depth);
  const parts: Part[] = [];
  while (source.text[source.at] !== ")") {
    const word = readWord(source);
    if (word !== undefined) parts.push({ kind: "unknown", isQuoted: false, inside: insideOf(word.parts) });
    else if (/[|\s&;]/.test(source.text[source.at] ?? "")) source.at++;
    else throw new Unreadable();
  }
  source.at++;
  source.depth--;
  return { kind: "unknown", isQuoted: false, inside: insideOf(parts) };
}

const ESCAPES: Readonly<Record<string, string>> = {
  ...{ a: "\x07", b: "\b", e: "\x1b", E: "\x1b", f: "\f", n: "\n", r: "\r", t: "\t", v: "\v" },
  ...{ "\\": "\\", "'": "'", '"': '"', "?": "?" },
};
const CODE = /([0-7]{1,3})|x([0-9A-Fa-f]{1,2})|u([0-9A-Fa-f]{1,4})|U([0-9A-Fa-f]{1,8})|c([\s\S])/y;

/** `$'…'`, behind its first quote. */
function ansiQuoted(source: Source): string {
  let made = "";
  for (;;) {
    const char = source.text[source.at++];
    if (char === undefined) throw new Unreadable();
    if (char === "'") return made;
    if (char !== "\\") {
      made += char;
      continue;
    }
    CODE.lastIndex = source.at;
    const [all, octal, ...rest] = CODE.exec(source.text) ?? [];
    if (all !== undefined) {
      made += coded(octal, rest);
      source.at += all.length;
    } else {
      const next = source.text[source.at++] ?? "";
      made += Object.hasOwn(ESCAPES, next) ? ESCAPES[next] : `\\${next}`;
    }
  }
}

function coded(octal: string | undefined, [hex, short, long, control]: (string | undefined)[]): string {
  if (control !== undefined) return String.fromCharCode(control.charCodeAt(0) & 0x1f);
  const code =
    octal === undefined ? Number.parseInt(hex ?? short ?? long ?? "0", 16) : Number.parseInt(octal, 8) & 0xff;
  return code > 0x10ffff ? "\ufffd" : String.fromCodePoint(code);
}
