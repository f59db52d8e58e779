// What a shell has come to while its commands are followed: where it stands and what its variables hold, as far as that
// is certain. Where two ways lead to the same command, only what both say is known. Pure.

import type { Node } from "./syntax.ts";
import type { Value } from "./values.ts";

export interface Shell {
  /** As `cd` says it; undefined where it is not known. */
  directory: string | undefined;
  previous: string | undefined;
  /** Those it has set; undefined for a value that is not known. */
  variables: Map<string, string | undefined>;
  /** Of these, what programs get. */
  exported: Set<string>;
  functions: Map<string, Node>;
  /** It may not come this far at all. */
  isMaybe: boolean;
  /** In a round of a loop, what is certain to run is told; in the one that stands for all rounds, the rest. */
  telling: "all" | "certain" | "rest" | "none";
  /** What conditions named of which nobody knows how they come out. */
  asked: readonly string[];
  /** What comes next is not reached: it has left a round, a loop, a function, or ended. */
  over: Leaving | "exit" | undefined;
  /** How it stood where it may have left, to go on behind that. */
  left: Readonly<Partial<Record<Leaving, Shell>>>;
  /** `set -e`. */
  isStrict: boolean;
  /** `set -C`: `>` empties no file. */
  keepsFiles: boolean;
  /** Entries it has dropped from the stash; undefined: numbers may mean any by now. */
  dropped: readonly Dropped[] | undefined;
  /** A repository may have been made on the way. */
  isRepositoryMade: boolean;
}

export type Leaving = "continue" | "break" | "return";

/** `number` is the one it had at first, `place` where git was called. */
export interface Dropped {
  place: string;
  number: number;
}

export function newShell(directory: string): Shell {
  return {
    directory,
    previous: undefined,
    variables: new Map(),
    exported: new Set(),
    functions: new Map(),
    isMaybe: false,
    telling: "all",
    asked: [],
    over: undefined,
    left: {},
    isStrict: false,
    keepsFiles: false,
    dropped: [],
    isRepositoryMade: false,
  };
}

export function copyOf(shell: Shell): Shell {
  return {
    ...shell,
    variables: new Map(shell.variables),
    exported: new Set(shell.exported),
    functions: new Map(shell.functions),
  };
}

/** What commands in a shell of their own have done to the disk. */
export function keepTraces(shell: Shell, of: Shell): void {
  shell.isRepositoryMade = of.isRepositoryMade;
  shell.dropped = of.dropped;
}

/** What commands on one of several ways may have done to the disk, and where those lead that left. */
export function noteTraces(shell: Shell, ways: readonly (Shell | undefined)[]): void {
  for (const way of ways) {
    if (way === undefined) continue;
    shell.isRepositoryMade ||= way.isRepositoryMade;
    shell.dropped = sameDropped(shell, way);
    shell.left = leftOf(shell, way);
    const { over } = way;
    if (over === undefined || over === "exit") continue;
    const there = merged(shell.left[over], { ...way, over: undefined, left: {} });
    if (there !== undefined) shell.left = { ...shell.left, [over]: there };
  }
}

/** Where a round, a loop or a function ends, those that left it come in again. */
export function rejoin(shell: Shell, over: Leaving): void {
  if (shell.over === over) shell.over = undefined;
  const { [over]: there, ...left } = shell.left;
  if (there !== undefined) Object.assign(shell, merged(copyOf(shell), there));
  shell.left = left;
}

/** How it stands where a command succeeded, and where it failed; there it may have dropped nothing. */
export function waysOf(shell: Shell, success: Success, before: Pick<Shell, "dropped">): { good: Shell; bad: Shell } {
  const [good, bad] = [copyOf(shell), copyOf(shell)];
  if (success === false || success === "unlikely") good.telling = "none";
  if (success === true || success === "likely") bad.telling = "none";
  bad.dropped = sameDropped(before, shell);
  return { good, bad };
}

/** Undefined where nobody knows whether it succeeds; likely or not by what is there now. */
export type Success = boolean | "likely" | "unlikely" | undefined;

export function negation(success: Success): Success {
  if (success === "likely") return "unlikely";
  return success === "unlikely" ? "likely" : success === undefined ? undefined : !success;
}

/** What a round of a loop has changed may be something else after the next one. */
export function forgetChanged(shell: Shell, after: Shell): void {
  const names = [...shell.variables.keys(), ...after.variables.keys()];
  if (shell.directory !== after.directory) forget(shell);
  else if (names.some((name) => shell.variables.get(name) !== after.variables.get(name))) forgetVariables(shell);
  // One that the round has set first.
  for (const name of after.variables.keys()) if (!shell.variables.has(name)) shell.variables.set(name, undefined);
}

/** Where the ways of both meet again; undefined and one that is over are no ways. */
export function merged(one: Shell | undefined, other: Shell | undefined): Shell | undefined {
  if (one === undefined || one.over !== undefined) return other?.over === undefined ? (other ?? one) : (one ?? other);
  if (other === undefined || other.over !== undefined) return one;
  const names = [...one.variables.keys(), ...other.variables.keys()];
  return {
    ...one,
    directory: same(one.directory, other.directory),
    previous: same(one.previous, other.previous),
    variables: new Map(names.map((name) => [name, same(one.variables.get(name), other.variables.get(name))])),
    exported: new Set([...one.exported, ...other.exported]),
    functions: new Map([...one.functions, ...other.functions]),
    telling: one.telling === "none" ? other.telling : one.telling,
    asked: [...new Set([...one.asked, ...other.asked])],
    left: leftOf(one, other),
    dropped: sameDropped(one, other),
    isRepositoryMade: one.isRepositoryMade || other.isRepositoryMade,
  };
}

/** `$1` and those behind it; what were they before. One that is not told is not known. */
export function setPositions({ variables }: Shell, texts: readonly (string | undefined)[]): (string | undefined)[] {
  return POSITIONS.map((name, at) => {
    const before = variables.get(name);
    variables.set(name, texts[at]);
    return before;
  });
}

const POSITIONS = ["1", "2", "3", "4", "5", "6", "7", "8", "9"];

/** None where a pattern may be several words, or one that is not known none. */
export function positionsOf(args: readonly Value[]): string[] {
  const texts = args.flatMap((one) => (one.kind === "text" ? [one.text] : []));
  return texts.length === args.length ? texts : [];
}

/** Something changed what it has, and nobody knows what. */
export function forget(shell: Shell): void {
  shell.directory = undefined;
  shell.previous = undefined;
  forgetVariables(shell);
}

/** From here on none is known that it does not set again. */
export function forgetVariables(shell: Shell): void {
  for (const name of shell.variables.keys()) shell.variables.set(name, undefined);
}

/** Of both. */
export function leftOf(one: Pick<Shell, "left">, other: Pick<Shell, "left">): Shell["left"] {
  const left = { ...one.left };
  for (const over of ["continue", "break", "return"] as const) {
    const there = one.left === other.left ? undefined : merged(one.left[over], other.left[over]);
    if (there !== undefined) left[over] = there;
  }
  return left;
}

export function sameDropped(one: Pick<Shell, "dropped">, other: Pick<Shell, "dropped">): Shell["dropped"] {
  return JSON.stringify(one.dropped) === JSON.stringify(other.dropped) ? one.dropped : undefined;
}

function same(one: string | undefined, other: string | undefined): string | undefined {
  return one === other ? one : undefined;
}
