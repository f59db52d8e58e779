// What kept a result from being written, by what the system says: who has no room left, or no right, is told that.

import { statfsSync } from "node:fs";
import { Failure } from "../../core/failure.ts";
import { clause, printable } from "../../core/text.ts";

/** Under LC_ALL=C, as each git of ours runs. */
const FULL = /No space left on device|Disk quota exceeded/;
/** Less than what git needs to write an index. */
const LEAST_BYTES = 64 * 1024;

/** To be asked before anything is put back: afterwards there is room again. */
export function unwritable(thrown: unknown, directory: string): unknown {
  if (isOfFullDisk(thrown) || (isFromGit(thrown) && isFull(directory))) return noRoom(thrown, directory);
  if (thrown instanceof Failure || errnoOf(thrown) === undefined) return thrown;
  return new Failure({
    code: "results.unwritable",
    message: `${printable(directory)} cannot be written to: ${clause(wordsOf(thrown))}.`,
    cause: thrown,
  });
}

export function noRoom(thrown: unknown, directory: string): Failure {
  if (thrown instanceof Failure && thrown.code === "disk.full") return thrown;
  return new Failure({
    kind: "unavailable",
    code: "disk.full",
    message: `There is no room left on the disk of ${printable(directory)}: ${wordsOf(thrown)}`,
    hint: "Make room there",
    cause: thrown,
  });
}

function isOfFullDisk(thrown: unknown): boolean {
  if (["ENOSPC", "EDQUOT"].includes(errnoOf(thrown) ?? "")) return true;
  if (!(thrown instanceof Failure)) return false;
  return thrown.code === "disk.full" || (isFromGit(thrown) && FULL.test(`${thrown.details["stderr"]}`));
}

export function isFromGit(thrown: unknown): boolean {
  return thrown instanceof Failure && thrown.code === "git.failed";
}

function errnoOf(thrown: unknown): string | undefined {
  if (thrown instanceof Failure || !(thrown instanceof Error) || !("code" in thrown)) return undefined;
  return typeof thrown.code === "string" && /^E[A-Z0-9]+$/.test(thrown.code) ? thrown.code : undefined;
}

function wordsOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}

function isFull(directory: string): boolean {
  try {
    const { bavail, bsize } = statfsSync(directory);
    return bavail * bsize < LEAST_BYTES;
  } catch {
    return false;
  }
}
