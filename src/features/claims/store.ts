// The SQL of claims. A claim counts while its session lives and was seen within the claim's time: who was seen is a
// column of the session, so a heartbeat renews all its claims without touching them.

import { NUMBER, TEXT, TEXT_OR_NULL, v } from "../../core/shape.ts";
import type { Db } from "../../db/db.ts";
import { MODES, type Mode } from "./modes.ts";
import { looseGlob, type Pattern, rootsAbove } from "./pattern.ts";

const CLAIM = v.object({
  id: TEXT,
  session_id: TEXT,
  git_dir_id: TEXT,
  file_path: TEXT,
  kind: v.picklist(["file", "directory", "glob"]),
  path_key: TEXT,
  claim_mode: v.picklist(MODES),
  reason: TEXT_OR_NULL,
  source: v.picklist(["asked", "edit", "shell"]),
  claimed_at: TEXT,
  /** When it ends if its session is not seen any more. */
  expires_at: TEXT,
  is_active: NUMBER,
  released_at: TEXT_OR_NULL,
});
export type Claim = v.InferOutput<typeof CLAIM>;
export type Source = Claim["source"];

const EXPIRY = `max(datetime(c.expires_at),
  coalesce(datetime(s.last_heartbeat, '+' || c.ttl_seconds || ' seconds'), datetime(c.expires_at)))`;
const COLUMNS = Object.keys(CLAIM.entries).map((name) =>
  name === "expires_at" ? `${EXPIRY} AS expires_at` : `c.${name}`,
);
const SELECT = `SELECT ${COLUMNS.join(", ")} FROM file_claims c JOIN sessions s ON s.id = c.session_id`;
const COUNTS = "c.is_active = 1";

/**
 * Those that stand where one can overlap with it, by the index: which do is for `overlap` to say, and whether they still
 * count for who asks.
 */
export function claimsNear(db: Db, gitDirId: string, pattern: Pattern): Claim[] {
  const roots = JSON.stringify(rootsAbove(pattern));
  const above = `${SELECT} WHERE c.git_dir_id = $gitDirId AND ${COUNTS}
    AND c.path_root IN (SELECT value FROM json_each($roots))`;
  // What is below begins with the root and a slash; "0" follows the slash in the order of bytes.
  const from = pattern.root === "" ? "" : `${pattern.root}/`;
  const to = pattern.root === "" ? "\u{10FFFF}" : `${pattern.root}0`;
  const below = `${SELECT} WHERE c.git_dir_id = $gitDirId AND ${COUNTS} AND c.path_root > $from AND c.path_root < $to`;
  const range = { gitDirId, roots, from, to };
  if (pattern.kind !== "glob") return db.all(CLAIM, `${above} UNION ${below}`, range);
  const meant = `${below} AND (c.kind <> 'file' OR c.path_root GLOB $glob)`;
  return db.all(CLAIM, `${above} UNION ${meant}`, { ...range, glob: looseGlob(pattern) });
}

/** All that one session alone may have, of whichever session. */
export function exclusiveClaims(db: Db, gitDirId: string): Claim[] {
  return db.all(CLAIM, `${SELECT} WHERE c.git_dir_id = $gitDirId AND ${COUNTS} AND c.claim_mode = 'EXCLUSIVE'`, {
    gitDirId,
  });
}

export interface Listed {
  gitDirId: string;
  sessionId?: string | undefined;
  /** Those that ended too. */
  isWhole: boolean;
}

/** The newest last. */
export function claimsOf(db: Db, { gitDirId, sessionId, isWhole }: Listed): Claim[] {
  const conditions = [
    "c.git_dir_id = $gitDirId",
    ...(sessionId === undefined ? [] : ["c.session_id = $sessionId"]),
    ...(isWhole ? [] : [COUNTS]),
  ];
  const sql = `${SELECT} WHERE ${conditions.join(" AND ")} ORDER BY c.claimed_at, c.rowid`;
  return db.all(CLAIM, sql, { gitDirId, ...(sessionId !== undefined && { sessionId }) });
}

