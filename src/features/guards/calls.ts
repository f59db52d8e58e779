// What a command line is followed for: the programs it would run, and the files it would empty by itself.

import type { Shell } from "./shell.ts";
import type { Value } from "./values.ts";

/** A program that would be run. */
export interface Call {
  name: string;
  args: readonly Value[];
  /** Undefined where it is not known. */
  directory: string | undefined;
  /** What it gets in its environment beside what its shell got. */
  variable(name: string): { value: string | undefined } | undefined;
  shell: Shell;
  /** It would be run for certain, or under a condition that is not about it. */
  isTold: boolean;
}

export interface Seen {
  call(call: Call): void;
  /** A file is emptied and written anew. */
  write(file: { path: string; directory: string | undefined }): void;
}

/** Of `/usr/bin/git` too; a file that merely has such a name, below here, is somebody's own program. */
export function programOf(word: string): string | undefined {
  const [, name] = /^\/(?:[\w.+-]+\/)*s?bin\/([^/]+)$/.exec(word) ?? [];
  return name ?? (word.includes("/") || word === "" ? undefined : word);
}
