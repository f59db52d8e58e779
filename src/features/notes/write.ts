// Writing notes down and taking them out again. There is room for so many; beyond that somebody has to choose what goes.

import { Failure, usage } from "../../core/failure.ts";
import { printable } from "../../core/text.ts";
import type { Db } from "../../db/db.ts";
import type { World } from "../../world.ts";
import type { KnownSession } from "../roster/roster.ts";
import { type Note, shownNote } from "./read.ts";
import { countNotes, deleteNote, followNotes, insertNote, type NoteRow, notesOf, type Place } from "./store.ts";

const MOST_CHARACTERS = 2000;
const MOST_NOTES = 200;

export interface NewNote {
  place: Place;
  author: KnownSession | undefined;
  body: string;
  /** The id of a note, or four or more characters that it begins with: that one goes. */
  replaces?: string | undefined;
}

export interface Added {
  noteId: string;
  total: number;
  replaced: Note | undefined;
}

/** Errors: `usage.empty`, `usage.too-long`, `note.none`, `usage.ambiguous`, `notes.full`. */
export function addNote({ newId }: Pick<World, "newId">, db: Db, made: NewNote): Added {
  const { place, author, replaces } = made;
  const body = checked(made.body);
  const id = newId();
  return db.write((now) => {
    const replaced = replaces === undefined ? undefined : noteCalled(notesOf(db, place), replaces);
    if (replaced !== undefined) deleteNote(db, replaced.id);
    if (countNotes(db, place) >= MOST_NOTES) throw full();
    followNotes(db, place);
    const by = {
      author_id: author?.id ?? null,
      author_name: author?.name ?? null,
      author_branch: author?.branch ?? null,
    };
    insertNote(db, { ...place, id, ...by, body }, now);
    return {
      noteId: id,
      total: countNotes(db, place),
      replaced: replaced === undefined ? undefined : shownNote(replaced),
    };
  });
}

/** For good. Errors: `note.none`, `usage.ambiguous`. */
export function removeNote(
  db: Db,
  { place, called }: { place: Place; called: string },
): { removed: Note; total: number } {
  return db.write(() => {
    const found = noteCalled(notesOf(db, place), called);
    deleteNote(db, found.id);
    return { removed: shownNote(found), total: countNotes(db, place) };
  });
}

function noteCalled(notes: readonly NoteRow[], called: string): NoteRow {
  const whole = notes.filter(({ id }) => id === called);
  const prefix = called.toLowerCase();
  const begun = called.length < SHORTEST_ID ? [] : notes.filter(({ id }) => id.startsWith(prefix));
  const [found, ...more] = whole.length > 0 ? whole : begun;
  if (found === undefined) {
    throw new Failure({
      code: "note.none",
      message: `No note of this repository has the id "${printable(called)}".`,
      hint: "`parallel-cc notes` and read_notes tell the ids.",
    });
  }
  if (more.length === 0) return found;
  const ids = [found, ...more].map(({ id }) => id).join(", ");
  throw usage("ambiguous", `The ids of ${more.length + 1} notes begin with "${printable(called)}": ${ids}.`);
}

const SHORTEST_ID = 4;

/** SQLite's texts end at a NUL. */
function checked(given: string): string {
  const body = given.replaceAll("\0", "");
  if (body.trim() === "") throw usage("empty", "The note is empty.");
  if (body.length <= MOST_CHARACTERS) return body;
  throw usage(
    "too-long",
    `The note has ${body.length} characters; ${MOST_CHARACTERS} are the most.`,
    "Commit the long text, and note down where it is.",
  );
}

function full(): Failure {
  return new Failure({
    code: "notes.full",
    message: `This repository has ${MOST_NOTES} notes, which are the most.`,
    hint: "Replace one that no longer holds (replaces, or --replaces <id>), or take it out: parallel-cc notes remove <id>.",
  });
}
