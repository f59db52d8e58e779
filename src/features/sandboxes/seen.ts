// What there is to see of a run: its claude's lines and its driver's notes, in order, as they come.

import { makeLines } from "../claude-runs/claude-runs.ts";
import { type Note, readFrom, readNotes } from "./notes.ts";
import type { RunPlace } from "./place.ts";

/** A line is undefined when it was too long to be read. */
export type Seen = { kind: "note"; note: Note } | { kind: "line"; line: string | undefined };

export interface Reader {
  /** What has come since it was asked last, or a part of it; undefined when there is no more by now. */
  read(): Seen[] | undefined;
}

const MOST_BYTES = 1024 * 1024;

export function readerOf({ notes, log }: Pick<RunPlace, "notes" | "log">): Reader {
  const waiting: Note[] = [];
  const lines = makeLines();
  let noted = 0;
  let logged = 0;
  return {
    read: () => {
      const came = readNotes(notes, noted);
      noted = came.next;
      waiting.push(...came.notes);
      const [first] = waiting;
      // A note stands after what had been printed by then.
      if (first !== undefined && first.after <= logged) {
        waiting.shift();
        return [{ kind: "note", note: first }];
      }
      const most = Math.min(MOST_BYTES, (first?.after ?? Number.POSITIVE_INFINITY) - logged);
      const bytes = readFrom(log, logged, most);
      logged += bytes.length;
      if (bytes.length === 0) return undefined;
      return lines.push(bytes).map((line) => ({ kind: "line" as const, line }));
    },
  };
}
