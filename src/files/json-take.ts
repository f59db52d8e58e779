// Taking our entries out of a JSON text: only cuts, of the entries and of what they brought along. What others wrote
// stays to the byte, a comment inside of what we made keeps it standing, and the text stays readable.

import { type Note, samePath } from "./json-note.ts";
import { type Child, childNamed, commentsIn, plain, type Tree, type Value } from "./json-tree.ts";

/** How entries of ours are known: where they stand, and by their value. */
export interface Mark {
  /** Names from the root on; `*` is any name or place. */
  at: readonly string[];
  is: (value: unknown) => boolean;
  /** Names that mean nothing in an element of an array once its entries are gone, such as a group's `matcher`. */
  frame?: readonly string[];
}

export interface Taken {
  /** Undefined when nothing is left of a file that we made. */
  text: string | undefined;
  note: Note;
  /** Entries taken out. */
  count: number;
}

interface Cut {
  from: number;
  to: number;
}

interface Scope {
  tree: Tree;
  /** Undefined: nobody noted what we made, and what gets empty goes. */
  note: Note | undefined;
  left: { made: string[][]; filled: Note["filled"] };
  count: number;
}

interface Place {
  /** Undefined inside of arrays, and under a name that another of the same name hides. */
  path: readonly string[] | undefined;
  isElement: boolean;
  marks: readonly { mark: Mark; depth: number }[];
}

interface Verdict {
  goes: boolean;
  /** Stays, but there is nothing in it now. */
  isHollow: boolean;
  cuts: Cut[];
}

const STAYS: Verdict = { goes: false, isHollow: false, cuts: [] };
const GOES: Verdict = { goes: true, isHollow: false, cuts: [] };

export function takeFrom(tree: Tree, { ours, note }: { ours: readonly Mark[]; note: Note | undefined }): Taken {
  const { text, root } = tree;
  const left = { made: [...(note?.made ?? [])], filled: [...(note?.filled ?? [])] };
  const scope: Scope = { tree, note, left, count: 0 };
  if (root === undefined) return { text, note: { made: [], filled: [] }, count: 0 };
  const marks = ours.map((mark) => ({ mark, depth: 0 }));
  const { isHollow, cuts } = judge(scope, root, { path: [], isElement: false, marks });
  const kept: Note = { ...note, ...left, made: left.made.filter((path) => isThere(root, path)) };
  const isEmpty = isHollow || (root.children.length === 0 && commentsIn(tree, root.start, root.end) === 0);
  if (note?.root === undefined || !isEmpty || root.kind !== "object")
    return { text: without(text, cuts), note: kept, count: scope.count };
  const { before, after, hadFile } = note.root;
  const head = text.slice(0, root.start);
  const foot = text.slice(root.end);
  const rest =
    (head.endsWith(before) ? head.slice(0, head.length - before.length) : head) +
    (foot.startsWith(after) ? foot.slice(after.length) : foot);
  return { text: rest === "" && !hadFile ? undefined : rest, note: { made: [], filled: [] }, count: scope.count };
}

function isThere(root: Value, path: readonly string[]): boolean {
  let value: Value | undefined = root;
  for (const key of path) value = value === undefined ? undefined : childNamed(value, key)?.value;
  return value !== undefined;
}

function judge(scope: Scope, value: Value, { path, isElement, marks }: Place): Verdict {
  const here = marks.filter(({ mark, depth }) => depth === mark.at.length);
  if (here.length > 0) {
    const found = plain(value);
    if (here.some(({ mark }) => mark.is(found))) {
      scope.count += 1;
      return GOES;
    }
  }
  const deeper = marks.filter(({ mark, depth }) => depth < mark.at.length);
  if (deeper.length === 0 || value.kind === "scalar") return STAYS;
  const verdicts = new Map(value.children.map((child) => [child, judge(scope, child.value, below(value, child))]));
  const gone = value.children.filter((child) => verdicts.get(child)?.goes);
  const isEmptied = gone.length === value.children.length && isWithoutComments(scope.tree, value, gone);
  if (isEmptied && path !== undefined && mayGo(scope, path, gone.length)) {
    scope.left.made = scope.left.made.filter((one) => !samePath(one, path));
    return GOES;
  }
  const frame = new Set(deeper.flatMap(({ mark }) => mark.frame ?? []));
  const isShell = value.children.every(
    (child) => verdicts.get(child)?.goes || verdicts.get(child)?.isHollow || frame.has(child.key ?? ""),
  );
  const isTouched = value.children.some((child) => verdicts.get(child)?.goes || verdicts.get(child)?.isHollow);
  if (isElement && value.kind === "object" && isShell && isTouched) {
    const inner = [...verdicts].filter(([, { goes, isHollow }]) => goes || isHollow).map(([child]) => child);
    if (isWithoutComments(scope.tree, value, inner)) return GOES;
  }
  const cuts = value.children.flatMap((child) => verdicts.get(child)?.cuts ?? []);
  if (gone.length > 0) cuts.push(...cutsIn(scope, value, { path, gone: new Set(gone), isEmptied }));
  return { goes: false, isHollow: isEmptied && gone.length > 0, cuts };

  function below(parent: Value, child: Child): Place {
    const isArray = parent.kind === "array";
    const isCounted = !isArray && childNamed(parent, child.key ?? "") === child;
    return {
      path: isCounted && path !== undefined ? [...path, child.key ?? ""] : undefined,
      isElement: isArray,
      marks: deeper
        .filter(({ mark, depth }) => mark.at[depth] === "*" || (!isArray && mark.at[depth] === child.key))
        .map(({ mark, depth }) => ({ mark, depth: depth + 1 })),
    };
  }
}

