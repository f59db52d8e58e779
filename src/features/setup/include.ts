// A repository's `.worktreeinclude`: patterns of ignored files that its worktrees need. Other tools read it as well.

import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

const FILE = ".worktreeinclude";

export function hasIncludeFile(top: string): boolean {
  return existsSync(join(top, FILE));
}

/** Its lines; none where there is no such file. */
export function includedPatterns(top: string): string[] {
  return hasIncludeFile(top) ? readFileSync(join(top, FILE), "utf8").split(/\r?\n/) : [];
}
