// What an installation has to remember so that taking it out restores the very bytes: in `install.json` of the data
// directory, by real paths. A broken one loses the notes and nothing else.

import { existsSync, rmdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { TEXT, v, YES_OR_NO } from "../../core/shape.ts";
import { dropUnfinished, replaceFile, targetOf } from "../../files/atomic.ts";
import { removeIfFile } from "../../files/directory.ts";
import { NOTE } from "../../files/json-note.ts";
import { readSmallFile } from "../../files/small.ts";
import { unwritableFile } from "../../files/unwritable.ts";
import type { World } from "../../world.ts";

const notesShape = () =>
  v.object({
    /** JSON files with entries of ours, and of which kinds. */
    json: v.record(TEXT, v.object({ parts: v.array(TEXT), note: v.optional(NOTE) })),
    /** Text files with lines of ours. */
    texts: v.record(TEXT, v.object({ wasMade: YES_OR_NO, hadNoEnd: YES_OR_NO })),
    /** Files that are ours as a whole, by the SHA-256 of what we wrote. */
    files: v.record(TEXT, TEXT),
    /** pre-commit hooks with the guard, each with the repository it was put in for. */
    guards: v.optional(v.record(TEXT, v.object({ gitDir: TEXT, wasMade: YES_OR_NO })), {}),
    /** Directories that were made for any of these. */
    directories: v.array(TEXT),
    /** Of Claude Code's settings before it was told of our plugin; never a word of them, for they may hold secrets. */
    plugin: v.fallback(v.optional(v.object({ hadFile: YES_OR_NO, tables: v.array(TEXT) })), undefined),
  });

export type NotesOf = v.InferOutput<ReturnType<typeof notesShape>>;

export class Notes {
  readonly held: NotesOf;
  private readonly file: string;
  private written: string;

  constructor(world: Pick<World, "paths">) {
    this.file = join(world.paths.home, "install.json");
    const { held, text } = readNotes(this.file);
    this.held = held ?? { json: {}, texts: {}, files: {}, guards: {}, directories: [] };
    this.written = held === undefined ? JSON.stringify(this.held) : text;
  }

  /** To be called after each change of a file: whoever is killed then has lost nothing. */
  keep(): void {
    const text = JSON.stringify(this.held);
    if (text === this.written) return;
    const isEmpty = Object.values(this.held).every((one) => Object.keys(one ?? {}).length === 0);
    try {
      dropUnfinished(this.file);
      if (isEmpty) removeIfFile(this.file);
      else replaceFile({ file: this.file, text: `${text}\n`, mode: 0o600, directoryMode: 0o700 });
    } catch (cause) {
      throw unwritableFile({ file: this.file, code: "install.notes", cause });
    }
    this.written = text;
  }

  /** Before a file is written: which of its directories are not there, and what one that was killed has left in them. */
  expect(file: string): void {
    const { directories } = this.held;
    dropUnfinished(targetOf(file));
    for (let folder = dirname(targetOf(file)); !existsSync(folder); folder = dirname(folder)) {
      if (!directories.includes(folder)) directories.push(folder);
    }
  }

  /** Of files that are not there any more: their repository was moved, or is gone. */
  forgetGone(): void {
    for (const notes of [this.held.json, this.held.texts, this.held.files, this.held.guards]) {
      for (const file of Object.keys(notes)) if (!existsSync(file)) delete notes[file];
    }
  }

  /** Takes away the empty ones of those that were made, and forgets them all. */
  dropDirectories(): void {
    for (const folder of this.held.directories.toSorted((one, other) => other.length - one.length)) {
      try {
        rmdirSync(folder);
      } catch {
        // Somebody uses it by now, or took it away.
      }
    }
    this.held.directories = [];
  }
}

function readNotes(file: string): { held: NotesOf | undefined; text: string } {
  try {
    const text = readSmallFile(file).trimEnd();
    const parsed = v.safeParse(v.pipe(v.string(), v.parseJson(), notesShape()), text);
    return { held: parsed.success ? parsed.output : undefined, text };
  } catch {
    return { held: undefined, text: "" };
  }
}
