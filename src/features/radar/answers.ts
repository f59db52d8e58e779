// The radar's answer, as the doors give it.

import { NUMBER, orNull, TEXT, TEXT_OR_NULL, v, YES_OR_NO } from "../../core/shape.ts";
import type { Scanned } from "./scan.ts";
import { fileShape, type Judged, VERDICTS, warningShape } from "./verdict.ts";

const verdictEntries = () => ({
  verdict: v.picklist(VERDICTS),
  /** Of an unknown one. */
  why: TEXT_OR_NULL,
  files: v.array(fileShape()),
  /** In all: of very many, not all are listed. */
  fileCount: NUMBER,
  warnings: v.array(warningShape()),
});

/** What is the same whenever it is asked of the same work. */
export const radarEntries = () => ({
  repoPath: TEXT,
  sessions: v.array(
    v.strictObject({
      sessionId: TEXT,
      name: TEXT_OR_NULL,
      branch: TEXT_OR_NULL,
      worktreePath: TEXT,
      targetBranch: TEXT_OR_NULL,
      isMine: YES_OR_NO,
      /** All of its work as one commit, which is in no repository; null when it could not be seen. */
      snapshot: TEXT_OR_NULL,
      /** How many files it brings to where it is to land. */
      changedFiles: orNull(NUMBER),
      skipped: v.array(TEXT),
      large: v.array(TEXT),
      error: TEXT_OR_NULL,
    }),
  ),
  pairs: v.array(v.strictObject({ a: TEXT, b: TEXT, ...verdictEntries() })),
  targets: v.array(v.strictObject({ session: TEXT, target: TEXT, ...verdictEntries() })),
  order: v.array(v.strictObject({ session: TEXT, meets: v.array(TEXT) })),
});

export const radarShape = () =>
  v.strictObject({
    ...radarEntries(),
    timing: v.strictObject({ snapshotMs: NUMBER, mergeMs: NUMBER, merged: NUMBER }),
  });
export type RadarAnswer = v.InferOutput<ReturnType<typeof radarShape>>;

export function radarAnswer(
  { sessions, pairs, targets, order, timing }: Scanned,
  { repoPath, ownId }: { repoPath: string; ownId: string | undefined },
): RadarAnswer {
  return {
    repoPath,
    sessions: sessions.map(({ session, snapshot }) => {
      const target = targets.find((one) => one.session === session.id);
      const isKnown = target !== undefined && target.judged.verdict !== "unknown";
      const seen =
        "error" in snapshot
          ? { snapshot: null, skipped: [], large: [], error: snapshot.error }
          : { snapshot: snapshot.commit, skipped: snapshot.skipped, large: snapshot.large, error: null };
      return {
        sessionId: session.id,
        name: session.name,
        branch: session.branch,
        worktreePath: session.worktree_path,
        targetBranch: session.target_branch,
        isMine: session.id === ownId,
        changedFiles: isKnown ? target.judged.brings.a : null,
        ...seen,
      };
    }),
    pairs: pairs.map(({ a, b, judged }) => ({ a, b, ...entriesOf(judged) })),
    targets: targets.map(({ session, target, judged }) => ({ session, target: target.name, ...entriesOf(judged) })),
    order: order.map(({ id, meets }) => ({ session: id, meets })),
    timing,
  };
}

function entriesOf({ verdict, why, files, fileCount, warnings }: Judged) {
  return { verdict, why: why ?? null, files, fileCount, warnings };
}
