// A landing in one line, as each session is told of it. Names are others' words: quoted, and cut. Pure.

import { counted } from "../../core/text.ts";
import { quoted } from "../roster/roster.ts";
import type { Method } from "./landings.ts";

export interface Told {
  /** That landed at once by the same commit. */
  branches: readonly string[];
  /** The target, as it is called where it landed. */
  place: string;
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

/** `mine`: what the session has beside the target; uncommitted changes are merged with nothing. */
export type Outlook =
  | { verdict: "clean"; mine: "committed" | "uncommitted" | "nothing" }
  | { verdict: "conflict"; files: readonly string[] };

/** By its own commits, or by others that make its whole change: `rebased` tells only that the changes are there. */
const DONE: Readonly<Record<Exclude<Method, "rebased">, string>> = {
  ff: "fast-forwarded into",
  merged: "merged into",
  squashed: "squashed into",
};
const SHORT = 7;
const MOST_BRANCHES = 3;
const LONGEST_BRANCH = 48;
const LONGEST_PLACE = 40;
const LONGEST_FILE = 50;
const LONGEST_PERSON = 30;
/** News are cut there. */
const MOST_CHARACTERS = 400;

export function newsOf(told: Told, part: Part): string {
  const noun = part.is === "own" ? "your branch" : "branch";
  return shortest((most) => `${landed(told, { noun, most })}.${restOf(part, most)}`);
}

/** How many names of a kind are written out. */
interface Most {
  branches: number;
  files: number;
}

/** From the longest on; the last one fits whatever the names are. */
const LENGTHS: readonly Most[] = [
  ...[5, 4, 3, 2, 1, 0].map((files) => ({ branches: MOST_BRANCHES, files })),
  { branches: 1, files: 0 },
];

function shortest(write: (most: Most) => string): string {
  const texts = LENGTHS.map(write);
  return texts.find((text) => text.length <= MOST_CHARACTERS) ?? texts.at(-1) ?? "";
}

function restOf(part: Part, { files }: Most): string {
  if (part.is === "own") return "";
  if (part.is === "asked") return " You asked to be told; your branch has it.";
  const end = part.mayRebase
    ? " To take it in: ask your user, then call rebase_assist."
    : " Ask your user before you take it in.";
  const found = `${sharedWords(part.shared, files)}${outlookWords(part.outlook, files)}`;
  return ` Your branch does not have it.${found}${end}`;
}

export interface Gone {
  branch: string;
  target: string;
  /** Where it was last seen. */
  tip: string | undefined;
  /** With that tip, when it was asked for. */
  hasLanded: boolean;
}

/** To who asked about a branch, when no look will ever tell more of it. */
export function goneNews({ branch, target, tip, hasLanded }: Gone): string {
  const stood =
    tip === undefined ? "nobody saw where it stood" : `it stood at ${tip.slice(0, SHORT)} when it was last seen`;
  const [it, there] = [quoted(branch, LONGEST_BRANCH), quoted(target, LONGEST_PLACE)];
  const found = hasLanded
    ? `nothing is known to have come after what had landed in ${there} when you asked`
    : `whether it has landed in ${there} is not known: nothing there shows it, and ${stood}`;
  return `branch ${it}, of which you asked to be told, is gone, and ${found}. You are told no more of it.`;
}

/** `branch "x" was squashed into "main" as 1a2b3c4 by "Jane"`. */
export function landed(
  { branches, place, commit, method, mergedBy }: Told,
  { noun = "branch", most = { branches: MOST_BRANCHES } }: { noun?: string; most?: Pick<Most, "branches"> } = {},
): string {
  const { which, isOne } = namesOf(branches, most.branches);
  const [what, where] = [`${noun}${isOne ? "" : "es"} ${which}`, quoted(place, LONGEST_PLACE)];
  const by = quoted(mergedBy, LONGEST_PERSON);
  const mark = markOf({ method, commit });
  // Rebased, picked or one commit squashed: nobody can tell, and the branch itself stands where it stood.
  if (method === "rebased") return `${what} landed in ${where} (the same change is there ${mark}${by})`;
  return `${what} ${isOne ? "was" : "were"} ${DONE[method]} ${where} ${mark}${by}`;
}

/** What news of this landing, and no others, have in their words. */
export function markOf({ method, commit }: { method: string | null; commit: string }): string {
  const as = commit.slice(0, SHORT);
  return method === "rebased" ? `as of commit ${as}, by ` : `as ${as} by `;
}

export interface Reverted {
  branches: readonly string[];
  place: string;
  /** As which it had landed. */
  commit: string;
  by: string;
  person: string;
  isOwn: boolean;
}

/** `branch "x", which had landed in "main" as 1a2b3c4, was reverted there as 5d6e7f8 by "Jane".` */
export function revertedNews({ branches, place, commit, by, person, isOwn }: Reverted): string {
  const { which, isOne } = namesOf(branches, MOST_BRANCHES);
  const what = `${isOwn && isOne ? "your branch" : isOne ? "branch" : "branches"} ${which}`;
  const where = `which had landed in ${quoted(place, LONGEST_PLACE)} as ${commit.slice(0, SHORT)}`;
  const done = `${isOne ? "was" : "were"} reverted there as ${by.slice(0, SHORT)} by ${quoted(person, LONGEST_PERSON)}`;
  return `${what}, ${where}, ${done}.`;
}

function namesOf(branches: readonly string[], most: number): { which: string; isOne: boolean } {
  const names = branches.slice(0, most).map((name) => quoted(name, LONGEST_BRANCH));
  const more = branches.length - names.length;
  const all = [...names, ...(more > 0 ? [`${more} more`] : [])];
  const isOne = branches.length === 1;
  return { which: (isOne ? all[0] : `${all.slice(0, -1).join(", ")} and ${all.at(-1)}`) ?? "", isOne };
}

function sharedWords(files: readonly string[], most: number): string {
  if (files.length === 0) return "";
  return ` It changed ${counted(files.length, "file")} that you changed, too${named(files, most)}.`;
}

const CLEAN = {
  committed: " With what you have committed it merges cleanly.",
  uncommitted: " Your uncommitted changes were not looked at: commit first, rebase_assist wants a clean checkout.",
  nothing: " You have no changes of your own, so it merges cleanly.",
} as const;

function outlookWords(outlook: Outlook | undefined, most: number): string {
  if (outlook === undefined) return "";
  if (outlook.verdict === "clean") return CLEAN[outlook.mine];
  const { files } = outlook;
  return ` It conflicts with what you have committed in ${counted(files.length, "file")}${named(files, most)}.`;
}

function named(files: readonly string[], most: number): string {
  if (most === 0 || files.length === 0) return "";
  const shown = files.slice(0, most).map((path) => quoted(path, LONGEST_FILE));
  const more = files.length - shown.length;
  return `: ${shown.join(", ")}${more > 0 ? ` and ${more} more` : ""}`;
}
