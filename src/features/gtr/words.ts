// What a program said last, for the sentence that tells of its failure.

import { printable } from "../../core/text.ts";

const MOST = 3;

/** gtr's and git's own lines of errors when there are any, else the last lines; in one. */
export function lastWords(said: string): string {
  const lines = said.split("\n").filter((line) => line.trim() !== "");
  const telling = lines.filter((line) => ERROR.test(line));
  const chosen = telling.length > 0 ? telling : lines;
  return chosen
    .slice(-MOST)
    .map((line) => printable(line.replace(ERROR, "").trim()))
    .join("; ");
}

const ERROR = /^(\[x\]|fatal:|error:) /;
