// Which operation words mean.

import type { AnyOperation } from "../core/operation.ts";
import type { World } from "../world.ts";

export type Found = { operation: AnyOperation<World>; length: number };

/** The operation whose words (or alias) the line begins with; the longest match wins. */
export function findOperation(operations: readonly AnyOperation<World>[], words: readonly string[]): Found | undefined {
  let best: Found | undefined;
  for (const operation of operations) {
    for (const path of pathsOf(operation)) {
      const matches = path.every((word, i) => words[i] === word);
      if (matches && path.length > (best?.length ?? 0)) best = { operation, length: path.length };
    }
  }
  return best;
}

/** All the ways to type it. */
export function pathsOf({ cli }: AnyOperation<World>): readonly (readonly string[])[] {
  return [cli.path, ...(cli.aliases ?? [])];
}
