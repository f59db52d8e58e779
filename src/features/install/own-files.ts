// Files that are ours as a whole, among other people's: written when nobody else's stands there, and taken away while they
// still hold what we wrote.

import { removeUnchanged, replaceUnchanged, targetOf } from "../../files/atomic.ts";
import { unwritableFile } from "../../files/unwritable.ts";
import type { Notes } from "./notes.ts";
import { readText } from "./text-files.ts";

export type OwnChange = "none" | "made" | "written" | "removed" | "skipped";

/** Errors: `install.unreadable`, `install.unwritable`. */
export function putOwn(notes: Notes, { file, text }: { file: string; text: string }): OwnChange {
  const there = readText(file);
  const wanted = Buffer.from(text).toString("latin1");
  if (there !== undefined && there !== wanted && !isNoted(notes, file, there)) return "skipped";
  if (there !== wanted) {
    notes.expect(file);
    const was = there === undefined ? undefined : Buffer.from(there, "latin1");
    const isDone = written(file, () => replaceUnchanged({ file, text, was, mode: 0o644, directoryMode: 0o755 }));
    if (!isDone) return "skipped";
  }
  notes.held.files[targetOf(file)] = digest(wanted);
  notes.keep();
  if (there === undefined) return "made";
  return there === wanted ? "none" : "written";
}

/** `known`: what this release would write there. Errors as `putOwn`. */
export function takeOwn(notes: Notes, { file, known }: { file: string; known: string }): OwnChange {
  const there = readText(file);
  const key = targetOf(file);
  const isOurs =
    there === Buffer.from(known).toString("latin1") || (there !== undefined && isNoted(notes, file, there));
  if (there !== undefined && !isOurs) return "skipped";
  if (there !== undefined) written(file, () => removeUnchanged({ file, was: Buffer.from(there, "latin1") }));
  delete notes.held.files[key];
  notes.keep();
  return there === undefined ? "none" : "removed";
}

function isNoted(notes: Notes, file: string, there: string): boolean {
  return notes.held.files[targetOf(file)] === digest(there);
}

function digest(latin1: string): string {
  return new Bun.CryptoHasher("sha256").update(Buffer.from(latin1, "latin1")).digest("hex");
}

function written(file: string, work: () => boolean): boolean {
  try {
    return work();
  } catch (cause) {
    throw unwritableFile({ file, code: "install.unwritable", cause });
  }
}
