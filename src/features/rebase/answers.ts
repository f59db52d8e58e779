// A rebase as the doors give it.

import { NUMBER, orNull, TEXT, TEXT_OR_NULL, v, YES_OR_NO } from "../../core/shape.ts";
import { counted, printable } from "../../core/text.ts";
import { fileEntries, fileLines, fileShape } from "../conflicts/conflicts.ts";
import type { Rebasing } from "./run.ts";

const pickShape = () => v.strictObject({ commit: TEXT, subject: TEXT });

export const rebasedShape = () =>
  v.strictObject({
    outcome: v.picklist(["up-to-date", "would-be-clean", "rebased", "conflicts", "stopped"]),
    hasConflicts: YES_OR_NO,
    summary: TEXT,
    worktreePath: TEXT,
    branch: TEXT,
    target: TEXT,
    onto: TEXT,
    /** Where the branch was, and where it is; null when it was not moved. */
    before: TEXT,
    after: TEXT_OR_NULL,
    /** For `rebase undo`. */
    undoId: TEXT_OR_NULL,
    picks: v.array(pickShape()),
    emptied: v.array(pickShape()),
    merges: NUMBER,
    conflict: orNull(v.strictObject({ commit: TEXT, subject: TEXT, files: v.array(fileShape()) })),
    dirtyFiles: NUMBER,
    /** Whether these were tried out, too. */
    isWorkJudged: YES_OR_NO,
    /** Why the remote was not asked; it counts as it was last seen. */
    unfetched: TEXT_OR_NULL,
  });
export type Rebased = v.InferOutput<ReturnType<typeof rebasedShape>>;

export function rebasedAnswer({
  outcome,
  place,
  onto,
  replayed,
  meeting,
  after,
  undoId,
  dirtyFiles,
  isWorkJudged,
}: Rebasing): Rebased {
  const conflict =
    meeting === null ? null : { commit: meeting.commit, subject: meeting.subject, files: fileEntries(meeting.files) };
  const answer = {
    ...{ outcome, hasConflicts: conflict !== null, worktreePath: place.top, branch: place.branch },
    ...{ target: onto.target, onto: onto.commit, before: place.head, after, undoId },
    ...{ picks: replayed.picks, emptied: replayed.emptied, merges: replayed.merges, conflict, dirtyFiles },
    isWorkJudged,
    unfetched: onto.unfetched ?? null,
  };
  return { ...answer, summary: summaryOf(answer, replayed) };
}

function summaryOf(
  { outcome, branch, target, onto, picks, emptied, conflict }: Omit<Rebased, "summary">,
  { isFastForward }: Rebasing["replayed"],
): string {
  const [it, there] = [printable(branch), `${printable(target)} (${onto.slice(0, 12)})`];
  const left = picks.length - emptied.length;
  const commits = counted(left, "commit");
  const met = conflict === null ? "" : `${conflict.commit.slice(0, 12)} "${printable(conflict.subject)}"`;
  const files = counted(conflict?.files.length ?? 0, "file");
  switch (outcome) {
    case "up-to-date":
      return `${it} stands on ${there} already.`;
    case "would-be-clean":
      if (isFastForward) return `${it} can be fast-forwarded to ${there}: it has no commit of its own.`;
      if (left === 0) return `${it} would stand at ${there}, which has all that its commits change.`;
      return `${it} rebases onto ${there} without a conflict: ${commits}.`;
    case "rebased":
      if (isFastForward) return `${it} is fast-forwarded to ${there}: it had no commit of its own.`;
      if (left === 0) return `${it} stands at ${there} now, which has all that its commits change.`;
      return `${it} is rebased onto ${there}: ${commits}.`;
    case "conflicts":
      return `${it} conflicts with ${there} in ${files}, at its commit ${met}; nothing was changed.`;
    case "stopped":
      return `The rebase of ${it} onto ${there} has stopped at ${met}, in ${files}.`;
  }
}

/** What stands below the summary, for people and agents. */
export function rebasedLines(answer: Rebased): string[] {
  const { outcome, branch, target, conflict, emptied, merges, undoId, dirtyFiles, isWorkJudged, unfetched } = answer;
  const words = { here: target, there: branch };
  return [
    ...(conflict?.files ?? []).flatMap((file) => ["", ...fileLines(file, words)]),
    ...(conflict === null ? [] : [""]),
    ...(outcome === "conflicts" ? [nextAfter(answer)] : []),
    ...(outcome === "stopped"
      ? ["Resolve them, git add them, and: git rebase --continue (or git rebase --abort)"]
      : []),
    ...(unfetched === null ? [] : [`As ${printable(target)} was last seen: ${printable(unfetched)}`]),
    ...(emptied.length === 0 ? [] : [`Left out, since the target has all they change: ${shortly(emptied)}`]),
    ...(merges === 0 ? [] : [`${counted(merges, "merge commit")} left out, as a rebase does.`]),
    ...(dirtyFiles > 0 && outcome === "would-be-clean"
      ? [
          isWorkJudged
            ? `Uncommitted changes (${counted(dirtyFiles, "file")}) go onto it as well.`
            : `Uncommitted changes (${counted(dirtyFiles, "file")}) were not judged: commit them, or use --autostash.`,
        ]
      : []),
    ...(dirtyFiles > 0 && outcome === "rebased"
      ? [`Uncommitted changes (${counted(dirtyFiles, "file")}) were put back.`]
      : []),
    ...(undoId === null ? [] : [`Back with: parallel-cc rebase undo ${undoId}`]),
  ];
}

function nextAfter({ target }: Rebased): string {
  return `To resolve it: parallel-cc rebase ${printable(target)} --stop`;
}

function shortly(picks: Rebased["picks"]): string {
  const shown = picks.slice(0, 5).map(({ commit, subject }) => `${commit.slice(0, 12)} "${printable(subject)}"`);
  return [...shown, ...(picks.length > 5 ? [`and ${picks.length - 5} more`] : [])].join(", ");
}

export const takenBackShape = () =>
  v.strictObject({
    id: TEXT,
    branch: TEXT,
    target: TEXT,
    /** Where it was rebased to, as far as that went, and where it is again. */
    from: TEXT,
    to: TEXT,
    /** The commit of uncommitted work that is back, of a rebase that never finished; the branch stays where it is. */
    work: TEXT_OR_NULL,
    /** It had stopped, and is given up. */
    isGivenUp: YES_OR_NO,
    /** The ref that keeps what somebody has resolved by hand. */
    kept: TEXT_OR_NULL,
  });
export type TakenBack = v.InferOutput<ReturnType<typeof takenBackShape>>;

export function takenBackText({ branch, target, to, work, isGivenUp, kept }: TakenBack): string {
  const [it, there] = [printable(branch), printable(target)];
  if (work !== null) return `What was not committed on ${it} when its rebase onto ${there} was killed is back.`;
  const done = isGivenUp
    ? `The rebase of ${it} onto ${there} had stopped and is given up: ${it} is at ${to.slice(0, 12)} as before.`
    : `${it} is at ${to.slice(0, 12)} again, as before it was rebased onto ${there}.`;
  return kept === null ? done : `${done}\nWhat was resolved is kept for 90 days as ${kept}.`;
}
