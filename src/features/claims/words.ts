// Claims in words, for agents and people: facts, no orders. Names, branches and reasons are others' words: quoted.

import { age } from "../../core/text.ts";
import { parseUtc } from "../../db/db.ts";
import { quoted, whoIs } from "../roster/roster.ts";
import type { Held } from "./hold.ts";

const LONGEST_REASON = 200;

/** Who has it, how, on which branch, since when and why. `isNamed`: it does not go without saying which file. */
export function heldWords({ claim, holder, pattern }: Held, { now, isNamed }: { now: Date; isNamed: boolean }): string {
  const on = holder.branch === null ? "on no branch" : `on branch ${quoted(holder.branch)}`;
  const where = holder.is_main_repo === 1 ? "in the main checkout" : `in ${quoted(holder.worktree_path, Infinity)}`;
  const part = claim.path_key === pattern.key && !isNamed ? "it" : quoted(claim.file_path, Infinity);
  const why = claim.reason === null ? noted(claim.source) : `, for: ${quoted(claim.reason, LONGEST_REASON)}`;
  const since = age(parseUtc(claim.claimed_at), now);
  return `${whoIs(holder)} (${on}, ${where}) has claimed ${part} ${claim.claim_mode} ${since} ago${why}`;
}

function noted(source: Held["claim"]["source"]): string {
  if (source === "edit") return ", as it edited there";
  return source === "shell" ? ", as a command of its shell wrote there" : "";
}

const MOST_HELD = 3;

/** As many as fit a few lines. */
export function heldLines(held: readonly Held[], now: Date): string[] {
  const isNamed = new Set(held.map(({ pattern }) => pattern.key)).size > 1;
  const lines = [...new Set(held.map((one) => `- ${heldWords(one, { now, isNamed })}.`))];
  const more = lines.length - MOST_HELD;
  return more > 0 ? [...lines.slice(0, MOST_HELD), `- and ${more} more: parallel-cc claims`] : lines;
}

const WAYS =
  "A claim ends when its session ends or releases it; send_message asks that session. Until then: work on something " +
  "else, or leave this part to it.";

export function refusedWords(path: string, held: readonly Held[], now: Date): string {
  return [
    `parallel-cc: ${quoted(path, Infinity)} was not changed, another session has it:`,
    ...heldLines(held, now),
    WAYS,
  ].join("\n");
}

export function warnedWords(paths: readonly string[], held: readonly Held[], now: Date): string {
  return [
    `parallel-cc: another session works on ${listed(paths)} too. What both change there has to be merged:`,
    ...heldLines(held, now),
    ...(isAnyExclusive(held) ? [FOR_ITSELF] : [SMALL]),
  ].join("\n");
}

/** Of what a command of the shell has written: nobody could refuse it. */
export function writtenWords(paths: readonly string[], held: readonly Held[], now: Date): string {
  if (!isAnyExclusive(held)) return warnedWords(paths, held, now);
  return [
    `parallel-cc: your command has written ${listed(paths)}, which another session has for itself:`,
    ...heldLines(held, now),
    `${FOR_ITSELF} \`git diff\` shows what was written there; send_message reaches that session.`,
  ].join("\n");
}

const SMALL = "Small changes, away from its own, merge; send_message tells it what you are about to do.";
const FOR_ITSELF = "It has asked that nobody else changes what is EXCLUSIVE.";

function isAnyExclusive(held: readonly Held[]): boolean {
  return held.some(({ claim }) => claim.claim_mode === "EXCLUSIVE");
}

const MOST_NAMED = 5;

/** Of many the first ones. */
export function listed(paths: readonly string[]): string {
  const named = paths
    .slice(0, MOST_NAMED)
    .map((one) => quoted(one, Infinity))
    .join(", ");
  return paths.length > MOST_NAMED ? `${named} and ${paths.length - MOST_NAMED} more` : named;
}
