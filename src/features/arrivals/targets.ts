// Targets by one name each: `main` and the `origin/main` that it follows are the same place to land in.

import { type Ref, refsFor, shortRef } from "../merges/merges.ts";

export interface Target {
  name: string;
  /** All that stand for it here. */
  refs: readonly Ref[];
}

/** Undefined where there is no such branch. */
export function targetCalled(name: string, refs: readonly Ref[]): Target | undefined {
  const found = refsFor(name, refs);
  if (found.length === 0) return undefined;
  const [, short] = /^origin\/(.+)$/.exec(name) ?? [];
  const local = short === undefined ? [] : refsFor(short, refs);
  // `origin/main` is what `main` stands for, unless a `main` of here follows something else.
  const isSame = short !== undefined && local.some((ref) => found.includes(ref));
  return isSame ? { name: short, refs: local } : { name, refs: found };
}

/** That of the refs that stand for a default branch. */
export function targetOf(defaults: readonly Ref[], refs: readonly Ref[]): Target | undefined {
  const [first] = defaults;
  return first === undefined ? undefined : targetCalled(shortRef(first.name), refs);
}

/** Whether the branch is the target itself, or what that follows. */
export function isItself(branch: string, { name, refs }: Target): boolean {
  return branch === name || refs.some((ref) => shortRef(ref.name) === branch);
}
