// Notes for people: who wrote each, when, its id, and its words, quoted and as wide as the terminal. And for models.

import type { Page } from "../../core/operation.ts";
import { age, counted, cutEnd, printable, QUOTE_MARK, quotedLines, unframed, wordsForModel } from "../../core/text.ts";
import type { Note, NoteList } from "./read.ts";
import type { Added } from "./write.ts";

export function notesText(
  { notes, total }: NoteList,
  page: Page,
  { search }: { search?: string; limit?: number },
): string {
  if (total === 0) return search === undefined ? "No notes.\n" : "No note has all of these words.\n";
  const more = total - notes.length;
  const left = more === 0 ? [] : [page.paint.dim(fitting(`${counted(more, "earlier note")}: --limit ${total}`, page))];
  return linesText([...left, ...notes.flatMap((one) => noteLines(one, page))]);
}

/** Others' words are data: nothing in them ends, hides or colours what stands around them. */
export function listForModel({ notes, total }: NoteList): NoteList {
  const name = (one: string | null) => (one === null ? null : unframed(printable(one)));
  return {
    notes: notes.map((one) => {
      return { ...one, author: name(one.author), branch: name(one.branch), note: wordsForModel(one.note) };
    }),
    total,
  };
}

export function removedText({ removed, total }: { removed: Note; total: number }, page: Page): string {
  return linesText([fitting(`Removed; ${counted(total, "note")} left. It said:`, page), ...noteLines(removed, page)]);
}

const NARROWEST = 10;
/** What both doors answer after a note was written. */
export function sharedAnswer({ noteId, total, replaced }: Added): { noteId: string; total: number; message: string } {
  const went = replaced === undefined ? "" : ` It replaces ${replaced.id}, which said: "${printable(replaced.note)}".`;
  return { noteId, total, message: `Noted; this repository has ${counted(total, "note")}.${went}` };
}

/** Of an id: as much as tells it from others. */
const ID_LENGTH = 8;

function noteLines(one: Note, page: Page): string[] {
  const width =
    page.columns === undefined ? Number.POSITIVE_INFINITY : Math.max(NARROWEST, page.columns - QUOTE_MARK.length);
  const head = fitting(`${one.id.slice(0, ID_LENGTH)}  ${headOf(one, page.now)}`, page);
  return [page.paint.bold(head), ...quotedLines(one.note, width)];
}

function headOf({ author, branch, writtenAt }: Note, now: Date): string {
  const who = author === null ? "somebody at the command line" : printable(author);
  return `${who}${branch === null ? "" : `, on ${printable(branch)}`}, ${age(new Date(writtenAt), now)} ago`;
}

function fitting(line: string, { columns }: Page): string {
  return columns === undefined ? line : cutEnd(line, columns);
}

function linesText(lines: readonly string[]): string {
  return lines.map((line) => `${line}\n`).join("");
}
