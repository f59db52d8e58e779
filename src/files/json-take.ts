// Taking our entries out of a JSON text: only cuts, of the entries and of what they brought along. What others wrote
// stays to the byte, a comment inside of what we made keeps it standing, and the text stays readable.

import { type Note, samePath } from "./json-note.ts";
import { type Child, childNamed, commentsIn, isLineEnd, plain, type Tree, type Value } from "./json-tree.ts";

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
  /** Another of the same name would count once this is gone. */
  hidesOther: boolean;
  /** Where its name begins, or itself. */
  from: number;
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
  const { isHollow, cuts } = judge(scope, root, {
    path: [],
    isElement: false,
    hidesOther: false,
    from: root.start,
    marks,
  });
  const kept: Note = { ...note, ...left, made: left.made.filter((path) => isThere(root, path)) };
  const isEmpty = isHollow || (root.children.length === 0 && commentsIn(tree, root.start, root.end) === 0);
  if (note?.root === undefined || !isEmpty || root.kind !== "object")
    return { text: without(text, cuts), note: kept, count: scope.count };
  const { before, after, hadFile } = note.root;
  const head = text.slice(0, root.start - (text.slice(0, root.start).endsWith(before) ? before.length : 0));
  const foot = text.slice(root.end + (text.startsWith(after, root.end) ? after.length : 0));
  // What comes after a comment that lasts to the end of its line stays on a line of its own.
  const rest =
    isLineEnd(tree, head.length) && foot !== "" && !isAtLineEnd(foot, 0) ? head + before + foot : head + foot;
  return { text: rest === "" && !hadFile ? undefined : rest, note: { made: [], filled: [] }, count: scope.count };
}

function isThere(root: Value, path: readonly string[]): boolean {
  let value: Value | undefined = root;
  for (const key of path) value = value === undefined ? undefined : childNamed(value, key)?.value;
  return value !== undefined;
}

function judge(scope: Scope, value: Value, { path, isElement, hidesOther, from, marks }: Place): Verdict {
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
  const named = Map.groupBy(value.children, (child) => child.key);
  const verdicts = new Map(value.children.map((child) => [child, judge(scope, child.value, below(value, child))]));
  const gone = value.children.filter((child) => verdicts.get(child)?.goes);
  const isEmptied = gone.length === value.children.length && isWithoutComments(scope.tree, value, gone);
  const isBare = isEmptied && !hidesOther && commentsIn(scope.tree, from, value.start) === 0;
  if (isBare && path !== undefined && mayGo(scope, path, gone.length)) {
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
    const isNamedBare = inner.every(
      (child) => verdicts.get(child)?.goes || commentsIn(scope.tree, child.start, child.value.start) === 0,
    );
    if (isNamedBare && isWithoutComments(scope.tree, value, inner)) return GOES;
  }
  const cuts = value.children.flatMap((child) => verdicts.get(child)?.cuts ?? []);
  if (gone.length > 0) cuts.push(...cutsIn(scope, value, { path, gone: new Set(gone), isEmptied }));
  return { goes: false, isHollow: isEmptied && gone.length > 0, cuts };

  function below(parent: Value, child: Child): Place {
    const isArray = parent.kind === "array";
    const alike = isArray ? [child] : (named.get(child.key) ?? []);
    const isCounted = !isArray && alike.at(-1) === child;
    return {
      path: isCounted && path !== undefined ? [...path, child.key ?? ""] : undefined,
      isElement: isArray,
      hidesOther: alike.length > 1,
      from: child.start,
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
    const end = endOf(run.at(-1) ?? first);
    const extra = firstKept < 0 ? spaceBehind(scope, value, { path, end, isEmptied }) : 0;
    const keepsSpace = cutRun(text, { run, extra, isFront, cuts });
    if (isFront) cuts.push({ from: end, to: skipSpace(text, end) });
    else if (!keepsSpace) cuts.push({ from: end, to: end + extra });
    if (!isFront && firstKept >= 0 && from > lastKept && !hasTrailingComma) cuts.push(...commaSign(children[lastKept]));
  }
  return cuts;
}

interface Run {
  /** Neighbours that go. */
  run: readonly Child[];
  /** How much of the white space behind them may go as well. */
  extra: number;
  /** They stand before all that stays. */
  isFront: boolean;
  cuts: Cut[];
}

/** True when a comment before them needs the white space behind them: what follows it has to begin on another line. */
function cutRun(text: string, { run, extra, isFront, cuts }: Run): boolean {
  let next: Child | undefined;
  let endsLine = false;
  let keepsSpace = false;
  for (const child of run.toReversed()) {
    const space = skipSpace(text, child.value.end);
    const isNear = space === child.comma;
    const end = isNear ? endOf(child) : child.value.end;
    const cut = next === undefined && end === endOf(child) ? extra : 0;
    if (next === undefined || skipSpace(text, end) !== next.start) endsLine = isAtLineEnd(text, end + cut);
    const keepsGap: boolean = isFront ? child === run[0] || child.isAfterLine : child.isAfterLine && !endsLine;
    keepsSpace ||= keepsGap && cut > 0;
    endsLine ||= keepsGap && isAtLineEnd(text, child.gap);
    cuts.push({ from: keepsGap ? child.start : child.gap, to: child.value.end });
    if (child.comma !== undefined) cuts.push({ from: isNear ? child.value.end : child.comma, to: child.comma + 1 });
    next = child;
  }
  return keepsSpace;
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

function commaSign(child: Child | undefined): Cut[] {
  return child?.comma === undefined ? [] : [{ from: child.comma, to: child.comma + 1 }];
}

const SPACE: ReadonlySet<string> = new Set([" ", "\t", "\r", "\n"]);

function skipSpace(text: string, from: number): number {
  let at = from;
  while (SPACE.has(text.charAt(at))) at += 1;
  return at;
}

/** At once: spaces before it would become part of a comment. */
function isAtLineEnd(text: string, at: number): boolean {
  return text[at] === "\n" || text[at] === "\r";
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
