// Reads a command line of a POSIX shell or bash into what it would run, and in which order. Here-documents, comments and
// the words of `[[ … ]]` are no commands. Linear in the text, and pure; what is no valid bash gives nothing.

import { expect, expectWord, isAt, reservedAt, skipBlanks, skipLines, taken } from "./cursor.ts";
import {
  type Assignment,
  MAX_DEPTH,
  type Node,
  type Part,
  type Redirection,
  type Script,
  type SimpleCommand,
  type Source,
  type Statement,
  Unreadable,
  type Word,
} from "./syntax.ts";
import { commandsOf, endOfArithmetic, insideOf, readWord } from "./words.ts";

/** Undefined where it cannot be read: it is no valid bash, or not as far as we know. */
export function parseShell(text: string): Script | undefined {
  try {
    return commandsOf(text, { depth: 0, commands: readScript });
  } catch (thrown) {
    if (thrown instanceof Unreadable) return undefined;
    throw thrown;
  }
}

/** Words that end a list of commands; whoever reads it looks which. */
const CLOSING = new Set(["then", "elif", "else", "fi", "do", "done", "esac", "}"]);
const OPENING = new Set(["if", "while", "until", "for", "select", "case", "function", "{", "[[", "!", "time"]);

function readScript(source: Source): Script {
  const statements: Statement[] = [];
  for (;;) {
    skipLines(source);
    const char = source.text[source.at];
    if (char === undefined || char === ")" || isAt(source, ";;") || isAt(source, ";&")) return statements;
    if (CLOSING.has(reservedAt(source) ?? "")) return statements;
    const node = readChain(source);
    skipBlanks(source);
    const isBackground = isAt(source, "&");
    statements.push({ node, isBackground });
    if (isBackground || (isAt(source, ";") && !isAt(source, ";;") && !isAt(source, ";&"))) source.at++;
    else if (!isAt(source, "\n") && !isEndOfList(source)) throw new Unreadable();
  }
}

function isEndOfList(source: Source): boolean {
  const char = source.text[source.at];
  return char === undefined || char === ")" || char === ";" || CLOSING.has(reservedAt(source) ?? "");
}

function readChain(source: Source): Node {
  const first = readPipeline(source);
  const rest: { joiner: "&&" | "||"; node: Node }[] = [];
  for (;;) {
    skipBlanks(source);
    const joiner = isAt(source, "&&") ? "&&" : isAt(source, "||") ? "||" : undefined;
    if (joiner === undefined) break;
    source.at += 2;
    skipLines(source);
    rest.push({ joiner, node: readPipeline(source) });
  }
  return rest.length === 0 ? first : { kind: "chain", first, rest };
}

function readPipeline(source: Source): Node {
  let isNegated = false;
  for (let word = reservedAt(source); word === "!" || word === "time"; word = reservedAt(source)) {
    isNegated ||= word === "!";
    source.at += word.length;
    skipBlanks(source);
    if (word === "time" && isAt(source, "-p")) source.at += 2;
    skipBlanks(source);
  }
  const nodes = [readCommand(source)];
  for (;;) {
    skipBlanks(source);
    if (!isAt(source, "|") || isAt(source, "||")) break;
    source.at += isAt(source, "|&") ? 2 : 1;
    skipLines(source);
    nodes.push(readCommand(source));
  }
  const [only, ...more] = nodes;
  const node: Node = only === undefined || more.length > 0 ? { kind: "pipeline", nodes } : only;
  return isNegated ? { kind: "negated", node } : node;
}

function readCommand(source: Source): Node {
  if (source.depth >= MAX_DEPTH) throw new Unreadable();
  source.depth++;
  const node = readCompound(source) ?? readSimple(source);
  source.depth--;
  return node;
}

function readCompound(source: Source): Node | undefined {
  if (isAt(source, "(")) return readParentheses(source);
  const word = reservedAt(source);
  if (word === undefined || !OPENING.has(word)) return undefined;
  source.at += word.length;
  if (word === "{") {
    const body = readScript(source);
    expectWord(source, "}");
    return { kind: "group", body, redirections: readRedirections(source) };
  }
  const node = readNamed(source, word);
  const redirections = readRedirections(source);
  return redirections.length === 0 ? node : { kind: "group", body: [{ node, isBackground: false }], redirections };
}

