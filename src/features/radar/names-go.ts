// Names within a package of Go, which is a directory, and between packages.

import { posix } from "node:path";
import { lineAt } from "./code-text.ts";
import { asMember, goMembers, isBesideDots } from "./members.ts";
import type { Language, Source, Use } from "./names.ts";

export const GO: Language = {
  extensions: [".go"],
  notation: { line: "//", hasBlocks: true, quotes: "\"'`", rawQuotes: "`" },
  exportsOf,
  mayExport: (source, name) => exportsOf(source).has(name),
  usesOf,
  ownNames: exportsOf,
  givenBy: (source) => goMembers(source).names,
  typesOf: (source) => goMembers(source).types,
  binds: isBesideDots,
  namedAs: (_, name) => ({ pattern: asMember(name), isTelling: "holder" }),
  mayDeclare: (source, name) => exportsOf(source).has(name) || isLocal(source, name),
  isTogether: true,
};

/** What its package has from it, also names that are not for other packages. */
function exportsOf({ path, code }: Source): ReadonlySet<string> {
  const names = new Set<string>();
  if (path.endsWith("_test.go")) return names;
  const TOP = /^(?:func|type|var|const)[ \t]+([A-Za-z_]\w*(?:[ \t]*,[ \t]*[A-Za-z_]\w*)*)/gm;
  for (const [, list = ""] of code.matchAll(TOP)) for (const name of list.split(",")) names.add(name.trim());
  for (const [, inner = ""] of code.matchAll(/^(?:type|var|const)[ \t]*\(([\s\S]*?)^\)/gm)) {
    for (const [, list = ""] of inner.matchAll(/^\t([A-Za-z_]\w*(?:[ \t]*,[ \t]*[A-Za-z_]\w*)*)/gm)) {
      for (const name of list.split(",")) names.add(name.trim());
    }
  }
  for (const name of ["main", "init", "_"]) names.delete(name);
  return names;
}

/** Bound within a function, or a parameter. */
function isLocal({ code }: Source, name: string): boolean {
  const assigned = `(?<![.\\w])${name}\\b[^\\n=;{}()]*:=|^[ \\t]+(?:var|const|type)[ \\t]+[^\\n=]*(?<![.\\w])${name}\\b`;
  const parameter = `[(,][ \\t]*${name}(?:[ \\t]*,[ \\t]*\\w+)*[ \\t]+[\\w*\\[.(]`;
  return new RegExp(`${assigned}|${parameter}|^import[ \\t]+${name}\\b`, "m").test(code);
}

function usesOf(source: Source, names: ReadonlySet<string>): Use[] {
  const { path, text, code } = source;
  const uses: Use[] = [];
  for (const [alias, imported] of importsOf(text)) {
    for (const found of code.matchAll(new RegExp(`(?<![.\\w])${alias}\\.(\\w+)`, "g"))) {
      const name = found[1] ?? "";
      if (!names.has(name)) continue;
      const isOf = (file: string) => {
        const directory = posix.dirname(file);
        return directory !== "." && (imported === directory || imported.endsWith(`/${directory}`));
      };
      uses.push({ name, line: lineAt(code, found.index), isOf });
    }
  }
  const here = posix.dirname(path);
  for (const name of names) {
    if (isLocal(source, name)) continue;
    // A field or a key of that name is none.
    const found = new RegExp(`(?<![.\\w])${name}\\b(?![ \\t]*:(?!=))(?=[ \\t]*[({.\\[)\\],;\\n*/+<>=!&|-])`).exec(code);
    if (found === null) continue;
    uses.push({ name, line: lineAt(code, found.index), isOf: (file) => file !== path && posix.dirname(file) === here });
  }
  return uses;
}

/** By the name that each has in the file. */
function importsOf(text: string): Map<string, string> {
  const imports = new Map<string, string>();
  const blocks = [...text.matchAll(/^import[ \t]*\(([\s\S]*?)^\)/gm)].map(([, inner = ""]) => inner);
  const single = [...text.matchAll(/^import[ \t]+((?:[\w.]+[ \t]+)?"[^"\n]+")/gm)].map(([, line = ""]) => line);
  for (const part of [...blocks, ...single]) {
    for (const [, alias, path = ""] of part.matchAll(/(?:([\w.]+)[ \t]+)?"([^"\n]+)"/g)) {
      const own = path.replace(/\/v\d+$/, "");
      imports.set(alias ?? own.slice(own.lastIndexOf("/") + 1).replace(/^go-|-go$/g, ""), path);
    }
  }
  imports.delete("_");
  imports.delete(".");
  return imports;
}
