// An index of a checkout to work with, as a file of our own.

import { copyFileSync, statSync, utimesSync } from "node:fs";

/**
 * A file that was changed in the moment in which the index was written looks unchanged by its times: git compares what it
 * holds only when the index is not younger. So the copy is as old as the index, in whole seconds.
 */
export function copyIndex(from: string, to: string): void {
  const { atime, mtimeMs } = statSync(from);
  copyFileSync(from, to);
  utimesSync(to, atime, Math.floor(mtimeMs / 1000));
}
