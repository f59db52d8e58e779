// Whether a command of the shell certainly writes no file: a short list of programs that only read, called in ways that
// only read. Whatever is not understood may write. Only what that saves is at stake: a look that finds nothing.

import { isReading } from "./readers.ts";

export interface Word {
  /** Without its quotes. */
  text: string;
  /** The shell may make an option of it that does not stand here: `*`, `{a,b}`, `-{a,b}`. */
  isOpen: boolean;
}

/** Longer ones are programs. */
const LONGEST = 10_000;

export function cannotWrite(command: string): boolean {
  if (command.length > LONGEST) return false;
  const commands = simpleCommands(command);
  return commands?.every((words) => isReading(words)) ?? false;
}

/** Between words and at the end of a redirection. */
const END = "(?=[ \\t\\n;|&]|$)";
/** What is written nowhere, or where the other stream goes. */
const HARMLESS = new RegExp(`^(?:&?>>?[ \\t]*/dev/null|>&[12])${END}`);
const OPERATOR = /^(?:&&|\|\||[;|\n](?![|&;]))/;

/** What is run one after the other; undefined for all but plain words, `&&`, `||`, `;`, `|` and lines. */
function simpleCommands(command: string): Word[][] | undefined {
  const commands: Word[][] = [];
  let words: Word[] = [];
  let rest = command;
  for (;;) {
    rest = rest.replace(/^(?:[ \t]|\\\n)+/, "");
    const [operator = ""] = OPERATOR.exec(rest) ?? [];
    if (rest === "" || operator !== "") {
      // Nothing but the end of a line may stand alone.
      if (words.length === 0 && operator !== "\n" && rest !== "") return undefined;
      if (words.length > 0) commands.push(words);
      words = [];
      if (rest === "") return commands;
      rest = rest.slice(operator.length);
      continue;
    }
    const [redirection] = HARMLESS.exec(rest.replace(/^[12](?=>)/, "")) ?? [];
    if (redirection !== undefined) {
      rest = rest.slice(redirection.length + (/^[12]>/.test(rest) ? 1 : 0));
      continue;
    }
    const read = readWord(rest);
    if (read === undefined) return undefined;
    words.push(read.word);
    rest = read.rest;
  }
}

/** By their first characters: a text in quotes, an escaped character, the last exit code, what is only itself. */
const SINGLE = /^'([^']*)'/;
const DOUBLE = /^"((?:[^"\\$`]|\\[\s\S]|\$\?)*)"/;
const ESCAPED = /^\\([^\n])/;
const EXIT = /^\$\?/;
const PLAIN = /^[^\s'"\\$`()<>;|&]/;

function readWord(text: string): { word: Word; rest: string } | undefined {
  // A comment.
  if (text.startsWith("#")) return undefined;
  let isOpen = false;
  let rest = text;
  let said = "";
  while (!/^(?:[ \t\n;|&>]|$)/.test(rest)) {
    const [whole, inner] =
      SINGLE.exec(rest) ?? DOUBLE.exec(rest) ?? ESCAPED.exec(rest) ?? EXIT.exec(rest) ?? PLAIN.exec(rest) ?? [];
    if (whole === undefined) return undefined;
    isOpen ||= /^[*?[{]/.test(whole) && /^(?:-|$)/.test(said);
    said += whole.startsWith('"')
      ? (inner ?? "").replace(/\\([$`"\\])/g, "$1").replaceAll("\\\n", "")
      : (inner ?? whole);
    rest = rest.slice(whole.length);
  }
  // A redirection that is none of the harmless ones.
  if (rest === text) return undefined;
  return { word: { text: said, isOpen }, rest };
}
