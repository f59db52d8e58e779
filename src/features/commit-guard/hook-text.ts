// The guard's lines in a pre-commit hook, and what kind of hook it is. Pure. Texts are taken byte by byte (latin1), so
// that whatever else stands in a file survives.

import { shellWord } from "../../core/text.ts";

const TITLE = "# parallel-cc guard: no commit of what another live session has claimed EXCLUSIVE.";

/** A subshell: no variable of it is left, whatever the script's options are. Only exit 1 is a refusal. */
const HEAD = `${TITLE}
# It goes with: parallel-cc install --uninstall --guard
(
  guard=`;
const TAIL = `
  [ -x "$guard" ] || guard=$(command -v parallel-cc) || exit 0
  "$guard" claims check --staged </dev/null >/dev/null || [ $? -ne 1 ]
) || exit 1
# parallel-cc guard: end.`;

/** What somebody writes into a hook of their own. */
export const BY_HAND =
  "if command -v parallel-cc >/dev/null; then parallel-cc claims check --staged >/dev/null || [ $? -ne 1 ] || exit 1; fi";

/** `program`: where it is; without, PATH is asked. */
export function guardLines(program: string | undefined): string {
  // A name of two lines would not be found again.
  const word = program === undefined || program.includes("\n") ? "''" : shellWord(program);
  return `${HEAD}${Buffer.from(word).toString("latin1")}${TAIL}\n`;
}

interface Place {
  from: number;
  to: number;
}

/** With the end of its last line, where it has one. */
function placeOf(text: string): Place | undefined {
  const from = `\n${text}`.indexOf(`\n${HEAD}`);
  const word = from < 0 ? -1 : text.indexOf("\n", from + HEAD.length);
  if (word < 0 || !text.startsWith(TAIL, word)) return undefined;
  const end = word + TAIL.length;
  if (end === text.length) return { from, to: end };
  return text[end] === "\n" ? { from, to: end + 1 } : undefined;
}

/** The lines as they stand there. */
export function guardIn(text: string): string | undefined {
  const place = placeOf(text);
  return place === undefined ? undefined : text.slice(place.from, place.to);
}

/** Whether somebody has changed the lines, so that they are no longer known as ours. */
export function isGuardChanged(text: string): boolean {
  return guardIn(text) === undefined && text.includes("# parallel-cc guard:");
}

/** Whether a hook asks by itself, as its user wrote it. */
export function asksByHand(text: string): boolean {
  return !isGuardChanged(text) && /^[^#\n]*claims check --staged/m.test(withoutGuard(text));
}

/** First of all that the hook does: it is quick, and what it refuses needs no tests to run. */
export function withGuard(text: string, lines: string): string {
  const place = placeOf(text);
  if (place !== undefined) {
    const hasEnd = text[place.to - 1] === "\n";
    return text.slice(0, place.from) + (hasEnd ? lines : lines.slice(0, -1)) + text.slice(place.to);
  }
  if (!text.startsWith("#!")) return lines + text;
  const end = text.indexOf("\n");
  // Without an end of its last line before, without one afterwards: so it is known whose it is.
  if (end < 0) return `${text}\n${lines.slice(0, -1)}`;
  return text.slice(0, end + 1) + lines + text.slice(end + 1);
}

export function withoutGuard(text: string): string {
  const place = placeOf(text);
  if (place === undefined) return text;
  const [before, after] = [text.slice(0, place.from), text.slice(place.to)];
  return text[place.to - 1] === "\n" ? before + after : before.replace(/\n$/, "") + after;
}

const FIRST = "#!/bin/sh\n";

/** A hook of our own, where there was none. */
export function ownHook(lines: string): string {
  return FIRST + lines;
}

export function isOwnHook(text: string): boolean {
  return guardIn(text) !== undefined && withoutGuard(text) === FIRST;
}

/** What stood there is moved aside under this ending. */
export const ASIDE = ".before-parallel-cc";

/** Whoever moves this one aside in turn and calls it shall not call it for ever. */
const CALLS_ASIDE = `# What stood here before goes on, as it was called.
before=$(dirname -- "$0")/pre-commit${ASIDE}
[ -x "$before" ] && [ "\${PARALLEL_CC_BEFORE-}" != "$PWD $before" ] || exit 0
PARALLEL_CC_BEFORE="$PWD $before"
export PARALLEL_CC_BEFORE
exec "$before" "$@"
`;

/** A hook of our own in front of one that is not for a shell. */
export function hookBefore(lines: string): string {
  return FIRST + lines + CALLS_ASIDE;
}

export function isHookBefore(text: string): boolean {
  return guardIn(text) !== undefined && withoutGuard(text) === FIRST + CALLS_ASIDE;
}

/** Whether the lines can stand in it: without a first line that names a program, git has sh run it. */
export function isShellScript(text: string): boolean {
  if (text.includes("\0")) return false;
  return (
    !text.startsWith("#!") ||
    /^#![ \t]*(\S*\/)?(env[ \t]+(-\S+[ \t]+)*)?(\S*\/)?(ba|da|a|k|mk|z)?sh([ \t]|$)/m.test(text.split("\n", 1)[0] ?? "")
  );
}

/** One that is called under several names and looks which: it would not know itself by another. */
export function looksAtItsName(text: string): boolean {
  return text.split("\n").some((line) => ITSELF.test(line) && ITS_NAME.test(line));
}

const ITSELF = /\$0|\$\{0|BASH_SOURCE|PROGRAM_NAME|argv|__file__|__FILE__|__filename|import\.meta/;
const ITS_NAME = /basename|\.name\b|\.stem\b|##\*\//;

/** What writes its hooks anew some day, so that the guard is gone: by a word that each leaves in them. */
const WRITERS = [
  ["lefthook", /\bcall_lefthook\b/, "at lefthook install, and when its configuration changes"],
  ["husky", /^\. "\$\(dirname "\$0"\)\/h"$/m, "when husky runs, as at npm install"],
  ["pre-commit", /^# File generated by pre-commit/m, "at pre-commit install"],
  ["simple-git-hooks", /SKIP_SIMPLE_GIT_HOOKS/, "when simple-git-hooks runs"],
] as const;

/** When a hook is written anew by the tool that made it. */
export function writtenAnew(text: string): string | undefined {
  return WRITERS.find(([, sign]) => sign.test(text))?.[2];
}
