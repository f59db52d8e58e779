// Source text with what is no code blanked out, each character in its place: comments, and the insides of strings. Not a
// parser: it knows how comments and strings begin and end in a language, no more.

export interface Notation {
  line: string;
  hasBlocks: boolean;
  /** Blocks within blocks (Rust). */
  isNested?: boolean;
  quotes: string;
  /** Of those that go over several lines. */
  longQuotes?: readonly string[];
  /** Of those in which a backslash is just one (Go). */
  rawQuotes?: string;
  /** `/…/` may be a regular expression (JavaScript). */
  hasRegExps?: boolean;
  /** `'a` is a lifetime where no quote ends it soon (Rust). */
  hasLifetimes?: boolean;
}

export interface CodeText {
  /** Without comments. */
  text: string;
  /** Without comments and what stands in strings. */
  code: string;
}

export function codeText(source: string, notation: Notation): CodeText {
  const text: string[] = [];
  const code: string[] = [];
  let recent = "";
  const push = (read: string, known: string) => {
    text.push(read);
    code.push(known);
    recent = (recent + known.slice(-RECENT)).slice(-RECENT);
  };
  const begins = new RegExp(`[${notation.quotes}${notation.line[0]}/]`, "g");
  for (let at = 0; at < source.length; ) {
    begins.lastIndex = at;
    const next = begins.exec(source)?.index ?? source.length;
    if (next > at) push(source.slice(at, next), source.slice(at, next));
    at = next;
    if (at === source.length) break;
    const comment = commentAt(source, at, notation);
    if (comment > at) {
      const gone = blank(source.slice(at, comment));
      push(gone, gone);
      at = comment;
      continue;
    }
    const end = stringAt(source, at, notation, recent);
    const piece = source.slice(at, Math.max(end, at + 1));
    // One that does not end has no sign at its end.
    push(piece, end > at + 1 ? `${piece[0]}${blank(piece.slice(1, -1))}${piece.at(-1)?.replace(/\w/, " ")}` : piece);
    at += piece.length;
  }
  return { text: text.join(""), code: code.join("") };
}

/** What stands before tells whether a slash begins a regular expression: a sign or a word. */
const RECENT = 40;
const BEFORE_REGEXP =
  /(?:^|[(,=:[!&|?{};+\-*%<>~^]|(?<![\w$.])(?:return|typeof|case|in|of|void|delete|throw|new|await|yield|else|do))\s*$/;

function blank(piece: string): string {
  return piece.replace(/[^\n]/g, " ");
}

/** Where a comment that begins there ends; the same place when none does. */
function commentAt(source: string, at: number, { line, hasBlocks, isNested = false }: Notation): number {
  if (source.startsWith(line, at)) {
    const end = source.indexOf("\n", at);
    return end < 0 ? source.length : end;
  }
  if (!hasBlocks || !source.startsWith("/*", at)) return at;
  let depth = 1;
  let end = at + 2;
  while (end < source.length && depth > 0) {
    if (source.startsWith("*/", end)) depth--;
    else if (isNested && source.startsWith("/*", end)) depth++;
    else {
      end++;
      continue;
    }
    end += 2;
  }
  return end;
}

function stringAt(source: string, at: number, notation: Notation, recent: string): number {
  const { quotes, longQuotes = [], rawQuotes = "", hasRegExps = false, hasLifetimes = false } = notation;
  const long = longQuotes.find((quote) => source.startsWith(quote, at));
  if (long !== undefined) return closed(source, at + long.length, { quote: long, isLong: true, isRaw: false });
  const char = source[at] ?? "";
  if (hasRegExps && char === "/" && BEFORE_REGEXP.test(recent)) {
    const found = /^\/(?:[^/\\\n[]|\\.|\[(?:[^\]\\\n]|\\.)*\])+\//.exec(source.slice(at, at + 500));
    return found === null ? at : at + found[0].length;
  }
  if (char === "" || !quotes.includes(char)) return at;
  if (hasLifetimes && char === "'") {
    const found = /^'(?:[^'\\\n]|\\[^\n]{1,10}?)'/u.exec(source.slice(at, at + 14));
    return found === null ? at : at + found[0].length;
  }
  return closed(source, at + 1, { quote: char, isLong: char === "`", isRaw: rawQuotes.includes(char) });
}

interface Quoted {
  quote: string;
  /** It goes over several lines. */
  isLong: boolean;
  isRaw: boolean;
}

function closed(source: string, start: number, { quote, isLong, isRaw }: Quoted): number {
  for (let at = start; at < source.length; at++) {
    if (source[at] === "\\" && !isRaw) at++;
    else if (source.startsWith(quote, at)) return at + quote.length;
    else if (!isLong && source[at] === "\n") return at;
  }
  return source.length;
}

/** How many brackets are open at each character. */
export function depths(code: string): Int32Array {
  const found = new Int32Array(code.length);
  let depth = 0;
  for (let at = 0; at < code.length; at++) {
    const char = code[at];
    if (char === "}") depth--;
    found[at] = depth;
    if (char === "{") depth++;
  }
  return found;
}

export function lineAt(text: string, at: number): number {
  let line = 1;
  for (let end = text.indexOf("\n"); end >= 0 && end < at; end = text.indexOf("\n", end + 1)) line++;
  return line;
}
