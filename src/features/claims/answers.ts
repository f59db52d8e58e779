// Claims as the doors tell them: the same fields in the commands' JSON and in the tools' answers.

import { NUMBER, TEXT, TEXT_OR_NULL, v, word, YES_OR_NO } from "../../core/shape.ts";
import { isoText, parseUtc } from "../../db/db.ts";
import type { KnownSession } from "../roster/roster.ts";
import type { Shown } from "./ask.ts";
import type { Held, Outcome } from "./hold.ts";
import { MODES } from "./modes.ts";
import type { Claim } from "./store.ts";

export const modeShape = () => v.picklist(MODES);

/** At once: one transaction decides of all, and others wait for it. */
export const MOST_PATHS = 100;

/** It is told to others at each edit they try. */
export const reasonShape = () =>
  v.pipe(
    word("What for, in 300 characters at most: others are told", "text"),
    v.maxLength(300),
    v.metadata({ value: "text", expected: "a text that is not empty, of 300 characters at most" }),
  );

export const claimShape = () =>
  v.strictObject({
    claimId: TEXT,
    filePath: TEXT,
    kind: v.picklist(["file", "directory", "glob"]),
    claimMode: modeShape(),
    sessionId: TEXT,
    sessionPid: v.nullable(NUMBER),
    sessionName: TEXT_OR_NULL,
    worktreeName: TEXT_OR_NULL,
    branch: TEXT_OR_NULL,
    claimedAt: TEXT,
    expiresAt: TEXT,
    minutesUntilExpiry: NUMBER,
    reason: TEXT_OR_NULL,
    source: v.picklist(["asked", "edit", "shell"]),
    isMine: YES_OR_NO,
    isActive: YES_OR_NO,
  });
export type ClaimAnswer = v.InferOutput<ReturnType<typeof claimShape>>;

const MINUTE_MS = 60_000;

export function claimAnswer(
  { claim, holder, isCurrent }: Shown & { isCurrent: boolean },
  { own, now }: { own: KnownSession | undefined; now: Date },
): ClaimAnswer {
  const left = (parseUtc(claim.expires_at).getTime() - now.getTime()) / MINUTE_MS;
  return {
    claimId: claim.id,
    filePath: claim.file_path,
    kind: claim.kind,
    claimMode: claim.claim_mode,
    sessionId: claim.session_id,
    sessionPid: holder?.pid ?? null,
    sessionName: holder?.name ?? null,
    worktreeName: holder?.worktree_name ?? null,
    branch: holder?.branch ?? null,
    claimedAt: isoText(claim.claimed_at),
    expiresAt: isoText(claim.expires_at),
    minutesUntilExpiry: isCurrent ? Math.max(0, Math.round(left)) : 0,
    reason: claim.reason,
    source: claim.source,
    isMine: claim.session_id === own?.id,
    isActive: isCurrent,
  };
}

export const conflictShape = () =>
  v.strictObject({
    file: TEXT,
    claimId: TEXT,
    claimedPath: TEXT,
    claimedBy: TEXT,
    sessionId: TEXT,
    mode: modeShape(),
    branch: TEXT_OR_NULL,
    claimedAt: TEXT,
    expiresAt: TEXT,
    reason: TEXT_OR_NULL,
  });
export type ConflictAnswer = v.InferOutput<ReturnType<typeof conflictShape>>;

/** `file` as it was asked for. */
export function conflictAnswer({ claim, holder, pattern }: Held, file: string = pattern.path): ConflictAnswer {
  return {
    file,
    claimId: claim.id,
    claimedPath: claim.file_path,
    claimedBy: holder.name ?? holder.id,
    sessionId: holder.id,
    mode: claim.claim_mode,
    branch: holder.branch,
    claimedAt: isoText(claim.claimed_at),
    expiresAt: isoText(claim.expires_at),
    reason: claim.reason,
  };
}

/** Claims as `claim_file` has told them since its first release. */
export const conflictingShape = () =>
  v.strictObject({ claimId: TEXT, sessionId: TEXT, mode: modeShape(), claimedAt: TEXT, expiresAt: TEXT });

export function conflictingAnswer({ claim }: Held): v.InferOutput<ReturnType<typeof conflictingShape>> {
  const { id: claimId, session_id: sessionId, claim_mode: mode } = claim;
  return { claimId, sessionId, mode, claimedAt: isoText(claim.claimed_at), expiresAt: isoText(claim.expires_at) };
}

export const heldShape = () => v.strictObject({ filePath: TEXT, claimId: TEXT, mode: modeShape(), expiresAt: TEXT });

export function heldAnswer(claim: Claim): v.InferOutput<ReturnType<typeof heldShape>> {
  const { file_path: filePath, id: claimId, claim_mode: mode } = claim;
  return { filePath, claimId, mode, expiresAt: isoText(claim.expires_at) };
}

/** Whether a weaker mode would have been granted: what refuses it are no EXCLUSIVE claims. */
export function isWeakerFree(outcome: Outcome): boolean {
  return !outcome.isGranted && outcome.held.every(({ claim }) => claim.claim_mode !== "EXCLUSIVE");
}
