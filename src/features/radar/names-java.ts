// Names of Java: classes, and what they let others call.

import { posix } from "node:path";
import { depths, lineAt } from "./code-text.ts";
import type { Language, Source, Use } from "./names.ts";

export const JAVA: Language = {
  extensions: [".java"],
  notation: { line: "//", hasBlocks: true, quotes: "\"'", longQuotes: ['"""'] },
  exportsOf: (source) => new Set([...classesOf(source), ...membersOf(source, "\\b(?:public|protected|static)\\b")]),
  // What it inherits it has as well.
  mayExport: (source, name) => ownNames(source).has(name) || inherits(source),
  usesOf,
  ownNames,
  givenBy,
  binds,
  mayDeclare: (source, name) =>
    ownNames(source).has(name) ||
    inherits(source) ||
    new RegExp(`\\b[\\w>\\]]\\s+${name}\\s*[=;,):(]|\\bimport\\s[^;]*\\b${name}\\s*;`).test(source.code),
};

/** Also of classes within, but private ones and those that another class has as well. */
function givenBy({ code }: Source): ReadonlySet<string> {
  const classes = code.matchAll(/(?<!\.\s*)\b(?:class|interface|enum|record)\s+(\w+)/g);
  const methods = code.matchAll(METHOD);
  const fields = code.matchAll(/\b(?:public|protected|static)\b[^;{}()=]*?[\w>\]]\s+(\w+)\s*[=;]/g);
  const found = [...classes, ...methods, ...fields].flatMap(([whole, name = ""]) =>
    /\bprivate\b|@Override\b/.test(whole) || RESERVED.has(name) ? [] : [name],
  );
  return new Set(found);
}

/** From the end of what stands before, so that its modifiers and annotations are seen. */
const METHOD =
  /(?<=^|[;{}])[^;{}()=]*(?:\([^()]*\)[^;{}()=]*)?[\w>\]]\s+(\w+)\s*\([^()]*\)\s*(?:throws\b[^{;]*)?(?=[{;])/g;

/** As a variable, a parameter, a method or a class. */
function binds({ code }: Source, name: string): boolean {
  const own = new RegExp(`(?:[\\w>\\]]|\\.\\.\\.)\\s+${name}\\s*[=;,):(]`);
  return own.test(
    code.replace(/\b(?:return|throw|new|else|case|assert|yield|instanceof|extends|implements|throws|package)\s+/g, "("),
  );
}

const owned = new WeakMap<Source, ReadonlySet<string>>();

function ownNames(source: Source): ReadonlySet<string> {
  const names = owned.get(source) ?? new Set([...classesOf(source), ...membersOf(source, "")]);
  owned.set(source, names);
  return names;
}

function classesOf({ code }: Source): string[] {
  const depth = depths(code);
  const found = [...code.matchAll(/(?<!\.\s*)\b(?:class|interface|enum|record|@interface)\s+(\w+)/g)];
  return found.flatMap((match) => (depth[match.index] === 0 ? (match[1] ?? []) : []));
}

/** Methods, constants and fields of the classes at the top; not constructors. */
function membersOf(source: Source, modifier: string): string[] {
  // Where a comment was, a search would begin at each blank.
  const code = source.code.replace(/\s+/g, " ");
  const depth = depths(code);
  const classes = new Set(classesOf(source));
  const found = [...code.matchAll(new RegExp(`${modifier}[^;{}()=]*?[\\w>\\]]\\s+(\\w+)\\s*(?=[(=;])`, "g"))];
  return found.flatMap((match) => {
    const name = match[1] ?? "";
    const at = match.index + match[0].lastIndexOf(name);
    return depth[at] === 1 && !classes.has(name) && !RESERVED.has(name) ? [name] : [];
  });
}

const RESERVED = new Set(["return", "new", "throw", "else", "case", "if", "for", "while", "switch", "super", "this"]);

/** A class at the top: those within have what they inherit for themselves. */
function inherits({ code }: Source): boolean {
  const plain = code.replace(/<[^<>]*>/g, " ");
  const depth = depths(plain);
  const found = plain.matchAll(/\b(?:class|interface|enum|record)\s+\w+[^{;]*\b(?:extends|implements)\b[^{;]*\{/g);
  return [...found].some(({ index }) => depth[index] === 0);
}

function usesOf({ path, text, code }: Source, names: ReadonlySet<string>): Use[] {
  const uses: Use[] = [];
  const here = posix.dirname(path);
  const add = (name: string, at: number, isOf: Use["isOf"]) => {
    if (names.has(name)) uses.push({ name, line: lineAt(text, at), isOf });
  };
  /** By its simple name, where the class is. */
  const classes = new Map<string, Use["isOf"]>();
  for (const found of code.matchAll(/\bimport\s+(static\s+)?([\w.]+)\s*;/g)) {
    const parts = (found[2] ?? "").split(".");
    const member = found[1] === undefined ? undefined : parts.pop();
    const isOf = (file: string) => endsWith(file, `${parts.join("/")}.java`);
    const name = parts.at(-1) ?? "";
    if (member !== undefined) add(member, found.index, isOf);
    else {
      classes.set(name, isOf);
      add(name, found.index, isOf);
    }
  }
  const own = new Set(classesOf({ path, text, code }));
  for (const found of code.matchAll(/(?<![.\w])([A-Z]\w*)/g)) {
    const name = found[1] ?? "";
    if (classes.has(name) || own.has(name)) continue;
    const isOf = (file: string) => file === posix.join(here, `${name}.java`);
    classes.set(name, isOf);
    add(name, found.index, isOf);
  }
  for (const [name, isOf] of classes) {
    const members = (holder: string) => {
      for (const found of code.matchAll(new RegExp(`(?<![.\\w])${holder}\\s*(?:\\.|::)\\s*(\\w+)`, "g"))) {
        add(found[1] ?? "", found.index, isOf);
      }
    };
    members(name);
    const VARIABLE = new RegExp(`(?<![.\\w])${name}(?:<[^<>]*>)?\\s+(\\w+)\\s*[=;,):]`, "g");
    for (const variable of new Set([...code.matchAll(VARIABLE)].map(([, found = ""]) => found))) {
      // Of another class elsewhere in the file: then nobody knows.
      const others = new RegExp(
        `(?<![.\\w])(?!${name}\\b)[A-Za-z]\\w*(?:<[^<>]*>)?(?:\\[\\])?\\s+${variable}\\s*[=;,):]`,
      ).exec(code);
      if (others === null || /^(?:return|throw|else|new)\b/.test(others[0])) members(variable);
    }
  }
  return uses;
}

function endsWith(file: string, path: string): boolean {
  return file === path || file.endsWith(`/${path}`);
}
