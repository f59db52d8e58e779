// Names of Java: classes, and what they let others call.

import { posix } from "node:path";
import { depths, lineAt } from "./code-text.ts";
import type { Language, Source, Use } from "./names.ts";

export const JAVA: Language = {
  extensions: [".java"],
  notation: { line: "//", hasBlocks: true, quotes: "\"'", longQuotes: ['"""'] },
  exportsOf: (source) => new Set([...classesOf(source), ...membersOf(source, "\\b(?:public|protected|static)\\b")]),
  // What it inherits it has as well.
  mayExport: (source, name) => inherits(source) || ownNames(source).has(name),
  usesOf,
  ownNames,
  mayDeclare: (source, name) =>
    inherits(source) ||
    ownNames(source).has(name) ||
    new RegExp(`\\b[\\w>\\]]\\s+${name}\\s*[=;,):(]|\\bimport\\s[^;]*\\b${name}\\s*;`).test(source.code),
};

function ownNames(source: Source): ReadonlySet<string> {
  return new Set([...classesOf(source), ...membersOf(source, "")]);
}

function classesOf({ code }: Source): string[] {
  const depth = depths(code);
  const found = [...code.matchAll(/(?<!\.\s*)\b(?:class|interface|enum|record|@interface)\s+(\w+)/g)];
  return found.flatMap((match) => (depth[match.index] === 0 ? (match[1] ?? []) : []));
}

/** Methods, constants and fields of the classes at the top; not constructors. */
function membersOf(source: Source, modifier: string): string[] {
  const { code } = source;
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

function inherits({ code }: Source): boolean {
  return /\b(?:class|interface|enum|record)\s+\w+[^{;]*\b(?:extends|implements)\b[^{;]*\{/.test(
    code.replace(/<[^<>]*>/g, " "),
  );
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
