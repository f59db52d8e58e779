// The SQL of notes. A repository is known by its path, too: the number of a device may be another after a restart.

import { NUMBER, TEXT, TEXT_OR_NULL, v } from "../../core/shape.ts";
import type { Db } from "../../db/db.ts";

const noteShape = () =>
  v.object({
    id: TEXT,
    author_id: TEXT_OR_NULL,
    author_name: TEXT_OR_NULL,
    author_branch: TEXT_OR_NULL,
    body: TEXT,
    written_at: TEXT,
  });
export type NoteRow = v.InferOutput<ReturnType<typeof noteShape>>;

export interface Place {
  gitDir: string;
  gitDirId: string;
}

const HERE = "(git_dir = $gitDir OR git_dir_id = $gitDirId)";

/** In the order in which they were written. */
export function notesOf(db: Db, { gitDir, gitDirId }: Place): NoteRow[] {
  const sql = `SELECT id, author_id, author_name, author_branch, body, written_at FROM notes WHERE ${HERE} ORDER BY rowid`;
  return db.all(noteShape(), sql, { gitDir, gitDirId });
}

export function countNotes(db: Db, { gitDir, gitDirId }: Place): number {
  const sql = `SELECT count(*) AS n FROM notes WHERE ${HERE}`;
  return db.one(v.object({ n: NUMBER }), sql, { gitDir, gitDirId })?.n ?? 0;
}

export function insertNote(
  db: Db,
  { gitDir, gitDirId, ...note }: Place & Omit<NoteRow, "written_at">,
  now: string,
): void {
  db.run(
    `INSERT INTO notes (id, git_dir, git_dir_id, author_id, author_name, author_branch, body, written_at)
     VALUES ($id, $gitDir, $gitDirId, $author_id, $author_name, $author_branch, $body, $now)`,
    { ...note, gitDir, gitDirId, now },
  );
}

export function deleteNote(db: Db, id: string): void {
  db.run("DELETE FROM notes WHERE id = $id", { id });
}

/** They stay with a repository that was moved, or whose device has another number now. */
export function followNotes(db: Db, { gitDir, gitDirId }: Place): void {
  db.run(`UPDATE notes SET git_dir = $gitDir, git_dir_id = $gitDirId WHERE ${HERE}`, { gitDir, gitDirId });
}
