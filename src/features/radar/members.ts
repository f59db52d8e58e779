// What types let others name of them behind a dot: methods, members of enums. Of a type that stands on another one none is
// told, for that one may have the same.

import { depths } from "./code-text.ts";
import type { Source } from "./names.ts";

export interface Members {
  types: ReadonlySet<string>;
  names: ReadonlySet<string>;
}

/** Behind a dot. */
export function asMember(name: string): string {
  return `(?<=\\.\\s*)${escaped(name)}(?![\\w$])`;
}

/** Not behind one: declared, a parameter, a key. */
export function isBesideDots({ code }: Source, name: string): boolean {
  return new RegExp(`(?<![\\w$]|\\.\\s*)${escaped(name)}(?![\\w$])`).test(code);
}

/** Whether what stands before the dot at that place is one of these types, as far as its line or its own tell. */
export function isHeldBy(code: string, at: number, types: ReadonlySet<string>): boolean {
  if (types.size === 0) return false;
  const any = `(?:New)?(?:${[...types].map(escaped).join("|")})(?![\\w$])`;
  const line = code.slice(code.lastIndexOf("\n", at - 1) + 1, at);
  if (new RegExp(`(?<![\\w$])${any}(?:[^;\\n]*\\))?\\s*\\??\\.\\s*$`).test(line)) return true;
  const holder = /([A-Za-z_$][\w$]*)\s*[?!]?\.\s*$/.exec(line)?.[1];
  if (holder === undefined) return false;
  const made = `(?<![\\w$])${escaped(holder)}\\s*(?::=|=|\\?:|:|[ \\t])\\s*(?:await\\s+|new\\s+|[&*])*(?:[A-Za-z_]\\w*\\.)?${any}`;
  return new RegExp(made).test(code);
}

function escaped(name: string): string {
  return name.replaceAll("$", "\\$");
}

/** Each once, for however many names. */
function remembered(find: (source: Source) => Members): (source: Source) => Members {
  const known = new WeakMap<Source, Members>();
  return (source) => {
    const found = known.get(source) ?? find(source);
    known.set(source, found);
    return found;
  };
}

const NOT_METHODS = new Set([
  "constructor",
  "if",
  "for",
  "while",
  "switch",
  "catch",
  "function",
  "return",
  "super",
  "with",
]);

/** Classes and enums. */
export const typescriptMembers = remembered(({ code }) => {
  const [types, names, depth] = [new Set<string>(), new Set<string>(), depths(code)];
  const HEAD = /\b(class|enum)\s+([A-Za-z_$][\w$]*)([^{};]*)\{/g;
  for (const found of code.matchAll(HEAD)) {
    const [whole, kind, type = "", rest = ""] = found;
    types.add(type);
    const start = found.index + whole.length;
    const inner = code.slice(start, endOf(depth, start));
    const isAt = (at: number) => depth[start + at] === (depth[start - 1] ?? 0) + 1;
    if (kind === "enum") {
      for (const member of inner.matchAll(/(?:^|,)\s*([A-Za-z_$][\w$]*)\s*(?==|,|$)/g)) names.add(member[1] ?? "");
      continue;
    }
    if (/\bextends\b/.test(rest)) continue;
    const METHOD =
      /(?<=^|[;{}\n])([ \t]*(?:(?:public|static|async|abstract|override|get|set)\s+)*\*?[ \t]*)([A-Za-z_$][\w$]*)\s*(?:<[^<>()]*>)?\s*\(/g;
    for (const method of inner.matchAll(METHOD)) {
      const [, before = "", name = ""] = method;
      if (isAt(method.index + before.length) && !NOT_METHODS.has(name)) names.add(name);
    }
  }
  return { types, names };
});

/** Where the brackets that are open at that place are closed. */
function endOf(depth: Int32Array, start: number): number {
  const within = depth[start - 1] ?? 0;
  let end = start;
  while (end < depth.length && (depth[end] ?? 0) > within) end++;
  return end;
}

const PLAIN_BASES = /^\s*(?:object|(?:abc\.)?ABC|(?:typing\.)?(?:Generic|Protocol)(?:\[[^\]]*\])?)?\s*$/;

/** Methods of classes that stand on none. */
export const pythonMembers = remembered(({ code }) => {
  const [types, names] = [new Set<string>(), new Set<string>()];
  const lines = code.split("\n");
  let inPlain: { indent: number } | undefined;
  for (const line of lines) {
    const indent = line.search(/\S/);
    if (indent < 0) continue;
    const [, type, bases = ""] = /^\s*class\s+(\w+)\s*(?:\(([^)]*)\))?\s*:/.exec(line) ?? [];
    if (inPlain !== undefined && indent <= inPlain.indent) inPlain = undefined;
    if (type !== undefined) {
      types.add(type);
      inPlain = PLAIN_BASES.test(bases) ? { indent } : undefined;
      continue;
    }
    const [, name] = /^\s*(?:async\s+)?def\s+([A-Za-z]\w*)\s*\(/.exec(line) ?? [];
    if (name !== undefined && inPlain !== undefined && indent > inPlain.indent) names.add(name);
  }
  return { types, names };
});

/** Methods that other packages may call, of types that hold no other ones within. */
export const goMembers = remembered(({ path, code }) => {
  const [types, names] = [new Set<string>(), new Set<string>()];
  if (path.endsWith("_test.go")) return { types, names };
  const embedding = new Set<string>();
  for (const found of code.matchAll(/^type[ \t]+(\w+)(?:\[[^\]]*\])?[ \t]+(?:struct|interface)[ \t]*\{([^}]*)\}/gm)) {
    if (/^[ \t]+\*?[\w.]+[ \t]*$/m.test(found[2] ?? "")) embedding.add(found[1] ?? "");
  }
  for (const [, type = ""] of code.matchAll(/^type[ \t]+(\w+)/gm)) types.add(type);
  for (const [, type = "", name = ""] of code.matchAll(
    /^func[ \t]*\([ \t]*(?:\w+[ \t]+)?\*?(\w+)(?:\[[^\]]*\])?[ \t]*\)[ \t]*([A-Z]\w*)[ \t]*\(/gm,
  )) {
    types.add(type);
    if (!embedding.has(type)) names.add(name);
  }
  return { types, names };
});