function readNamed(source: Source, word: string): Node {
  if (word === "if") return readIf(source);
  if (word === "while" || word === "until") {
    const test = readScript(source);
    return { kind: "while", test, body: readDo(source) };
  }
  if (word === "for" || word === "select") return readFor(source, word);
  if (word === "case") return readCase(source);
  if (word === "[[") return readTest(source);
  if (word !== "function") throw new Unreadable();
  skipBlanks(source);
  const name = taken(source, /[^\s()<>;&|{}]+/y);
  skipBlanks(source);
  if (isAt(source, "(")) readEmptyParentheses(source);
  skipLines(source);
  return { kind: "function", name, body: readCommand(source) };
}

function readParentheses(source: Source): Node {
  const end = isAt(source, "((") ? endOfArithmetic(source.text, source.at + 2) : undefined;
  if (end !== undefined) {
    return readArithmetic(source, end);
  }
  source.at++;
  const body = readScript(source);
  expect(source, ")");
  return { kind: "subshell", body, redirections: readRedirections(source) };
}

function readArithmetic(source: Source, end: number): Node {
  const isSetting = /(?<![=!<>])=(?!=)|\+\+|--|<<=|>>=/.test(source.text.slice(source.at, end));
  source.at = end;
  return { kind: "test", words: [], isSetting };
}

function readIf(source: Source): Node {
  const branches: { test: Script; body: Script }[] = [];
  for (;;) {
    const test = readScript(source);
    expectWord(source, "then");
    branches.push({ test, body: readScript(source) });
    const word = reservedAt(source);
    if (word !== "elif" && word !== "else" && word !== "fi") throw new Unreadable();
    source.at += word.length;
    if (word === "elif") continue;
    const otherwise = word === "else" ? readScript(source) : [];
    if (word === "else") expectWord(source, "fi");
    return { kind: "if", branches, otherwise };
  }
}

function readDo(source: Source): Script {
  skipLines(source);
  if (isAt(source, ";")) source.at++;
  skipLines(source);
  const isBraced = reservedAt(source) === "{";
  expectWord(source, isBraced ? "{" : "do");
  const body = readScript(source);
  expectWord(source, isBraced ? "}" : "done");
  return body;
}

function readFor(source: Source, word: "for" | "select"): Node {
  skipBlanks(source);
  if (isAt(source, "((")) {
    const end = endOfArithmetic(source.text, source.at + 2);
    if (end === undefined) throw new Unreadable();
    const test = readArithmetic(source, end);
    return { kind: "while", test: [{ node: test, isBackground: false }], body: readDo(source) };
  }
  const variable = taken(source, /\w+/y);
  skipLines(source);
  let values: Word[] | undefined;
  if (reservedAt(source) === "in") {
    source.at += 2;
    values = readWords(source);
  }
  return { kind: "for", variable, values: word === "select" ? undefined : values, body: readDo(source) };
}

function readCase(source: Source): Node {
  skipBlanks(source);
  const word = readWord(source);
  if (word === undefined) throw new Unreadable();
  skipLines(source);
  expectWord(source, "in");
  const arms: Script[] = [];
  for (;;) {
    skipLines(source);
    if (reservedAt(source) === "esac") break;
    if (isAt(source, "(")) source.at++;
    do {
      if (isAt(source, "|")) source.at++;
      skipBlanks(source);
      if (readWord(source) === undefined) throw new Unreadable();
      skipBlanks(source);
    } while (isAt(source, "|"));
    expect(source, ")");
    arms.push(readScript(source));
    const end = /;;&|;;|;&/y;
    end.lastIndex = source.at;
    source.at += end.exec(source.text)?.[0].length ?? 0;
  }
  source.at += "esac".length;
  return { kind: "case", word, arms };
}

