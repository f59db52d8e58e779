// What the doors answer of merges that were seen, and of who waits for one.

import { NUMBER, orNull, TEXT, TEXT_OR_NULL, v, YES_OR_NO } from "../../core/shape.ts";
import { isoText } from "../../db/db.ts";
import type { EventRow, SubscriptionRow } from "./store.ts";

export const eventAnswerShape = () =>
  v.strictObject({
    id: TEXT,
    repoPath: TEXT,
    branchName: TEXT,
    sourceCommit: TEXT,
    targetBranch: TEXT,
    targetCommit: TEXT,
    method: TEXT_OR_NULL,
    mergedBy: TEXT_OR_NULL,
    mergedAt: TEXT,
    detectedAt: TEXT,
    notificationSent: YES_OR_NO,
  });
export type EventAnswer = v.InferOutput<ReturnType<typeof eventAnswerShape>>;

/** Method and who committed it are unknown of merges that an earlier release saw. */
export function eventAnswer(row: EventRow): EventAnswer {
  return {
    id: row.id,
    repoPath: row.repo_path,
    branchName: row.branch_name,
    sourceCommit: row.source_commit,
    targetBranch: row.target_branch,
    targetCommit: row.target_commit,
    method: row.method,
    mergedBy: row.merged_by,
    mergedAt: isoText(row.merged_at),
    detectedAt: isoText(row.detected_at),
    notificationSent: row.notification_sent !== 0,
  };
}

export const subscriptionAnswerShape = () =>
  v.strictObject({
    id: TEXT,
    sessionId: TEXT,
    repoPath: TEXT,
    branchName: TEXT,
    targetBranch: TEXT,
    createdAt: TEXT,
    notifiedAt: TEXT_OR_NULL,
    isActive: YES_OR_NO,
  });
export type SubscriptionAnswer = v.InferOutput<ReturnType<typeof subscriptionAnswerShape>>;

export function subscriptionAnswer(row: SubscriptionRow): SubscriptionAnswer {
  return {
    id: row.id,
    sessionId: row.session_id,
    repoPath: row.repo_path,
    branchName: row.branch_name,
    targetBranch: row.target_branch,
    createdAt: isoText(row.created_at),
    notifiedAt: row.notified_at === null ? null : isoText(row.notified_at),
    isActive: row.is_active !== 0,
  };
}

export const eventsShape = () => v.strictObject({ events: v.array(eventAnswerShape()), total: NUMBER });
export const subscriptionsShape = () =>
  v.strictObject({ subscriptions: v.array(subscriptionAnswerShape()), total: NUMBER });

export const mergeStatusShape = () =>
  v.strictObject({
    isMerged: YES_OR_NO,
    mergeEvent: orNull(
      v.strictObject({
        branchName: TEXT,
        targetBranch: TEXT,
        sourceCommit: TEXT,
        targetCommit: TEXT,
        method: TEXT,
        mergedBy: TEXT,
        mergedAt: TEXT,
        detectedAt: TEXT,
      }),
    ),
    message: TEXT,
  });
export type MergeStatus = v.InferOutput<ReturnType<typeof mergeStatusShape>>;
