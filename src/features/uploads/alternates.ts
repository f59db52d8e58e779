// Object directories that a repository borrows from: `objects/info/alternates`, as git reads and writes it.

import { existsSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { quotedPath } from "../../git/quoted-path.ts";

/** git follows five deep; more than these nobody has. */
const MOST = 32;

/** The object directory of a repository and all that it borrows from, as git follows them. */
export function objectDirectories(gitDir: string): string[] {
  const found = new Set([join(gitDir, "objects")]);
  for (const directory of found) {
    const file = join(directory, "info/alternates");
    if (!existsSync(file)) continue;
    for (const line of readFileSync(file, "utf8").split("\n")) {
      if (line !== "" && !line.startsWith("#") && found.size < MOST) found.add(resolve(directory, unquoted(line)));
    }
  }
  return [...found];
}

/** A line of the file. */
export function alternate(directory: string): string {
  // Unquoted it would be a comment, a quotation, or two lines.
  if (!/^["#]|\n/.test(directory)) return `${directory}\n`;
  return `${quotedPath(directory)}\n`;
}

const ESCAPES: ReadonlyMap<string, string> = new Map([
  ...([
    ["n", "\n"],
    ["t", "\t"],
    ["r", "\r"],
    ["a", "\x07"],
    ["b", "\b"],
    ["f", "\f"],
    ["v", "\v"],
  ] as const),
]);

function unquoted(line: string): string {
  const inner = /^"(.*)"$/.exec(line)?.[1];
  if (inner === undefined) return line;
  const bytes = Buffer.from(inner).toString("latin1");
  const plain = bytes.replace(/\\([0-7]{3}|.)/g, (_, sign: string) =>
    sign.length === 3 ? String.fromCharCode(Number.parseInt(sign, 8)) : (ESCAPES.get(sign) ?? sign),
  );
  return Buffer.from(plain, "latin1").toString();
}
