// A loop over words that are known, gone through round by round. What is only done under a condition may be done in some
// of them: it is told once, with no more than all of them have in common. Pure but for the body that is run.

import type { Ground } from "./builtins.ts";
import { targetOf } from "./claims.ts";
import { tells } from "./conditions.ts";
import { copyOf, leftOf, merged, rejoin, type Shell } from "./shell.ts";
import type { Value } from "./values.ts";

export interface Rounds {
  variable: string;
  texts: readonly string[];
  /** Files that a pattern means: which is the first, only the shell knows. */
  isInOrder: boolean;
}

/** Undefined where not all of them are known. */
export function textsOf(values: readonly Value[], shell: Shell, ground: Ground): Omit<Rounds, "variable"> | undefined {
  const texts: string[] = [];
  for (const value of values) {
    const target = targetOf(value, shell.directory);
    if (value.kind === "text") texts.push(value.text);
    else if (target === undefined) return undefined;
    else texts.push(...ground.matching(target));
  }
  return { texts, isInOrder: values.every(({ kind }) => kind === "text") };
}

export function goThrough({ variable, texts, isInOrder }: Rounds, shell: Shell, body: (own: Shell) => unknown): void {
  const { isMaybe, telling, left } = shell;
  const isTelling = tells(shell);
  shell.telling = isTelling ? "certain" : "none";
  shell.left = {};
  let common = copyOf(shell);
  for (const text of texts) {
    common = merged(common, copyOf(shell)) ?? common;
    if (!isInOrder) Object.assign(shell, copyOf(common), { telling: shell.telling });
    shell.isMaybe = shell.left.break !== undefined || shell.left.return !== undefined;
    shell.variables.set(variable, text);
    body(shell);
    const isLast = shell.over !== undefined && shell.over !== "continue";
    rejoin(shell, "continue");
    if (isLast) break;
  }
  rejoin(shell, "break");
  shell.left = leftOf({ left }, shell);
  if (!isInOrder) Object.assign(shell, merged(copyOf(shell), common));
  if (telling === "all" || telling === "rest") {
    const own = { ...common, isMaybe: false, telling: "rest" as const };
    own.variables.set(variable, undefined);
    body(own);
  }
  Object.assign(shell, { isMaybe, telling: isTelling && shell.telling === "none" ? "none" : telling });
}
