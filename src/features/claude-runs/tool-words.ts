// What a tool is about, in a few words of its input: for people to see what goes on. All of it is claude's, so that
// control characters are shown, and there is an end to it.

import { cutEnd, printable } from "../../core/text.ts";

const MOST_CHARACTERS = 200;

/** The input that says most, for the tools of Claude Code (2.1.328) that have one. */
const TELLING = ["file_path", "notebook_path", "command", "pattern", "url", "query", "subject", "description", "skill"];

export function aboutTool(input: Readonly<Record<string, unknown>>): string {
  const told = TELLING.map((name) => input[name]).find((value) => typeof value === "string" && value !== "");
  return typeof told === "string" ? oneLine(told, MOST_CHARACTERS) : "";
}

/** Printable, in one line, and no longer. */
export function oneLine(text: string, most = MOST_CHARACTERS): string {
  // What is cut off anyway is not looked at.
  return cutEnd(
    printable(
      text
        .slice(0, most * 4)
        .trim()
        .replace(/\s+/g, " "),
    ),
    most,
  );
}

/** The file that a tool writes; undefined for one that writes none that it names. */
export function writtenFile(name: string, input: Readonly<Record<string, unknown>>): string | undefined {
  if (!["Write", "Edit", "MultiEdit", "NotebookEdit"].includes(name)) return undefined;
  const file = input["file_path"] ?? input["notebook_path"];
  return typeof file === "string" ? oneLine(file, 500) : undefined;
}
