// What the driver of a run says to whoever looks on, now or long after: a file of lines, each with the place in the log
// of its claude where it belongs.

import { appendFileSync, closeSync, fstatSync, openSync, readSync } from "node:fs";
import { NUMBER, TEXT, v } from "../../core/shape.ts";
import { redact } from "../../log/log.ts";

const NOTE = v.object({
  at: TEXT,
  /** Bytes of the log that were there by then. */
  after: NUMBER,
  kind: v.picklist(["step", "warning"]),
  text: TEXT,
});
export type Note = v.InferOutput<typeof NOTE>;

export function writeNote(file: string, note: Note): void {
  appendFileSync(file, `${JSON.stringify({ ...note, text: redact(note.text) })}\n`, { mode: 0o600 });
}

/** Whole lines from a byte on, and where the next one begins. A file that is not there yet is empty. */
export function readNotes(file: string, from: number): { notes: Note[]; next: number } {
  const bytes = readFrom(file, from, MOST_BYTES);
  const end = bytes.lastIndexOf(10) + 1;
  const lines = new TextDecoder().decode(bytes.subarray(0, end)).split("\n").slice(0, -1);
  const notes = lines.flatMap((line) => {
    const parsed = v.safeParse(v.pipe(TEXT, v.parseJson(), NOTE), line);
    return parsed.success ? [parsed.output] : [];
  });
  return { notes, next: from + end };
}

const MOST_BYTES = 1024 * 1024;

/** At most so many bytes; none when the file is not there. */
export function readFrom(file: string, from: number, most: number): Uint8Array {
  let descriptor: number;
  try {
    descriptor = openSync(file, "r");
  } catch {
    return new Uint8Array();
  }
  try {
    const size = Math.max(0, Math.min(most, fstatSync(descriptor).size - from));
    const bytes = new Uint8Array(size);
    return bytes.subarray(0, size === 0 ? 0 : readSync(descriptor, bytes, 0, size, from));
  } finally {
    closeSync(descriptor);
  }
}
