// What a checkout is in the midst of: files that git left in conflict, whose text is partly marks of its own, and a rebase
// that has stopped, after which more of the session's commits come. What its work gives as it stands now is not what it
// will give: nothing of that is clean, and no lines of such a file are told to others.

import { existsSync } from "node:fs";
import { join } from "node:path";
import { counted } from "../../core/text.ts";
import { type Judged, unknownFor } from "./verdict.ts";

export interface Unresolved {
  /** "merge", "rebase", …; null where git does not tell any more what left these files so. */
  operation: string | null;
  /** The files in conflict; none where only the operation has stopped. */
  paths: string[];
}

/** In the order in which one may be within another. */
const UNDER_WAY: readonly (readonly [file: string, operation: string])[] = [
  ["rebase-merge", "rebase"],
  ["rebase-apply/applying", "am"],
  ["rebase-apply", "rebase"],
  ["CHERRY_PICK_HEAD", "cherry-pick"],
  ["REVERT_HEAD", "revert"],
  ["MERGE_HEAD", "merge"],
];
/** Of a stopped one the rest of the work is still to come, whatever was resolved so far. */
const IN_STEPS: ReadonlySet<string> = new Set(["rebase", "am"]);

/** `paths`: those that git calls unmerged. Undefined when all is resolved. */
export function unresolvedIn(gitDir: string, paths: string[]): Unresolved | undefined {
  const operation = UNDER_WAY.find(([file]) => existsSync(join(gitDir, file)))?.[1] ?? null;
  const isStopped = operation !== null && IN_STEPS.has(operation);
  return paths.length > 0 || isStopped ? { operation, paths } : undefined;
}

/** In words, after the name of who is in it. */
export function unresolvedWords({ operation, paths }: Unresolved): string {
  const files = counted(paths.length, "file");
  if (operation === null) return `has unresolved conflicts (${files})`;
  return paths.length === 0 ? `is in a stopped ${operation}` : `is in an unresolved ${operation} (${files})`;
}

/** What was found of two, one of which is not done: only what conflicts in its other files is sure. */
export function untilResolved(judged: Judged, { why, paths }: { why: string; paths: ReadonlySet<string> }): Judged {
  if (judged.verdict === "unknown") return judged;
  const sure = judged.verdict === "conflict" ? judged.files.filter(({ path }) => !paths.has(path)) : [];
  if (sure.length === 0) return { ...unknownFor(why), brings: judged.brings };
  return { ...judged, why, files: sure, fileCount: judged.fileCount - (judged.files.length - sure.length) };
}
