// What a shell has come to while its commands are followed: where it stands and what its variables hold, as far as that
// is certain. Where two ways lead to the same command, only what both say is known. Pure.

import type { Node } from "./syntax.ts";

export interface Shell {
  /** As `cd` says it; undefined where it is not known. */
  directory: string | undefined;
  previous: string | undefined;
  /** Those it has set; undefined for a value that is not known. */
  variables: Map<string, string | undefined>;
  /** Of these, what programs get. */
  exported: Set<string>;
  /** Variables of loops: where a condition was asked, it may have been about them. */
  loops: Set<string>;
  functions: Map<string, Node>;
  /** It may not come this far at all. */
  isMaybe: boolean;
  /** What comes next is not reached: it has left a loop, a function, or ended. */
  over: "break" | "return" | "exit" | undefined;
  /** Entries it has dropped from the stash, by the numbers they had at first; undefined: numbers may mean any by now. */
  dropped: readonly number[] | undefined;
  /** A repository may have been made on the way. */
  isRepositoryMade: boolean;
}

export function newShell(directory: string): Shell {
  return {
    directory,
    previous: undefined,
    variables: new Map(),
    exported: new Set(),
    loops: new Set(),
    functions: new Map(),
    isMaybe: false,
    over: undefined,
    dropped: [],
    isRepositoryMade: false,
  };
}

export function copyOf(shell: Shell): Shell {
  return {
    ...shell,
    variables: new Map(shell.variables),
    exported: new Set(shell.exported),
    loops: new Set(shell.loops),
    functions: new Map(shell.functions),
  };
}

/** What commands in a shell of their own have done to the disk. */
export function keepTraces(shell: Shell, of: Shell): void {
  shell.isRepositoryMade = of.isRepositoryMade;
  shell.dropped = of.dropped;
}

/** What commands on one of several ways may have done to the disk. */
export function noteTraces(shell: Shell, ways: readonly (Shell | undefined)[]): void {
  for (const way of ways) {
    if (way === undefined) continue;
    shell.isRepositoryMade ||= way.isRepositoryMade;
    if (way.dropped?.join() !== shell.dropped?.join()) shell.dropped = undefined;
  }
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
  };
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

function same(one: string | undefined, other: string | undefined): string | undefined {
  return one === other ? one : undefined;
}
