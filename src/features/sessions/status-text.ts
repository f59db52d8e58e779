// Status for people: a table that fits the terminal, most telling columns first.

import type { Page } from "../../core/operation.ts";
import { age, counted, cutStart, printable, shellWord, table } from "../../core/text.ts";
import type { SessionStatus, Status } from "./status.ts";

export function statusText(status: Status, page: Page): string {
  const lines: string[] = [];
  if (status.sessions.length === 0) {
    const none = status.repoPath === "all" ? "No sessions." : `No sessions in ${printable(status.repoPath)}.`;
    lines.push(fit(none, page.columns));
    lines.push(page.paint.dim("Start one: claude-parallel"));
  }
  for (const [repoPath, sessions] of Map.groupBy(status.sessions, (one) => one.repoPath)) {
    const count = counted(sessions.length, "session");
    lines.push(page.paint.bold(fit(`${printable(repoPath)}  (${count})`, page.columns)));
    lines.push(...sessionTable(sessions, page));
  }
  if (status.keptWorktrees.length > 0) {
    lines.push(page.paint.bold(`Kept worktrees (${status.keptWorktrees.length})`));
    for (const kept of status.keptWorktrees) lines.push(fit(`  ${shellWord(printable(kept.path))}`, page.columns));
  }
  return `${lines.join("\n")}\n`;
}

function sessionTable(sessions: readonly SessionStatus[], page: Page): string[] {
  const head = ["", "NAME", "BRANCH", "ACTIVITY", "AGE", "CHANGES", "PLACE"];
  const rows = sessions.map((one) => [
    one.isAlive ? "●" : "○",
    printable(one.name ?? "-"),
    printable(one.branch ?? "(detached)"),
    one.activity,
    age(new Date(one.createdAt), page.now),
    changesText(one),
    placeText(one),
  ]);
  // A narrow terminal loses columns from the least telling one on, never a line's end.
  const [heading, ...body] = narrowed([head, ...rows], page.columns);
  return [
    page.paint.dim(heading ?? ""),
    ...body.map((line, i) =>
      sessions[i]?.isAlive === true ? page.paint.green(line.slice(0, 1)) + line.slice(1) : page.paint.dim(line),
    ),
  ];
}

const BRANCH = 2;
const PLACE = 6;

function narrowed(rows: readonly string[][], columns: number | undefined): string[] {
  if (columns === undefined) return table(rows, { flexible: PLACE });
  const dropped = new Set<number>();
  for (const column of [undefined, PLACE, 4, 3]) {
    if (column !== undefined) dropped.add(column);
    const left = rows.map((row) => row.filter((_, i) => !dropped.has(i)));
    const flexible = dropped.has(PLACE) ? BRANCH : left[0]?.length === rows[0]?.length ? PLACE : BRANCH;
    const lines = table(left, { width: columns, flexible });
    if (lines.every((line) => Bun.stringWidth(line) <= columns)) return lines;
  }
  return table(
    rows.map((row) => row.slice(0, 3)),
    { width: columns, flexible: BRANCH },
  ).map((line) => fit(line, columns));
}

function changesText(one: SessionStatus): string {
  if (one.changes === null) return "?";
  const { dirtyFiles, ahead, behind } = one.changes;
  const parts = [
    ...(dirtyFiles > 0 ? [`~${dirtyFiles}`] : []),
    ...(ahead > 0 ? [`+${ahead}`] : []),
    ...(behind > 0 ? [`-${behind}`] : []),
  ];
  return parts.length === 0 ? "none" : parts.join(" ");
}

function placeText(one: SessionStatus): string {
  return one.isMainRepo ? "main checkout" : printable(one.worktreePath);
}

function fit(line: string, columns: number | undefined): string {
  return columns === undefined || Bun.stringWidth(line) <= columns ? line : cutStart(line, columns);
}
