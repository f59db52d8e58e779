// Names between modules of TypeScript and JavaScript.

import { posix } from "node:path";
import { depths, lineAt } from "./code-text.ts";
import { asMember, isBesideDots, typescriptMembers } from "./members.ts";
import type { Language, Source, Use } from "./names.ts";

const NAME = "[A-Za-z_$][\\w$]*";
const EXTENSIONS = [".d.ts", ".tsx", ".ts", ".mts", ".cts", ".jsx", ".mjs", ".cjs", ".js"];

export const TYPESCRIPT: Language = {
  extensions: EXTENSIONS,
  notation: { line: "//", hasBlocks: true, quotes: "'\"`", hasRegExps: true },
  exportsOf,
  mayExport: (source, name) => isOpen(source) || exportsOf(source).has(name) || isListed(source, name),
  usesOf,
  ownNames,
  givenBy: (source) => typescriptMembers(source).names,
  typesOf: (source) => typescriptMembers(source).types,
  binds: isBesideDots,
  namedAs: (_, name) => ({ pattern: asMember(name), isTelling: "holder" }),
  // Bound anywhere: declared, a parameter, brought in, taken out of an object.
  mayDeclare: ({ code }, name) => {
    const own = `(?<![.\\w$])${escaped(name)}(?![\\w$])`;
    const declared = `\\b(?:import|type|interface|enum|class|function\\s*\\*?|const|let|var|namespace)\\s[^;\\n=]*?${own}`;
    const inList = `[({,]\\s*(?:\\.\\.\\.)?${own}\\s*(?:[,)}:?]|=(?!=))[^;\\n]*?(?:=>|\\)\\s*[{:]|\\}\\s*=|from\\b)`;
    return new RegExp(`${declared}|${inList}|${own}\\s*=>`).test(code);
  },
};

function escaped(name: string): string {
  return name.replaceAll("$", "\\$");
}

const KINDS =
  "(?:async\\s+)?(?:abstract\\s+)?(?:function\\s*\\*?|class|const\\s+enum|const|let|var|enum|interface|type|namespace|module)";

function exportsOf({ code }: Source): ReadonlySet<string> {
  const names = new Set<string>();
  for (const [, name = ""] of code.matchAll(new RegExp(`\\bexport\\s+(?:declare\\s+)?${KINDS}\\s+(${NAME})`, "g"))) {
    names.add(name);
  }
  for (const [, inner = ""] of code.matchAll(/\bexport\s+(?:const|let|var)\s*[{[]([^}\]]*)[}\]]\s*=/g)) {
    for (const part of inner.split(",")) addLast(names, part.replace(/=.*/s, "").replace(/^\s*\.\.\./, ""));
  }
  for (const [, inner = ""] of code.matchAll(/\bexport\s+(?:type\s+)?\{([^}]*)\}/g)) {
    for (const part of inner.split(",")) addLast(names, part);
  }
  for (const [, name = ""] of code.matchAll(new RegExp(`\\bexport\\s*\\*\\s*as\\s+(${NAME})`, "g"))) names.add(name);
  for (const [, name = ""] of code.matchAll(new RegExp(`\\bexports\\s*\\.\\s*(${NAME})\\s*=(?!=)`, "g")))
    names.add(name);
  for (const [, inner = ""] of code.matchAll(/\bmodule\s*\.\s*exports\s*=\s*\{([^{}]*)\}/g)) {
    for (const part of inner.split(",")) {
      const [, name] = new RegExp(`^\\s*(${NAME})\\s*(?::|$)`).exec(part) ?? [];
      if (name !== undefined) names.add(name);
    }
  }
  if (/\bexport\s+default\b/.test(code)) names.add("default");
  return names;
}

/** `a as b`, `a: b`: the last is what it is called from then on. */
function addLast(names: Set<string>, part: string): void {
  const name = new RegExp(`(${NAME})\\s*$`).exec(part)?.[1];
  if (name !== undefined) names.add(name);
}

function isOpen({ code }: Source): boolean {
  return /\bexport\s*\*\s*(?!\s*as\b)/.test(code) || /\bmodule\s*\.\s*exports\s*=(?!=)\s*(?!\s*\{[^{}]*\})/.test(code);
}

