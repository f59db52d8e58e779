// What Rust's types and macros give beside items: variants of enums, public fields, exported macros.

import { depths } from "./code-text.ts";
import type { Naming, Source } from "./names.ts";

interface Given {
  types: ReadonlySet<string>;
  /** By the enum. */
  variants: ReadonlyMap<string, ReadonlySet<string>>;
  fields: ReadonlySet<string>;
  macros: ReadonlySet<string>;
}

const known = new WeakMap<Source, Given>();

const VISIBLE = "\\bpub(?:\\s*\\([^)]*\\))?\\s+";
const TYPE = new RegExp(`${VISIBLE}(struct|enum|trait|union|type)\\s+(\\w+)(?:<[^{};()]*>)?[^{};()]*([{;(=])?`, "g");
/** Which everybody has, whoever has one of that name. */
const STANDARD = new Set(
  [
    "assert",
    "assert_eq",
    "assert_ne",
    "cfg",
    "concat",
    "dbg",
    "debug_assert",
    "env",
    "eprintln",
    "file",
    "format",
  ].concat(
    ["include", "line", "matches", "panic", "print", "println", "stringify", "thread_local", "todo", "try", "vec"],
    ["unimplemented", "unreachable", "write", "writeln", "ensure", "bail", "info", "warn", "error", "debug", "trace"],
  ),
);

function givenOf(source: Source): Given {
  const found = known.get(source) ?? read(source);
  known.set(source, found);
  return found;
}

function read({ code }: Source): Given {
  const depth = depths(code);
  const [types, fields] = [new Set<string>(), new Set<string>()];
  const variants = new Map<string, Set<string>>();
  for (const found of code.matchAll(TYPE)) {
    const [whole, kind, type = "", opening] = found;
    types.add(type);
    if (opening !== "{") continue;
    const start = found.index + whole.length;
    const inside = depth[start] ?? 0;
    let end = start;
    while (end < code.length && (depth[end] ?? 0) >= inside) end++;
    const inner = code.slice(start, end);
    if (kind === "enum") {
      const names = variantsIn(inner);
      variants.set(type, names);
    } else if (kind === "struct") {
      for (const [, name = ""] of inner.matchAll(new RegExp(`${VISIBLE}(\\w+)\\s*:(?!:)`, "g"))) fields.add(name);
    }
  }
  const macros = [...code.matchAll(/#\[macro_export[^\]]*\]\s*(?:#\[[^\]]*\]\s*)*macro_rules!\s*(\w+)/g)];
  return { types, variants, fields, macros: new Set(macros.map(([, name = ""]) => name)) };
}

/** Without what each of them holds. */
function variantsIn(inner: string): Set<string> {
  let plain = inner.replace(/#\[[^\]]*\]/g, " ");
  for (let before = ""; before !== plain; ) {
    before = plain;
    plain = plain.replace(/\([^(){}]*\)|\{[^(){}]*\}/g, " ");
  }
  return new Set([...plain.matchAll(/(?:^|,)\s*([A-Z]\w*)/g)].map(([, name = ""]) => name));
}

export function rustTypes(source: Source): ReadonlySet<string> {
  return givenOf(source).types;
}

export function rustMembers(source: Source): ReadonlySet<string> {
  const { variants, fields, macros } = givenOf(source);
  const ofEnums = [...variants.values()].flatMap((names) => [...names]);
  return new Set([...ofEnums, ...fields, ...[...macros].filter((name) => !STANDARD.has(name))]);
}

/** Undefined where it is none of these. */
export function rustNaming(source: Source, name: string): Naming | undefined {
  const { types, variants, fields, macros } = givenOf(source);
  if (types.has(name)) return undefined;
  if (macros.has(name)) return { pattern: `(?<![\\w.])${name}(?=\\s*!\\s*[(\\[{])`, isTelling: "always" };
  const enums = [...variants].flatMap(([type, names]) => (names.has(name) ? [type] : []));
  if (enums.length > 0) {
    return { pattern: `(?<=(?<!\\w)(?:${enums.join("|")})\\s*::\\s*)${name}(?!\\w)`, isTelling: "always" };
  }
  if (fields.has(name)) return { pattern: `(?<=\\.\\s*)${name}(?!\\w|\\s*(?:\\(|::))`, isTelling: "word" };
  return undefined;
}
