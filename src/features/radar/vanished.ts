// Names that one side took out of the whole repository and the other newly mentions: methods called on whatever holds them,
// names handed on by other files. Where they came from is not followed; instead nothing but the other side's own changes
// may know the name any more. One search of the merged tree a name, only where there is that suspicion.

import type { Git, GitOptions } from "../../git/git.ts";
import { lineAt } from "./code-text.ts";
import { isHeldBy } from "./members.ts";
import { type Language, languageOf, mentions, type Naming, type Source, sourceOf } from "./names.ts";
import { readInParts } from "./read-objects.ts";
import type { Change } from "./tree-changes.ts";

export interface Looked {
  /** What took names away, and what may use them: from the other side to the merged tree. */
  taking: readonly Change[];
  using: readonly Change[];
  tree: string;
}

export interface VanishedUse {
  name: string;
  line: number;
  usedIn: string;
  removedFrom: string;
}

interface Suspect extends VanishedUse {
  /** A type of the file that had the name stands beside it. */
  isNear: boolean;
}

type ReadSource = (path: string, blob: string | undefined) => Source | undefined;

const MOST_NAMES = 8;
/** More that mention it: not all of them are comments. */
const MOST_MENTIONS = 10;

/** Errors: those of git. */
export async function vanishedUses(
  git: Git,
  read: ReadSource,
  { taking, using, tree }: Looked,
  options: GitOptions,
): Promise<VanishedUse[]> {
  const suspected = taking.flatMap((change) => suspectedOf(read, change, using));
  const found: VanishedUse[] = [];
  for (const name of [...new Set(suspected.map((one) => one.name))].slice(0, MOST_NAMES)) {
    const uses = suspected.filter((one) => one.name === name);
    const own = new Set(using.map(({ path }) => path));
    const isGone = uses[0] !== undefined && !(await isKnown(git, { tree, name, own, like: uses[0].usedIn }, options));
    // Of several files that had it, one with a type beside it is more likely the one that is meant.
    const likeliest = uses.toSorted((a, b) => Number(a.isNear) - Number(b.isNear));
    if (isGone) found.push(...new Map(likeliest.map((one) => [one.usedIn, one])).values());
  }
  return found;
}

function suspectedOf(read: ReadSource, { path, before, after }: Change, using: readonly Change[]): Suspect[] {
  const language = languageOf(path);
  const [then, now] = [read(path, before), read(path, after)];
  if (language?.givenBy === undefined || then === undefined || (after !== undefined && now === undefined)) return [];
  const names = [...language.givenBy(then)].filter((name) => now === undefined || !mentions(now, name));
  const mentioned = names.filter((name) => using.some((change) => isNewIn(read, change, name)));
  return mentioned.flatMap((name) => {
    const isMadeAnew = using.some((change) => declares(language, read(change.path, change.after), name));
    if (isMadeAnew) return [];
    return using.flatMap((change) => {
      const use = useOf(read, change, { name, language, holder: then });
      return use === undefined ? [] : [{ name, ...use, usedIn: change.path, removedFrom: path }];
    });
  });
}

function isNewIn(read: ReadSource, { path, before, after }: Change, name: string): boolean {
  const [then, now] = [read(path, before), read(path, after)];
  // It was there, and is too large to be read.
  if (now === undefined || (before !== undefined && then === undefined)) return false;
  return mentions(now, name) && (then === undefined || !mentions(then, name));
}

function declares(language: Language, source: Source | undefined, name: string): boolean {
  return source !== undefined && mentions(source, name) && language.binds?.(source, name) === true;
}

interface Suspected {
  name: string;
  language: Language;
  holder: Source;
}

function useOf(
  read: ReadSource,
  change: Change,
  { name, language, holder }: Suspected,
): Pick<Suspect, "line" | "isNear"> | undefined {
  const { path, after } = change;
  const now = read(path, after);
  if (path === holder.path || languageOf(path) !== language || now === undefined) return undefined;
  if (!isNewIn(read, change, name)) return undefined;
  const types = language.typesOf?.(holder) ?? capitalsOf(language.givenBy?.(holder));
  const naming = language.namedAs?.(holder, name);
  const pattern = naming?.pattern ?? `(?<![\\w$])${name}(?![\\w$])`;
  const isTelling = tells(name, naming);
  const isNear = [...types].some((one) => one !== name && mentions(now, one));
  const found = [...now.code.matchAll(new RegExp(pattern, "g"))].find(({ index }) => {
    // Of a type that is named, and is another one.
    const type = /(?<![\w$])([A-Z]\w*)\s*(?:\.|::)\s*$/.exec(now.code.slice(Math.max(0, index - 80), index))?.[1];
    if (type !== undefined && !types.has(type)) return false;
    if (naming?.isTelling === "holder") return isTelling || isHeldBy(now.code, index, types);
    // A single word may be a method of anything's.
    return isTelling || isNear;
  });
  return found === undefined ? undefined : { line: lineAt(now.code, found.index), isNear };
}

function capitalsOf(names: ReadonlySet<string> = new Set()): ReadonlySet<string> {
  return new Set([...names].filter((one) => /^[A-Z]/.test(one)));
}

function tells(name: string, naming: Naming | undefined): boolean {
  if (naming === undefined) return /[a-z\d][A-Z]|\w_\w|^[A-Z]/.test(name);
  return naming.isTelling === "always" || /[a-z\d][A-Z]|\w_\w/.test(name);
}

interface Sought {
  tree: string;
  name: string;
  /** Files whose mentions are the new ones. */
  own: ReadonlySet<string>;
  /** A file of the same language. */
  like: string;
}

async function isKnown(git: Git, { tree, name, own, like }: Sought, options: GitOptions): Promise<boolean> {
  const language = languageOf(like);
  const patterns = (language?.extensions ?? []).map((extension) => `:(top,glob)**/*${extension}`);
  const words = ["grep", "-l", "-z", "-w", "-F", "-e", name, tree, "--", ...patterns];
  const { exit, stdout } = await git.attempt(words, options);
  // 1: none. Whatever else git says, it is not told.
  if (exit > 1 || language === undefined) return true;
  const listed = stdout.split("\0").flatMap((line) => (line === "" ? [] : [line.slice(tree.length + 1)]));
  const others = listed.filter((path) => !own.has(Buffer.from(path).toString("latin1")));
  if (others.length > MOST_MENTIONS) return true;
  const names = others.map((path) => `${tree}:${Buffer.from(path).toString("latin1")}`);
  const texts = await readInParts(git, names, options);
  return names.some((full) => {
    const text = texts.get(full)?.toString();
    return text === undefined || mentions(sourceOf(full, text, language), name);
  });
}
