// A repository's `.worktreeinclude`: patterns of ignored files that its worktrees need. Other tools read it as well.

import { lstatSync } from "node:fs";
import { join } from "node:path";
import { readSmallFile } from "../../files/small.ts";

const FILE = ".worktreeinclude";

export function hasIncludeFile(top: string): boolean {
  return lstatSync(join(top, FILE), { throwIfNoEntry: false }) !== undefined;
}

/** Its lines; none where there is no such file. Throws when it is no text of a sensible size. */
export function includedPatterns(top: string): string[] {
  return hasIncludeFile(top) ? readSmallFile(join(top, FILE)).split(/\r?\n/) : [];
}
