// What the guard of commits says: to who commits, on standard error below git's own words; and to who has the claim.

import { counted, shellWord } from "../../core/text.ts";
import { type KnownSession, quoted, whereIs, whoIs } from "../roster/roster.ts";
import type { Held } from "./hold.ts";
import type { Staged } from "./staged-git.ts";
import { heldWords } from "./words.ts";

/** A file of the commit that another session has. */
export interface Met {
  /** From the top of the checkout that is committed in: of a submodule, its own. */
  path: string;
  held: Held;
}

const MOST_SHOWN = 8;

/** Who has what since when, on which branch and why, and the ways on. */
export function refusedCommitWords(met: readonly Met[], staged: Staged, now: Date): string {
  const lines = met
    .slice(0, MOST_SHOWN)
    .map((one) => `- ${named(one)}: ${heldWords(one.held, { now, isNamed: false })}.`);
  const more = met.length - lines.length;
  return [
    "parallel-cc: nothing was committed, another session has claimed what is in it:",
    ...lines,
    ...(more > 0 ? [`- and ${more} more: parallel-cc claims check --staged`] : []),
    "The ways on:",
    "- ask that session to release it: send_message, or parallel-cc messages send",
    `- leave it out: ${withoutWords(met, staged)}`,
    "- commit it all the same; it is recorded, and that session is told: PARALLEL_CC_BYPASS=1 git commit …",
  ].join("\n");
}

/** From the top: whoever commits may stand in a folder. */
function withoutWords(met: readonly Met[], { isFirst, isPrepared }: Staged): string {
  const paths = [...new Set(met.map(({ path }) => path))];
  const files = paths.length > MOST_SHOWN ? "<file…>" : paths.map((path) => shellWord(`:/${path}`)).join(" ");
  const undo = isFirst ? `git rm --cached -- ${files}` : `git restore --staged -- ${files}`;
  return isPrepared ? undo : `${undo}, and commit without -a or naming it`;
}

/** `why` it was not recorded. */
export function bypassedWords(met: readonly Met[], why: string | undefined): string {
  const holders = [...new Map(met.map(({ held: { holder } }) => [holder.id, whoIs(holder)])).values()].join(", ");
  const files = counted(new Set(met.map(({ path }) => path)).size, "file");
  const what = why === undefined ? "it is recorded, and told" : `it could not be recorded: ${why}`;
  return `parallel-cc: PARALLEL_CC_BYPASS lets ${files} pass over the claim of ${holders}: ${what}`;
}

export function uncheckedWords(why: string): string {
  return `parallel-cc: the commit goes on, but whether others have claimed what is in it is not known: ${why}`;
}

/** One line, for the session that has claimed it. */
export function bypassNews(met: readonly Met[], own: KnownSession | undefined): string {
  const by = own === undefined ? "Somebody who is no session" : `${whoIs(own)}, ${whereIs(own, false)},`;
  const shown = met.slice(0, MOST_SHOWN).map(named).join(", ");
  const more = met.length > MOST_SHOWN ? ` and ${met.length - MOST_SHOWN} more` : "";
  return `${by} commits ${shown}${more}, claimed EXCLUSIVE by you: PARALLEL_CC_BYPASS let it pass.`;
}

function named({ held: { pattern } }: Met): string {
  return quoted(pattern.path, Number.POSITIVE_INFINITY);
}