/** Of an object or array in which nothing is left; the root stays. */
function mayGo({ note }: Scope, path: readonly string[], gone: number): boolean {
  if (path.length === 0) return false;
  return note === undefined ? gone > 0 : note.made.some((made) => samePath(made, path));
}

function isWithoutComments(tree: Tree, value: Value, gone: readonly Child[]): boolean {
  const inner = gone.reduce((sum, child) => sum + commentsIn(tree, child.start, child.value.end), 0);
  return commentsIn(tree, value.start, value.end) === inner;
}

interface Going {
  path: readonly string[] | undefined;
  gone: ReadonlySet<Child>;
  isEmptied: boolean;
}

function cutsIn(scope: Scope, value: Value, { path, gone, isEmptied }: Going): Cut[] {
  const { text } = scope.tree;
  const { children } = value;
  const firstKept = children.findIndex((child) => !gone.has(child));
  const lastKept = children.findLastIndex((child) => !gone.has(child));
  const hasTrailingComma = children.at(-1)?.comma !== undefined;
  const cuts: Cut[] = [];
  for (let from = 0; from < children.length; from++) {
    const first = children[from];
    if (first === undefined || !gone.has(first)) continue;
    let to = from;
    for (let next = children[to + 1]; next !== undefined && gone.has(next); next = children[to + 1]) to += 1;
    const run = children.slice(from, to + 1);
    from = to;
    const isFront = firstKept > to;
    let end = endOf(run.at(-1) ?? first);
    if (isFront) end = skipSpace(text, end);
    const extra = firstKept < 0 ? spaceBehind(scope, value, { path, end, isEmptied }) : 0;
    const endsLine = isAtLineEnd(text, end + extra);
    for (const child of run) {
      // Behind a comment that lasts to the end of its line, what comes next has to begin on a line of its own.
      const keepsGap = isFront ? child === first : child.isAfterLine && !endsLine;
      cuts.push({ from: keepsGap ? child.start : child.gap, to: child.value.end }, ...commaOf(text, child));
    }
    if (isFront) cuts.push({ from: endOf(run.at(-1) ?? first), to: end });
    if (extra > 0 && (endsLine || !run.some((child) => child.isAfterLine))) cuts.push({ from: end, to: end + extra });
    if (!isFront && firstKept >= 0 && from > lastKept && !hasTrailingComma) cuts.push(...commaSign(children[lastKept]));
  }
  return cuts;
}

/** How much of the white space behind the last of all entries is ours as well. */
function spaceBehind(
  { tree: { text }, note, left }: Scope,
  value: Value,
  { path, end, isEmptied }: { path: readonly string[] | undefined; end: number; isEmptied: boolean },
): number {
  const filled = path && note?.filled.find(({ at }) => samePath(at, path));
  if (path !== undefined && filled !== undefined) {
    left.filled = left.filled.filter((one) => one !== filled);
    return text.startsWith(filled.after, end) ? filled.after.length : 0;
  }
  return isEmptied ? value.end - 1 - end : 0;
}

function endOf(child: Child): number {
  return child.comma === undefined ? child.value.end : child.comma + 1;
}

/** With the white space before it; a comment between an entry and its comma stays. */
function commaOf(text: string, child: Child): Cut[] {
  if (child.comma === undefined) return [];
  const isNear = skipSpace(text, child.value.end) === child.comma;
  return [{ from: isNear ? child.value.end : child.comma, to: child.comma + 1 }];
}

function commaSign(child: Child | undefined): Cut[] {
  return child?.comma === undefined ? [] : [{ from: child.comma, to: child.comma + 1 }];
}

const SPACE: ReadonlySet<string> = new Set([" ", "\t", "\r", "\n"]);

function skipSpace(text: string, from: number): number {
  let at = from;
  while (SPACE.has(text.charAt(at))) at += 1;
  return at;
}

function isAtLineEnd(text: string, from: number): boolean {
  return /[\r\n]/.test(text.slice(from, skipSpace(text, from)));
}

function without(text: string, cuts: readonly Cut[]): string {
  const parts: string[] = [];
  let from = 0;
  for (const cut of cuts.toSorted((one, other) => one.from - other.from || one.to - other.to)) {
    if (cut.from > from) parts.push(text.slice(from, cut.from));
    from = Math.max(from, cut.to);
  }
  return parts.join("") + text.slice(from);
}
