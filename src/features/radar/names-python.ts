// Names between modules of Python.

import { posix } from "node:path";
import { lineAt } from "./code-text.ts";
import { asMember, isBesideDots, pythonMembers } from "./members.ts";
import type { Language, Source, Use } from "./names.ts";

export const PYTHON: Language = {
  extensions: [".py", ".pyi"],
  notation: { line: "#", hasBlocks: false, quotes: "'\"", longQuotes: ['"""', "'''"] },
  exportsOf,
  mayExport: (source, name) => isOpen(source) || isBound(source, name),
  usesOf,
  ownNames: exportsOf,
  givenBy: (source) => pythonMembers(source).names,
  typesOf: (source) => pythonMembers(source).types,
  binds: isBesideDots,
  namedAs: (_, name) => ({ pattern: asMember(name), isTelling: "holder" }),
  mayDeclare: (source, name) => isOpen(source) || isBound(source, name) || isParameter(source, name),
};

function exportsOf({ code }: Source): ReadonlySet<string> {
  const found = code.matchAll(/^(?:(?:async[ \t]+)?def|class)[ \t]+(\w+)|^([A-Za-z_]\w*)[ \t]*(?::[^=\n]+)?=(?!=)/gm);
  return new Set(
    [...found].flatMap(([, made, assigned]) => made ?? assigned ?? []).filter((name) => !/^__/.test(name)),
  );
}

/** It hands on names that are not seen here. */
function isOpen({ code }: Source): boolean {
  return (
    /^[ \t]*from\s+\S+\s+import\s*\*/m.test(code) ||
    /^def\s+__getattr__\b/m.test(code) ||
    /\bglobals\(\)\s*(?:\[[^\]]*\]\s*=|\.update\b)/.test(code)
  );
}

/** At any depth: below an `if` or a `try` as well. */
function isBound({ code }: Source, name: string): boolean {
  const declared = `^[ \\t]*(?:(?:async[ \\t]+)?def|class)[ \\t]+${name}\\b`;
  const assigned = `^[ \\t]*(?:[\\w, ()*]*,[ \\t]*)?\\(?${name}\\b(?:[ \\t]*,[^=\\n]*)?\\)?[ \\t]*(?::[^=\\n]+)?(?:[-+*/|&]|//)?=(?!=)`;
  const imported = `\\bimport\\b[ \\t]*(?:\\([^)]*|[^\\n(]*)\\b${name}\\b`;
  const bound = `\\b(?:for|as|global|nonlocal)\\b[^:\\n=]*\\b${name}\\b|\\b${name}[ \\t]*:=`;
  return new RegExp(`${declared}|${assigned}|${imported}|${bound}`, "m").test(code);
}

function isParameter({ code }: Source, name: string): boolean {
  return new RegExp(`\\b(?:def\\s+\\w+\\s*\\([^)]*|lambda[^:\\n]*)\\b${name}\\b`).test(code);
}

function usesOf(source: Source, names: ReadonlySet<string>): Use[] {
  const { path, code } = source;
  const uses: Use[] = [];
  const add = (name: string, at: number, module: Module) => {
    if (names.has(name)) uses.push({ name, line: lineAt(code, at), isOf: (file) => leadsTo(path, module, file) });
  };
  const addSpace = (space: string, module: Module) => {
    const own = space.replaceAll(".", "\\s*\\.\\s*");
    for (const found of code.matchAll(new RegExp(`(?<![.\\w])${own}\\s*\\.\\s*(\\w+)`, "g"))) {
      add(found[1] ?? "", found.index, module);
    }
  };
  const FROM = /^[ \t]*from[ \t]+(\.*)([\w.]*)[ \t]+import[ \t]*(?:\(([^)]*)\)|([^\n(]+))/gm;
  for (const found of code.matchAll(FROM)) {
    const [whole, dots = "", module = "", several, line] = found;
    const parts = module.split(".").filter((part) => part !== "");
    const list = several ?? line ?? "";
    let at = found.index + whole.lastIndexOf(list);
    for (const part of list.split(",")) {
      const [, name = "", alias] = /^\s*\\?\s*(\w+)(?:\s+as\s+(\w+))?/.exec(part) ?? [];
      add(name, at + Math.max(0, part.search(/\w/)), { dots: dots.length, parts });
      // It may be a module itself.
      if (name !== "") addSpace(alias ?? name, { dots: dots.length, parts: [...parts, name] });
      at += part.length + 1;
    }
  }
  addStar(source, names, add);
  for (const [, list = ""] of code.matchAll(/^[ \t]*import[ \t]+([^\n]+)/gm)) {
    for (const part of list.split(",")) {
      const [, module = "", alias] = /^\s*([\w.]+)(?:\s+as\s+(\w+))?/.exec(part) ?? [];
      if (module !== "") addSpace(alias ?? module, { dots: 0, parts: module.split(".") });
    }
  }
  return uses;
}

/** `from … import *`: all that it names and has from nowhere else. Of two such lines nobody knows which gives a name. */
function addStar(source: Source, names: ReadonlySet<string>, add: (name: string, at: number, module: Module) => void) {
  const { code } = source;
  const lines = [...code.matchAll(/^[ \t]*from[ \t]+(\.*)([\w.]*)[ \t]+import[ \t]*\(?[ \t]*\*/gm)];
  const [only] = lines;
  if (only === undefined || lines.length > 1) return;
  const parts = (only[2] ?? "").split(".").filter((part) => part !== "");
  for (const name of names) {
    const found = new RegExp(`(?<![.\\w])${name}(?!\\w)(?!\\s*=(?!=))`).exec(code);
    const isOwn = isBound(source, name) || isParameter(source, name);
    if (found !== null && !isOwn) add(name, found.index, { dots: (only[1] ?? "").length, parts });
  }
}

interface Module {
  /** Of a relative one: how many stand before it. */
  dots: number;
  parts: readonly string[];
}

function leadsTo(from: string, { dots, parts }: Module, file: string): boolean {
  const module = file.replace(/\.pyi?$/, "").replace(/\/?__init__$/, "");
  const here = posix.dirname(from);
  if (dots > 0) {
    const up = Array.from({ length: dots - 1 }, () => "..");
    return posix.join(here, ...up, ...parts).replace(/^\.$/, "") === module;
  }
  const named = parts.join("/");
  if (named === "") return false;
  // A short name may be that of many: only beside the file, or where sources begin.
  if (parts.length === 1) return [named, `src/${named}`, posix.join(here, named)].includes(module);
  return module === named || module.endsWith(`/${named}`);
}
