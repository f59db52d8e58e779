// What sessions and people ask of claims: take some, give some back, see whose they are.

import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { Failure } from "../../core/failure.ts";
import { printable } from "../../core/text.ts";
import { type Db, utcText } from "../../db/db.ts";
import type { World } from "../../world.ts";
import { type KnownSession, livingOf, session } from "../roster/roster.ts";
import { claim, currentOf, type Held, type Outcome, othersNear } from "./hold.ts";
import type { Mode } from "./modes.ts";
import { overlap } from "./pattern.ts";
import { type Meant, meantBy } from "./place.ts";
import { type Claim, claimById, claimsNear, claimsOf, endClaim } from "./store.ts";

type Effects = Pick<World, "cwd" | "processes" | "newId" | "now">;

/** A claim with the session that has it; that is over where it is undefined. */
export interface Shown {
  claim: Claim;
  holder: KnownSession | undefined;
}

export interface Claiming {
  paths: readonly string[];
  mode: Mode;
  ttlHours: number;
  reason: string | undefined;
}

/** All of them or none. Errors: `claim.outside`, `session.over`. */
export function claimPaths(world: Effects, db: Db, own: KnownSession, asked: Claiming): Outcome {
  const { mode, ttlHours, reason = null } = asked;
  const meant = asked.paths.map((path) => requireMeant(world, path, own));
  const ttlSeconds = Math.round(ttlHours * 3600);
  const wanted = meant.map(({ gitDirId, pattern }) => {
    return { gitDirId, pattern, mode, ttlSeconds, reason, source: "asked" } as const;
  });
  return claim(world, db, { own, wanted });
}

/** Of names that look like patterns and are none: they are claimed as they are written. */
export function nameNotes(claims: readonly Claim[], own: KnownSession): string[] {
  const odd = claims.filter(({ kind, file_path: path }) => {
    return kind === "file" && /[[\]!@+()]/.test(path) && !existsSync(resolve(own.worktree_path, path));
  });
  return odd.map(({ file_path: path }) => `There is no file ${printable(path)}: it is claimed by that very name.`);
}

/** What others have claimed of these, own claims aside. Errors: `claim.outside`. */
export function checkPaths(
  world: Effects,
  db: Db,
  { paths, own }: { paths: readonly string[]; own: KnownSession | undefined },
): { path: string; held: Held[] }[] {
  const now = utcText(world.now());
  return paths.map((path) => {
    const { gitDirId, pattern } = requireMeant(world, path, own);
    return { path, held: currentOf(world, othersNear(db, { gitDirId, ownId: own?.id, pattern }), now) };
  });
}

export interface Listing {
  gitDirId: string;
  sessionId?: string | undefined;
  /** Only those that overlap with one of these. */
  paths?: readonly string[] | undefined;
  own?: KnownSession | undefined;
  /** Also those that are over. */
  isWhole?: boolean | undefined;
}

/** Each with whether it still counts. Errors: `claim.outside`. */
export function listClaims(
  world: Effects,
  db: Db,
  { gitDirId, sessionId, paths, own, isWhole = false }: Listing,
): (Shown & { isCurrent: boolean })[] {
  const now = utcText(world.now());
  const wanted = paths?.map((path) => requireMeant(world, path, own).pattern);
  const found = claimsOf(db, { gitDirId, sessionId, isWhole }).filter(
    ({ kind, path_key: key }) => wanted === undefined || wanted.some((one) => overlap(one, { kind, key })),
  );
  const ids = new Set(found.map((one) => one.session_id));
  const holders = new Map([...ids].flatMap((id) => session(db, id) ?? []).map((one) => [one.id, one]));
  const living = new Set(livingOf(world, [...holders.values()]).map(({ id }) => id));
  return found
    .map((one) => ({
      claim: one,
      holder: holders.get(one.session_id),
      isCurrent: one.is_active === 1 && one.expires_at > now && living.has(one.session_id),
    }))
    .filter(({ isCurrent }) => isWhole || isCurrent);
}

export interface Releasing {
  /** Paths as they were claimed, or ids of claims. */
  named: readonly string[];
  /** Undefined: nobody's, which only `isForced` may. */
  own: KnownSession | undefined;
  /** Others' claims too. */
  isForced?: boolean;
}

/** Answers those that ended by it; none where it names nothing that is held. Errors: `claim.not-yours`, `claim.outside`. */
export function releaseNamed(world: Effects, db: Db, { named, own, isForced = false }: Releasing): Claim[] {
  const wanted = named.map((name) => ({ name, byId: claimById(db, name), meant: meantHere(world, name, own) }));
  return db.write((now) =>
    wanted.flatMap(({ name, byId, meant }) => {
      const found = byId === undefined ? exactlyAt(db, requireThere(name, meant)) : [byId];
      const live = found.filter((one) => one.is_active === 1 && one.expires_at > now);
      const mine = live.filter((one) => isForced || one.session_id === own?.id);
      if (mine.length === 0 && live[0] !== undefined) throw notYours(db, live[0]);
      return mine.filter((one) => endClaim(db, one.id, one.session_id === own?.id ? "released" : "forced", now));
    }),
  );
}

/** All that a session has claimed. */
export function releaseAll(world: Effects, db: Db, own: KnownSession): Claim[] {
  const ids = listClaims(world, db, { gitDirId: own.git_dir_id ?? "", sessionId: own.id }).map((one) => one.claim);
  return db.write((now) => ids.filter(({ id }) => endClaim(db, id, "released", now)));
}

function exactlyAt(db: Db, { gitDirId, pattern }: Meant): Claim[] {
  // A directory that is gone since is named like a file.
  const bare = (key: string): string => key.replace(/\/$/, "");
  return claimsNear(db, gitDirId, pattern).filter((one) => bare(one.path_key) === bare(pattern.key));
}

function notYours(db: Db, held: Claim): Failure {
  const holder = session(db, held.session_id);
  return new Failure({
    code: "claim.not-yours",
    message: `${printable(held.file_path)} is claimed by session ${printable(holder?.name ?? held.session_id)}, not by you.`,
    hint: "Only its session releases it, or you at a terminal: parallel-cc claims release <path> --force",
    details: { claimId: held.id, sessionId: held.session_id },
  });
}

function requireMeant(world: Effects, path: string, own: KnownSession | undefined): Meant {
  return requireThere(path, meantHere(world, path, own));
}

/** From where it is asked; what is not there but at the top of the session's checkout is meant from that. */
function meantHere({ cwd }: Effects, path: string, own: KnownSession | undefined): Meant | undefined {
  const known = own?.worktree_path;
  const isFromTop = known !== undefined && !existsSync(resolve(cwd, path)) && existsSync(resolve(known, path));
  return meantBy({ path, directory: isFromTop ? known : cwd, known });
}

function requireThere(path: string, meant: Meant | undefined): Meant {
  if (meant !== undefined) return meant;
  throw new Failure({
    code: "claim.outside",
    message: `"${printable(path)}" is no file of a repository.`,
    hint: "Name a path in a checkout; what is in its .git belongs to git.",
  });
}
