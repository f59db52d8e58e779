// Names between modules of Rust.

import { depths, lineAt } from "./code-text.ts";
import { rustMembers, rustNaming, rustTypes } from "./members-rust.ts";
import type { Language, Source, Use } from "./names.ts";

const ITEM =
  '(?:(?:const|async|unsafe|extern(?:\\s+"[^"]*")?)\\s+)*(?:fn|struct|enum|trait|type|const|static|mod|union)\\s+(?:mut\\s+)?';

export const RUST: Language = {
  extensions: [".rs"],
  notation: { line: "//", hasBlocks: true, isNested: true, quotes: "\"'", hasLifetimes: true },
  exportsOf: (source) => itemsOf(source, "\\bpub(?:\\s*\\([^)]*\\))?\\s+"),
  mayExport: (source, name) => mayBring(source, name) || itemsOf(source, "\\b").has(name),
  usesOf,
  ownNames: (source) => itemsOf(source, "\\b"),
  givenBy: (source) => {
    const items = [...source.code.matchAll(PUBLIC)].map(([, name = ""]) => name);
    return new Set([...items, ...rustMembers(source)]);
  },
  typesOf: rustTypes,
  namedAs: rustNaming,
  binds: ({ code }, name) => boundAs(name).test(code) || new RegExp(`\\bmacro_rules!\\s*${name}\\b`).test(code),
  mayDeclare: (source, name) => mayBring(source, name) || boundAs(name).test(source.code),
};

/** Also in an `impl`, a trait or a module within. */
const PUBLIC = new RegExp(`(?:\\bpub(?:\\s*\\([^)]*\\))?\\s+)${ITEM}(\\w+)`, "g");

function boundAs(name: string): RegExp {
  return new RegExp(
    `\\b${ITEM}${name}\\b|\\blet\\s[^=;]*\\b${name}\\b|[(,|]\\s*(?:mut\\s+)?${name}\\s*:(?!:)|\\|[^|\\n]*\\b${name}\\b[^|\\n]*\\|`,
  );
}

/** Not those in an `impl` or in a module within. */
function itemsOf({ code }: Source, before: string): ReadonlySet<string> {
  const depth = depths(code);
  const found = [...code.matchAll(new RegExp(`${before}${ITEM}(\\w+)`, "g"))];
  return new Set(found.flatMap((match) => (depth[match.index] === 0 ? (match[1] ?? []) : [])));
}

/** By `use`, a macro, or in a module within. */
function mayBring({ code }: Source, name: string): boolean {
  const own = new RegExp(`\\b${name}\\b`);
  const uses = [...code.matchAll(/\buse\s+([^;]+);/g)].map(([, tree = ""]) => tree);
  if (uses.some((tree) => own.test(tree) || (tree.includes("*") && !/^\s*super::\*\s*$/.test(tree)))) return true;
  return new RegExp(`\\bmacro_rules!\\s*${name}\\b|\\bpub(?:\\s*\\([^)]*\\))?\\s+${ITEM}${name}\\b`).test(code);
}

function usesOf({ path, code }: Source, names: ReadonlySet<string>): Use[] {
  const uses: Use[] = [];
  const here = moduleOf(path);
  const brought = new Map<string, readonly string[]>();
  const add = (parts: readonly string[], at: number) => {
    const name = parts.at(-1) ?? "";
    if (!names.has(name) || parts.length < 2) return;
    uses.push({ name, line: lineAt(code, at), isOf: (file) => leadsTo(here, parts.slice(0, -1), { file, brought }) });
  };
  const blanked = code.replace(
    /\b(?:pub(?:\s*\([^)]*\))?\s+)?use\s+([^;]+);/g,
    (whole, tree: string, index: number) => {
      for (const { parts, alias, at } of flattened(tree)) {
        add(parts, index + whole.indexOf(tree) + at);
        if (alias !== undefined) brought.set(alias, parts);
      }
      return whole.replace(/[^\n]/g, " ");
    },
  );
  for (const [, name = ""] of code.matchAll(/\bmod\s+(\w+)\s*;/g)) brought.set(name, ["self", name]);
  for (const found of blanked.matchAll(/(?<![\w:])((?:\w+::)+)(\w+)/g)) {
    add([...(found[1] ?? "").split("::").slice(0, -1), found[2] ?? ""], found.index);
  }
  return uses;
}

interface Path {
  parts: string[];
  alias: string | undefined;
  at: number;
}

/** `a::{b, c::{d as e}}` as the paths that it stands for. */
function flattened(tree: string, before: readonly string[] = [], offset = 0): Path[] {
  const open = tree.indexOf("{");
  if (open < 0) {
    const [, path = "", alias] = /^\s*([\w:]+(?:::\*)?)(?:\s+as\s+(\w+))?\s*$/.exec(tree) ?? [];
    const parts = [...before, ...path.split("::").filter((part) => part !== "")];
    if (path === "self") parts.pop();
    const name = parts.at(-1);
    return name === undefined ? [] : [{ parts, alias: alias ?? name, at: offset + Math.max(0, tree.search(/\w/)) }];
  }
  const stem = tree
    .slice(0, open)
    .split("::")
    .flatMap((part) => part.trim() || []);
  const paths: Path[] = [];
  let [depth, from] = [0, open + 1];
  for (let at = open + 1; at < tree.length; at++) {
    const char = tree[at];
    if (depth === 0 && (char === "," || char === "}")) {
      paths.push(...flattened(tree.slice(from, at), [...before, ...stem], offset + from));
      from = at + 1;
      if (char === "}") break;
    }
    if (char === "{") depth++;
    if (char === "}") depth--;
  }
  return paths;
}

interface Module {
  crate: string;
  parts: string[];
}

/** Below `src`, or where there is none, beside each other at the top. */
const IN_CRATE = /(^|\/)src\/.*\.rs$|^[^/]+\.rs$/;

function moduleOf(path: string): Module {
  const [, root = "", below] = /^(?:(.*)\/)?src\/(.*)\.rs$/.exec(path) ?? [];
  const inner = below ?? /^([^/]+)\.rs$/.exec(path)?.[1] ?? "";
  const parts = inner.split("/").filter((part) => part !== "");
  if (parts.at(-1) === "mod" || (parts.length === 1 && /^(lib|main)$/.test(parts[0] ?? ""))) parts.pop();
  return { crate: root.slice(root.lastIndexOf("/") + 1).replaceAll("-", "_"), parts };
}

interface Asked {
  file: string;
  brought: ReadonlyMap<string, readonly string[]>;
}

function leadsTo(here: Module, parts: readonly string[], { file, brought }: Asked, isFollowed = false): boolean {
  if (!IN_CRATE.test(file)) return false;
  const target = moduleOf(file);
  const [first = "", ...rest] = parts;
  const isSame = (crate: string, path: readonly string[]) =>
    crate === target.crate &&
    path.length === target.parts.length &&
    path.every((part, at) => part === target.parts[at]);
  if (first === "crate") return isSame(here.crate, rest);
  if (first === "self") return isSame(here.crate, [...here.parts, ...rest]);
  if (first === "super") {
    const ups = parts.findIndex((part) => part !== "super");
    const count = ups < 0 ? parts.length : ups;
    if (count > here.parts.length) return false;
    return isSame(here.crate, [...here.parts.slice(0, here.parts.length - count), ...parts.slice(count)]);
  }
  const known = isFollowed ? undefined : brought.get(first);
  if (known !== undefined) return leadsTo(here, [...known, ...rest], { file, brought }, true);
  return target.crate !== "" && first === target.crate && isSame(first, rest);
}
