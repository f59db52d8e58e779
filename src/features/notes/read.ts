// Reading notes: the last ones, of all or of those that have every word that is looked for.

import { type Db, isoText } from "../../db/db.ts";
import { type NoteRow, notesOf, type Place } from "./store.ts";

export interface Note {
  id: string;
  /** Null: somebody at the command line. */
  author: string | null;
  authorSessionId: string | null;
  branch: string | null;
  note: string;
  writtenAt: string;
}

export interface NoteList {
  notes: Note[];
  /** Those that match, also beyond the limit. */
  total: number;
}

/** The last ones written, from the oldest on. Words are found in any case, also within others. */
export function readNotes(db: Db, place: Place, { search = "", most }: { search?: string; most: number }): NoteList {
  const words = comparable(search)
    .split(/\s+/)
    .filter((word) => word !== "");
  const found = notesOf(db, place).filter(({ body }) => {
    const text = comparable(body);
    return words.every((word) => text.includes(word));
  });
  return { notes: found.slice(-most).map(shownNote), total: found.length };
}

export function shownNote(row: NoteRow): Note {
  return {
    id: row.id,
    // Its name, or what it goes by without one.
    author: row.author_name ?? (row.author_id === null ? null : `session ${row.author_id.slice(0, 8)}`),
    authorSessionId: row.author_id,
    branch: row.author_branch,
    note: row.body,
    writtenAt: isoText(row.written_at),
  };
}

function comparable(text: string): string {
  return text.normalize("NFKC").toLowerCase();
}
