// Where a branch stood that is not there: what was recorded of it or a reflog has of it, whichever is the later, or else
// what was last fetched of one by its name. Says by which. Whether it is the same branch that is meant, only its name tells.

import { orNull, TEXT, TEXT_OR_NULL, v } from "../../core/shape.ts";
import { printable } from "../../core/text.ts";
import { type Db, isoText, parseUtc } from "../../db/db.ts";
import type { Git } from "../../git/git.ts";
import { type Departure, departuresFrom } from "./departures.ts";
import { recordedStand, type Stand } from "./store.ts";
import { type Ref, readRefs, shortRef } from "./targets.ts";

const EVIDENCE = ["record", "reflog", "fetch"] as const;

export interface LastSeen {
  commit: string;
  by: (typeof EVIDENCE)[number];
  /** ISO 8601; null of what was fetched. */
  at: string | null;
  /** The reflog, or the remote-tracking branch. */
  where: string | null;
}

export const lastSeenShape = () =>
  orNull(v.strictObject({ commit: TEXT, by: v.picklist(EVIDENCE), at: TEXT_OR_NULL, where: TEXT_OR_NULL }));

export interface Sought {
  gitDir: string;
  branch: string;
}

/** The likeliest first; git may have thrown its commit away. `git` is in the git directory. */
export async function lastSightings(git: Git, db: Db, { gitDir, branch }: Sought): Promise<LastSeen[]> {
  // A commit's name in full is what a HEAD on no branch is left by.
  const isCommit = /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/.test(branch);
  const left = isCommit ? [] : (await departuresFrom(git, gitDir)).filter((one) => one.branch === branch);
  const stand = recordedStand(db, gitDir, branch);
  // Of one second, the one that has been at the other is the later.
  const later = left.filter((one) => stand === undefined || isLater(one, stand));
  const earlier = left.filter((one) => !later.includes(one));
  const record = stand === undefined ? [] : [recorded(stand)];
  const far = isCommit ? [] : await readRefs(git, [`refs/remotes/*/${branch}`]);
  return [...later.map(logged), ...record, ...earlier.map(logged), ...far.map(fetched)];
}

function isLater({ at, before }: Departure, { tip, seen_at: seenAt }: Stand): boolean {
  const recordedAt = parseUtc(seenAt).getTime() / 1000;
  return at > recordedAt || (at === recordedAt && before.includes(tip));
}

function recorded({ tip, seen_at: at }: Stand): LastSeen {
  return { commit: tip, by: "record", at: isoText(at), where: null };
}

function logged({ tip, at, head }: Departure): LastSeen {
  return { commit: tip, by: "reflog", at: new Date(at * 1000).toISOString(), where: head };
}

function fetched({ name, commit }: Ref): LastSeen {
  return { commit, by: "fetch", at: null, where: shortRef(name) };
}

/** In a sentence, by what evidence. */
export function lastSeenText(branch: string, { commit, by, at, where }: LastSeen): string {
  const [it, there] = [`There is no branch ${printable(branch)}`, commit.slice(0, 12)];
  if (by === "fetch") return `${it} here: it is judged as ${printable(where ?? "")} was last fetched, at ${there}.`;
  const source = by === "record" ? "our own record" : `the reflog of ${printable(where ?? "HEAD")}`;
  const time = at === null ? "" : `, ${at.replace(/\.000Z$/, "Z")}`;
  return `${it} any more: it is judged as it last stood, at ${there} (${source}${time}).`;
}
