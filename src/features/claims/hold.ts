// Who gets a claim: one immediate transaction decides, between any number of processes. What a dead session held is free
// at once; whether one lives is looked at outside of the transaction, and the dead stay dead.

import { Failure } from "../../core/failure.ts";
import type { Db } from "../../db/db.ts";
import type { World } from "../../world.ts";
import { type KnownSession, livingOf, session } from "../roster/roster.ts";
import { areCompatible, isStronger, type Mode } from "./modes.ts";
import { covers, overlap, type Pattern } from "./pattern.ts";
import {
  type Claim,
  changeClaim,
  claimById,
  claimsNear,
  endClaim,
  insertClaim,
  ownClaim,
  type Source,
} from "./store.ts";

/** Another live session's claim, and what it overlaps with. */
export interface Held {
  claim: Claim;
  holder: KnownSession;
  pattern: Pattern;
}

export interface Wanted {
  gitDirId: string;
  pattern: Pattern;
  mode: Mode;
  ttlSeconds: number;
  reason: string | null;
  source: Source;
}

export interface Asked {
  own: KnownSession;
  wanted: readonly Wanted[];
  /** No other session's claim may be there, of whatever mode. */
  isAlone?: boolean;
}

/** All of it or nothing. `held` is what refuses it; `beside` others' claims that it can stand with. */
export type Outcome =
  | { isGranted: true; claims: Claim[]; beside: Held[] }
  | { isGranted: false; held: Held[]; beside: Held[] };

type Effects = Pick<World, "processes" | "newId">;

/**
 * What a session has claimed already is the same claim afterwards, in the mode that is asked for now; what was noted at
 * an edit makes none weaker. Errors: `session.over`.
 */
export function claim(world: Effects, db: Db, asked: Asked): Outcome {
  const looked = new Set<string>();
  const dead = new Set<string>();
  for (;;) {
    const outcome = db.write((now) => attempt(world, db, { ...asked, dead, now }));
    const unknown = [...("held" in outcome ? outcome.held : []), ...outcome.beside]
      .map(({ holder }) => holder)
      .filter(({ id }) => !looked.has(id));
    const living = new Set(livingOf(world, unknown).map(({ id }) => id));
    for (const { id } of unknown) {
      looked.add(id);
      if (!living.has(id)) dead.add(id);
    }
    if (outcome.isGranted) return { ...outcome, beside: outcome.beside.filter(({ holder }) => !dead.has(holder.id)) };
    // Each time round one more is known to be dead.
    if (!unknown.some(({ id }) => dead.has(id))) return outcome;
  }
}

interface Attempt extends Asked {
  dead: ReadonlySet<string>;
  now: string;
}

function attempt(world: Effects, db: Db, { own, wanted, isAlone = false, dead, now }: Attempt): Outcome {
  if (session(db, own.id) === undefined) throw over(own);
  const found = wanted.flatMap((one) =>
    othersNear(db, { gitDirId: one.gitDirId, ownId: own.id, pattern: one.pattern }).map((held) => ({
      ...held,
      mode: one.mode,
    })),
  );
  const ended = found.filter(({ claim: { expires_at, session_id } }) => expires_at <= now || dead.has(session_id));
  for (const { claim: one } of ended) endClaim(db, one.id, dead.has(one.session_id) ? "dead" : "expired", now);
  const current = found.filter((one) => !ended.includes(one));
  const refuses = current.filter((one) => isAlone || !areCompatible(one.claim.claim_mode, one.mode));
  const beside = current.filter((one) => !refuses.includes(one));
  if (refuses.length > 0) return { isGranted: false, held: refuses, beside };
  return { isGranted: true, claims: wanted.map((one) => hold(world, db, { own, one, now })), beside };
}

function over({ id }: KnownSession): Failure {
  return new Failure({
    code: "session.over",
    message: `Session ${id} has ended: it can claim nothing.`,
    hint: "See `parallel-cc status`.",
  });
}

/** Others' claims that overlap with it, whether or not they still count. */
export function othersNear(db: Db, of: { gitDirId: string; ownId: string | undefined; pattern: Pattern }): Held[] {
  const holders = new Map<string, KnownSession | undefined>();
  return claimsNear(db, of.gitDirId, of.pattern)
    .filter((one) => one.session_id !== of.ownId && overlap(keyed(one), of.pattern))
    .flatMap((one) => {
      if (!holders.has(one.session_id)) holders.set(one.session_id, session(db, one.session_id));
      const holder = holders.get(one.session_id);
      return holder === undefined ? [] : [{ claim: one, holder, pattern: of.pattern }];
    });
}

/** Those of them that count at this time. */
export function currentOf<One extends Pick<Held, "claim" | "holder">>(
  world: Pick<World, "processes">,
  held: readonly One[],
  now: string,
): One[] {
  const unexpired = held.filter(({ claim: { expires_at } }) => expires_at > now);
  const holders = new Map(unexpired.map(({ holder }) => [holder.id, holder]));
  const living = new Set(livingOf(world, [...holders.values()]).map(({ id }) => id));
  return unexpired.filter(({ holder }) => living.has(holder.id));
}

/** Whether the session has claimed all of it already, in whatever mode. */
export function isCovered(db: Db, of: { gitDirId: string; ownId: string; pattern: Pattern; now: string }): boolean {
  return claimsNear(db, of.gitDirId, of.pattern).some(
    (one) => one.session_id === of.ownId && one.expires_at > of.now && covers(keyed(one), of.pattern),
  );
}

function keyed({ kind, path_key: key }: Claim): Pick<Pattern, "kind" | "key"> {
  return { kind, key };
}

interface Holding {
  own: KnownSession;
  one: Wanted;
  now: string;
}

function hold({ newId }: Effects, db: Db, { own, one, now }: Holding): Claim {
  const { pattern, gitDirId, ...asked } = one;
  const had = ownClaim(db, { sessionId: own.id, gitDirId, key: pattern.key });
  const id = had?.id ?? newId();
  if (had === undefined) {
    insertClaim(db, { ...asked, id, sessionId: own.id, repoPath: own.repo_path, gitDirId, pattern }, now);
  } else {
    const isAsked = asked.source === "asked" || had.expires_at <= now || isStronger(asked.mode, had.claim_mode);
    if (isAsked) changeClaim(db, id, asked, now);
  }
  const made = claimById(db, id);
  if (made === undefined) throw new Error(`Claim ${id} is not there after it was made.`);
  return made;
}
