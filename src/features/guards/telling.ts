// What an agent is told of what would destroy another's work: facts, no orders. Names, branches, messages and
// paths are others' words: quoted.

import { age, cutEnd } from "../../core/text.ts";
import { parseUtc } from "../../db/db.ts";
import { type KnownSession, quoted, whereIs, whoIs } from "../roster/roster.ts";
import { currentBranches } from "./others.ts";
import type { Hit } from "./verdict.ts";

const MOST_CHARACTERS = 600;

export function wordsFor(hit: Hit, { isRefused, now }: { isRefused: boolean; now: Date }): string {
  const begin = isRefused ? "parallel-cc: this command was not run." : "parallel-cc, of the command that runs now:";
  const way = isRefused
    ? " send_message reaches that session; a user can run it in a terminal (parallel-cc help guards)."
    : "";
  return within(begin, whatWouldBe(hit, now), way);
}

/** Of a file that is written: one that is there, or a new one. */
export function wordsForEdit(
  { path, isNew, session }: { path: string; isNew: boolean; session: KnownSession },
  { isRefused, now }: { isRefused: boolean; now: Date },
): string {
  const begin = isRefused ? "parallel-cc: this edit was not made:" : "parallel-cc, of the edit that is made now:";
  const way = isRefused
    ? " send_message reaches that session; a user can make the edit themselves (parallel-cc help guards)."
    : "";
  const what = `${isNew ? "the new file " : ""}${quoted(path, Infinity)}`;
  return within(begin, `${what} is in the checkout of ${whoIs(session)} (${livesAs(session, now)}).`, way);
}

function within(begin: string, told: string, way: string): string {
  return `${begin} ${cutEnd(told, MOST_CHARACTERS - begin.length - way.length - 1)}${way}`;
}

function livesAs(session: KnownSession, now: Date): string {
  const [branch] = currentBranches(session);
  const where = whereIs({ ...session, branch: branch ?? session.branch }, false);
  return `${where}, since ${age(parseUtc(session.created_at), now)}`;
}

function whatWouldBe({ claim, session, what }: Hit, now: Date): string {
  const deed = `\`${claim.deed}\``;
  const who = whoIs(session);
  const lives = livesAs(session, now);
  switch (what.kind) {
    case "checkout":
      return `${deed} would undo what ${who} has not committed, or its commits; it works there (${lives}).`;
    case "worktree":
      return `${deed} would take the worktree away in which ${who} works (${lives}).`;
    case "missing":
      return `${deed} would make git forget the worktree of ${who}, whose directory is not there just now (${lives}).`;
    case "reflogs":
      return `${deed} would delete the reflogs of all worktrees, and the stash with them; ${who} works in one (${lives}).`;
    case "branch":
      return `${deed} would delete, rename or move the branch ${quoted(what.branch)}, which ${who} has checked out (${lives}).`;
    case "pushed":
      return `${deed} would write over or delete the pushed branch ${quoted(what.branch)}, on which ${who} works (${lives}).`;
    case "stash":
      return `${deed} would take stash@{${what.number}} (${quoted(what.entry.message)}), made where ${who} works (${lives}). ${ownEntry(what.own)}`;
    case "inside":
      return `${deed} would destroy ${quoted(what.path, Infinity)}, which belongs to ${who} (${lives}).`;
    case "around":
      return `${deed} would destroy ${quoted(what.path, Infinity)}, in which ${who} works (${lives}).`;
    case "repository":
      return `${deed} would destroy ${quoted(what.path, Infinity)} of the repository itself, in which ${who} works too (${lives}).`;
  }
}

function ownEntry(number: number | undefined): string {
  const shared = "All worktrees share one stash list";
  return number === undefined
    ? `${shared}; none of it is from your branch.`
    : `${shared}; the newest from your branch is stash@{${number}}.`;
}
