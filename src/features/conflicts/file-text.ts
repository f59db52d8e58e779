// A file in conflict, for programs and for people.

import { NUMBER, TEXT, TEXT_OR_NULL, v } from "../../core/shape.ts";
import { printable } from "../../core/text.ts";
import { CONFLICT_KINDS, type Range } from "../../git/merge-tree.ts";
import type { Brought, FileCheck } from "./brought.ts";

const rangeShape = () => v.strictObject({ from: NUMBER, to: NUMBER });

/** Of one side's commit: others' words among them. */
export const broughtShape = () => v.strictObject({ commit: TEXT, subject: TEXT, author: TEXT, committedAt: TEXT });

export const fileShape = () =>
  v.strictObject({
    path: TEXT,
    /** Its name before it was renamed. */
    renamedFrom: TEXT_OR_NULL,
    kind: v.picklist(CONFLICT_KINDS),
    others: v.array(TEXT),
    regions: v.array(
      v.strictObject({ merged: rangeShape(), ours: rangeShape(), theirs: rangeShape(), base: rangeShape() }),
    ),
    commits: v.array(broughtShape()),
    advice: TEXT,
  });

export type FileEntry = v.InferOutput<ReturnType<typeof fileShape>>;

export function fileEntries(files: readonly FileCheck[]): FileEntry[] {
  return files.map(({ path, renamedFrom, kind, others, regions = [], commits, advice }) => ({
    ...{ path, renamedFrom, kind, others, regions, commits, advice },
  }));
}

/** For people and agents: where, who brought it, what to do. */
export function fileLines(
  { path, renamedFrom, kind, others, regions, commits, advice }: FileEntry,
  { here, there }: { here: string; there: string },
): string[] {
  const more = others.filter((one) => one !== renamedFrom);
  const beside = more.length === 0 ? "" : `  (${more.map(printable).join(", ")})`;
  return [
    `${nameText({ path, renamedFrom })}  ${kind}${beside}`,
    ...regions.slice(0, MOST_SHOWN).map(({ ours, theirs }) => {
      return `  ${linesText(ours)} in ${printable(here)}, ${linesText(theirs)} in ${printable(there)}`;
    }),
    ...(regions.length > MOST_SHOWN ? [`  and ${regions.length - MOST_SHOWN} more places`] : []),
    ...commits.map((one) => `  ${broughtText(one)}`),
    `  ${printable(advice)}`,
  ];
}

const MOST_SHOWN = 10;

export function nameText({ path, renamedFrom }: Pick<FileEntry, "path" | "renamedFrom">): string {
  return renamedFrom === null ? printable(path) : `${printable(renamedFrom)} -> ${printable(path)}`;
}

export function broughtText({ commit, subject, author, committedAt }: Brought): string {
  return `${commit.slice(0, 12)} "${printable(subject)}" (${printable(author)}, ${committedAt.slice(0, 10)})`;
}

/** Where there are none, where they would stand. */
export function linesText({ from, to }: Range): string {
  if (to < from) return to === 0 ? "before line 1" : `after line ${to}`;
  return from === to ? `line ${from}` : `lines ${from}-${to}`;
}