export function claimById(db: Db, id: string): Claim | undefined {
  return db.one(CLAIM, `${SELECT} WHERE c.id = $id`, { id });
}

/** The session's own claim of exactly this. */
export function ownClaim(db: Db, own: { sessionId: string; gitDirId: string; key: string }): Claim | undefined {
  const sql = `${SELECT} WHERE c.session_id = $sessionId AND c.git_dir_id = $gitDirId AND c.path_key = $key AND ${COUNTS}`;
  return db.one(CLAIM, sql, own);
}

export interface NewClaim {
  id: string;
  sessionId: string;
  repoPath: string;
  gitDirId: string;
  pattern: Pattern;
  mode: Mode;
  ttlSeconds: number;
  reason: string | null;
  source: Source;
}

export function insertClaim(db: Db, { pattern, ...made }: NewClaim, now: string): void {
  db.run(
    `INSERT INTO file_claims (id, session_id, repo_path, file_path, claim_mode, claimed_at, expires_at, last_heartbeat,
       git_dir_id, kind, path_key, path_root, ttl_seconds, reason, source)
     VALUES ($id, $sessionId, $repoPath, $path, $mode, $now, datetime($now, '+' || $ttlSeconds || ' seconds'), $now,
       $gitDirId, $kind, $key, $root, $ttlSeconds, $reason, $source)`,
    { ...made, path: pattern.path, kind: pattern.kind, key: pattern.key, root: pattern.root, now },
  );
}

export interface ClaimChange {
  mode: Mode;
  ttlSeconds: number;
  reason: string | null;
  source: Source;
}

/** The same claim from now on: `escalated_from` keeps what it was, when it was another one. */
export function changeClaim(db: Db, id: string, { mode, ttlSeconds, reason, source }: ClaimChange, now: string): void {
  db.run(
    `UPDATE file_claims SET escalated_from = CASE claim_mode WHEN $mode THEN escalated_from ELSE claim_mode END,
       claim_mode = $mode, expires_at = datetime($now, '+' || $ttlSeconds || ' seconds'), last_heartbeat = $now,
       ttl_seconds = $ttlSeconds, reason = coalesce($reason, reason), source = $source WHERE id = $id`,
    { id, mode, ttlSeconds, reason, source, now },
  );
}

/** False when it had ended before. */
export function endClaim(db: Db, id: string, why: "released" | "forced" | "expired" | "dead", now: string): boolean {
  const { changes } = db.run(
    "UPDATE file_claims SET is_active = 0, released_at = $now, deleted_reason = $why WHERE id = $id AND is_active = 1",
    { id, why, now },
  );
  return changes === 1;
}

const BYPASS = v.object({ session_id: TEXT_OR_NULL, holder: TEXT, file_path: TEXT, bypassed_at: TEXT });

/** Commits over another's claim of the last weeks, the newest first. */
export function bypassesOf(db: Db, gitDirId: string): v.InferOutput<typeof BYPASS>[] {
  const sql = `SELECT ${Object.keys(BYPASS.entries).join(", ")} FROM claim_bypasses
    WHERE git_dir_id = $gitDirId ORDER BY bypassed_at DESC, rowid DESC LIMIT 50`;
  return db.all(BYPASS, sql, { gitDirId });
}

export interface Bypass {
  id: string;
  gitDirId: string;
  /** Who committed; null when no session did. */
  sessionId: string | null;
  holderId: string;
  holder: string;
  path: string;
}

export function insertBypass(db: Db, bypass: Bypass, now: string): void {
  db.run(
    `INSERT INTO claim_bypasses (id, git_dir_id, session_id, holder_id, holder, file_path, bypassed_at)
     VALUES ($id, $gitDirId, $sessionId, $holderId, $holder, $path, $now)`,
    { ...bypass, now },
  );
}
