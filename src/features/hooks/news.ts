// What an agent and its user are told at the start of a session: who else works in the repository, on what, and when two
// share one checkout. At most seven lines. Names and branches are others' words: quoted, and shown escaped.

import { counted } from "../../core/text.ts";
import { activityOf, type KnownSession, quoted, whereIs, whoIs } from "../roster/roster.ts";

export interface News {
  forAgent: string[];
  forUser: string[];
}

const MOST_LISTED = 4;
const MOST_FILES = 3;

/** Those that are told of one by one: the ones in the same checkout matter most. */
export function listedOf(own: KnownSession, others: readonly KnownSession[]): KnownSession[] {
  return others.toSorted((a, b) => Number(isHere(own, b)) - Number(isHere(own, a))).slice(0, MOST_LISTED);
}

/** By its checkout; where it is missing, it is not known what has changed there. */
export type ChangedFiles = ReadonlyMap<string, readonly string[]>;

/** Nobody else: nothing to say. */
export function newsFor(own: KnownSession, others: readonly KnownSession[], changed: ChangedFiles): News {
  if (others.length === 0) return { forAgent: [], forUser: [] };
  const listed = listedOf(own, others);
  const more = others.length - listed.length;
  const sharing = others.filter((one) => isHere(own, one));
  const forAgent = [
    `parallel-cc: ${counted(others.length, "other session")} of Claude Code at work in this repository.`,
    ...listed.map(
      (one) => `- ${whoIs(one)}, ${whereIs(one, isHere(own, one))}${whatDoes(one, changed.get(one.worktree_path))}`,
    ),
    ...(more > 0 ? [`- and ${more} more: parallel-cc status`] : []),
    ...(sharing.length > 0 ? [SHARED] : []),
  ];
  const forUser =
    sharing.length > 0 && own.is_sharing === 1
      ? [
          `parallel-cc: this checkout is shared with ${sharing.map(whoIs).join(", ")}. Start claude as claude-parallel, ` +
            "and each session gets a worktree of its own.",
        ]
      : [];
  return { forAgent, forUser };
}

const SHARED =
  "You share this checkout: others change files under you, and what you commit, stash, check out or reset takes their " +
  "changes along. Leave what you did not change yourself alone.";

function whatDoes(one: KnownSession, files: readonly string[] = []): string {
  const activity = activityOf(one);
  const doing = activity === "ended" ? "its conversation has ended" : activity;
  const shown = files.slice(0, MOST_FILES).map((file) => quoted(file));
  const more = files.length > MOST_FILES ? ` and ${files.length - MOST_FILES} more` : "";
  const changes = files.length === 0 ? null : `changed ${shown.join(", ")}${more}`;
  const parts = [doing, changes].filter((part) => part !== null);
  return parts.length === 0 ? "" : `: ${parts.join("; ")}`;
}

function isHere(own: KnownSession, one: KnownSession): boolean {
  return one.worktree_path === own.worktree_path;
}
