// Where the HEAD of a session's checkout has stood since it began, by the reflog: a stash entry's message says where it was
// made, and its time when. A session that keeps no reflog has stood nowhere.

import { join } from "node:path";
import { parseUtc } from "../../db/db.ts";
import type { KnownSession } from "../roster/roster.ts";
import { adminDirOf } from "./others.ts";
import { branchOut, type StashEntry, textIn } from "./places.ts";

interface Stay {
  /** Undefined on none. */
  branch: string | undefined;
  commit: string;
  /** Seconds, both inclusive. */
  from: number;
  until: number;
}

export class Heads {
  readonly #stays = new Map<string, readonly Stay[]>();

  /** Whether the session stood there when the entry was made. */
  stoodAt(session: KnownSession, { branch, commit, madeAt }: StashEntry): boolean {
    const begun = Math.floor(parseUtc(session.created_at).getTime() / 1000);
    if ((branch === undefined && commit === undefined) || madeAt < begun) return false;
    const stays = this.#stays.get(session.id) ?? staysOf(session, begun);
    this.#stays.set(session.id, stays);
    return stays.some((stay) => {
      const isThere = branch === undefined ? stay.commit.startsWith(commit ?? "") : true;
      return stay.branch === branch && isThere && stay.from <= madeAt && madeAt <= stay.until;
    });
  }
}

const LINE = /^\S+ (\S+) [^\t]*> (\d+) [+-]\d{4}(?:\t(.*))?$/;

/** Backwards from now, since a line only tells from where it came. */
function staysOf(session: KnownSession, begun: number): Stay[] {
  const adminDir = adminDirOf(session);
  if (adminDir === undefined) return [];
  const stays: Stay[] = [];
  let until = Number.POSITIVE_INFINITY;
  let branch = branchOut(adminDir);
  let rebased: string | undefined;
  for (const line of textIn(join(adminDir, "logs", "HEAD"))
    .trimEnd()
    .split("\n")
    .reverse()) {
    const [, commit, time, message = ""] = LINE.exec(line) ?? [];
    if (commit === undefined) continue;
    const from = Number(time);
    stays.push({ branch, commit, from, until });
    if (from < begun) break;
    until = from;
    const [, ended] = /^rebase.*: returning to refs\/heads\/(.+)$/.exec(message) ?? [];
    rebased = ended ?? rebased;
    branch = ended === undefined ? branchBefore(message, { branch, rebased }) : undefined;
  }
  return stays;
}

function branchBefore(message: string, now: { branch: string | undefined; rebased: string | undefined }) {
  const [, from] = /^checkout: moving from (\S+) to /.exec(message) ?? [];
  // Where it goes to may be a branch's commit alone; where it comes from is one.
  if (from !== undefined) return /^[0-9a-f]{40,64}$/.test(from) ? undefined : from;
  const [, renamed] = /^Branch: renamed refs\/heads\/(\S+) to /.exec(message) ?? [];
  return renamed ?? (/^rebase[^:]*\(start\)/.test(message) ? now.rebased : now.branch);
}
