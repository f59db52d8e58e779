// Status for people: a table that fits the terminal, most telling columns first, and a screen of it for a watch.

import type { Page } from "../../core/operation.ts";
import { age, type Cut, counted, cutEnd, cutStart, printable, shellWord, table } from "../../core/text.ts";
import type { KeptWorktree, SessionStatus, Status } from "./status.ts";

/** With `rows`, what fits that many and leaves the last one to the cursor; the living come first then. */
export function statusText(status: Status, page: Page, screen: { rows?: number | undefined } = {}): string {
  const lines = screen.rows === undefined ? allLines(status, page) : screenLines(status, page, screen.rows);
  return `${lines.join("\n")}\n`;
}

function allLines(status: Status, page: Page): string[] {
  return [...sessionLines(status.sessions, status, page), ...keptLines(status.keptWorktrees, page)];
}

function screenLines(given: Status, page: Page, rows: number): string[] {
  const status = { ...given, sessions: given.sessions.toSorted((a, b) => Number(b.isAlive) - Number(a.isAlive)) };
  const all = allLines(status, page);
  if (all.length < rows) return all;
  const room = Math.max(0, rows - 2);
  const sessions = sessionLines(status.sessions, status, page);
  const shown =
    sessions.length <= room
      ? all.slice(0, room)
      : sessionLines(sessionsWithin(status.sessions, room), status, page).slice(0, room);
  return [...shown, page.paint.dim(fitStart(`… ${counted(all.length - shown.length, "more line")}`, page.columns))];
}

/** The first sessions whose lines fit: one each, and two more at the head of each repository. */
function sessionsWithin(sessions: readonly SessionStatus[], room: number): readonly SessionStatus[] {
  const repositories = new Set<string>();
  const count = sessions.findIndex((one, i) => i + 1 + 2 * repositories.add(one.repoPath).size > room);
  // On the smallest of screens not even one fits whole; its first lines are still more than none.
  return sessions.slice(0, Math.max(1, count));
}

function sessionLines(shown: readonly SessionStatus[], status: Status, page: Page): string[] {
  if (shown.length === 0) {
    const none = status.repoPath === "all" ? "No sessions." : `No sessions in ${printable(status.repoPath)}.`;
    return [fitEnd(none, page.columns), page.paint.dim(fitStart("Start one: claude-parallel", page.columns))];
  }
  return [...Map.groupBy(shown, (one) => one.repoPath)].flatMap(([repoPath, sessions]) => {
    const count = status.sessions.filter((one) => one.repoPath === repoPath).length;
    const heading = `${printable(repoPath)}  (${counted(count, "session")})`;
    return [page.paint.bold(fitEnd(heading, page.columns)), ...sessionTable(sessions, page)];
  });
}

const KEPT_SHOWN = 10;

/** The newest ones, newest first; the registry has them from the oldest on. */
function keptLines(kept: readonly KeptWorktree[], page: Page): string[] {
  if (kept.length === 0) return [];
  const room = page.columns === undefined ? undefined : Math.max(1, page.columns - 2);
  const indented = (line: string) => fitStart(`  ${line}`, page.columns);
  const newest = kept.toReversed().slice(0, KEPT_SHOWN);
  const lines = [
    page.paint.bold(fitStart(`Kept worktrees (${kept.length})`, page.columns)),
    ...newest.map((one) => indented(fitEnd(shellWord(printable(one.path)), room))),
  ];
  const more = kept.length - newest.length;
  if (more > 0) lines.push(page.paint.dim(indented(`… and ${more} more (parallel-cc status --json lists all)`)));
  return lines;
}

const [NAME, BRANCH, ACTIVITY, AGE, CHANGES, PLACE] = [1, 2, 3, 4, 5, 6] as const;

function sessionTable(sessions: readonly SessionStatus[], page: Page): string[] {
  const head = ["", "NAME", "BRANCH", "ACTIVITY", "AGE", "CHANGES", "PLACE"];
  const rows = sessions.map((one) => [
    one.isAlive ? "●" : "○",
    printable(one.name ?? "-"),
    printable(one.branch ?? "(detached)"),
    activityText(one),
    age(new Date(one.createdAt), page.now),
    changesText(one),
    placeText(one),
  ]);
  const [heading, ...body] = fittingTable([head, ...rows], page.columns);
  return [
    page.paint.dim(heading ?? ""),
    ...body.map((line, i) =>
      sessions[i]?.isAlive === true ? page.paint.green(line.slice(0, 1)) + line.slice(1) : page.paint.dim(line),
    ),
  ];
}

/** What a narrow terminal does without, from the first on; mark and name never. */
const GIVEN_UP = [PLACE, AGE, ACTIVITY, CHANGES, BRANCH] as const;

function fittingTable(rows: readonly string[][], columns: number | undefined): string[] {
  if (columns === undefined) return table(rows);
  let lines: string[] = [];
  for (let count = 0; count <= GIVEN_UP.length; count++) {
    const without = new Set<number>(GIVEN_UP.slice(0, count));
    const left = rows.map((row) => row.filter((_, i) => !without.has(i)));
    lines = table(left, { width: columns, cuts: cutsFor(columns, count) });
    if (lines.every((line) => Bun.stringWidth(line) <= columns)) return lines;
  }
  // Fewer than four columns: no room for a name beside its mark.
  return lines.map((line) => line.slice(0, 1));
}

/** Up to here the place, whose end is the branch's, is shown only beside a branch that can be read. */
const WIDE = 100;

/** How the columns shrink when so many are given up. Name and branch stand before all that go, so their index stays. */
function cutsFor(columns: number, givenUp: number): readonly Cut[] {
  const ceiling = Math.min(24, Math.max(6, Math.floor(columns * 0.3)));
  const name = (floor: number): Cut => ({ column: NAME, floor, keeps: "start" });
  // Its end is the session's id: eight characters, behind an ellipsis.
  const branch = (floor: number): Cut => ({ column: BRANCH, floor, keeps: "end" });
  const place = (floor: number): Cut => ({ column: PLACE, floor, keeps: "end" });
  if (givenUp === GIVEN_UP.length) return [name(1)];
  const last = [branch(9), name(Math.min(12, ceiling))];
  if (givenUp > 0) return [name(ceiling), ...last];
  const readable = [name(ceiling), place(20), branch(24)];
  return columns < WIDE ? readable : [...readable, place(8), ...last];
}

const LONGEST_ACTIVITY = 32;

function activityText({ activity, waitingFor }: SessionStatus): string {
  return waitingFor === null ? activity : cutEnd(`${activity}: ${printable(waitingFor)}`, LONGEST_ACTIVITY);
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
  if (one.isMissing) return `gone: ${printable(one.worktreePath)}`;
  return one.isMainRepo ? "main checkout" : printable(one.worktreePath);
}

function fitStart(line: string, columns: number | undefined): string {
  return columns === undefined ? line : cutEnd(line, columns);
}

function fitEnd(line: string, columns: number | undefined): string {
  return columns === undefined ? line : cutStart(line, columns);
}
