// What an agent is told of an edit that others' work will conflict with: a line for each session, whole sentences, and no
// longer than a hook may be.

import { counted, printable } from "../../core/text.ts";
import { type KnownSession, quoted, whoIs } from "../roster/roster.ts";
import type { What } from "./judge-file.ts";
import type { Lines } from "./meeting.ts";

const MOST_PEERS = 5;
/** Fewer of each session where there are too many to be handed on at once, which is 2,000 characters. */
const MOST_PLACES = [5, 3, 2, 1];
const LONGEST = 1900;
const LONGEST_PATH = 120;
const LONGEST_BESIDE = 60;
const MOST_BESIDE = 2;

type Named = Pick<KnownSession, "id" | "name" | "branch">;

export interface Conflicting {
  peer: Named;
  /** In its checkout. */
  beside: readonly Named[];
  what: What;
}

export function editWords(file: string, met: readonly Conflicting[]): string {
  const tried = MOST_PLACES.map((places) => wordsWith(places, file, met));
  return tried.find(({ length }) => length <= LONGEST) ?? tried.at(-1) ?? "";
}

function wordsWith(places: number, file: string, met: readonly Conflicting[]): string {
  const which = `What you are writing to ${shortened(file, LONGEST_PATH)}`;
  return [
    `parallel-cc: ${which} will conflict with uncommitted or unlanded work of ${counted(met.length, "other session")}:`,
    ...met.slice(0, MOST_PEERS).map((one) => lineFor(one, places)),
    ...(met.length > MOST_PEERS ? [`- and ${met.length - MOST_PEERS} more: get_conflict_radar.`] : []),
    "It is not refused. Agree with them (send_message) who changes what of it, or keep out of it.",
  ].join("\n");
}

function lineFor({ peer, beside, what }: Conflicting, places: number): string {
  const on = peer.branch === null ? "on no branch" : `on branch ${quoted(peer.branch)}`;
  const more = beside.length - MOST_BESIDE;
  const who = [peer, ...beside.slice(0, MOST_BESIDE)].map(whoIs);
  const all = more > 0 ? [...who, `${more} more`] : who;
  return printable(`- ${all.join(" and ")}, ${on}: ${saidOf(what, places)}.`);
}

function saidOf(what: What, most: number): string {
  switch (what.kind) {
    case "deleted":
      return "it has deleted the file";
    case "whole":
      return "it has changed the file, too, and git merges none of its lines";
    case "link":
      return "it has a symbolic link there";
    case "directory":
      return "it has a directory there";
    case "resolving":
      return "it is resolving a conflict in this file";
    case "moved-apart":
      return `it has renamed the file as well, to ${shortened(what.to, LONGEST_BESIDE)}`;
    case "in-the-way":
      return `it has no directory, but a file or a link at ${shortened(what.at, LONGEST_BESIDE)}`;
    case "lines": {
      const { meetings, movedTo } = what;
      const places = meetings.slice(0, most).map(({ ours, theirs }) => `your ${range(ours)}, its ${range(theirs)}`);
      const more = meetings.length > most ? [`and ${counted(meetings.length - most, "more place")}`] : [];
      const where = movedTo === undefined ? "" : `it has renamed the file to ${shortened(movedTo, LONGEST_BESIDE)}; `;
      return `${where}${[...places, ...more].join("; ")}`;
    }
  }
}

function range({ from, to }: Lines): string {
  if (to < from) return `nothing at line ${from}`;
  return from === to ? `line ${from}` : `lines ${from}-${to}`;
}

/** In the middle: where it begins and its name tell most. */
function shortened(path: string, longest: number): string {
  const shown = quoted(path, Number.POSITIVE_INFINITY);
  if (shown.length <= longest) return shown;
  const half = Math.floor((longest - 1) / 2);
  return `${shown.slice(0, half)}…${shown.slice(-half)}`.toWellFormed();
}