/** Behind another one: `export const a = 1, b = 2`. */
function isListed({ code }: Source, name: string): boolean {
  return new RegExp(`\\bexport\\s+(?:const|let|var)\\b[^;\\n]*\\b${escaped(name)}\\s*[=,:]`).test(code);
}

function usesOf({ path, text, code }: Source, names: ReadonlySet<string>): Use[] {
  const uses: Use[] = [];
  const isCode = (at: number) => code[at] === text[at] && /\S/.test(text[at] ?? "");
  const add = (name: string, at: number, specifier: string) => {
    if (names.has(name)) uses.push({ name, line: lineAt(text, at), isOf: (file) => leadsTo(path, specifier, file) });
  };
  const addList = (list: string, at: number, specifier: string) => {
    let from = at;
    for (const part of list.split(",")) {
      const name = new RegExp(`^\\s*(?:type\\s+(?!as\\b))?(${NAME})`).exec(part)?.[1];
      if (name !== undefined) add(name, from + Math.max(0, part.search(/\S/)), specifier);
      from += part.length + 1;
    }
  };
  const addSpace = (space: string, specifier: string) => {
    for (const found of code.matchAll(new RegExp(`(?<![.\\w$])${escaped(space)}\\s*\\.\\s*(${NAME})`, "g"))) {
      add(found[1] ?? "", found.index, specifier);
    }
  };
  const FROM = /\b(import|export)\s+(?:type\s+)?([^'"`;]*?)\s*\bfrom\s*(['"])([^'"\n]+)\3/g;
  for (const found of text.matchAll(FROM)) {
    const [, word, clause = "", , specifier = ""] = found;
    if (!isCode(found.index)) continue;
    const braces = /\{([^}]*)\}/.exec(clause);
    if (braces !== null) addList(braces[1] ?? "", found.index + found[0].indexOf("{") + 1, specifier);
    const space = new RegExp(`\\*\\s*as\\s+(${NAME})`).exec(clause)?.[1];
    if (word === "export") continue;
    if (space !== undefined) addSpace(space, specifier);
    if (new RegExp(`^${NAME}`).test(clause)) add("default", found.index, specifier);
  }
  const LOADED =
    /(?:\{([^{}]*)\}|\b([A-Za-z_$][\w$]*))\s*=\s*(?:await\s+)?(?:import|require)\s*\(\s*(['"])([^'"\n]+)\3\s*\)(?!\s*\.)/g;
  for (const found of text.matchAll(LOADED)) {
    const [, list, space, , specifier = ""] = found;
    if (!isCode(found.index)) continue;
    if (list !== undefined) addList(list, found.index + 1, specifier);
    if (space !== undefined) addSpace(space, specifier);
  }
  const MEMBER = /\b(?:import|require)\s*\(\s*(['"])([^'"\n]+)\1\s*\)\s*\)?\s*\.\s*([A-Za-z_$][\w$]*)/g;
  for (const found of text.matchAll(MEMBER)) if (isCode(found.index)) add(found[3] ?? "", found.index, found[2] ?? "");
  return uses;
}

/** Whether a module that is named so in a file may be that one. */
function leadsTo(from: string, specifier: string, file: string): boolean {
  const bare = withoutExtension(file);
  const ends = [bare, ...(bare.endsWith("/index") ? [bare.slice(0, -"/index".length)] : [])];
  if (bare === "index") ends.push(".");
  if (specifier.startsWith("."))
    return ends.includes(withoutExtension(posix.join(posix.dirname(from), specifier)).replace(/\/$/, ""));
  // An alias of the sources' top; a package's own name says nothing of where it is.
  const tail = withoutExtension(specifier.replace(/^[@~#]\//, ""));
  const isAlias = /^[@~#]\//.test(specifier) || (/^[\w-]+\/.+/.test(specifier) && ends.includes(tail));
  return isAlias && ends.some((end) => end === tail || end.endsWith(`/${tail}`));
}

function withoutExtension(path: string): string {
  const extension = EXTENSIONS.find((one) => path.endsWith(one));
  return extension === undefined ? path : path.slice(0, -extension.length);
}

function ownNames({ code }: Source): ReadonlySet<string> {
  const depth = depths(code);
  const found = code.matchAll(new RegExp(`\\b(?:export\\s+)?(?:default\\s+)?${KINDS}\\s+(${NAME})`, "g"));
  return new Set([...found].flatMap((match) => (depth[match.index] === 0 ? (match[1] ?? []) : [])));
}
