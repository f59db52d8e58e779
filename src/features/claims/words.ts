// Claims in words, for agents and people: facts, no orders. Names, branches and reasons are others' words: quoted.

import { age } from "../../core/text.ts";
import { parseUtc } from "../../db/db.ts";
import { quoted, whoIs } from "../roster/roster.ts";
import type { Held } from "./hold.ts";

const LONGEST_REASON = 200;

/** Who has it, how, on which branch, since when and why. */
export function heldWords({ claim, holder, pattern }: Held, now: Date): string {
  const on = holder.branch === null ? "on no branch" : `on branch ${quoted(holder.branch)}`;
  const where = holder.is_main_repo === 1 ? "in the main checkout" : `in ${quoted(holder.worktree_path, Infinity)}`;
  const part = claim.path_key === pattern.key ? "it" : quoted(claim.file_path, Infinity);
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
  const shown = held.slice(0, MOST_HELD).map((one) => `- ${heldWords(one, now)}.`);
  return held.length > MOST_HELD ? [...shown, `- and ${held.length - MOST_HELD} more: parallel-cc claims`] : shown;
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
  const named = paths.map((one) => quoted(one, Infinity)).join(", ");
  return [
    `parallel-cc: another session works on ${named} too. What both change there has to be merged:`,
    ...heldLines(held, now),
    "Small changes, away from its own, merge; send_message tells it what you are about to do.",
  ].join("\n");
}
