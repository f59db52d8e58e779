// The radar's answer, as the doors give it.

import { NUMBER, orNull, TEXT, TEXT_OR_NULL, v, YES_OR_NO } from "../../core/shape.ts";
import type { Scanned } from "./scan.ts";
import type { Snapshot } from "./snapshot.ts";
import { fileShape, type Judged, VERDICTS, warningShape } from "./verdict.ts";

const verdictEntries = () => ({
  verdict: v.picklist(VERDICTS),
  /** Of an unknown one; also of one in conflict of which not all can be told. */
  why: TEXT_OR_NULL,
  files: v.array(fileShape()),
  /** In all: for agents, and of very many, not all are listed. */
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
      /** How many files it brings to where it is to land; of who stands on that branch itself, those not committed. */
      changedFiles: orNull(NUMBER),
      /** Other sessions in its checkout: their work is one, and judged once. */
      sharesCheckoutWith: v.array(TEXT),
      skipped: v.array(TEXT),
      large: v.array(TEXT),
      /** It is in the midst of a merge, a rebase …, with these files in conflict: what it will give is not known yet. */
      unresolved: orNull(v.strictObject({ operation: TEXT_OR_NULL, paths: v.array(TEXT) })),
      error: TEXT_OR_NULL,
    }),
  ),
  /** Of sessions in one checkout one stands for all: you if you are among them, else who began first. */
  pairs: v.array(v.strictObject({ a: TEXT, b: TEXT, isOneCheckout: YES_OR_NO, ...verdictEntries() })),
  targets: v.array(v.strictObject({ session: TEXT, target: TEXT, ...verdictEntries() })),
  order: v.array(
    v.strictObject({
      session: TEXT,
      /** In its checkout: they land together. */
      with: v.array(TEXT),
      meets: v.array(TEXT),
      /** Those of which it could not be told. */
      mayMeet: v.array(TEXT),
      /** It merges with them and does not hold together. */
      breaks: v.array(TEXT),
    }),
  ),
});

export const radarShape = () =>
  v.strictObject({
    ...radarEntries(),
    /** The current directory is in that repository. */
    isHere: YES_OR_NO,
    timing: v.strictObject({ snapshotMs: NUMBER, mergeMs: NUMBER, merged: NUMBER }),
  });
export type RadarAnswer = v.InferOutput<ReturnType<typeof radarShape>>;

export function radarAnswer(
  { sessions, checkouts, pairs, targets, order, timing }: Scanned,
  { repoPath, isHere, ownId }: { repoPath: string; isHere: boolean; ownId: string | undefined },
): RadarAnswer {
  const byId = new Map(checkouts.flatMap((checkout) => checkout.ids.map((id) => [id, checkout] as const)));
  /** Who stands for a checkout. */
  const spokenFor = (id: string) => (ownId !== undefined && byId.get(id)?.ids.includes(ownId) === true ? ownId : id);
  const besides = (id: string) => (byId.get(id)?.ids ?? []).filter((other) => other !== id);
  return {
    ...{ repoPath, isHere },
    sessions: sessions.map(({ session, snapshot }) => {
      const seen =
        "error" in snapshot
          ? { snapshot: null, skipped: [], large: [], unresolved: null, error: snapshot.error }
          : { ...seenOf(snapshot), snapshot: snapshot.commit, error: null };
      return {
        sessionId: session.id,
        name: session.name,
        branch: session.branch,
        worktreePath: session.worktree_path,
        targetBranch: session.target_branch,
        isMine: session.id === ownId,
        changedFiles: byId.get(session.id)?.changed ?? null,
        sharesCheckoutWith: besides(session.id),
        ...seen,
      };
    }),
    pairs: [
      ...pairs.map(({ a, b, judged }) => ({
        ...{ a: spokenFor(a), b: spokenFor(b), isOneCheckout: false, ...entriesOf(judged) },
      })),
      ...checkouts.flatMap(({ ids }) =>
        ids.flatMap((a, at) => ids.slice(at + 1).map((b) => ({ a, b, isOneCheckout: true, ...entriesOf(ONE_WORK) }))),
      ),
    ],
    targets: targets.map(({ session, target, judged }) => ({
      ...{ session: spokenFor(session), target: target.name, ...entriesOf(judged) },
    })),
    order: order.map(({ id, meets, mayMeet, breaks }) => ({
      ...{ session: spokenFor(id), with: besides(spokenFor(id)) },
      ...{ meets: meets.map(spokenFor), mayMeet: mayMeet.map(spokenFor), breaks: breaks.map(spokenFor) },
    })),
    timing,
  };
}

/** With itself it merges. */
const ONE_WORK: Judged = { verdict: "clean", files: [], fileCount: 0, warnings: [], brings: { a: 0, b: 0 } };

function seenOf({ skipped, large, unresolved }: Snapshot) {
  return { skipped, large, unresolved };
}

function entriesOf({ verdict, why, files, fileCount, warnings }: Judged) {
  return { verdict, why: why ?? null, files, fileCount, warnings };
}
