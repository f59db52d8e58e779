// Merges without a conflict that do not hold together: a name that one side took away and the other newly uses. Read from
// the texts on either side and of the merge; a name that may still be there in some way is not told.

import type { Git, GitOptions } from "../../git/git.ts";
import { type Language, languageOf, mentions, type Source, sourceOf, type Use } from "./names.ts";
import { readInParts } from "./read-objects.ts";
import type { Change, Trees } from "./tree-changes.ts";
import { vanishedUses } from "./vanished.ts";
import type { Warning } from "./verdict.ts";

/** Both sides and what merging them gave, without a conflict. */
export interface MergedPair {
  /** What either side brings to the other: from the other's tree to the merged one. */
  byA: readonly Change[];
  byB: readonly Change[];
  /** The merged tree. */
  tree: Trees["to"];
}

/** More on one side is a merge of branches, not a session's work. */
const MOST_FILES = 200;
const MOST_WARNINGS = 20;

/** For each pair, in their order. Errors: those of git. */
export async function brokenNames(git: Git, pairs: readonly MergedPair[], options: GitOptions): Promise<Warning[][]> {
  const known = pairs.map(({ byA, byB }) => ({ byA: byA.filter(isCode), byB: byB.filter(isCode) }));
  const wanted = known.map(({ byA, byB }) => {
    const isMeant = byA.length > 0 && byB.length > 0 && byA.length <= MOST_FILES && byB.length <= MOST_FILES;
    return isMeant ? [...byA, ...byB].flatMap(({ before, after }) => [before ?? [], after ?? []].flat()) : [];
  });
  const blobs = await readInParts(git, wanted.flat(), options);
  const read = readerOf(blobs);
  const found: Warning[][] = [];
  for (const [at, { byA, byB }] of known.entries()) {
    if (wanted[at]?.length === 0) {
      found.push([]);
      continue;
    }
    const suspected = bothWays(byA, byB).flatMap((sides) => warningsOf(read, sides));
    const sure: Warning[] = [];
    const tree = pairs[at]?.tree ?? "";
    for (const one of suspected.slice(0, MOST_WARNINGS)) {
      if (!(await isElsewhere(git, tree, one, options))) sure.push(one);
    }
    for (const { taking, using, removedBy } of bothWays(byA, byB)) {
      const gone = await vanishedUses(git, read.source, { taking, using, tree }, options);
      const isTold = ({ name, usedIn }: Found) => sure.some((one) => one.name === name && one.usedIn === shown(usedIn));
      const fresh = gone.filter((one) => !isTold(one)).slice(0, MOST_WARNINGS - sure.length);
      sure.push(...fresh.map((one) => asWarning(one, removedBy)));
    }
    found.push(sure);
  }
  return found;
}

function isCode({ path }: Change): boolean {
  return languageOf(path) !== undefined;
}

interface Reader {
  /** Undefined where there is nothing, or what is there is too large. */
  source(path: string, blob: string | undefined): Source | undefined;
  exports(path: string, blob: string | undefined): ReadonlySet<string>;
  own(path: string, blob: string | undefined): ReadonlySet<string>;
}

/** Each text is read once, for however many pairs. */
function readerOf(blobs: ReadonlyMap<string, Buffer>): Reader {
  const remembered = <T>(make: (path: string, blob: string) => T, none: T) => {
    const made = new Map<string, T>();
    return (path: string, blob: string | undefined): T => {
      if (blob === undefined) return none;
      const key = `${blob} ${path}`;
      const found = made.get(key) ?? make(path, blob);
      made.set(key, found);
      return found;
    };
  };
  const source = remembered<Source | undefined>((path, blob) => {
    const language = languageOf(path);
    const bytes = blobs.get(blob);
    return language === undefined || bytes === undefined ? undefined : sourceOf(path, bytes.toString(), language);
  }, undefined);
  const none: ReadonlySet<string> = new Set();
  const of = (pick: (language: Language) => (source: Source) => ReadonlySet<string>) =>
    remembered((path, blob) => {
      const [language, read] = [languageOf(path), source(path, blob)];
      return language === undefined || read === undefined ? none : pick(language)(read);
    }, none);
  return { source, exports: of(({ exportsOf }) => exportsOf), own: of(({ ownNames }) => ownNames) };
}

interface Sides {
  taking: readonly Change[];
  using: readonly Change[];
  removedBy: Warning["removedBy"];
}

interface Taken {
  path: string;
  names: ReadonlySet<string>;
}

function warningsOf(read: Reader, { taking, using, removedBy }: Sides): Warning[] {
  const taken = taking.flatMap((change) => takenFrom(read, change));
  const all = new Set(taken.flatMap(({ names }) => [...names]));
  const warnings = all.size === 0 ? [] : using.flatMap((change) => usedIn(read, change, { all, taken, taking }));
  const within = using.flatMap((change) => usedWithin(read, change, taking));
  const told = new Map([...warnings, ...within].map((one) => [`${one.name} ${one.usedIn}`, one]));
  return [...told.values()].map((one) => asWarning(one, removedBy));
}

