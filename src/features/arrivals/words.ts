// A landing in one line, as each session is told of it. Names are others' words: quoted, and cut. Pure.

import { counted } from "../../core/text.ts";
import { quoted } from "../roster/roster.ts";
import type { Method } from "./landings.ts";

export interface Told {
  /** That landed at once by the same commit. */
  branches: readonly string[];
  target: string;
  commit: string;
  method: Method;
  mergedBy: string;
}

/** What a session is to it. */
export type Part =
  | { is: "own" }
  /** It asked to be told, and has it already. */
  | { is: "asked" }
  /** Its base lacks it. `mayRebase`: in a worktree of its own; `shared`: what both changed; `outlook`: of taking it in. */
  | { is: "behind"; mayRebase: boolean; shared: readonly string[]; outlook: Outlook | undefined };

export type Outlook = { verdict: "clean" } | { verdict: "conflict"; files: readonly string[] };

const DONE: Readonly<Record<Method, string>> = {
  ff: "fast-forwarded into",
  merged: "merged into",
  rebased: "rebased onto",
  squashed: "squashed into",
};
const SHORT = 7;
const MOST_BRANCHES = 3;
const MOST_FILES = 5;
const LONGEST_FILE = 50;
const LONGEST_PERSON = 40;
/** News are cut there. */
const MOST_CHARACTERS = 400;

export function newsOf(told: Told, part: Part): string {
  const sentence = `${landed(told, part.is === "own" ? "your branch" : "branch")}.`;
  if (part.is === "own") return sentence;
  if (part.is === "asked") return `${sentence} You asked to be told; your branch has it.`;
  const end = part.mayRebase
    ? " To take it in: ask your user, then call rebase_assist."
    : " Ask your user before you take it in.";
  const start = `${sentence} Your branch does not have it.`;
  const parts = [sharedWords(part.shared), outlookWords(part.outlook)];
  // Of names as many as there is room for.
  for (let most = MOST_FILES; most > 0; most--) {
    const text = `${start}${parts.map((words) => words(most)).join("")}${end}`;
    if (text.length <= MOST_CHARACTERS) return text;
  }
  return `${start}${parts.map((words) => words(0)).join("")}${end}`;
}

/** `branch "x" was squashed into "main" as 1a2b3c4 by "Jane"`. */
export function landed({ branches, target, commit, method, mergedBy }: Told, noun = "branch"): string {
  const names = branches.slice(0, MOST_BRANCHES).map((name) => quoted(name));
  const more = branches.length - names.length;
  const all = [...names, ...(more > 0 ? [`${more} more`] : [])];
  const which = all.length < 2 ? (all[0] ?? "") : `${all.slice(0, -1).join(", ")} and ${all.at(-1)}`;
  const what = `${branches.length === 1 ? noun : noun.replace("branch", "branches")} ${which}`;
  const was = branches.length === 1 ? "was" : "were";
  return `${what} ${was} ${DONE[method]} ${quoted(target)} as ${commit.slice(0, SHORT)} by ${quoted(mergedBy, LONGEST_PERSON)}`;
}

function sharedWords(files: readonly string[]) {
  return (most: number): string =>
    files.length === 0
      ? ""
      : ` It changed ${counted(files.length, "file")} that you changed, too${named(files, most)}.`;
}

function outlookWords(outlook: Outlook | undefined) {
  return (most: number): string => {
    if (outlook === undefined) return "";
    if (outlook.verdict === "clean") return " With what you have committed it merges cleanly.";
    return ` It conflicts with what you have committed in ${counted(outlook.files.length, "file")}${named(outlook.files, most)}.`;
  };
}

function named(files: readonly string[], most: number): string {
  if (most === 0 || files.length === 0) return "";
  const shown = files.slice(0, most).map((path) => quoted(path, LONGEST_FILE));
  const more = files.length - shown.length;
  return `: ${shown.join(", ")}${more > 0 ? ` and ${more} more` : ""}`;
}