function readTest(source: Source): Node {
  const words: Word[] = [];
  for (;;) {
    while (/[ \t\n]/.test(source.text[source.at] ?? "")) source.at++;
    if (/^\]\](?=[ \t\n;&|<>()]|$)/.test(source.text.slice(source.at, source.at + 3))) break;
    const word = readWord(source, "test");
    if (word === undefined) throw new Unreadable();
    words.push(word);
  }
  source.at += 2;
  return { kind: "test", words, isSetting: false };
}

const ASSIGNMENT = /([A-Za-z_]\w*)(\[[^\]\s]*\])?(\+?)=/y;
const DECLARING = new Set(["export", "declare", "typeset", "local", "readonly"]);

function readSimple(source: Source): Node {
  const assignments: Assignment[] = [];
  const words: Word[] = [];
  const redirections: Redirection[] = [];
  let isDeclaring = false;
  for (;;) {
    skipBlanks(source);
    const redirection = readRedirection(source);
    if (redirection !== undefined) {
      redirections.push(redirection);
      continue;
    }
    const assignment = words.length === 0 || isDeclaring ? readAssignment(source) : undefined;
    if (assignment !== undefined) {
      assignments.push(assignment);
      continue;
    }
    const word = readWord(source);
    if (word === undefined) break;
    words.push(word);
    if (words.length > 1) continue;
    isDeclaring = DECLARING.has(plainText(word));
    skipBlanks(source);
    if (isAt(source, "(") && assignments.length === 0) {
      readEmptyParentheses(source);
      skipLines(source);
      return { kind: "function", name: plainText(word), body: readCommand(source) };
    }
  }
  if (words.length + assignments.length + redirections.length === 0) throw new Unreadable();
  return { kind: "command", assignments, words, redirections } satisfies SimpleCommand;
}

function plainText({ parts }: Word): string {
  return parts.map((part) => (part.kind === "text" ? part.text : "\0")).join("");
}

function readAssignment(source: Source): Assignment | undefined {
  ASSIGNMENT.lastIndex = source.at;
  const [all, name = "", index, more] = ASSIGNMENT.exec(source.text) ?? [];
  if (all === undefined) return undefined;
  source.at += all.length;
  if (isAt(source, "(")) {
    source.at++;
    const parts: Part[] = [];
    for (skipLines(source); !isAt(source, ")"); skipLines(source)) {
      const word = readWord(source);
      if (word === undefined) throw new Unreadable();
      parts.push({ kind: "unknown", isQuoted: false, inside: insideOf(word.parts) });
    }
    source.at++;
    return { name, value: undefined, inside: insideOf(parts) };
  }
  const value = readWord(source) ?? { parts: [] };
  const isWhole = index === undefined && more === "";
  return { name, value: isWhole ? value : undefined, inside: isWhole ? [] : insideOf(value.parts) };
}

const REDIRECTION = /(?:\d+|\{[A-Za-z_]\w*\})?(<<<|<<-|<<|<>|<&|>>|>&|>\||&>>|&>|<(?!\()|>(?!\())/y;

function readRedirection(source: Source): Redirection | undefined {
  REDIRECTION.lastIndex = source.at;
  const [all, operator] = REDIRECTION.exec(source.text) ?? [];
  if (all === undefined || operator === undefined) return undefined;
  source.at += all.length;
  skipBlanks(source);
  const target = readWord(source);
  if (target === undefined) throw new Unreadable();
  if (operator !== "<<" && operator !== "<<-") return { operator, target };
  const isLiteral = target.parts.some((part) => part.kind !== "text" || part.isQuoted);
  const document = { delimiter: plainText(target), isIndented: operator === "<<-", isLiteral, parts: [] };
  source.documents.push(document);
  return { operator, target: document };
}

function readRedirections(source: Source): Redirection[] {
  const found: Redirection[] = [];
  for (;;) {
    skipBlanks(source);
    const one = readRedirection(source);
    if (one === undefined) return found;
    found.push(one);
  }
}

/** To the end of the line or a `;`. */
function readWords(source: Source): Word[] {
  const words: Word[] = [];
  for (;;) {
    skipBlanks(source);
    const word = readWord(source);
    if (word === undefined) return words;
    words.push(word);
  }
}

function readEmptyParentheses(source: Source): void {
  expect(source, "(");
  skipBlanks(source);
  expect(source, ")");
}