function bothWays(byA: readonly Change[], byB: readonly Change[]): Sides[] {
  return [
    { taking: byA, using: byB, removedBy: "a" },
    { taking: byB, using: byA, removedBy: "b" },
  ];
}

function asWarning({ name, line, usedIn, removedFrom }: Found, removedBy: Warning["removedBy"]): Warning {
  return { kind: "removed-name", name, line, removedBy, usedIn: shown(usedIn), removedFrom: shown(removedFrom) };
}

function shown(path: string): string {
  return Buffer.from(path, "latin1").toString();
}

/** Names that the merge does not have any more, in no way that can be thought of. */
function takenFrom(read: Reader, { path, before, after }: Change): Taken[] {
  const language = languageOf(path);
  const then = read.source(path, before);
  if (language === undefined || then === undefined) return [];
  const now = read.source(path, after);
  // Too large to be read.
  if (after !== undefined && now === undefined) return [];
  const names = [...read.exports(path, before)].filter((name) => now === undefined || !language.mayExport(now, name));
  return names.length === 0 ? [] : [{ path, names: new Set(names) }];
}

type Found = Pick<Warning, "name" | "line" | "usedIn" | "removedFrom">;

interface Asked {
  all: ReadonlySet<string>;
  taken: readonly Taken[];
  taking: readonly Change[];
}

/** New uses: those that the side which took the name away does not have. */
function usedIn(read: Reader, { path, before, after }: Change, { all, taken, taking }: Asked): Found[] {
  const language = languageOf(path);
  const now = read.source(path, after);
  if (language === undefined || now === undefined) return [];
  const then = read.source(path, before);
  // It was there, and is too large to be read.
  if (before !== undefined && then === undefined) return [];
  const names = new Set([...all].filter((name) => name === "default" || mentions(now, name)));
  if (names.size === 0) return [];
  const old = then === undefined ? [] : language.usesOf(then, names);
  return language.usesOf(now, names).flatMap((use) => {
    const from = taken.find((one) => one.path !== path && one.names.has(use.name) && use.isOf(one.path));
    if (from === undefined || languageOf(from.path) !== language) return [];
    if (old.some((one) => one.name === use.name && one.isOf(from.path))) return [];
    if (taking.some((change) => isGivenBy(read, change, use))) return [];
    return [{ name: use.name, line: use.line, usedIn: path, removedFrom: from.path }];
  });
}

/** It went to another file that the same words lead to. */
function isGivenBy(read: Reader, { path, after }: Change, use: Use): boolean {
  const language = languageOf(path);
  const now = read.source(path, after);
  return language !== undefined && now !== undefined && use.isOf(path) && language.mayExport(now, use.name);
}

/** In the very file that it was taken from: one side does not know the name any more, and the merge has it still. */
function usedWithin(read: Reader, { path, before, after }: Change, taking: readonly Change[]): Found[] {
  const other = taking.find((change) => change.path === path);
  const language = languageOf(path);
  // What the merge has, what the side that took away has, and what the other one has.
  const [now, without, wanting] = [after, before, other?.before].map((blob) => read.source(path, blob));
  if (language === undefined || now === undefined || without === undefined || wanting === undefined) return [];
  return [...read.own(path, other?.before)].flatMap((name) => {
    const mention = new RegExp(`(?<![.\\w$])${name.replaceAll("$", "\\$")}(?![\\w$])`);
    if (mention.test(without.code) || language.mayDeclare(now, name)) return [];
    const found = mention.exec(now.code);
    if (found === null) return [];
    return [{ name, line: now.code.slice(0, found.index).split("\n").length, usedIn: path, removedFrom: path }];
  });
}

/** Another file of the package, which neither side has changed, may have the name as well: of another system, say. */
async function isElsewhere(
  git: Git,
  tree: string,
  { name, removedFrom }: Warning,
  options: GitOptions,
): Promise<boolean> {
  if (languageOf(removedFrom)?.isTogether !== true) return false;
  const folder = removedFrom.includes("/") ? `${removedFrom.slice(0, removedFrom.lastIndexOf("/"))}/` : "";
  const top = `^(func|type|var|const)[[:space:]]+${name}([[:space:](=[]|$)`;
  const inGroup = `^[[:space:]]+${name}[[:space:]]+(=|[A-Za-z*[])`;
  const words = [
    "grep",
    "--quiet",
    "-E",
    "-e",
    `${top}|${inGroup}`,
    tree,
    "--",
    `:(top,glob)${folder.replace(/[*?[\]\\]/g, "\\$&")}*.go`,
  ];
  return (await git.attempt(words, options)).exit === 0;
}
